"""One training step of a GAN on four points, printed: where each gradient comes from.

The real data are the four points (1, 0), (0, 1), (-1, 0), (0, -1); the generator makes four points
from four latents. Read the output from top to bottom: the forward pass of both networks, the
discriminator's gradient from the loss to its first weight, then the generator's, which starts at
the same logits, passes the discriminator without touching its gradients, and enters the generator
where the discriminator's input was. The saturating (minimax) and the non-saturating loss stand
side by side; they differ in one factor at the logits, and that factor is all the difference. At
the end of each step a weight is moved by hand and the loss is watched: the slope is the gradient
that was derived.

    python -m demos.one_step            with a discriminator that already recognises the fakes
    python -m demos.one_step --d-steps 0       with one that knows nothing yet
"""

import argparse

import numpy as np

from numgan import SGD, Adam, Dense, LeakyReLU, Minimax, Network, NonSaturating, Tanh
from numgan.layers.activations import sigmoid
from numgan.training import (discriminator_gradients, discriminator_step, generator_gradients,
                             generator_step)

from .common import run_main

REAL = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
BACKWARD = {Dense: "dx = dy Wᵀ, dW = xᵀ dy, db = Σ dy",
            LeakyReLU: "dx = dy · (slope + (1 − slope) · 1[x > 0])",
            Tanh: "dx = dy · (1 − y²)"}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m demos.one_step",
                                     description="Print one training step of a GAN in full.")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default 0)")
    parser.add_argument("--d-steps", type=int, default=100, metavar="N",
                        help="steps that the discriminator has trained before (default 100)")
    options = parser.parse_args(arguments)
    if options.d_steps < 0 or options.seed < 0:
        parser.error("--seed and --d-steps must not be negative")
    with np.printoptions(precision=4, suppress=True, floatmode="fixed"):
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

    title("1. Forward")
    print(f"The discriminator has trained for {d_steps} steps; the generator for none.\n")
    fake = show_forward("G", generator, "z", z)
    for name, points in ("real", REAL), ("fake", fake):
        logits = show_forward("D", discriminator, name, points)
        print(f"   D({name}) = σ(logit) = {sigmoid(logits).ravel()}\n")

    title("2. The discriminator's step: real and fake together")
    loss = NonSaturating()
    logits = [discriminator.forward(points, train=True) for points in (REAL, fake)]
    value, *d_logits = loss.discriminator(logits[0][0], logits[1][0])
    print(f"L_D = −mean ln D(real) − mean ln(1 − D(fake)) = {value:.6f} nats\n")
    discriminator.grad.fill(0)
    for (name, formula), dy, (_, cache) in zip(
            (("real", "(D − 1)/N"), ("fake", "D/N")), d_logits, logits):
        print(f"on the {name} points, ∂L/∂logit = {formula} = {dy.ravel()}")
        show_backward(discriminator, [dy], cache)
        discriminator.backward(dy, cache)
    print("Both backward passes add into the same gradient:")
    for layer in discriminator.layers:
        for name in layer.shapes:
            print(f"   d{name} of {layer}: norm {norm(getattr(layer, 'd' + name)):.6f}")
    check_weight("D", discriminator, lambda: discriminator_gradients(
        discriminator, REAL, fake, loss).loss)

    title("3. The generator's step: through D, into G")
    fake, g_cache = generator.forward(z, train=True)
    logits, d_cache = discriminator.forward(fake, train=True)
    losses = [Minimax(), NonSaturating()]
    values, gradients = zip(*(loss.generator(logits) for loss in losses))
    print(f"D(fake) = {sigmoid(logits).ravel()}\n")
    print(f"saturating      L_G =  mean ln(1 − D(fake)) = {values[0]:+.6f}   "
          f"∂L/∂logit = −D/N       = {gradients[0].ravel()}")
    print(f"non-saturating  L_G = −mean ln D(fake)      = {values[1]:+.6f}   "
          f"∂L/∂logit = −(1 − D)/N = {gradients[1].ravel()}\n")
    print("Norms of the gradient on its way, saturating | non-saturating:")
    untouched = discriminator.grad.copy()
    print(" through D (param_grads=False: D's own gradients stay as they are)")
    samples = show_backward(discriminator, gradients, d_cache, param_grads=False)
    print(" the gradient that each fake point feels; the point will move the other way")
    for point, one, other in zip(fake, *samples):
        print(f"   at {point}:  {one}  |  {other}")
    print(" into G")
    show_backward(generator, samples, g_cache)
    print(f"D's gradients were left alone: {np.array_equal(untouched, discriminator.grad)}")
    for loss in losses:
        print(f"\nwith the {'non-' if isinstance(loss, NonSaturating) else ''}saturating loss:")
        generator_gradients(generator, discriminator, z, loss)
        check_weight("G", generator, lambda: generator_gradients(
            generator, discriminator, z, loss).loss)

    title("4. The update: θ ← θ − 0.05 · gradient, non-saturating")
    before = sigmoid(discriminator.forward(fake)[0]).ravel()
    generator_step(generator, discriminator, z, loss=NonSaturating(), optimizer=SGD(0.05))
    moved = generator.forward(z)[0]
    print(f"the fake points moved by\n{moved - fake}")
    print(f"D(fake) before {before}\n        after  "
          f"{sigmoid(discriminator.forward(moved)[0]).ravel()}")


