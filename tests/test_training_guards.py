"""What a training refuses, what it undoes, and what a copy of it shares: nothing."""

import contextlib
import copy
import pickle

import numpy as np
import pytest

from numgan import (SGD, Adam, Clipped, Dense, Layer, Minimax, Network, NonSaturating, Sigmoid,
                    Softmax, penalties)
from numgan.costs import L2
from numgan.data import ring, sampler
from numgan.inversion import invert
from numgan.latent import truncated_normal
from numgan.networks import Conditional
from numgan.networks.models import conditional_mlp, mlp_discriminator, mlp_generator
from numgan.pairs import Pair, latents
from numgan.training import TrainingDiverged, UpdateRule, WeightAverage, fit, train


def pair(dtype=np.float64):
    """A generator of three numbers, and a discriminator, of points of a plane."""
    rng = np.random.default_rng(0)
    return (mlp_generator(3, 2, (8, 8), rng=rng, dtype=dtype),
            mlp_discriminator(2, (8, 8), rng=rng, dtype=dtype))


def points(dtype=np.float64):
    rng = np.random.default_rng(1)
    return lambda n: rng.standard_normal((n, 2)).astype(dtype)


def start(**options):
    G, D = pair()
    options = {"loss": NonSaturating(), "steps": 5, "batch_size": 6, **options}
    return train(G, D, points(), rng=np.random.default_rng(2), **options)


@pytest.mark.parametrize("name, value", [
    ("loss", Minimax()), ("g_optimizer", SGD(1e-9)), ("penalty", penalties.R1()), ("k", 2),
    ("batch_size", 7)])
def test_what_a_training_is_made_of_cannot_be_replaced_in_the_middle(name, value):
    training = start()
    with pytest.raises(AttributeError, match=f"{name} is part of what a training is"):
        setattr(training, name, value)
    training.steps, training.g_optimizer.learning_rate = 6, 1e-9  # these may change
    before = training.generator.theta.copy()
    next(training)
    np.testing.assert_allclose(training.generator.theta, before, atol=1e-7)


@pytest.mark.parametrize("watch", [None, lambda records: (one for one in records)])
def test_a_finished_training_goes_on_with_more_steps(watch):
    training, whole = start(watch=watch), start(steps=8)
    assert len(list(training)) == 5 and list(training) == []
    training.steps = 8
    assert [record.step for record in training] == [5, 6, 7] and list(training) == []
    list(whole)
    np.testing.assert_array_equal(training.generator.theta, whole.generator.theta)


@pytest.mark.parametrize("watch, got", [
    (print, "None, from <built-in function print>"), (list, ""), (lambda records: 3, "3, from <"),
    (lambda record: record.step, "AttributeError: .* 'step', from <")],
    ids=["print", "class", "number", "record"])
def test_watch_takes_all_records_and_yields_them_on(watch, got, capsys):
    with pytest.raises(TypeError, match=(
            r"watch=list\(\.\.\.\), got the class itself" if watch is list else
            rf"^train: expected watch to take the iterator of all records .*, got {got}.*A loop")):
        next(start(watch=watch))


def test_data_of_another_precision_are_told_how_to_be_drawn():
    G, D = pair()
    with pytest.raises(ValueError, match=(
            r"shape \(64, 2\) of float64 .*, got \(64, 2\) of float32; "
            r"numgan.data.sampler\(..., dtype=numpy.float64\) draws such$")):
        next(train(G, D, sampler(ring(), np.random.default_rng(0)), loss=NonSaturating(), steps=1,
                   rng=np.random.default_rng(0)))


def test_what_it_is_and_how_far_it_is_can_be_read():
    training = start()
    next(training)
    assert repr(training) == (
        "Training(NonSaturating(smoothing=0), Alternating(1), step 1 of 5, of "
        "Network(Dense(3, 8) ... Dense(8, 2)) and Network(Dense(2, 8) ... Dense(8, 1)))")


