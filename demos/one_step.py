"""Both players' gradients on four points, printed: where each of them comes from.

The real data are the four points (1, 0), (0, 1), (-1, 0), (0, -1); the generator makes four points
from four latents. Read the output from top to bottom: all weights, the forward pass of both
networks, the discriminator's gradient from the loss to its first weight, then the generator's, and
its update. (In training the discriminator moves first, and then the generator meets it with new
latents. Here it stands still, so that both can be seen from one forward pass.) The generator's
gradient starts at the same logits, passes through the discriminator without touching its gradients,
and enters the generator where the discriminator's input was. The saturating (minimax) loss comes
first, then the non-saturating one; they differ in one factor at the logits, and that factor is all
the difference. At the end of each a weight is moved by hand and the loss is watched: the slope is
the gradient that was derived.

Every number is there, under its name and beside the formula it comes from, so all of it can be
repeated with a pocket calculator. The networks, with a row for each point:

    G:  a = z V1 + c1,  h = tanh(a),         x = h V2 + c2
    D:  u = x W1 + b1,  v = max(u, 0.2 u),   l = v W2 + b2,   D(x) = σ(l) = 1 / (1 + e^−l)

    python -m demos.one_step            with a discriminator that has trained for 100 steps
    python -m demos.one_step --d-steps 0       with one that knows nothing yet
"""

import numpy as np

from numgan import SGD, Adam, Dense, LeakyReLU, Minimax, Network, NonSaturating, Tanh
from numgan.layers.activations import sigmoid
from numgan.training import (discriminator_gradients, discriminator_step, generator_gradients,
                             generator_step)

from .arguments import Parser, natural
from .common import run_main
from .passes import backward_by_layer, forward_by_layer

REAL = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
RATE = 0.05
# for each network the name of its input, then those of each layer's weights (if any) and output
NAMES = {"G": ("z", ["V1", "c1", "a"], ["h"], ["V2", "c2", "x"]),
         "D": ("x", ["W1", "b1", "u"], ["v"], ["W2", "b2", "l"])}


def main(arguments=None):
    parser = Parser("one_step", __doc__, quick={})
    parser.share(seed=0)
    parser.add_argument("--d-steps", type=natural, default=100, metavar="N",
                        help="steps that the discriminator has trained before (default 100)")
    options = parser.parse_args(arguments)
    with np.printoptions(precision=6, suppress=True, floatmode="fixed", linewidth=100):
        show_step(np.random.default_rng(options.seed), options.d_steps)


def show_step(rng, d_steps):
    generator = Network([Dense(2, 4), Tanh(), Dense(4, 2)], rng=rng, dtype=np.float64)
    discriminator = Network([Dense(2, 6), LeakyReLU(0.2), Dense(6, 1)], rng=rng,
                            dtype=np.float64)
    z = rng.standard_normal((4, 2))
    optimizer = Adam(0.05)
    for _ in range(d_steps):
        discriminator_step(generator, discriminator, REAL, z, loss=NonSaturating(),
                           optimizer=optimizer)

    title("1. The weights")
    print(f"The discriminator has trained for {d_steps} steps; the generator for none.\n")
    for name, network in ("G", generator), ("D", discriminator):
        print(f"{name}: {network}")
        show_parameters(name, network)

    title("2. Forward: a row for each of the four points")
    show("z", "four latents", z)
    fake, g_cache = show_forward("G", generator, z)
    (real_logits, real_cache), (fake_logits, fake_cache) = (
        show_forward("D", discriminator, x, suffix)
        for x, suffix in ((REAL, "_real"), (fake, "_fake")))

    title("3. The discriminator's gradient: real and fake together")
    loss = NonSaturating()
    value, dl_real, dl_fake = loss.discriminator(real_logits, fake_logits)
    print(f"L_D = −mean ln D_real − mean ln(1 − D_fake) = {value:.6f}\n")
    discriminator.grad.fill(0)
    show("dl_real", "∂L_D/∂l_real = (D_real − 1) / 4", dl_real)
    show_backward("D", discriminator, dl_real, real_cache, "_real")
    show("dl_fake", "∂L_D/∂l_fake = D_fake / 4", dl_fake)
    show_backward("D", discriminator, dl_fake, fake_cache, "_fake")
    print("Both backward passes add into the same gradients:")
    show_parameters("D", discriminator, "d{0}", "d{0}_real + d{0}_fake")
    checks = {"D": check_weight("D", discriminator, lambda: discriminator_gradients(
        discriminator, REAL, fake, loss).loss)}

    title("4. The generator's gradient: through D, into G")
    print("Both losses start at l_fake of section 2. D's own gradients are not computed.\n")
    for loss, name, formula, start in (
            (Minimax(), "saturating", "mean ln(1 − D_fake)", "−D_fake / 4"),
            (NonSaturating(), "non-saturating", "−mean ln D_fake", "−(1 − D_fake) / 4")):
        value, dl = loss.generator(fake_logits)
        heading = f"{name}: L_G = {formula} = {value:.6f}"
        print(f"{heading}\n{'-' * len(heading)}")
        show("dl_fake", f"∂L_G/∂l_fake = {start}", dl)
        before = discriminator.grad.copy()
        dx = show_backward("D", discriminator, dl, fake_cache, "_fake", param_grads=False)
        same = np.array_equal(before, discriminator.grad)
        print(f"D's gradients are {'' if same else 'not '}what they were. The points want to move "
              f"along −dx_fake.\nThey are G's: x is x_fake, and dx is dx_fake.\n")
        generator.grad.fill(0)
        show_backward("G", generator, dx, g_cache)
        checks[f"G, {name}"] = check_weight("G", generator, lambda loss=loss: generator_gradients(
            generator, discriminator, z, loss).loss)

    title(f"5. G's update: every weight − {RATE} · its gradient, of the non-saturating loss")
    generator_step(generator, discriminator, z, loss=NonSaturating(), optimizer=SGD(RATE))
    show_parameters("G", generator, "new {0}", f"{{0}} − {RATE} d{{0}}")
    moved = generator.forward(z)[0]
    show("new x", "G(z) with the new weights", moved)
    show("moved", "new x − x", moved - fake)
    before, after = sigmoid(fake_logits), sigmoid(discriminator.forward(moved)[0])
    show("D_fake", "before", before)
    show("new D_fake", "D(new x)", after)

    title("6. What came of it")
    print(f"{'a gradient':<22}{'derived':>15}{'by differences':>17}{'apart':>9}")
    for name, (derived, slope) in checks.items():
        print(f"{name:<22}{derived:>+15.10f}{slope:>+17.10f}{abs(derived - slope):>9.0e}")
    worst = max(abs(derived - slope) for derived, slope in checks.values())
    moved = "rose" if after.mean() > before.mean() else "did not rise"
    print(f"\nDerived gradients and finite differences are at most {worst:.0e} apart. In one step "
          f"of G the mean of\nD over the generated points {moved}: it was {before.mean():.6f} and "
          f"is {after.mean():.6f}.")


