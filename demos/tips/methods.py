"""What some of ganhacks' tips need and what is nowhere else: odd labels, old fakes, other turns.

`switches` turns them on and off. Each is used by `train` through one of its arguments: a loss, a
discriminator, `d_batches` (what D sees instead of fresh batches), or `updates` (whose turn it is).
"""

import numpy as np

from numgan._checks import fraction, is_number, number, positive_int, random_generator
from numgan.losses import NonSaturating, binary_cross_entropy_with_logits
from numgan.networks import Network
from numgan.optimizers import Adam
from numgan.training import (Gradients, UpdateRule, commit_loss, discriminator_gradients,
                             discriminator_step, generator_gradients, generator_step, norm,
                             standard_normal, update)

# -- a loss and a discriminator --------------------------------------------------------------------


class NoisyLabels(NonSaturating):
    """D's targets are soft and drawn anew for every sample: real U(0.7, 1.2), generated U(0, 0.3).

        D minimises  mean[ softplus(l_real) − t l_real ] + mean[ softplus(l_fake) − u l_fake ]
        G minimises  mean softplus(−l_fake), as usual

    The gradient σ(l) − t is linear in the target. So on average D gets what the fixed targets 0.95
    and 0.15 would give, and the draws add a noise that does not depend on the logit. A target above
    1 is not a probability, but the cost is a straight line in it, and its gradient exists.
    Reference: tip 6 of ganhacks; with fixed targets, Salimans et al. 2016, section 3.4.
    """

    remembers = ("rng",)

    def __init__(self, real=(0.7, 1.2), fake=(0.0, 0.3), rng=0):
        super().__init__()
        for name, ends in ("real", real), ("fake", fake):
            if not isinstance(ends, (tuple, list)) or len(ends) != 2 or not all(
                    is_number(end) and np.isfinite(end) for end in ends) or ends[0] > ends[1]:
                raise ValueError(f"NoisyLabels: expected {name} to be (low, high) with low <= "
                                 f"high, got {ends!r}")
        self.real, self.fake = tuple(real), tuple(fake)
        self.rng = random_generator("NoisyLabels", rng)

    def discriminator(self, real_logits, fake_logits):
        real_value, d_real = binary_cross_entropy_with_logits(
            self._targets(self.real, real_logits), real_logits)
        fake_value, d_fake = binary_cross_entropy_with_logits(
            self._targets(self.fake, fake_logits), fake_logits)
        return real_value + fake_value, d_real, d_fake

    def _targets(self, interval, logits):
        return self.rng.uniform(*interval, logits.shape).astype(logits.real.dtype)

    def __repr__(self):
        return f"NoisyLabels(real={self.real}, fake={self.fake})"


class MixedBatches(Network):
    """A discriminator that sees real and generated samples as one batch, whatever its layers are.

    `training.discriminator_gradients` gives each kind a batch of its own if the network couples
    its samples, as BatchNorm does. This network says that it does not. Then BatchNorm's mean is
    taken over both kinds in D's step, and over generated samples alone in G's step, where there are
    no others: G learns from a different D than the one that was trained. This class is here for
    comparison.
    """

    def __init__(self, layers, **options):
        super().__init__(layers, **options)
        self.couples_samples = False


# -- what D sees -----------------------------------------------------------------------------------


class Flipped:
    """Swaps a share of the real and the generated samples: their labels are wrong.

    ``flipped(real, fake) -> (real, fake)``, for `d_batches` of `train`.
    """

    remembers = ("rng",)

    def __init__(self, share, rng):
        self.share = fraction("Flipped", "share", share)
        self.rng = random_generator("Flipped", rng)

    def __call__(self, real, fake):
        n = min(len(real), len(fake))
        chosen = np.flatnonzero(self.rng.random(n) < self.share)
        real, fake = real.copy(), fake.copy()
        real[chosen], fake[chosen] = fake[chosen], real[chosen]
        return real, fake


