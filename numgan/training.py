"""Algorithm 1 of Goodfellow et al. 2014: k steps of the discriminator, then one of the generator.

Each network's step is in two halves: its gradients, a forward and a backward pass through the
chain, and then its update. Steps never remember anything between calls but in the networks and
optimisers they are given.
"""

import math
import typing
import warnings

import numpy as np

from .combinations import check as check_combination
from .layers import Flatten, ReLU, Reshape, Sigmoid, Softplus, Tanh
from .layers.base import fraction, number, positive_int
from .layers.compose import Chain
from .network import Network
from .pairs import Pair, c_of, concatenate, samples, x_of
from .optimizers import Adam, schedule as schedule_of
from .snapshot import Snapshot
from .threads import threads_for


class Record(typing.NamedTuple):
    """What one training step tells; losses in nats, probabilities as batch means."""

    step: int
    d_loss: float  # the discriminator's loss before its (last) update of this step
    g_loss: float  # the generator's loss before its update
    d_real: float  # mean D(x)
    d_fake: float  # mean D(G(z)) on the discriminator's batch, before its update
    d_grad_norm: float  # Euclidean norm of the gradient of all of the network's parameters
    g_grad_norm: float


class Gradients(typing.NamedTuple):
    """What a pass forward and backward found; the gradient itself is in ``network.grad``."""

    loss: float
    grad_norm: float
    caches: tuple  # of the network whose gradient was taken, one a forward pass, for `commit`
    d_real: float = float("nan")
    d_fake: float = float("nan")
    logits: tuple = None  # of the real and of the generated batch, if the discriminator's


# -- gradients ---------------------------------------------------------------------------------


def discriminator_gradients(discriminator, real, fake, loss, penalty=None, rng=None):
    """Fill ``discriminator.grad`` with the gradient of its loss on a real and a fake batch.

    real, fake (N, ...): samples. Both batches go forward before either goes backward. A
    discriminator with BatchNorm sees each on its own, normalised by its own statistics, with a
    cache for each; without it, samples do not know of each other and both go as one batch.
    `penalty` (see `penalties`), which may draw from `rng`, is added to the loss.
    """
    if discriminator.couples_samples:
        batches = [real, fake]
    else:
        batches = [concatenate(real, fake)]
    logits, caches = zip(*[discriminator.forward(batch, train=True) for batch in batches])
    if len(batches) == 1:
        real_logits, fake_logits = logits[0][:len(real)], logits[0][len(real):]
    else:
        real_logits, fake_logits = logits
    value, d_real, d_fake = loss.discriminator(real_logits, fake_logits)
    d_logits = [np.concatenate([d_real, d_fake])] if len(batches) == 1 else [d_real, d_fake]
    discriminator.grad.fill(0)
    if getattr(penalty, "at_batch", False) and len(batches) == 1 and len(real) == len(fake):
        value = value + penalty.add_gradient_from(discriminator, logits[0], caches[0], d_logits[0])
    else:
        for dy, cache in zip(d_logits, caches):
            discriminator.backward(dy, cache, input_grad=False)
        if penalty is not None:
            value = value + penalty.add_gradient(discriminator, real, fake, rng)
    return Gradients(value, norm(discriminator.grad), caches,
                     mean_probability(real_logits), mean_probability(fake_logits),
                     (real_logits, fake_logits))


def generator_gradients(generator, discriminator, z, loss, real=None):
    """Fill ``generator.grad`` with the gradient of its loss on the latents z (N, latent).

    The gradient enters at the logits, passes the discriminator as it stands (`param_grads=False`:
    its own gradients are neither wanted nor touched) and leaves it at the fake samples, where the
    generator's backward takes over. `real` (N, ...) is for a loss that compares with real samples.
    """
    fake, g_cache = generator.forward(z, train=True)
    logits, d_cache = discriminator.forward(fake, train=True)
    value, d_logits = loss.generator(logits, real_logits_for(loss, discriminator, real)[0])
    d_samples = discriminator.backward(d_logits, d_cache, param_grads=False)
    generator.grad.fill(0)
    generator.backward(d_samples, g_cache, input_grad=False)
    return Gradients(value, norm(generator.grad), (g_cache,))


def real_logits_for(loss, discriminator, real):
    """(logits, cache) of the real samples for the generator's loss; mostly not asked for: None."""
    if not getattr(loss, "generator_sees_real", False):
        return None, None
    if real is None:
        raise ValueError(f"{loss} compares generated with real samples: expected real, got None")
    return discriminator.forward(real, train=True)


