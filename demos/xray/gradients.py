"""The x-ray itself: the gradient of G's loss for each sample, at every layer, and what the samples
ask of G's weights."""

import numpy as np

from numgan import Dense, ReLU

from ..passes import backward_by_layer


def x_ray(generator, discriminator, z, loss, centers):
    """Follow G's loss back for each sample; returns what a `Moment` has, as a dict.

    The loss is the sum over the samples, not their mean, so that a gradient is a sample's own."""
    fakes, g_caches = generator.forward(z, train=True)
    logits, d_caches = discriminator.forward(fakes, train=True)
    through_d = backward_by_layer(discriminator, len(z) * loss.generator(logits)[1], d_caches)
    through_g = backward_by_layer(generator, through_d[-1], g_caches)
    steps = products(generator, through_g, g_caches)
    nearest = np.linalg.norm(fakes[:, None] - centers, axis=2).argmin(axis=1)
    same = nearest[:, None] == nearest
    hidden = [cache for layer, cache in zip(generator.layers, g_caches) if isinstance(layer, ReLU)]
    dead = np.concatenate([(output == 0).all(axis=0) for output in hidden])
    plane = between(through_d[-1] @ through_d[-1].T, same)
    weights = between(steps, same)
    return dict(norms=np.array([np.median(np.linalg.norm(dy, axis=1))
                                for dy in through_d + through_g[1:]]),
                dead=dead.mean(), same=plane[0], different=plane[1], weights_same=weights[0],
                weights_different=weights[1], fakes=fakes, pulls=-through_d[-1])


def products(network, gradients, caches):
    """⟨step n, step m⟩ in the weights of the dense layers, (N, N).

    gradients : of `backward_by_layer`, so from the end: the first is at the last layer's output"""
    total = 0.0
    for layer, dy, cache in zip(network.layers[::-1], gradients, caches[::-1]):
        if isinstance(layer, Dense):
            total = total + (cache @ cache.T + layer.bias) * (dy @ dy.T)
    return total


def between(products, same):
    """Mean cosines over pairs of different samples, of one mode and of two; NaN if there are none.

    products (N, N): of the samples' vectors; same (N, N) bool"""
    length = np.sqrt(np.diag(products))
    cosine = products / np.maximum(length[:, None] * length, np.finfo(products.dtype).tiny)
    pairs = ~np.eye(len(products), dtype=bool)
    return [float(cosine[pairs & chosen].mean()) if (pairs & chosen).any() else float("nan")
            for chosen in (same, ~same)]


def places(generator, discriminator):
    """The names of the places at which the gradient is looked at, from the logit to z."""
    d = [f"D{index}" for index, layer in enumerate(discriminator.layers)][::-1]
    g = [f"G{index}" for index, layer in enumerate(generator.layers)][::-1]
    return ["logit", *d[:-1], "x", *g[:-1], "z"]
