"""Algorithm 1: what a step changes and what it must leave alone, and how a run fails."""

import itertools
import re
import warnings

import numpy as np
import pytest

from demos.tips.methods import Balanced, Checkpoints, HybridVAE
from numgan import (SGD, Adam, BatchNorm, Dense, Dropout, Flatten, GaussianNoise, LeakyReLU,
                    Minimax, Network, NonSaturating, ReLU, Reshape, Sigmoid, Tanh)
from numgan.game import Consensus, Unrolled
from numgan.gradcheck import check_step
from numgan.layers import Join
from numgan.losses import ReverseKL
from numgan.networks import Conditional
from numgan.networks.models import (dcgan_discriminator, dcgan_generator, mlp_discriminator,
                                    mlp_generator)
from numgan.optimizers import Clipped
from numgan.pairs import Pair
from numgan.training import (TrainingDiverged, WeightAverage, discriminator_gradients,
                             discriminator_step, generator_step, simultaneous_step, train)


def pair(kind, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    if kind == "mlp":
        return (mlp_generator(3, 2, (8, 8), rng=rng, dtype=dtype),
                mlp_discriminator(2, (8, 8), rng=rng, dtype=dtype), (2,))
    if kind == "batchnorm":
        return (mlp_generator(3, 2, (8, 8), rng=rng, dtype=dtype),
                Network([Dense(2, 8), BatchNorm(8), LeakyReLU(), Dense(8, 1)], rng=rng,
                        dtype=dtype), (2,))
    return (dcgan_generator(8, 1, 3, 4, rng=rng, dtype=dtype),
            dcgan_discriminator(8, 1, 4, rng=rng, dtype=dtype), (8, 8, 1))


KINDS = ["mlp", "batchnorm", "dcgan"]


def batches(shape, seed=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    bound = 1 if len(shape) == 3 else np.inf  # images are what tanh can make
    return lambda n: rng.standard_normal((n, *shape)).clip(-bound, bound).astype(dtype)


def run(kind, seed=0, dtype=np.float64, **options):
    G, D, shape = pair(kind, seed, dtype)
    options = {"loss": NonSaturating(), "steps": 5, "batch_size": 6, **options}
    records = list(train(G, D, batches(shape, dtype=dtype), rng=np.random.default_rng(2),
                         **options))
    return G, D, records


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", [Minimax(), NonSaturating(smoothing=0.1)], ids=repr)
def test_whole_chain_against_the_loss_that_the_step_reports(kind, loss):
    G, D, shape = pair(kind)
    check_step(G, D, batches(shape)(4), batches((3,))(4), loss)


@pytest.mark.parametrize("kind", KINDS)
def test_generator_step_leaves_the_discriminator_bit_for_bit(kind):
    G, D, shape = pair(kind)
    D.grad[:] = np.random.default_rng(5).standard_normal(D.size)
    before = [vector.copy() for vector in (D.theta, D.grad, D.buffer)]
    theta = G.theta.copy()
    generator_step(G, D, batches((3,))(6), loss=NonSaturating(), optimizer=Adam())
    for vector, kept in zip((D.theta, D.grad, D.buffer), before):
        assert np.array_equal(vector, kept)
    assert not np.array_equal(theta, G.theta)


@pytest.mark.parametrize("kind", KINDS)
def test_discriminator_step_leaves_the_generator_bit_for_bit(kind):
    G, D, shape = pair(kind)
    before = [vector.copy() for vector in (G.theta, G.grad, G.buffer)]
    discriminator_step(G, D, batches(shape)(6), batches((3,))(6), loss=Minimax(),
                       optimizer=Adam())
    for vector, kept in zip((G.theta, G.grad, G.buffer), before):
        assert np.array_equal(vector, kept)


@pytest.mark.parametrize("kind", KINDS)
def test_training_changes_every_parameter_of_both(kind):
    G, D, shape = pair(kind)
    before = [[getattr(layer, name).copy() for layer in net.layers for name in layer.shapes]
              for net in (G, D)]
    for _ in train(G, D, batches(shape), loss=NonSaturating(), steps=3, batch_size=8,
                   rng=np.random.default_rng(0)):
        pass
    for net, old in zip((G, D), before):
        arrays = [(f"{name} of {layer}", getattr(layer, name)) for layer in net.layers
                  for name in layer.shapes]
        for (name, array), was in zip(arrays, old):
            assert (array != was).mean() > 0.5, name


def test_discriminator_gradient_is_the_sum_of_its_two_halves():
    """The fake batch must go backward through the fake batch's caches, the real through its own."""
    G, D, shape = pair("batchnorm")
    real, fake, loss = batches(shape)(5), 3 + batches(shape, 9)(5), NonSaturating()
    discriminator_gradients(D, real, fake, loss)
    both = D.grad.copy()
    D.grad.fill(0)
    for x, side in (real, 1), (fake, 2):
        logits, cache = D.forward(x, train=True)
        D.backward(loss.discriminator(logits, logits)[side], cache)
    np.testing.assert_allclose(both, D.grad, rtol=1e-12)


@pytest.mark.parametrize("options", [
    {}, {"k": 3}, {"updates": "simultaneous"}, {"loss": Minimax()}, {"schedule": "cosine"},
    {"d_optimizer": lambda: SGD(0.01, momentum=0.9)}],
    ids=lambda options: " ".join(options) or "plain")
@pytest.mark.parametrize("kind", ["mlp", "dcgan"])
def test_same_seed_same_bits(kind, options):
    def once():
        now = {name: value() if name == "d_optimizer" else value
               for name, value in options.items()}
        G, D, records = run(kind, dtype=np.float32, **now)
        return G.theta, D.theta, records
    (g, d, first), (g2, d2, second) = once(), once()
    assert np.array_equal(g, g2) and np.array_equal(d, d2) and first == second


def test_simultaneous_updates_start_from_the_same_point():
    G, D, shape = pair("mlp")
    z, real = batches((3,))(6), batches(shape)(6)
    G1, D1, G2, D2 = G.copy(), D.copy(), G.copy(), D.copy()
    simultaneous_step(G, D, real, z, loss=Minimax(), d_optimizer=SGD(0.1), g_optimizer=SGD(0.1))
    discriminator_step(G1, D1, real, z, loss=Minimax(), optimizer=SGD(0.1))
    generator_step(G2, D2, z, loss=Minimax(), optimizer=SGD(0.1))
    assert np.array_equal(D.theta, D1.theta) and np.array_equal(G.theta, G2.theta)
    generator_step(G1, D1, z, loss=Minimax(), optimizer=SGD(0.1))  # alternating: after D's update
    assert not np.array_equal(G.theta, G1.theta)


def test_k_discriminator_steps_draw_k_batches():
    drawn = []

    def data(n):
        drawn.append(n)
        return np.ones((n, 2))
    G, D, _ = pair("mlp")
    records = list(train(G, D, data, loss=NonSaturating(), steps=4, k=3, batch_size=5,
                         rng=np.random.default_rng(0)))
    assert drawn == [5] * 12 and [record.step for record in records] == [0, 1, 2, 3]


def test_running_statistics_are_committed_by_the_steps():
    G, D, _ = run("dcgan")
    assert G.buffer.any() and not np.array_equal(D.buffer, pair("dcgan")[1].buffer)


def test_schedule_reaches_the_updates():
    G, D, _ = run("mlp", schedule=lambda progress: 0.0)
    fresh, _, _ = pair("mlp")
    assert np.array_equal(G.theta, fresh.theta)
    asked = []
    run("mlp", steps=4, schedule=lambda progress: asked.append(progress) or 1.0)
    assert asked == [0, 0.25, 0.5, 0.75]


def test_records_tell_losses_probabilities_and_norms():
    _, _, records = run("mlp")
    for record in records:
        assert all(isinstance(value, float) for value in record[1:])
        assert 0 < record.d_real < 1 and 0 < record.d_fake < 1
        assert record.d_grad_norm > 0 and record.g_grad_norm > 0
    assert 0.5 < records[0].d_loss < 3


def test_a_record_of_the_dirac_gan_by_hand():
    """G(z) = θ and D(x) = ψ x with the data at 2 and −1, and θ = 3: losses, D's opinion before its
    step, the gradients' norms; G's after D's step."""
    G, D = (Network([Dense(1, 1)], rng=0, dtype=np.float64) for _ in range(2))
    G.theta[:], D.theta[:] = (0, 3), (1, 0)
    record = next(train(G, D, lambda n: np.array([[2.0], [-1.0]]), loss=NonSaturating(), steps=4,
                        batch_size=2, rng=np.random.default_rng(0), d_optimizer=SGD(0.1),
                        g_optimizer=SGD(0.1), latent=lambda n, rng: np.ones((n, 1))))

    def p(logit):
        return 1 / (1 + np.exp(-logit))

    assert record.step == 0
    assert record.d_real == pytest.approx((p(2) + p(-1)) / 2)
    assert record.d_fake == pytest.approx(p(3))
    assert record.d_loss == pytest.approx(-np.log(p(2) * p(-1)) / 2 - np.log(1 - p(3)))
    by_w = (2 * (p(2) - 1) - (p(-1) - 1)) / 2 + 3 * p(3)
    by_b = (p(2) - 1 + p(-1) - 1) / 2 + p(3)
    assert record.d_grad_norm == pytest.approx(np.hypot(by_w, by_b))
    w, b = 1 - 0.1 * by_w, -0.1 * by_b
    np.testing.assert_allclose(D.theta, [w, b], rtol=1e-12)
    assert record.g_loss == pytest.approx(-np.log(p(3 * w + b)))
    by_fake = (p(3 * w + b) - 1) * w  # of G's weight too: z is 1
    assert record.g_grad_norm == pytest.approx(np.sqrt(2) * abs(by_fake))
    np.testing.assert_allclose(G.theta, [-0.1 * by_fake, 3 - 0.1 * by_fake], rtol=1e-12)


def test_the_loop_runs_only_as_far_as_it_is_iterated():
    G, D, shape = pair("mlp")
    records = train(G, D, batches(shape), loss=NonSaturating(), steps=10 ** 9,
                    rng=np.random.default_rng(0))
    assert len(list(itertools.islice(records, 3))) == 3


def test_weight_average_follows_the_generator():
    G, D, shape = pair("dcgan")
    average = WeightAverage(G, decay=0.5)
    list(train(G, D, batches(shape), loss=NonSaturating(), steps=3, batch_size=4, average=average,
               rng=np.random.default_rng(0)))
    assert not np.array_equal(average.network.theta, G.theta)
    assert np.array_equal(average.network.buffer, G.buffer)
    G.theta[:] = 1
    for _ in range(200):
        average.update()
    np.testing.assert_allclose(average.network.theta, 1, rtol=1e-9)


def test_weight_average_has_a_known_trajectory():
    """From 0 towards 1 with d = 2/11, 3/12, then at most the decay of 0.3, not 4/13: what is left
    of the way is the product of the d's."""
    G = mlp_generator(2, 2, (3,), rng=0, dtype=np.float64)
    G.theta[:] = 0
    average = WeightAverage(G, decay=0.3)
    G.theta[:] = 1
    left = 1
    for d in 2 / 11, 3 / 12, 0.3, 0.3:
        average.update()
        left *= d
        np.testing.assert_allclose(average.network.theta, 1 - left, rtol=1e-14)
    assert WeightAverage(G).decay == 0.999 and average.source is G


def test_noise_layers_train_and_replay():
    G = mlp_generator(2, 2, (6,), rng=0)
    D = Network([GaussianNoise(0.3), Dense(2, 6), LeakyReLU(), Dropout(0.2), Dense(6, 1)], rng=1)
    copies = G.copy(), D.copy()
    for nets in (G, D), copies:
        list(train(*nets, batches((2,), dtype=np.float32), loss=NonSaturating(), steps=4,
                   rng=np.random.default_rng(0)))
    assert np.array_equal(D.theta, copies[1].theta)


# -- bad input and failure -----------------------------------------------------------------------


@pytest.mark.parametrize("options, kind, message", [
    ({"steps": -1}, ValueError, "steps must be an integer >= 0"),
    ({"steps": 2.5}, ValueError, "steps"),
    ({"k": 0}, ValueError, "k must be an integer >= 1, got 0"),
    ({"batch_size": 0}, ValueError, "batch_size"),
    ({"updates": "both"}, TypeError,
     "'alternating', 'simultaneous', .* or an UpdateRule such as .*, got 'both'"),
    ({"updates": "simultaneous", "k": 2}, ValueError, "k=1"),
    ({"schedule": "warm"}, ValueError, "unknown schedule 'warm'"),
    ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator, got 0"),
    ({"data": np.ones((5, 2))}, TypeError, "numgan.data.sampler"),
    ({"loss": "hinge"}, TypeError, r"loss must be a numgan.losses.Loss, .* got 'hinge'"),
    ({"penalty": 10.0}, TypeError, "penalty must be a numgan.penalties.Penalty, .* got 10.0"),
])
def test_bad_arguments_are_refused_before_the_first_step(options, kind, message):
    G, D, shape = pair("mlp")
    options = {"loss": NonSaturating(), "steps": 3, "rng": np.random.default_rng(0),
               "data": batches(shape), **options}
    with pytest.raises(kind, match=message):
        train(G, D, **options)


def test_networks_and_optimisers_must_fit():
    G, D, shape = pair("mlp")
    options = {"loss": NonSaturating(), "steps": 3, "rng": np.random.default_rng(0)}
    with pytest.raises(TypeError, match="float64.*float32"):
        train(G, pair("mlp", dtype=np.float32)[1], batches(shape), **options)
    with pytest.raises(ValueError, match="expected x of shape"):
        train(G, pair("dcgan")[1], batches(shape), **options)
    two = mlp_discriminator(2, (4, 2), rng=0, dtype=np.float64)
    two = Network(two.layers[:-1], rng=0, dtype=np.float64)
    with pytest.raises(ValueError, match=r"ends in one logit, \(N, 1\), got .* \(N, 2\)"):
        train(G, two, batches(shape), **options)
    with pytest.raises(ValueError, match="input_shape="):
        train(Network([BatchNorm(2)], rng=0, dtype=np.float64), D, batches(shape), **options)
    adam = Adam()
    with pytest.raises(ValueError, match="optimiser of its own"):
        train(G, D, batches(shape), d_optimizer=adam, g_optimizer=adam, **options)


@pytest.mark.parametrize("bad, message", [
    (lambda n: np.ones((n, 3)), r"shape \(6, 2\) of float64.*got \(6, 3\)"),
    (lambda n: np.ones((n, 2), np.float32), "got .* of float32"),
    (lambda n: [[1, 2]] * n, "got list"),
    (lambda n: np.full((n, 2), np.nan), "NaN or infinity in 12 of 12"),
])
def test_bad_data_change_nothing(bad, message):
    G, D, _ = pair("mlp")
    before = G.theta.copy(), D.theta.copy()
    with pytest.raises(ValueError, match=message):
        next(train(G, D, bad, loss=NonSaturating(), steps=1, batch_size=6,
                   rng=np.random.default_rng(0)))
    assert np.array_equal(before[0], G.theta) and np.array_equal(before[1], D.theta)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("part", ["discriminator", "generator"])
def test_divergence_names_step_part_layer_and_cause(part, value):
    G, D, shape = pair("mlp")
    broken = {"discriminator": D, "generator": G}[part]
    records = train(G, D, batches(shape), loss=NonSaturating(), steps=9, batch_size=6,
                    rng=np.random.default_rng(0))
    next(records)
    broken.layers[2].W[0, 0] = value
    before = G.theta.copy(), D.theta.copy()
    with pytest.raises(TrainingDiverged) as caught:
        next(records)
    text = str(caught.value)
    assert "step 1: the discriminator's loss is nan" in text  # D's step comes first, on G's fakes
    assert "learning rate" in text
    assert ("W of Dense(8, 8)" if part == "discriminator" else "dW of Dense(8, 1)") in text
    np.testing.assert_array_equal(before[0], G.theta)
    np.testing.assert_array_equal(before[1], D.theta)


def test_divergence_in_the_generators_gradient():
    G, D, _ = pair("mlp")

    class Broken(NonSaturating):
        def generator(self, fake_logits, real_logits=None):
            value, gradient = super().generator(fake_logits)
            return value, gradient * np.inf
    before = G.theta.copy()
    with pytest.raises(TrainingDiverged, match=r"generator's gradient has norm (nan|inf).*"
                                               r"way back: dW of Dense\(8, 2\)"):
        with np.errstate(invalid="ignore"):
            generator_step(G, D, np.ones((2, 3)), loss=Broken(), optimizer=Adam())
    assert np.array_equal(before, G.theta)


def test_a_learning_rate_that_is_too_high_ends_in_this_error_not_in_nan_weights():
    G, D, shape = pair("mlp", dtype=np.float32)
    with pytest.raises(TrainingDiverged, match="learning rate"):
        for _ in train(G, D, batches(shape, dtype=np.float32), loss=NonSaturating(), steps=500,
                       rng=np.random.default_rng(0), d_optimizer=SGD(1e6), g_optimizer=SGD(1e6)):
            pass


# -- a step that fails leaves nothing behind -------------------------------------------------------


class Faulty(NonSaturating):
    """Has a state, as BEGAN's loss has; the gradient of one of its calls is infinite."""

    def __init__(self):
        super().__init__()
        self.k = 0

    def commit(self, real_logits, fake_logits):
        self.k += 1

    def discriminator(self, real_logits, fake_logits):
        value, d_real, d_fake = super().discriminator(real_logits, fake_logits)
        return value, d_real, self._spoilt(d_fake)

    def generator(self, fake_logits, real_logits=None):
        value, d_fake = super().generator(fake_logits)
        return value, self._spoilt(d_fake)

    def _spoilt(self, gradient):
        COUNTS["loss"] += 1
        return gradient * np.inf if COUNTS["loss"] == COUNTS.get("loss fails") else gradient


COUNTS = {}
RULES = {"alternating": {}, "k of 3": {"k": 3}, "simultaneous": {"updates": "simultaneous"},
         "unrolled": {"updates": lambda: Unrolled(2)},
         "consensus": {"updates": lambda: Consensus(0.1)},
         "balanced": {"updates": lambda: Balanced(-np.inf, -np.inf)},
         "checkpoints": {"updates": lambda: Checkpoints(2, 1)},
         "hybrid": {"updates": lambda: HybridVAE(mlp_discriminator_of_codes())}}


def mlp_discriminator_of_codes():
    return Network([Dense(2, 4), LeakyReLU(), Dense(4, 6)], rng=7, dtype=np.float64)


def state_of(*owners):
    """Everything in them that a step may change, as comparable values."""
    found = []
    for owner in owners:
        values = dict(vars(owner))
        for gone in "scratch", "grad", "layers", "_fitting", "source", "size", "couples_samples":
            values.pop(gone, None)
        found.append({name: value.tobytes() if isinstance(value, np.ndarray) else
                      state_of(value) if isinstance(value, (Network, SGD, Adam)) else value
                      for name, value in values.items()})
    return found


@pytest.mark.parametrize("fault", ["loss", "data", "latent"])
@pytest.mark.parametrize("optimizer", [Adam, lambda: Clipped(SGD(0.1, 0.5), 9.0)],
                         ids=["Adam", "Clipped"])
@pytest.mark.parametrize("rule", RULES)
def test_whatever_fails_in_a_step_all_is_as_it_was_before(rule, optimizer, fault):
    """The last batch, latent or gradient of a step is spoilt, when all that moves first has moved:
    in the first step, before which optimisers have no averages yet, and in a later one."""
    if rule == "unrolled" and optimizer is not Adam:
        optimizer = SGD  # what can be unrolled

    def start():
        rng = np.random.default_rng(0)
        G, D = (Network([Dense(n, 8), BatchNorm(8), LeakyReLU(), Dense(8, m)], rng=rng,
                        dtype=np.float64) for n, m in ((3, 2), (2, 1)))
        options = {name: value() if callable(value) else value
                   for name, value in RULES[rule].items()}
        loss, average = Faulty(), WeightAverage(G)
        d_optimizer, g_optimizer = optimizer(), optimizer()
        owners = [G, D, loss, d_optimizer, g_optimizer, average]
        if rule == "hybrid":
            owners += [options["updates"].encoder, options["updates"].optimizer]

        def counted(name, shape):
            COUNTS[name] += 1
            value = rng.standard_normal(shape)
            return value * np.nan if COUNTS[name] == COUNTS.get(name + " fails") else value
        COUNTS.clear()
        COUNTS.update(loss=0, data=0, latent=0)
        return owners, train(G, D, lambda n: counted("data", (n, 2)), loss=loss, steps=9, rng=rng,
                             latent=lambda n, rng: counted("latent", (n, 3)), average=average,
                             batch_size=6, d_optimizer=d_optimizer, g_optimizer=g_optimizer,
                             **options)
    next(start()[1])
    calls = COUNTS[fault]  # in one step
    for steps in 0, 2:
        owners, records = start()
        COUNTS[fault + " fails"] = (steps + 1) * calls
        list(itertools.islice(records, steps))
        before = state_of(*owners)
        with pytest.raises(TrainingDiverged if fault == "loss" else ValueError,
                           match="has norm (nan|inf)" if fault == "loss" else "got NaN"):
            next(records)
        assert COUNTS[fault] == (steps + 1) * calls and state_of(*owners) == before
        assert np.shares_memory(owners[0].layers[0].W, owners[0].theta)


def test_an_encoder_that_diverges_does_not_leave_g_ahead():
    class Diverging(HybridVAE):
        def add_gradients(self, *arguments, **options):
            return super().add_gradients(*arguments, **options)._replace(grad_norm=np.nan)
    G, D, shape = pair("mlp")
    rule = Diverging(mlp_discriminator_of_codes())
    before = state_of(G, D, rule.encoder, rule.optimizer)
    with pytest.raises(TrainingDiverged, match="encoder's gradient"):
        next(train(G, D, batches(shape), loss=NonSaturating(), steps=1, batch_size=6,
                   rng=np.random.default_rng(0), updates=rule))
    assert state_of(G, D, rule.encoder, rule.optimizer) == before


def test_reverse_kl_and_steps_that_are_much_too_long():
    """The report of the issue: D has moved by 30 everywhere when G's loss explodes."""
    G, D = (make(rng=seed) for seed, make in enumerate((mlp_generator, mlp_discriminator)))
    adams = Adam(30), Adam(30)
    records = train(G, D, batches((2,), dtype=np.float32), loss=ReverseKL(), steps=9,
                    rng=np.random.default_rng(0), d_optimizer=adams[0], g_optimizer=adams[1])
    with pytest.raises(TrainingDiverged, match="the generator's"):
        while True:
            before = state_of(G, D, *adams)
            next(records)
    assert state_of(G, D, *adams) == before


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, -np.inf, None, "x", True, 1j, [1.0]],
                         ids=repr)