# -- steps -------------------------------------------------------------------------------------


def discriminator_step(generator, discriminator, real, z, *, loss, optimizer, scale=1.0,
                       penalty=None, rng=None, shown=None):
    """Descend the discriminator's loss once, on `real` samples and on fakes from the latents `z`.

    The generator is only sampled. `scale`, a finite number >= 0, multiplies the optimiser's
    learning rate; `penalty` and `rng` are those of `discriminator_gradients`, `shown` that of
    `train`. Returns `Gradients`; raises `TrainingDiverged`, before anything is changed, if they
    are not finite.
    """
    check_scale("discriminator_step", scale)
    fake, _ = generator.forward(z, train=True)
    if shown is not None:
        real, fake = shown(real, fake)
    found = discriminator_gradients(discriminator, real, fake, loss, penalty, rng)
    update(discriminator, found, optimizer, scale, "discriminator")
    commit_loss(loss, found)
    return found


def generator_step(generator, discriminator, z, *, loss, optimizer, scale=1.0, real=None):
    """Descend the generator's loss once. The discriminator stays as it is, to the bit.

    Returns and raises as `discriminator_step`; `real` is that of `generator_gradients`.
    """
    check_scale("generator_step", scale)
    found = generator_gradients(generator, discriminator, z, loss, real)
    update(generator, found, optimizer, scale, "generator")
    return found


def simultaneous_step(generator, discriminator, real, z, *, loss, d_optimizer, g_optimizer,
                      scale=1.0, penalty=None, rng=None, shown=None):
    """Both gradients at the same point, then both updates. Returns (D's, G's) `Gradients`; raises
    as `discriminator_step`."""
    check_scale("simultaneous_step", scale)
    fake, _ = generator.forward(z, train=True)
    batches = (real, fake) if shown is None else shown(real, fake)
    d_found = discriminator_gradients(discriminator, *batches, loss, penalty, rng)
    g_found = generator_gradients(generator, discriminator, z, loss, real)
    refuse_non_finite(discriminator, d_found, d_optimizer, "discriminator")
    update(generator, g_found, g_optimizer, scale, "generator")
    update(discriminator, d_found, d_optimizer, scale, "discriminator")
    commit_loss(loss, d_found)
    return d_found, g_found


class Players(typing.NamedTuple):
    """Who plays, and how: what an update rule of `train` is given, beside the batches."""

    generator: object
    discriminator: object
    loss: object
    d_optimizer: object
    g_optimizer: object
    penalty: object
    rng: object
    shown: object = None


class Alternating:
    """Algorithm 1: k steps of D, then one of G against the new D.

    An update rule has the method ``step(players, real_batch, latent_batch, scale) -> (D's
    Gradients, G's)``, where the batches are functions without arguments that draw a new one. If a
    step fails, `train` puts both players back to where they were. A rule that says which of them it
    moves before it can fail, `moves_first`, spares the copies of the others.
    """

    moves_first = ("discriminator",)  # what comes last, G's update, is checked before it is made

    def __init__(self, k=1):
        self.k = positive_int("Alternating", "k", k)

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        for _ in range(self.k):
            real = real_batch()
            d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                                   optimizer=p.d_optimizer, scale=scale, penalty=p.penalty,
                                   rng=p.rng, shown=p.shown)
        g = generator_step(p.generator, p.discriminator, latent_batch(), loss=p.loss,
                           optimizer=p.g_optimizer, scale=scale, real=real)
        return d, g


class Simultaneous:
    """Both players' gradients at one point, then both updates: `simultaneous_step`."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        return simultaneous_step(p.generator, p.discriminator, real_batch(), latent_batch(),
                                 loss=p.loss, d_optimizer=p.d_optimizer,
                                 g_optimizer=p.g_optimizer, scale=scale, penalty=p.penalty,
                                 rng=p.rng, shown=p.shown)


def check_scale(owner, scale):
    if not (isinstance(scale, float) and 0 <= scale < math.inf):  # the usual case first, for speed
        number(owner, "scale", scale, least=0)


def update(network, found, optimizer, scale, part):
    """Take the step, then let layers with running statistics keep what this batch showed."""
    refuse_non_finite(network, found, optimizer, part)
    optimizer.step(network.theta, network.grad, scale)
    for cache in found.caches:
        network.commit(cache)


def commit_loss(loss, found):
    """After D's step: a loss with a state (BEGAN) learns how the batch went."""
    if hasattr(loss, "commit"):
        loss.commit(*found.logits)