def title(text):
    print(f"\n{text}\n{'=' * len(text)}\n")


def show(name, formula, array):
    """A named array: of four numbers for the four points, or of a bias, in one line."""
    if array.ndim == 2 and array.shape[1] == 1:
        formula, array = f"{formula}, in a column", array[:, 0]
    text = str(array).replace("\n", "\n    ")
    print(f"{name} = {formula}\n    {text}\n")


def show_parameters(network_name, network, label="{0}", formula=None):
    """Every W and b, or with another label their gradients (label d...) or new values."""
    for layer, names in zip(network.layers, NAMES[network_name][1:]):
        for name, kind in zip(names[:-1], layer.shapes):
            array = getattr(layer, ("d" if label.startswith("d") else "") + kind)
            show(label.format(name), formula.format(name) if formula else
                 f"{kind} of {layer}, {array.shape}", array)


def show_forward(name, network, x, suffix=""):
    """Print what each layer makes of x, and for D the probability; return (y, a cache each)."""
    given, *names = NAMES[name]
    if suffix:
        show(given + suffix, f"the {suffix[1:]} points", x)
    (_, *outputs), caches = forward_by_layer(network, x, train=True)
    for layer, (*weights, made), y in zip(network.layers, names, outputs):
        given, made = given + suffix, made + suffix
        show(made, {Dense: f"{given} {' + '.join(weights)}", Tanh: f"tanh({given})",
                    LeakyReLU: f"max({given}, 0.2 {given})"}[type(layer)], y)
        given = made.removesuffix(suffix)
    if name == "D":
        show("D" + suffix, f"σ({made})", sigmoid(y))
    return y, caches


def show_backward(name, network, dy, caches, suffix="", param_grads=True):
    """Print the gradients of the values and weights of each layer, from the last to the first, and
    add those of the weights to the network's; return the gradient at the input."""
    given, *names = NAMES[name]
    inputs = [given, *(made for *_, made in names)]
    kept = network.grad.copy()
    network.grad.fill(0)  # to see what this batch alone adds
    _, *gradients = backward_by_layer(network, dy, caches, param_grads)
    for layer, given, (*weights, made), dx in zip(network.layers[::-1], inputs[-2::-1],
                                                  names[::-1], gradients):
        x, y = given + suffix, made + suffix
        if param_grads and weights:
            W, b = weights
            show(f"d{W}{suffix}", f"{x}ᵀ d{y}", layer.dW)
            show(f"d{b}{suffix}", f"sum of d{y} over the points", layer.db)
        show("d" + x, {Dense: f"d{y} {weights[0] if weights else ''}ᵀ",
                       LeakyReLU: f"d{y} · (1 where {x} > 0, else 0.2)",
                       Tanh: f"d{y} · (1 − {y}²)"}[type(layer)], dx)
    network.grad += kept
    return gradients[-1]


def check_weight(name, network, loss):
    """Move one weight of the first layer by hand and compare the slope with the gradient; returns
    (gradient, slope)."""
    loss()  # fills network.grad
    layer, weight_name = network.layers[0], NAMES[name][1][0]
    derived, h, weight = layer.dW[0, 0], 1e-5, layer.W[0, 0]
    layer.W[0, 0] = weight + h
    above = loss()
    layer.W[0, 0] = weight - h
    below = loss()
    layer.W[0, 0] = weight
    slope = (above - below) / (2 * h)
    print(f"To check, {weight_name}[0, 0] = {weight:+.6f} is moved by ±h = ±{h:g}:\n"
          f"    L_{name} at +h {above:.12f}, at −h {below:.12f}\n"
          f"    finite difference (L(w + h) − L(w − h)) / 2h = {slope:+.10f}\n"
          f"    derived, d{weight_name}[0, 0]                       = {derived:+.10f}\n")
    return derived, slope


if __name__ == "__main__":
    run_main(main)