def test_a_schedule_that_returns_nonsense_is_one_error_before_the_step(value):
    G, D, _ = pair("mlp")
    drawn = []
    values = iter([1.0, np.float32(0.5), 0, value])

    def data(n):
        drawn.append(n)
        return np.ones((n, 2))
    records = train(G, D, data, loss=NonSaturating(), steps=4, rng=np.random.default_rng(0),
                    schedule=lambda progress: next(values))
    for _ in range(3):
        next(records)
    before = state_of(G, D)
    with pytest.raises(ValueError, match="schedule at progress 0.75: .* finite number >= 0, got"):
        next(records)
    assert state_of(G, D) == before and len(drawn) == 3


@pytest.mark.parametrize("scale", [np.nan, -1.0, np.inf, "x", None])
def test_the_steps_themselves_refuse_such_a_scale(scale):
    G, D, shape = pair("batchnorm")
    real, z = batches(shape)(6), batches((3,))(6)
    before, common = state_of(G, D), dict(loss=NonSaturating(), scale=scale)
    for step in (lambda: discriminator_step(G, D, real, z, optimizer=Adam(), **common),
                 lambda: generator_step(G, D, z, optimizer=Adam(), **common),
                 lambda: simultaneous_step(G, D, real, z, d_optimizer=Adam(), g_optimizer=Adam(),
                                           **common)):
        with pytest.raises(ValueError, match="_step: scale must be a finite number >= 0, got"):
            step()
    assert state_of(G, D) == before


