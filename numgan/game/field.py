"""A GAN as a game: two players, each descending its own loss, which the other player also moves.

With w = (θ, ψ), the parameters of generator and discriminator, one simultaneous step of gradient
descent goes along the vector field

    v(w) = (−∇_θ L_G, −∇_ψ L_D)

If the two losses were one, v would be its gradient and the Jacobian J = ∂v/∂w symmetric, with real
eigenvalues: training would run downhill. In a game J is not symmetric, and its eigenvalues have
imaginary parts: training turns. A pair λ = a ± ib at an equilibrium means a spiral of frequency b,
inwards if a < 0. But a step of size h multiplies the deviation by 1 + hλ, and for a = 0 the modulus
of this factor is above 1, whatever h: simultaneous descent then circles outwards for ever.
Mescheder et al. 2017 and 2018; Nagarajan & Kolter 2017.

Everything here is made of directional derivatives of a loss, R = ⟨∇L, u⟩, and of their gradients,
by `tangent` and `tangent_backward`. J itself is never formed unless asked for.
"""

from __future__ import annotations

import numpy as np

from .._checks import choice, positive_int
from .._optional import needed_by
from .._types import Array, Batch, Cache
from ..losses import Loss
from ..networks import Network
from ..pairs import Samples, concatenate, still, with_x, x_of
from ..penalties import Penalty
from ..training import Gradients, discriminator_gradients, generator_gradients

COMPLEX_STEP = 1e-30