def test_a_discriminator_that_ends_in_a_sigmoid_is_warned_of():
    G, D = pair()
    bounded = Network.of_trained([*D.layers, Sigmoid()])
    with pytest.warns(UserWarning,
                      match=r"ends in Sigmoid\(\), but NonSaturating.* the logit") as found:
        train(G, bounded, points(), loss=NonSaturating(), steps=1, rng=np.random.default_rng(0))
    assert found[0].filename == __file__


def test_a_discriminator_of_other_samples_is_told_from_a_layer_that_does_not_fit():
    G, D = mlp_generator(3, 4, (8,), rng=0), mlp_discriminator(2, (8,), rng=0)
    with pytest.raises(ValueError, match=(
            r"^train: the discriminator cannot take what the generator makes, samples of shape "
            r"\(N, 4\): Dense\(2, 8\): expected x of shape \(N, 2\), got \(N, 4\)$")):
        train(G, D, points(), loss=NonSaturating(), steps=1, rng=np.random.default_rng(0))


def test_the_average_is_of_the_generator_that_is_trained():
    with pytest.raises(ValueError, match="average to be a WeightAverage of the generator"):
        start(average=WeightAverage(mlp_generator(3, 2, (8,), rng=0)))


@pytest.mark.parametrize("found, player, got", [
    (None, "discriminator", "got None"),
    (lambda r, f: (0.0, r[:, 0], f), "discriminator",
     r"0.0, an array of shape \(6,\) .*, an array"),
    (lambda r, f: (np.zeros(1), r, f), "discriminator", r"an array of shape \(1,\) "),
    (lambda r, f: (0.0, r), "discriminator", r"0.0, an array of shape \(6, 1\)"),
    (lambda r, f: 0.0, "generator", "got 0.0")])
def test_a_loss_must_return_a_number_and_gradients(found, player, got, monkeypatch):
    training = start()
    before = training.discriminator.theta.copy()
    monkeypatch.setattr(NonSaturating, player, lambda self, r, f=None: found and found(r, f))
    with pytest.raises(TypeError, match=rf"NonSaturating.*expected {player}.*{got}"):
        next(training)
    np.testing.assert_array_equal(training.discriminator.theta, before)


def test_a_rule_must_return_two_gradients():
    class Silent(UpdateRule):
        def step(self, players, real_batch, latent_batch, scale=1.0):
            players.generator.theta += 1

    training = start(updates=Silent())
    before = training.generator.theta.copy()
    with pytest.raises(TypeError, match=r"Silent\(\): expected step.*got None"):
        next(training)
    np.testing.assert_array_equal(training.generator.theta, before)


def test_a_loss_that_is_nan_while_its_gradient_is_finite_is_called_so(monkeypatch):
    real = NonSaturating.generator
    monkeypatch.setattr(NonSaturating, "generator", lambda self, f, r=None: (
        float("nan"), real(self, f, r)[1]))
    with pytest.raises(TrainingDiverged, match="it is the value of the loss that is not"):
        next(start())


@pytest.mark.parametrize("c, came", [(np.zeros((6,), int), r"\(6,\)"),
                                     (np.zeros((6, 4)), r"\(6, 4\)")])
def test_conditions_must_have_the_shape_that_d_sees(c, came):
    G, D = conditional_mlp(2, 3, 3, (8,), (8,), rng=0, dtype=np.float64)
    training = train(G, D, lambda n: Pair(np.zeros((n, 2)), c), loss=NonSaturating(), steps=1,
                     rng=np.random.default_rng(0), batch_size=6, latent=latents(3, 3))
    with pytest.raises(ValueError, match=rf"conditions c of shape \(6, 3\).*got {came}"):
        next(training)