def mean_probability(logits):
    p = 0.5 * x_of(logits)[:, 0]  # σ, as in `sigmoid`, without four arrays
    np.tanh(p, out=p)
    p += 1
    p *= 0.5
    return np.add.reduce(p) / len(p)


def norm(vector):
    """Euclidean norm; infinite where the squares overflow, which `refuse_non_finite` reports."""
    return np.sqrt(vector @ vector)


# -- the loop ----------------------------------------------------------------------------------


def train(generator, discriminator, data, *, loss, steps, rng, k=1, batch_size=64,
          d_optimizer=None, g_optimizer=None, updates="alternating", schedule="constant",
          average=None, latent=None, penalty=None, shown=None, watch=None):
    """Train a GAN; a generator function that yields a `Record` after each step.

        for record in train(G, D, data, loss=NonSaturating(), steps=1000, rng=rng):
            ...                                # plot, stop (break), save: whatever is wanted

    Nothing is trained that is not asked for: the loop runs as far as the caller iterates.

    Parameters
    ----------
    generator, discriminator : Network; z (N, latent) → samples, samples → logits (N, 1)
    data : function ``n -> real samples (n, ...)`` in the networks' dtype, such as
        `numgan.data.sampler` makes
    loss : Minimax(), NonSaturating(), ...
    steps : int, the number of generator steps
    rng : numpy.random.Generator, draws the latents
    k : int, discriminator steps for each generator step
    batch_size : int, the number m of Algorithm 1, of real and of fake samples each
    d_optimizer, g_optimizer : one for each network; Adam() if None
    updates : "alternating" (D first, then G against the new D) or "simultaneous" (k must be 1); or
        another update rule, such as unrolled.Unrolled(5) or game.Consensus(10) (k must be 1)
    schedule : "constant", "linear", "cosine", or a function of progress in [0, 1) that returns a
        finite number >= 0; multiplies both learning rates
    average : WeightAverage of the generator, updated after each step, or None
    latent : function ``(n, rng) -> z``; standard normal if None
    penalty : a penalty on the discriminator's gradient, such as penalties.R1(), or None
    shown : function ``(real, fake) -> (real, fake)`` of the two batches of a D step, or None: D
        learns from what it returns, such as old fakes among the new ones. The batches may differ
        in size, but not in the samples' shape. G's step is as ever
    watch : function of the records that yields them on, such as diagnose.Monitor(), or None

    Raises
    ------
    ValueError, TypeError : at once for bad arguments, and for those that make no sense together
        (see `combinations`); at the step where it happens for data, latents or a schedule that do
        not fit
    TrainingDiverged : a loss or a gradient was not finite; names step, network and layer
    Whatever a step raises: both networks (theta and running statistics), both optimisers and the
    loss's own state are then as they were before that step. Only random generators have gone on.

    Warns
    -----
    UserWarning : once, if the data lie far outside of what the generator can make (images from 0 to
        255 for one that ends in Tanh)
    """
    for part, network in ("generator", generator), ("discriminator", discriminator):
        if not isinstance(network, Network):
            raise TypeError(f"train: {part} must be a Network, got {network!r}")
    positive_int("train", "steps", steps, 0)
    positive_int("train", "k", k)
    positive_int("train", "batch_size", batch_size)
    rules = {"alternating": Alternating(k), "simultaneous": Simultaneous()}
    rule = rules.get(updates) if isinstance(updates, str) else updates
    if not hasattr(rule, "step") or isinstance(rule, type):
        raise ValueError(f"train: updates must be 'alternating', 'simultaneous' or an update rule "
                         f"such as unrolled.Unrolled(5), got {updates!r}")
    if updates != "alternating" and k != 1:
        raise ValueError(f"train: {updates} updates need k=1, got k={k}")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"train: rng must be a numpy.random.Generator, got {type(rng).__name__}")
    if not callable(data):
        raise TypeError(f"train: data must be a function n -> samples (see numgan.data.sampler), "
                        f"got {type(data).__name__}")
    if generator.dtype != discriminator.dtype:
        raise TypeError(f"train: both networks must have one dtype, got {generator.dtype} "
                        f"(generator) and {discriminator.dtype} (discriminator)")
    if d_optimizer is not None and d_optimizer is g_optimizer:
        raise ValueError("train: each network needs an optimiser of its own, got one for both")
    for name, value, methods, such in (
            ("loss", loss, ("discriminator", "generator"), "those of numgan.losses"),
            ("penalty", penalty, ("add_gradient",), "those of numgan.penalties"),
            ("d_optimizer", d_optimizer, ("step",), "those of numgan.optimizers"),
            ("g_optimizer", g_optimizer, ("step",), "those of numgan.optimizers"),
            ("average", average, ("update",), "WeightAverage(generator)")):
        # not a class: SGD has a step too, but is no optimiser
        fits = not isinstance(value, type) and all(hasattr(value, name) for name in methods)
        if not fits and (value is not None or name == "loss"):
            raise TypeError(f"train: {name} must have the method {' and '.join(methods)}, such as "
                            f"{such}, got {value!r}")
    if generator.input_shape is None:
        raise ValueError(f"train: the shape of latents is not known from {generator}: make the "
                         f"Network with input_shape=")
    sample_shape = generator.output_shape(generator.input_shape)
    logit_shape = discriminator.output_shape(sample_shape)
    if logit_shape != (1,) and not getattr(loss, "takes_embedding", False):
        raise ValueError(f"train: expected a discriminator that ends in one logit, (N, 1), got "
                         f"{discriminator} with output (N, {', '.join(map(str, logit_shape))})")
    for name, value, what in (("latent", latent, "(n, rng) -> z"),
                              ("shown", shown, "(real, fake) -> (real, fake)"),
                              ("watch", watch, "of the records that yields them")):
        if value is not None and not callable(value):
            raise TypeError(f"train: {name} must be a function {what}, got {value!r}")
    schedule = schedule_of(schedule)
    d_optimizer, g_optimizer = d_optimizer or Adam(), g_optimizer or Adam()
    check_combination(discriminator, loss, penalty, updates, d_optimizer, batch_size)

    first = True

    def real_batch():
        nonlocal first
        real = _checked_batch("data(n)", samples(data(batch_size)), batch_size, sample_shape,
                              discriminator)
        if first:
            first = False
            warn_of_scale(generator, real)
        return real

    def latent_batch():
        if latent is not None:
            return _checked_batch("latent(n, rng)", samples(latent(batch_size, rng)), batch_size,
                                  generator.input_shape, generator)
        return standard_normal(rng, (batch_size, *generator.input_shape), generator.dtype)

    players = Players(generator, discriminator, loss, d_optimizer, g_optimizer, penalty, rng,
                      shown)
    sides = {"generator": (generator, g_optimizer), "discriminator": (discriminator, d_optimizer)}
    moved = [sides[name] for name in getattr(rule, "moves_first", sides)]
    before = Snapshot([network for network, _ in moved],
                      [optimizer for _, optimizer in moved] + [loss])

    def one_step(step):
        scale = schedule(step / steps)
        check_scale(f"train: the schedule at progress {step / steps:g}", scale)
        before.take()
        try:
            d, g = rule.step(players, real_batch, latent_batch, scale)
        except BaseException:  # an interrupt too
            before.restore()
            raise
        if average is not None:
            average.update()
        return Record(step, *map(float, (d.loss, g.loss, d.d_real, d.d_fake, d.grad_norm,
                                         g.grad_norm)))

    threads = threads_for((generator, discriminator), batch_size)

    def run():
        for step in range(steps):
            try:
                # what overflows is reported by TrainingDiverged
                with threads(), np.errstate(over="ignore", invalid="ignore"):
                    record = one_step(step)
            except TrainingDiverged as error:
                raise TrainingDiverged(f"step {step}: {error}") from None
            yield record

    return run() if watch is None else watch(run())