class Replay:
    """Experience replay: a share of each generated batch is replaced by samples of the past.

        the first `share` of the batch ← random samples of the buffer
        random places of the buffer    ← as many of the fresh ones

    so that a sample stays for a random time, capacity / (share · batch) steps on average, and D
    cannot forget where G has been. Until the buffer is full all samples are fresh, and go into it.
    ``replay(real, fake) -> (real, fake)``, for `d_batches` of `train`.
    Reference: Shrivastava et al. 2017, section 2.3, with half of the batch.
    """

    remembers = ("rng", "buffer")

    def __init__(self, share, capacity, rng):
        self.share = fraction("Replay", "share", share, closed=True)
        self.capacity = positive_int("Replay", "capacity", capacity)
        self.rng, self.buffer = random_generator("Replay", rng), None

    def __call__(self, real, fake):
        if self.buffer is None:
            self.buffer = fake[:0]
        lacking = self.capacity - len(self.buffer)
        if lacking > 0:
            self.buffer = np.concatenate([self.buffer, fake[:lacking]])
            return real, fake
        count = round(self.share * len(fake))
        old = self.buffer[self.rng.integers(self.capacity, size=count)]
        places = self.rng.permutation(self.capacity)[:count]
        self.buffer[places] = fake[:len(places)]
        return real, np.concatenate([old, fake[count:]])


class OneAfterTheOther:
    """Several such functions as one."""

    remembers = ("functions",)

    def __init__(self, *functions):
        self.functions = functions

    def __call__(self, real, fake):
        for function in self.functions:
            real, fake = function(real, fake)
        return real, fake


# -- whose turn it is: update rules for `train` ----------------------------------------------------


class Checkpoints(UpdateRule):
    """Both networks are remembered now and then, and for a few steps the players meet old ones.

    Every `every` steps a copy of G and of D is kept (the last `keep` of them); then, for `length`
    steps, D learns from what a random old G makes, and G learns from the D of the same age. Only
    the players are updated.
    Reference: tip 8 of ganhacks ("keep checkpoints from the past of G and D and occasionally swap
    them out for a few iterations").
    """

    remembers = ("steps", "past", "opponents")

    def __init__(self, every=500, length=10, keep=10):
        self.every = positive_int("Checkpoints", "every", every)
        self.length = positive_int("Checkpoints", "length", length)
        self.keep = positive_int("Checkpoints", "keep", keep)
        self.steps, self.past, self.opponents = 0, [], None

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        phase = self.steps % self.every
        if phase == 0:
            self.opponents = self.past[p.rng.integers(len(self.past))] if self.past else None
            now = [(network.theta.copy(), network.buffer.copy())
                   for network in (p.generator, p.discriminator)]
            self.past = [*self.past, now][-self.keep:]
        elif phase == self.length:
            self.opponents = None
        self.steps += 1
        old_generator, old_discriminator = p.generator, p.discriminator
        if self.opponents is not None:
            old_generator, old_discriminator = (
                _as_it_was(network, *vectors) for network, vectors in
                zip((p.generator, p.discriminator), self.opponents))
        real = real_batch()
        d = discriminator_step(old_generator, p.discriminator, real, latent_batch(), loss=p.loss,
                               optimizer=p.d_optimizer, scale=scale, penalty=p.penalty, rng=p.rng,
                               d_batches=p.d_batches)
        g = generator_step(p.generator, old_discriminator, latent_batch(), loss=p.loss,
                           optimizer=p.g_optimizer, scale=scale, real=real)
        return d, g


def _as_it_was(network, theta, buffer):
    """A copy of the network with the parameters and running statistics of another time."""
    old = network.copy()
    old.theta[...], old.buffer[...] = theta, buffer
    return old


class Balanced(UpdateRule):
    """Loss statistics decide who learns: D only while its loss is above `d_above`, G only while its
    own is above `g_above`. At the equilibrium they are 2 ln 2 = 1.39 and ln 2 = 0.69.

    Reference: what tip 11 of ganhacks advises against ("while lossD > A: train D, while lossG > B:
    train G").
    """

    def __init__(self, d_above, g_above):
        for name, value in ("d_above", d_above), ("g_above", g_above):
            if not is_number(value) or np.isnan(value):  # infinite: always, or never
                raise ValueError(f"Balanced: {name} must be a number, got {value!r}")
        self.d_above, self.g_above = float(d_above), float(g_above)

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        real = real_batch()
        fake, _ = p.generator.forward(latent_batch(), train=True)
        batches = (real, fake) if p.d_batches is None else p.d_batches(real, fake)
        d = discriminator_gradients(p.discriminator, *batches, p.loss, p.penalty, p.rng)
        if not d.loss <= self.d_above:  # NaN goes on to `update`, which refuses it
            update(p.discriminator, d, p.d_optimizer, scale, "discriminator")
            commit_loss(p.loss, d)
        g = generator_gradients(p.generator, p.discriminator, latent_batch(), p.loss, real)
        if not g.loss <= self.g_above:
            update(p.generator, g, p.g_optimizer, scale, "generator")
        return d, g