def test_a_conditional_generator_needs_latents_with_a_condition_that_it_sees():
    G, D = conditional_mlp(2, 3, 5, (8,), (8,), rng=0, dtype=np.float64)
    given = dict(loss=NonSaturating(), steps=1, rng=np.random.default_rng(0), batch_size=6)

    def real(n, kind=int):
        return Pair(np.zeros((n, 2)), np.eye(3, dtype=kind)[np.zeros(n, int)])
    with pytest.raises(ValueError, match=r"takes pairs \(z, c\).*s.latents\(5, 3\), got None"):
        next(train(G, D, lambda n: real(n, float), **given))
    with pytest.raises(TypeError, match=(
            r"^train: data\(n\) does not fit Conditional.*expected c as a float64 array, got int")):
        next(train(G, D, real, latent=latents(5, 3), **given))
    blind = Conditional([Dense(5, 2)], 5, 3, keep=True, rng=0, dtype=np.float64)
    with pytest.warns(UserWarning, match="no layer of Conditional.* sees its condition c"):
        train(blind, D, real, latent=latents(5, 3), **given)


@pytest.mark.parametrize("c, error, message", [
    (None, TypeError, r"expected a Pair of x \(N, 3\) and its condition c \(N, 3\)"),
    (3, ValueError, r"as many conditions as samples, got \(\) beside \(4, 3\)")])
def test_a_conditional_network_wants_conditions(c, error, message):
    G, _ = conditional_mlp(2, 3, 3, (8,), (8,), rng=0)
    with pytest.raises(error, match=message):
        G((np.ones((4, 3), np.float32), c))


def test_pairs_and_samples_alone_do_not_go_together():
    G, _ = conditional_mlp(2, 3, 3, (8,), (8,), rng=0, dtype=np.float64)
    with pytest.raises(ValueError, match="makes pairs .*takes samples alone"):
        train(G, pair()[1], points(), loss=NonSaturating(), steps=1,
              rng=np.random.default_rng(0))


def test_latents_of_another_precision_are_cast():
    G, D = pair(np.float32)
    training = train(G, D, points(np.float32), loss=NonSaturating(), steps=1,
                     rng=np.random.default_rng(0),
                     latent=lambda n, rng: truncated_normal(rng, (n, 3), 1.0))
    assert np.isfinite(next(training).g_loss)


@pytest.mark.parametrize("where", ["optimizer", "average"])
def test_an_interrupt_in_gs_update_or_the_average_is_undone(where, monkeypatch):
    G, D = pair()
    average = WeightAverage(G)
    training = train(G, D, points(), loss=NonSaturating(), steps=5, batch_size=6,
                     rng=np.random.default_rng(2), average=average)
    next(training)
    vectors = [G.theta, D.theta, average.network.theta, training.g_optimizer.averages]
    before = [vector.copy() for vector in vectors]

    def half(*arguments):
        vectors[2 if where == "average" else 0][:3] *= 0.2
        raise KeyboardInterrupt
    with monkeypatch.context() as patch:
        if where == "average":
            patch.setattr(WeightAverage, "update", half)
        else:
            real = Adam.step
            patch.setattr(Adam, "step", lambda self, theta, *rest: (
                half() if theta is G.theta else real(self, theta, *rest)))
        with pytest.raises(KeyboardInterrupt):
            next(training)
    for vector, kept in zip(vectors, before):
        np.testing.assert_array_equal(vector, kept)
    assert (average.updates, training.done, training.g_optimizer.steps) == (1, 1, 1)
    assert len(list(training)) == 4  # who goes on after an interrupt goes on


def test_an_interrupt_between_two_steps_does_not_end_the_training(monkeypatch):
    @contextlib.contextmanager
    def pressed(threads):
        yield
        raise KeyboardInterrupt

    training = start()
    with monkeypatch.context() as patch:
        patch.setattr("numgan.training.algorithm.sharing_cores", pressed)
        with pytest.raises(KeyboardInterrupt):
            next(training)
    assert training.done == 1 and [record.step for record in training] == [1, 2, 3, 4]


def test_a_failed_step_turns_the_rule_back_too():
    class Counting(UpdateRule):
        remembers = ("seen",)
        seen = 0

        def step(self, *arguments):
            self.seen += 1
            raise OSError("the disk")

    training = start(updates=Counting())
    with pytest.raises(OSError):
        next(training)
    assert training.rule.seen == 0