class Game:
    """The field of a GAN on fixed batches, and products with its Jacobian.

    Parameters
    ----------
    generator, discriminator : Network; their parameters are the point w at which all is computed.
        To look elsewhere, change their theta. Their `grad` is used as scratch space
    real (N, ...), z (N, latent) : the batches
    loss : of `losses`; penalty : of `penalties`, added to the discriminator's loss, or None
    seed : int, for penalties at random points

    A vector of the game has the generator's part first, then the discriminator's. With layers that
    draw random numbers (Dropout), each call sees another game.

    Attributes
    ----------
    sizes : (number of the generator's parameters, of the discriminator's)
    """

    def __init__(self, generator: Network, discriminator: Network, real: Samples, z: Samples,
                 loss: Loss, penalty: Penalty | None = None, seed: int = 0) -> None:
        for part, network, batch, name in (("generator", generator, z, "z"),
                                           ("discriminator", discriminator, real, "real")):
            if not isinstance(network, Network):
                raise TypeError(f"Game: {part} must be a Network, got {network!r}")
            network.check_input(batch)
            if not np.isfinite(x_of(batch)).all():
                raise ValueError(f"Game: expected finite {name}, got NaN or infinity")
        positive_int("Game", "seed", seed, 0)
        self.generator, self.discriminator = generator, discriminator
        self.real, self.z, self.loss = real, z, loss
        self.penalty, self.seed = penalty, seed
        self.sizes = generator.theta.size, discriminator.theta.size
        self._analytic: Network | None = None

    def field(self) -> Array:
        """v(w) = (−∇_θ L_G, −∇_ψ L_D), of sum(sizes) values."""
        return self.field_and_gradients()[0]

    def field_and_gradients(self) -> tuple[Array, Gradients, Gradients]:
        """The same, with the results of the two passes: (v, D's `Gradients`, G's)."""
        fake, _ = self.generator.forward(self.z, train=True)
        d = discriminator_gradients(self.discriminator, self.real, fake, self.loss, self.penalty,
                                    np.random.default_rng(self.seed))
        g = generator_gradients(self.generator, self.discriminator, self.z, self.loss, self.real)
        return -np.concatenate([self.generator.grad, self.discriminator.grad]), d, g

    def jacobian_product(self, u: Array) -> Array:
        """J u: how the field changes along u = (u_θ, u_ψ).

        The upper part is −∇_θ R_G. R_G is the derivative of the generator's loss along u, taken
        on the way z → G → D with tangents of both networks' parameters. The lower part is −∇_ψ R_D.
        """
        u_theta, u_psi = self.split(u)
        G, D, loss = self.generator, self.discriminator, self.loss
        fake, g_cache = G.forward(self.z, train=True)
        t_fake, g_tcache = G.tangent(still(self.z), g_cache, u_theta)
        logits, d_cache = D.forward(fake, train=True)
        t_logits, d_tcache = D.tangent(t_fake, d_cache, u_psi)
        real_logits = t_real = None
        if loss.generator_sees_real:
            real_logits, cache = D.forward(self.real, train=True)
            t_real, _ = D.tangent(still(self.real), cache, u_psi)
        _, d_logits = loss.generator(logits, real_logits)
        td_logits, _ = loss.generator_tangent(logits, t_logits, real_logits, t_real)
        dx, dtx = D.tangent_backward(td_logits, d_logits, d_cache, d_tcache)
        G.grad.fill(0)
        G.tangent_backward(dx, dtx, g_cache, g_tcache, input_grad=False)
        h_psi, _ = discriminator_hvp(D, self.real, fake, loss, u_psi, t_fake)
        if self.penalty is not None:
            h_psi = h_psi + self._penalty_product(self.penalty, fake, t_fake, u_psi)
        return -np.concatenate([G.grad, h_psi])

    def jacobian_transpose_product(self, u: Array) -> Array:
        """Jᵀ u = −∇_w (⟨∇_θ L_G, u_θ⟩ + ⟨∇_ψ L_D, u_ψ⟩), u held constant.

        The first term is the derivative of L_G along u_θ alone: its gradient reaches θ and, through
        D's weights, ψ. The second is that of L_D along u_ψ: its gradient reaches ψ and, through the
        generated samples, θ.
        """
        if self.penalty is not None:
            raise NotImplementedError(f"{self.penalty}: a product with Jᵀ needs third derivatives "
                                      f"of a penalty, which are not here; use no penalty")
        u_theta, u_psi = self.split(u)
        G, D, loss = self.generator, self.discriminator, self.loss
        fake, g_cache = G.forward(self.z, train=True)
        t_fake, g_tcache = G.tangent(still(self.z), g_cache, u_theta)
        logits, d_cache = D.forward(fake, train=True)
        t_logits, d_tcache = D.tangent(t_fake, d_cache)
        real_logits: Batch = None
        t_real: Batch = None
        real_cache: Cache = None
        if loss.generator_sees_real:
            real_logits, real_cache = D.forward(self.real, train=True)
            t_real = still(real_logits)  # neither the real samples nor D moves along u_θ
        _, d_logits = loss.generator(logits, real_logits)
        td_logits, td_real = loss.generator_tangent(logits, t_logits, real_logits, t_real)
        D.grad.fill(0)
        dx, dtx = D.tangent_backward(td_logits, d_logits, d_cache, d_tcache)
        if td_real is not None:
            D.backward(td_real, real_cache, input_grad=False)
        G.grad.fill(0)
        G.tangent_backward(dx, dtx, g_cache, g_tcache, input_grad=False)
        h_psi, h_fake = discriminator_hvp(D, self.real, fake, loss, u_psi)
        G.backward(h_fake, g_cache, input_grad=False)
        return -np.concatenate([G.grad, D.grad + h_psi])

    def jacobian(self) -> Array:
        """J as a matrix, column by column; for small networks."""
        return np.stack([self.jacobian_product(column) for column in
                         np.eye(sum(self.sizes), dtype=self.generator.dtype)], axis=1)

    def eigenvalues(self, count: int | None = None, which: str = "LM") -> Array:
        """Eigenvalues of J, complex, from the largest modulus to the smallest.

        count : all of them, from the matrix, if None; otherwise that many by Arnoldi iteration,
            which needs only products (scipy.sparse.linalg.eigs)
        which : "LM" the largest modulus, "LR" the largest real part, "LI" the largest imaginary
        """
        size = sum(self.sizes)
        if count is not None:
            positive_int("eigenvalues", "count", count)
        choice("eigenvalues", "which", which, ("LM", "LR", "LI"))
        if count is None or count >= size - 1:
            found = np.linalg.eigvals(self.jacobian())
        else:
            with needed_by("Game.eigenvalues(count)"):
                from scipy.sparse.linalg import LinearOperator, eigs
            operator = LinearOperator((size, size), self.jacobian_product, dtype=np.float64)
            start = np.random.default_rng(0).standard_normal(size)
            found = eigs(operator, k=count, which=which, v0=start, return_eigenvectors=False)
        if count is not None and len(found) > count:  # of the whole matrix
            by = {"LM": np.abs(found), "LR": found.real, "LI": np.abs(found.imag)}[which]
            found = found[np.argsort(-by, kind="stable")[:count]]
        return found[np.argsort(-np.abs(found), kind="stable")]

    def split(self, u: Array) -> tuple[Array, Array]:
        """The generator's part of a vector of the game, and the discriminator's, as views."""
        u = np.asarray(u)
        if u.size != sum(self.sizes):
            raise ValueError(f"Game: expected a vector of {sum(self.sizes)} values, "
                             f"{self.sizes[0]} of the generator and {self.sizes[1]} of the "
                             f"discriminator, got shape {u.shape}")
        u = u.reshape(-1).astype(self.generator.dtype, copy=False)
        return u[:self.sizes[0]], u[self.sizes[0]:]

    def _penalty_product(self, penalty: Penalty, fake: Batch, t_fake: Batch, u_psi: Array) -> Array:
        """How the penalty's gradient with respect to ψ changes along u. A penalty is of second
        order already, so this is a third derivative. It is not derived by hand, but computed from
        the hand-derived second one by a complex step, which loses no digits:
        Im ∇P(ψ + ih u_ψ, x + ih t_fake) / h.
        """
        if self._analytic is None:
            self._analytic = self.discriminator.astype(np.complex128)
        D, step = self._analytic, 1j * COMPLEX_STEP
        D.buffer[...] = self.discriminator.buffer
        D.theta[...] = self.discriminator.theta + step * u_psi
        D.grad.fill(0)
        moved = with_x(fake.astype(np.complex128), x_of(fake) + step * x_of(t_fake))
        penalty.add_gradient(D, self.real.astype(np.complex128), moved,
                             np.random.default_rng(self.seed))
        return (D.grad.imag / COMPLEX_STEP).astype(self.discriminator.dtype)