class HybridVAE(UpdateRule):
    """VAE + GAN: G is the decoder of a variational autoencoder too, and its loss is the sum.

        (μ, s) = encoder(x),   z = μ + e^(s/2) ε,  ε ~ N(0, 1),   r = G(z) − x
        VAE = mean_n [ ‖r‖² / 2τ²  +  ½ Σ_j (μ_j² + e^(s_j) − s_j − 1) ]
        G minimises  GAN loss + weight · VAE,    the encoder  weight · VAE

    The second term is KL(N(μ, e^s) ‖ N(0, 1)). Each real x must be made by some z, so no mode can
    be missed without cost; τ is the distance from x that costs half a nat.

    Backward: dG(z) = weight r / (τ² N) goes back through G, which keeps its share of the gradient,
    to dz. z is a function of μ and s (the *reparametrisation*: ε is drawn first, and is then a
    constant), ∂z/∂μ = 1 and ∂z/∂s = ½ e^(s/2) ε, so

        dμ = dz + weight μ / N,     ds = ½ dz e^(s/2) ε + weight (e^s − 1) / 2N

    Parameters
    ----------
    encoder : Network, x (N, ...) → (N, 2 · latent), μ first
    weight, tau : float > 0
    optimizer : the encoder's; Adam() if None

    Reference: Kingma & Welling 2014, eq. 10 and appendix B; Larsen et al. 2016 (VAE/GAN, where r is
    taken in D's features instead). Tip 7 of ganhacks.
    """

    remembers = ("encoder", "optimizer")

    def __init__(self, encoder, weight=0.1, tau=0.1, optimizer=None):
        if not isinstance(encoder, Network):
            raise TypeError(f"HybridVAE: encoder must be a Network, got {encoder!r}")
        if optimizer is not None and not hasattr(optimizer, "step"):
            raise TypeError(f"HybridVAE: expected an optimiser such as Adam(), got {optimizer!r}")
        self.encoder = encoder
        self.weight = number("HybridVAE", "weight", weight, above=0)
        self.tau = number("HybridVAE", "tau", tau, above=0)
        self.optimizer = optimizer or Adam()

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        real = real_batch()
        d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                               optimizer=p.d_optimizer, scale=scale, penalty=p.penalty, rng=p.rng,
                               d_batches=p.d_batches)
        g = generator_gradients(p.generator, p.discriminator, latent_batch(), p.loss, real)
        found = self.add_gradients(p.generator, real, p.rng)
        g = g._replace(loss=g.loss + found.loss, grad_norm=norm(p.generator.grad))
        update(p.generator, g, p.g_optimizer, scale, "generator")
        update(self.encoder, found, self.optimizer, scale, "encoder")
        return d, g

    def add_gradients(self, generator, x, rng, noise=None):
        """Add the gradients of weight · VAE to `generator.grad`, and write those of the encoder;
        returns `Gradients`.

        noise : ε (N, latent), drawn from rng if None
        """
        n = len(x)
        h, e_cache = self.encoder.forward(x, train=True)
        mean, s = np.split(h, 2, axis=1)
        if noise is None:
            noise = standard_normal(rng, mean.shape, generator.dtype)
        std = np.exp(s / 2)
        y, g_cache = generator.forward(mean + std * noise, train=True)
        r = y - x
        value = ((r * r).sum() / self.tau ** 2
                 + (mean * mean + std * std - s - 1).sum()) * (self.weight / (2 * n))
        dz = generator.backward(r * (self.weight / (self.tau ** 2 * n)), g_cache)
        share = self.weight / n
        d_mean = dz + share * mean
        d_s = (dz * std * noise + share * (std * std - 1)) / 2
        self.encoder.grad.fill(0)
        self.encoder.backward(np.concatenate([d_mean, d_s], axis=1), e_cache, input_grad=False)
        return Gradients(value, norm(self.encoder.grad), (e_cache,))