@pytest.mark.parametrize("step", ["discriminator", "generator", "simultaneous"])
def test_the_steps_themselves_leave_nothing_behind_when_they_diverge(step):
    G, D, shape = pair("batchnorm")
    loss, adams = Faulty(), (Adam(), Adam())
    real, z = batches(shape)(6), batches((3,))(6)
    COUNTS.update({"loss": 0, "loss fails": 2 if step == "simultaneous" else 1})
    before = state_of(G, D, loss, *adams)
    with pytest.raises(TrainingDiverged), np.errstate(invalid="ignore"):
        if step == "simultaneous":
            simultaneous_step(G, D, real, z, loss=loss, d_optimizer=adams[0], g_optimizer=adams[1])
        elif step == "generator":
            generator_step(G, D, z, loss=loss, optimizer=adams[1])
        else:
            discriminator_step(G, D, real, z, loss=loss, optimizer=adams[0])
    assert state_of(G, D, loss, *adams) == before


@pytest.mark.parametrize("latent, came", [
    (lambda n, rng: np.ones((n + 1, 3)), r"\(7, 3\) of float64"),
    (lambda n, rng: np.ones((n, 2)), r"\(6, 2\)"),
    (lambda n, rng: np.ones((n, 3), int), "of int64"),
    (lambda n, rng: [[1.0] * 3] * n, "got list"), (lambda n, rng: None, "got NoneType"),
    (lambda n, rng: np.full((n, 3), np.inf), "NaN or infinity in 18 of 18"),
])
def test_latents_must_be_what_the_generator_takes(latent, came):
    G, D, shape = pair("mlp")
    before = state_of(G, D)
    with pytest.raises(ValueError, match=rf"latent\(n, rng\).*{came}"):
        next(train(G, D, batches(shape), loss=NonSaturating(), steps=1, batch_size=6,
                   rng=np.random.default_rng(0), latent=latent))
    assert state_of(G, D) == before


