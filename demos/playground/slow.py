"""One step in slow motion, and the x-ray of one sample: what each layer makes, and what comes back.

The step itself is the library's: it is watched, not made again. What is told is computed after the
step, on copies of the networks as they were before it, without instance noise.
"""

import copy

import numpy as np

from numgan import training
from numgan.layers.activations import sigmoid
from numgan.training import real_logits_for

from ..passes import backward_by_layer, forward_by_layer

UNITS, SHOWN = 64, 200  # of a layer; points of a batch


class Told(training.Alternating):
    """Algorithm 1, which keeps the batches and copies of the networks before each of its steps."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        self.before = []
        reals = []

        def real():
            reals.append(real_batch())
            return reals[-1]

        def latent():
            z = latent_batch()
            self.before.append((z, reals[-1], players.generator.copy(),
                                players.discriminator.copy(), copy.deepcopy(players.loss)))
            return z
        return super().step(players, real, latent, scale)


def refuse(run, what):
    if run.made.codes:
        raise ValueError(f"{what} is for a GAN without labels: expected another method, got "
                         f"{run.settings['method']}")


def tell(run):
    """Take a step and tell it: (record, {"phases": [...]}). Each phase has a title, a sentence,
    what is lit, and what there is to see."""
    refuse(run, "slow motion")
    rule = run.training.rule
    if not isinstance(rule, training.Alternating):
        raise ValueError(f"slow motion shows Algorithm 1: expected alternating updates, got {rule}")
    told = Told(rule.k)
    record = run.step("run", told)
    (*_, (z, real, g, d, loss)), last = told.before[:-1], told.before[-1]
    phases = of_d(z, real, g, d, loss, last[3])
    phases += of_g(*last, run.generator)
    return record, {"phases": phases}


def of_d(z, real, generator, discriminator, loss, after):
    fakes, _ = forward_by_layer(generator, z)
    on_real, real_caches = forward_by_layer(discriminator, real)
    on_fake, fake_caches = forward_by_layer(discriminator, fakes[-1])
    value, d_real, d_fake = loss.discriminator(on_real[-1], on_fake[-1])
    discriminator.grad.fill(0)
    back = [backward_by_layer(discriminator, dy, caches, True)
            for dy, caches in ((d_real, real_caches), (d_fake, fake_caches))]
    both = [np.concatenate(pair) for pair in zip(*back)][::-1]
    x, points = {"fake": fakes[-1]}, {"fake": fakes[-1], "real": real}
    d_values = sigmoid(on_real[-1]).mean(), sigmoid(on_fake[-1]).mean()
    return [
        phase("z is drawn", f"{len(z)} latents from a normal distribution.", "z"),
        phase("G makes fakes", "Each z goes through G, layer by layer. G only makes samples here; "
              "it does not learn.", "z G x", g=sizes(fakes), **x),
        phase("D looks at the data", f"Its mean verdict D(x) is {d_values[0]:.3f}.", "real D l",
              d=sizes(on_real), **points),
        phase("D looks at the fakes", f"Its mean verdict D(G(z)) is {d_values[1]:.3f}.", "x D l",
              d=sizes(on_fake), **points),
        phase("D's loss", f"The two together cost D {value:.4g}.", "l loss", **points),
        phase("The gradient goes back through D", "From the logits to D's first layer; each layer "
              "learns which way its weights should go. At the fakes it is cut off.",
              "loss< l< D<", d=sizes(both), **points),
        phase("D is updated", f"Its weights move by {moved(discriminator, after):.3g} in all.",
              "D!", **points)]


def of_g(z, real, generator, discriminator, loss, after):
    fakes, g_caches = forward_by_layer(generator, z)
    verdicts, d_caches = forward_by_layer(discriminator, fakes[-1])
    value, dl = loss.generator(verdicts[-1], real_logits_for(loss, discriminator, real)[0])
    through_d = backward_by_layer(discriminator, dl, d_caches)
    through_g = backward_by_layer(generator, through_d[-1], g_caches)
    x = {"fake": fakes[-1], "real": real}
    pulls = -len(z) * through_d[-1]
    return [
        phase("G's turn: z is drawn again", f"{len(z)} new latents.", "z", **x),
        phase("G makes fakes, D judges them", f"D, which has just learned, says "
              f"{sigmoid(verdicts[-1]).mean():.3f} on average.", "z G x D l", g=sizes(fakes),
              d=sizes(verdicts), **x),
        phase("G's loss", f"That costs G {value:.4g}.", "l loss", **x),
        phase("The gradient passes through D", "D's weights stay as they are: D only tells each "
              "fake which way looks more real. These are the arrows.", "loss< l< D< x<",
              d=sizes(through_d[::-1]), pulls=pulls, **x),
        phase("and enters G", "G's weights learn how to move all of its points along their arrows.",
              "x< G<", g=sizes(through_g[::-1]), pulls=pulls, **x),
        phase("G is updated", f"Its weights move by {moved(generator, after):.3g} in all. "
              "The points are where they are now.", "G!",
              fake=forward_by_layer(after, z)[0][-1], real=real)]


def phase(title, text, lit, g=None, d=None, pulls=None, **points):
    """lit : the places that are lit, with "<" if the gradient passes them, "!" if they learn"""
    made = {name: np.round(x[:SHOWN].astype(float), 3).tolist() for name, x in points.items()}
    if pulls is not None:
        made["pulls"] = np.round(pulls[:SHOWN].astype(float), 4).tolist()
    return {"title": title, "text": text, "lit": lit.split(), "g": g, "d": d, **made}


def sizes(arrays):
    """The mean norm of the samples in each of some arrays (N, ...)."""
    return [float(f"{np.linalg.norm(x.reshape(len(x), -1), axis=1).mean():.4g}") for x in arrays]


def moved(before, after):
    return np.linalg.norm(after.theta - before.theta)


def x_ray(run, generator, z, real, index):
    """The path of one sample from z through G and D, and of the gradient back: a list of places,
    each with its name, what is there, and the gradient of G's loss of this sample there."""
    refuse(run, "the x-ray")
    discriminator, loss = run.discriminator, run.loss
    up, g_caches = forward_by_layer(generator, z)
    through, d_caches = forward_by_layer(discriminator, up[-1])
    reals = real_logits_for(loss, discriminator, real.astype(np.float32))[0]
    _, dl = loss.generator(through[-1], reals)
    d_back = backward_by_layer(discriminator, len(z) * dl, d_caches)[::-1]
    g_back = backward_by_layer(generator, d_back[0], g_caches)[::-1]
    names = ["z", *(f"G: {layer}" for layer in generator.layers[:-1]), "x = G(z)",
             *(f"D: {layer}" for layer in discriminator.layers[:-1]), "logit"]
    logit = row(through[-1], index, len(z))
    return {"index": index, "d": float(sigmoid(logit[:1])[0]), "absolute": loss.absolute,
            "places": [
                {"name": name, "values": few(row(value, index, len(z))),
                 "gradient": few(row(gradient, index, len(z))),
                 "norm": float(f"{np.linalg.norm(row(gradient, index, len(z))):.4g}")}
                for name, value, gradient in zip(names, up + through[1:], g_back + d_back[1:])]}


def row(array, index, n):
    """The numbers of one sample, or of its pack for a D that sees several at once."""
    return np.asarray(array[index * len(array) // n], np.float64).ravel()


def few(values):
    return [float(f"{value:.4g}") for value in values[:UNITS]]
