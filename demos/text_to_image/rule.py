"""How G learns: from D, and from two things that D does not tell."""

import numpy as np

from numgan._checks import number
from numgan.costs import CrossEntropy
from numgan.pairs import Pair
from numgan.training import Gradients, UpdateRule, discriminator_step, norm, update

from . import variety
from .reader import NOISE, said


class Told(UpdateRule):
    """`training.Alternating`, where G is also rewarded if two pictures of one caption differ
    (`variety`), and pays where a reader reads something else than the caption says (`reader`):

        G minimises  L_G − λ mean min(d, τ) + μ CE(R(G(z, c) + noise), said(c))

    In G's step the first half of the batch's captions is used for both halves.

    varied : λ; most : τ; reading : μ, numbers >= 0; reader : Network that stands still, or None,
    where reading is 0
    """

    def __init__(self, varied, most, reading=0.0, reader=None):
        self.varied = number("Told", "varied", varied, least=0)
        self.most = number("Told", "most", most, least=0)
        self.reading = number("Told", "reading", reading, least=0)
        self.reader, self.cost = reader, CrossEntropy()
        if reading and reader is None:
            raise ValueError(f"Told: expected a reader for reading = {reading:g}, got None")

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                               optimizer=p.d_optimizer, scale=scale, penalty=p.penalty, rng=p.rng,
                               d_batches=p.d_batches)
        g = self.gradients(p, latent_batch())
        update(p.generator, g, p.g_optimizer, scale, "generator")
        return d, g._replace(caches=())

    def gradients(self, players, z):
        """Fill ``generator.grad`` with the gradient of all terms, at latents z (N, ...) of which
        the first ⌊N/2⌋ captions count. Returns the `Gradients`."""
        p, half = players, len(z) // 2
        z = Pair(z.x[:2 * half], np.concatenate([z.c[:half], z.c[:half]]))
        fake, g_cache = p.generator.forward(z, train=True)
        logits, d_cache = p.discriminator.forward(fake, train=True)
        loss, d_logits = p.loss.generator(logits)
        dx = p.discriminator.backward(d_logits, d_cache, param_grads=False).x
        reward, d_reward = variety.reward(fake.x[:half], fake.x[half:], self.varied, self.most)
        dx[:half] -= d_reward
        dx[half:] += d_reward
        loss -= reward
        if self.reading:
            cost, d_cost = self.misread(fake, p.rng)
            dx += d_cost
            loss += cost
        p.generator.grad.fill(0)
        p.generator.backward(Pair(dx, None), g_cache, input_grad=False)
        return Gradients(loss, norm(p.generator.grad), (g_cache,))

    def misread(self, fake, rng):
        """(μ CE(R(x + noise), said(c)), its gradient with respect to x) of pairs (x, c)."""
        noise = NOISE / 2 * rng.standard_normal(fake.x.shape)
        read, cache = self.reader.forward(fake.x + noise.astype(fake.x.dtype))
        cost, d_read = self.cost(read, said(fake.c).astype(read.dtype, copy=False))
        dx = self.reader.backward(d_read, cache, param_grads=False)
        return self.reading * cost, read.dtype.type(self.reading) * dx

    def __repr__(self):
        return f"Told({self.varied:g}, {self.most:g}, {self.reading:g}, {self.reader})"