def test_a_copy_has_data_and_random_numbers_of_its_own():
    def whole():
        G, D = pair()
        rng = np.random.default_rng(3)
        return train(G, D, sampler(ring(), rng, np.float64), loss=NonSaturating(), steps=6, rng=rng,
                     batch_size=6)
    alone, original = list(whole()), whole()
    records = [next(original) for _ in range(2)]
    clone = pickle.loads(pickle.dumps(copy.deepcopy(original)))
    assert list(clone) == alone[2:]
    assert records + list(original) == alone


def test_the_averaged_network_takes_over_a_temperature():
    G = Network([Dense(2, 3), Softmax()], rng=0, input_shape=(2,))
    average = WeightAverage(G)
    G.layers[1].temperature = 0.1
    average.update()
    assert average.network.layers[1].temperature == 0.1


# -- layers and optimisers of one's own that learn nothing -----------------------------------------


class Scale(Layer):
    """y = w x; what `replaces` names is replaced where it should be written into."""

    def __init__(self, replaces=""):
        super().__init__(w=(2,), buffers={"seen": (1,)})
        self.replaces = replaces

    def initialize(self, rng):
        self.w[...] = 1

    def forward(self, x, train=False):
        if self.replaces == "w":
            self.w = self.w / np.abs(self.w).max()
        return x * self.w, x

    def backward(self, dy, x, param_grads=True, input_grad=True):
        if param_grads:
            if self.replaces == "dw":
                self.dw = (dy * x).sum(axis=0)
            else:
                self.dw += (dy * x).sum(axis=0)
        return dy * self.w if input_grad else None

    def commit(self, cache):
        if self.replaces == "seen":
            self.seen = self.seen + 1
        else:
            self.seen += 1


@pytest.mark.parametrize("batch_size", [6, 8192])  # the second: on two cores
@pytest.mark.parametrize("player", [0, 1])
@pytest.mark.parametrize("replaces, instead", [
    ("dw", r"dw \+= \.\.\."), ("w", r"w\[\.\.\.\] = "), ("seen", r"seen\[\.\.\.\] = "), ("", "")])
def test_a_layer_that_replaces_an_array_is_told(replaces, instead, player, batch_size):
    layer = Scale(replaces)
    layers = ([Dense(3, 2), layer], [Dense(2, 1)]) if player == 0 else (
        [Dense(3, 2)], [layer, Dense(2, 1)])
    G, D = (Network(some, rng=0, dtype=np.float64) for some in layers)
    training = train(G, D, points(), loss=NonSaturating(), steps=2, batch_size=batch_size,
                     rng=np.random.default_rng(0))
    before = G.theta.copy()
    if not replaces:
        assert len(list(training)) == 2
        return
    with pytest.raises(ValueError, match=rf"^Scale\(\) replaced its {replaces}, .*self\.{instead}"):
        next(training)
    np.testing.assert_array_equal(G.theta, before)


def test_fit_tells_of_such_a_layer_too():
    network = Network([Scale("dw")], rng=0, dtype=np.float64)
    with pytest.raises(ValueError, match=r"Scale\(\) replaced its dw"):
        next(fit(network, lambda: (np.ones((3, 2)), np.zeros((3, 2))), L2(), steps=1))


class Returns(SGD):
    def step(self, theta, grad, scale=1.0):
        return theta - self.learning_rate * scale * grad


@pytest.mark.parametrize("optimizer", [Returns(), Clipped(Returns())], ids=repr)
def test_an_optimiser_that_returns_what_it_should_write_is_told(optimizer):
    message = (r"^Returns\(learning_rate=0\.01\): expected step to write into theta.*got an array "
               r"of shape")
    with pytest.raises(TypeError, match=message):
        next(start(g_optimizer=optimizer))
    G, _ = pair()
    with pytest.raises(TypeError, match=message):
        invert(G, np.zeros((1, 2)), rng=np.random.default_rng(0), optimizer=optimizer)