# -- data that the generator cannot make -----------------------------------------------------------


def ends_in(*layers, values=2):
    return Network([Dense(3, values), *layers], rng=0)


def warnings_of(G, data, D=None, steps=3, **options):
    shape = G.output_shape(G.input_shape)
    D = D or Network([Flatten(), Dense(int(np.prod(shape)), 1)], rng=1, input_shape=shape)
    rng = np.random.default_rng(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(train(G, D, lambda n: data(rng, (n, *shape)).astype(np.float32), loss=NonSaturating(),
                   steps=steps, batch_size=8, rng=rng, **options))
    return [str(warning.message) for warning in caught]


def bytes_of(rng, shape):
    return rng.integers(0, 256, shape)


@pytest.mark.parametrize("G, data, message", [
    (ends_in(Tanh()), bytes_of, r"from \d+ to 2\d\d, .* Tanh\(\) .* in \[-1, 1\].*x / 127.5 − 1"),
    (dcgan_generator(8, 1, 3, 4, rng=0), bytes_of, r"Tanh\(\).*x / 127.5 − 1"),
    (ends_in(Sigmoid()), bytes_of, r"Sigmoid\(\) .* in \[0, 1\].*x / 255"),
    (ends_in(Sigmoid()), lambda rng, shape: rng.uniform(-1, 1, shape), r"in \[0, 1\]"),
    (ends_in(Tanh(), values=4), lambda rng, shape: rng.standard_normal(shape), r"in \[-1, 1\]"),
    (ends_in(ReLU()), lambda rng, shape: rng.standard_normal(shape), r"in \[0, ∞\)"),
    (ends_in(Tanh(), Reshape(1, 2)), bytes_of, r"Tanh\(\)"),
    (Network([Dense(3, 2), Network([Tanh()], rng=0)], rng=0), bytes_of, r"Tanh\(\)"),
    (ends_in(values=64), bytes_of, "whole numbers: images that are still bytes"),
    (dcgan_generator(8, 1, 3, 4, rng=0), lambda rng, shape: bytes_of(rng, shape) / 255,
     r"from 0(\.\d+)? to (1|0\.99\d*), .* Tanh\(\) .* images in \[0, 1\]\? .* x \* 2 − 1$"),
    (ends_in(Tanh(), values=16), lambda rng, shape: rng.uniform(0, 1, shape), r"x \* 2 − 1"),
])
def test_data_far_outside_what_g_can_make_are_warned_of_once(G, data, message):
    found = warnings_of(G, data)
    assert len(found) == 1 and re.search(message, found[0]), found


@pytest.mark.parametrize("G, data", [
    (ends_in(), lambda rng, shape: 1e6 * rng.standard_normal(shape)),
    (ends_in(), lambda rng, shape: 1e-6 * rng.standard_normal(shape)),
    (ends_in(), bytes_of),  # points of a grid, for all that is known
    (ends_in(values=64), lambda rng, shape: rng.integers(0, 2, shape)),
    (ends_in(values=64), lambda rng, shape: rng.uniform(0, 255, shape)),
    (ends_in(Tanh()), lambda rng, shape: rng.uniform(-1, 1, shape)),
    (ends_in(Tanh()), lambda rng, shape: rng.uniform(-1.05, 1.05, shape)),  # data with some noise
    (ends_in(Tanh()), lambda rng, shape: rng.uniform(0, 1, shape)),
    (ends_in(Tanh(), values=16), lambda rng, shape: rng.uniform(-0.1, 1, shape)),
    (ends_in(Tanh(), values=16), lambda rng, shape: np.zeros(shape)),
    (ends_in(values=16), lambda rng, shape: rng.uniform(0, 1, shape)),
    (ends_in(Sigmoid()), lambda rng, shape: rng.uniform(0, 1, shape)),
    (ends_in(ReLU()), lambda rng, shape: rng.uniform(0, 255, shape)),
])
def test_data_that_g_can_make_are_not_warned_of(G, data):
    assert warnings_of(G, data) == []


def test_of_a_pair_the_sample_is_looked_at_and_not_the_condition():
    G = Conditional([Join(5), Dense(8, 2), Tanh()], 3, 5, keep=True, rng=0)

    D = Conditional([Join(5), Dense(7, 1)], 2, 5, rng=1)

    def latent(n, rng):
        return rng.standard_normal((n, 3), np.float32), np.full((n, 5), 40, np.float32)

    def data(scale):
        return lambda rng, shape: Pair(rng.uniform(-scale, scale, (shape[0], 2)),
                                       rng.integers(0, 40, (shape[0], 5)).astype(np.float32))
    assert warnings_of(G, data(1), D=D, latent=latent) == []
    assert len(warnings_of(G, data(40), D=D, latent=latent)) == 1
    for latent, message in ((lambda n, rng: np.ones((n, 3), np.float32), "gave no condition"),
                            (lambda n, rng: (np.ones((n, 3), np.float32),
                                             np.full((n, 5), np.nan)), "NaN or infinity in 40")):
        with pytest.raises(ValueError, match=rf"latent\(n, rng\).*{message}"):
            warnings_of(G, data(1), D=D, latent=latent)


# -- what D is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_discriminator_learns_from_what_it_is_shown(kind):
    """Doubled fakes change nothing but the number of them; other fakes change D's gradient."""
    found = {}
    for name, d_batches in (
            ("as they are", None),
            ("doubled", lambda real, fake: (real, np.concatenate([fake, fake]))),
            ("others", lambda real, fake: (real, fake + fake ** 2))):
        G, D, shape = pair(kind)
        discriminator_step(G, D, batches(shape)(4), batches((3,))(4), loss=NonSaturating(),
                           optimizer=SGD(0.1), d_batches=d_batches)
        found[name] = D.theta.copy()
    np.testing.assert_allclose(found["doubled"], found["as they are"], rtol=0, atol=1e-12)
    assert np.abs(found["others"] - found["as they are"]).max() > 1e-6


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_train_shows_both_batches_once_a_step(updates):
    sizes = []

    def d_batches(real, fake):
        sizes.append((real.shape, fake.shape))
        return real, fake

    run("mlp", steps=3, updates=updates, d_batches=d_batches)
    assert sizes == 3 * [((6, 2), (6, 2))]


@pytest.mark.parametrize("rule", [Unrolled(2), Consensus(1.0)], ids=repr)
def test_rules_that_look_through_the_batches_refuse_to_be_shown_others(rule):
    with pytest.raises(ValueError, match="expected d_batches=None"):
        run("mlp", updates=rule, d_batches=lambda real, fake: (real, fake))
    with pytest.raises(TypeError, match="d_batches must be a function"):
        run("mlp", d_batches=3)


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
@pytest.mark.parametrize("d_batches, error, message", [
    (lambda real, fake: real, TypeError, "to return two batches, got an array of shape"),
    (lambda real, fake: (real, fake[:, :1]), ValueError,
     r"a fake batch of shape \(N, 2\) and dtype .* with N >= 1, got an array of shape"),
    (lambda real, fake: (real[:0], fake), ValueError, "a real batch of shape .N, 2."),
    (lambda real, fake: (real.astype(np.float16), fake), ValueError, "got .* dtype float16"),
    (lambda real, fake: (real, Pair(fake, fake)), ValueError, "a fake batch of shape"),
    (lambda real, fake: (real, None), ValueError, "a fake batch of shape .*, got None")])
def test_what_d_batches_returns_is_checked(updates, d_batches, error, message):
    with pytest.raises(error, match=message):
        run("mlp", updates=updates, d_batches=d_batches)


def test_an_array_in_the_place_of_data_is_one_line():
    G, D, _ = pair("mlp")
    with pytest.raises(TypeError, match="got an array of shape .300, 2. and dtype float64$"):
        train(G, D, np.zeros((300, 2)), loss=NonSaturating(), steps=5, rng=np.random.default_rng(0))