def standard_normal(rng, shape, dtype):
    """z ~ N(0, 1) in the networks' dtype."""
    kind = np.float32 if dtype == np.float32 else np.float64
    return rng.standard_normal(shape, kind).astype(dtype, copy=False)


class WeightAverage:
    """A second generator whose weights are a moving average of the first's.

        θ̄ ← d θ̄ + (1 − d) θ,   d = min(decay, (1 + t)/(10 + t)) at the t-th update

    The average damps the circling of the two players: it samples better than any single step.
    Running statistics are copied, not averaged. `network` is the averaged generator.
    Reference: Yazıcı et al. 2019; the warm-up is that of TensorFlow's moving average.
    """

    def __init__(self, generator, decay=0.999):
        if not isinstance(generator, Network):
            raise TypeError(f"WeightAverage: generator must be a Network, got {generator!r}")
        self.decay = fraction("WeightAverage", "decay", decay)
        self.source = generator
        self.network = generator.copy()
        self.updates = 0

    def update(self):
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        theta = self.network.theta
        theta *= decay
        theta += (1 - decay) * self.source.theta
        self.network.buffer[...] = self.source.buffer


# -- what goes wrong -----------------------------------------------------------------------------


class TrainingDiverged(ArithmeticError):
    """A loss or gradient became NaN or infinite. Nothing was updated: networks, optimisers, loss
    and average are as they were before the step. Only random generators have gone on."""