def discriminator_hvp(discriminator: Network, real: Samples, fake: Batch, loss: Loss, t_psi: Array,
                      t_fake: Batch = None) -> tuple[Array, Batch]:
    """Hessian-vector products of the discriminator's loss L_D(ψ, generated samples).

    real, fake (N, ...); t_psi like theta, t_fake like fake (zeros if None): the direction.
    Returns (h_psi, h_fake), how ∇_ψ L_D and ∇_fake L_D change along it.
    """
    t_fake = still(fake) if t_fake is None else t_fake
    if not discriminator.couples_samples:
        n = len(real)

        def derivatives(logits: Array, t_logits: Array) -> tuple[Array, Array]:
            cut = len(logits) * n // (n + len(fake))  # with `Patches` a sample has several
            parts = logits[:cut], logits[cut:], t_logits[:cut], t_logits[cut:]
            return (np.concatenate(loss.discriminator(*parts[:2])[1:]),
                    np.concatenate(loss.discriminator_tangent(*parts)))

        h_psi, h_x = discriminator.hvp(concatenate(real, fake), derivatives, t_psi,
                                       concatenate(still(real), t_fake))
        return h_psi, h_x[n:]
    # with BatchNorm, each batch passes on its own
    passes = []
    for x, tx in (real, still(real)), (fake, t_fake):
        logits, cache = discriminator.forward(x, train=True)
        passes.append((logits, cache, *discriminator.tangent(tx, cache, t_psi)))
    logits, caches, t_logits, tcaches = zip(*passes)
    d = loss.discriminator(*logits)[1:]
    td = loss.discriminator_tangent(*logits, *t_logits)
    kept = discriminator.grad.copy()
    discriminator.grad.fill(0)
    found = [discriminator.tangent_backward(*args) for args in zip(td, d, caches, tcaches)]
    h_psi = discriminator.grad.copy()
    discriminator.grad[...] = kept
    return h_psi, found[1][0]