def title(text):
    print(f"\n{text}\n{'=' * len(text)}")


def norm(array):
    return np.sqrt((array * array).sum())


def show_forward(name, network, x_name, x):
    """Print x, what each layer makes of it, a row for each of the four points; return the last."""
    print(f"{name}: {x_name} {x.shape}")
    print(indented(x))
    for layer in network.layers:
        x, _ = layer.forward(x, train=True)
        print(f"   {layer} → {x.shape}")
        print(indented(x))
    return x


def indented(array):
    return "      " + str(array).replace("\n", "\n      ")


def show_backward(network, gradients, caches, param_grads=True):
    """Print the norm of each of `gradients` (at the output) as it leaves each layer, and of the
    parameters' gradients; return the gradients at the input."""
    kept = network.grad.copy()
    for layer, cache in zip(network.layers[::-1], caches[::-1]):
        passed, rows = [], {}
        for dy in gradients:
            network.grad.fill(0)
            passed.append(layer.backward(dy, cache, param_grads))
            rows.setdefault(f"dx {passed[-1].shape}", []).append(norm(passed[-1]))
            for name in layer.shapes if param_grads else ():
                dW = getattr(layer, "d" + name)
                rows.setdefault(f"d{name} {dW.shape}", []).append(norm(dW))
        gradients = passed
        formulas = BACKWARD[type(layer)] if param_grads else BACKWARD[type(layer)].split(",")[0]
        print(f"   {layer}: {formulas}")
        for name, values in rows.items():
            print(f"      {name:<10} {' | '.join(f'{value:.6f}' for value in values)}")
    network.grad[...] = kept
    return gradients


def check_weight(name, network, loss):
    """Move one weight of the first layer by hand and compare the slope with the gradient."""
    loss()  # fills network.grad
    layer = network.layers[0]
    derived, h, weight = layer.dW[0, 0], 1e-5, layer.W[0, 0]
    layer.W[0, 0] = weight + h
    above = loss()
    layer.W[0, 0] = weight - h
    below = loss()
    layer.W[0, 0] = weight
    slope = (above - below) / (2 * h)
    print(f"   {name}'s first weight {weight:+.6f}: loss at +h {above:.12f}, at −h {below:.12f}")
    print(f"   finite difference (L(w + h) − L(w − h)) / 2h = {slope:+.10f}")
    print(f"   derived                            dW[0, 0] = {derived:+.10f}")


if __name__ == "__main__":
    run_main(main)