def refuse_non_finite(network, found, optimizer, part):
    if math.isfinite(found.loss) and math.isfinite(found.grad_norm):
        return
    what = (f"loss is {found.loss}" if not math.isfinite(found.loss)
            else f"gradient has norm {found.grad_norm} (its loss is {found.loss:g})")
    layers = list(network.walk())
    weights, gradient = _first_non_finite(layers, ""), _first_non_finite(layers[::-1], "d")
    where = (f"its weights were not finite before: first {weights}" if weights
             else f"first on the way back: {gradient}" if gradient
             else "every layer's gradient is finite, but their squares overflow")
    raise TrainingDiverged(
        f"the {part}'s {what}; {where}. Nothing was updated. Usual causes: a learning rate that is "
        f"too high (here {optimizer!r}), NaN or very large values in the data, or an opponent "
        f"that has diverged")


def _first_non_finite(layers, prefix):
    """The first array, of a list of layers, that has a NaN or an infinity: "dW of Dense(2, 8)"."""
    for layer in layers:
        for name in layer.shapes:
            if not np.isfinite(getattr(layer, prefix + name)).all():
                return f"{prefix}{name} of {layer}"
    return None


def _checked_batch(what, batch, size, shape, network):
    """What `data` or `latent` gave, if the network can take it: an array of `size` samples, or a
    `Pair` of one and its conditions."""
    x, c, shape = x_of(batch), c_of(batch), (size, *shape)
    if not isinstance(x, np.ndarray) or x.shape != shape or (
            x.dtype != network.dtype and not network.takes_integers):
        came = f"{x.shape} of {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        makes = "makes" if what.startswith("data") else "takes"
        raise ValueError(f"train: expected {what} to return an array of shape {shape} of "
                         f"{network.dtype} (what the generator {makes}), got {came}")
    if isinstance(batch, Pair) != (network.condition_shape is not None):
        raise ValueError(f"train: {network} takes "
                         f"{'samples alone' if isinstance(batch, Pair) else 'pairs (x, c)'}, but "
                         f"{what} gave {'pairs' if isinstance(batch, Pair) else 'no condition'}")
    for values in (x,) if c is None or c.dtype.kind not in "fc" else (x, c):
        if not np.isfinite(values).all():
            raise ValueError(f"train: expected finite values from {what}, got NaN or infinity in "
                             f"{(~np.isfinite(values)).sum()} of {values.size} values")
    return batch


# -- data that the generator cannot make ---------------------------------------------------------

RANGES = {Tanh: (-1.0, 1.0), Sigmoid: (0.0, 1.0), ReLU: (0.0, np.inf), Softplus: (0.0, np.inf)}


def warn_of_scale(generator, real):
    """A UserWarning where a real batch lies far outside what the generator can make, or where it
    looks like images that are still bytes."""
    x = x_of(real).reshape(len(real), -1)
    if x.dtype.kind != "f" or x.size == 0:
        return
    low, high = float(x.min()), float(x.max())
    found = f"train: data from {low:g} to {high:g}"
    layer = _last(generator)
    least, most = RANGES.get(type(layer), (-np.inf, np.inf))
    width = most - least if most < np.inf else 0
    if max(least - low, high - most) > 0.1 * max(high - low, width):
        warnings.warn(f"{found}, but the generator ends in {layer} and makes numbers in "
                      f"[{least:g}, {f'{most:g}]' if most < np.inf else '∞)'}: expected data in "
                      f"that interval{_of_bytes(low, high, least)}", stacklevel=2)
    elif most > 100 and x.shape[1] >= 16 and low >= 0 and 100 < high <= 255 and (
            x == np.rint(x)).all():
        warnings.warn(f"{found}, all whole numbers: images that are still bytes? Expected numbers "
                      f"of the size that networks make, such as [−1, 1]"
                      f"{_of_bytes(low, high, -1)}", stacklevel=2)


def _of_bytes(low, high, least):
    if not (low >= 0 and 100 < high <= 255):
        return ""
    return "; of images with 256 levels: x / 127.5 − 1" if least < 0 else (
        "; of images with 256 levels: x / 255")


def _last(network):
    """The last layer that does more than rename axes."""
    for layer in network.layers[::-1]:
        while isinstance(layer, Chain):
            layer = layer.children[-1]
        if not isinstance(layer, (Reshape, Flatten)):
            return layer
