"""A forward and a backward pass of a chain, layer by layer: what the demos show of them."""


def forward_by_layer(network, x, train=False):
    """([x, the first layer's output, ..., the network's], a cache of each layer)."""
    outputs, caches = [x], []
    for layer in network.layers:
        x, cache = layer.forward(x, train)
        outputs.append(x)
        caches.append(cache)
    return outputs, caches


def backward_by_layer(network, dy, caches, param_grads=False):
    """[dy, the gradient below the last layer, ..., that at the network's input]; with
    `param_grads` those of the weights are added to the network's."""
    trace = []
    network.backward(dy, caches, param_grads=param_grads, trace=trace)
    return [dy, *(gradient for gradient, _ in trace)]
