"""A training that was saved goes on to the bit, for every GAN, after any kill; what is not its own
file is refused."""

import copy
import gc
import io
import json
import multiprocessing
import re
import signal
import time
import tracemalloc
import weakref
import zipfile

import numpy as np
import pytest

from numgan import Adam, Clipped, NonSaturating, data, losses, models, penalties
from numgan.diagnose import Monitor
from numgan.optimizers import Optimizer
from numgan.pairs import Pair, x_of
from numgan.presets import FAMILY, Images, preset
from numgan.training import Training, WeightAverage, train
from numgan.training.state import StateError, load, restore, save, state_of

STEPS = 6


def few_digits():
    images, labels = data.digits()
    return Images(images[:150], labels[:150])


REAL = {"ring": data.ring(), "digits": few_digits()}


def everything(training):
    """All numbers that a training has come to."""
    return [training.generator.theta, training.generator.buffer, training.discriminator.theta,
            training.discriminator.buffer, training.sampled.theta]


@pytest.mark.parametrize("dataset", REAL)
@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.filterwarnings("ignore:.*no minimum.*")
def test_every_gan_goes_on_to_the_bit(name, dataset, tmp_path):
    def start():
        return preset(name, dataset).start(REAL[dataset], seed=5, steps=STEPS, batch_size=16)

    whole = start()
    records = list(whole)
    path, found = tmp_path / "training.npz", []
    for stop in (2, 3, STEPS):  # each piece in a training of its own
        piece = start()
        if path.exists():
            assert piece.resume(path) == {"seen": len(found)}
        for record in piece:
            found.append(record)
            if len(found) == stop:
                piece.save(path, seen=len(found))
                break
    np.testing.assert_array_equal(found, records)
    for a, b in zip(everything(whole), everything(piece)):
        assert np.array_equal(a, b)


def small(steps=8, seed=0, **changed):
    """A training with everything in it that remembers something."""
    rng = np.random.default_rng(seed)
    generator = models.mlp_generator(2, 2, (8,), rng=rng)
    discriminator = models.mlp_discriminator(2, (8,), rng=rng)
    given = dict(loss=NonSaturating(), steps=steps, rng=rng, batch_size=16,
                 average=WeightAverage(generator), penalty=penalties.R1(), schedule="cosine",
                 d_optimizer=Adam(1e-3), g_optimizer=Adam(1e-3))
    return train(generator, discriminator, data.sampler(data.ring(), rng), **{**given, **changed})


def test_what_the_caller_keeps_comes_back(tmp_path):
    training = small()
    next(training)
    more = dict(step=3, name="x", ways=[1, (2.5, None)], frames=np.arange(6.0).reshape(2, 3),
                rows={"a": [True]})
    training.save(tmp_path / "t.npz", **more)
    back = small().resume(tmp_path / "t.npz")
    assert np.array_equal(back.pop("frames"), more.pop("frames")) and back == more


def test_a_monitor_goes_on(tmp_path):
    def watched():
        return small(watch=Monitor(tell=lambda finding: None))

    training = watched()
    next(training)
    training.save(tmp_path / "t.npz")
    again = watched()
    again.resume(tmp_path / "t.npz")
    assert next(again).step == 1


@pytest.mark.parametrize("changed, text", [
    (dict(steps=9), "steps: expected 9, got 8\n  to go on for longer .*: resume with steps=8, then "
                    "set training.steps = 9$"),
    (dict(steps=9, penalty=None), r"penalty: expected .*\n  steps: expected 9, got 8$"),
    (dict(penalty=None), r"penalty: expected None, got R1\(10\)"),
    (dict(loss=losses.Hinge()), r"loss: expected Hinge\(\), got NonSaturating"),
    (dict(d_optimizer=Adam(2e-3)), r"d_optimizer: expected Adam\(learning_rate=0.002\)"),
    (dict(d_optimizer=Adam(1e-3, beta1=0.9)), "d_optimizer: expected .* beta1 0.9"),
    (dict(latent=lambda n, rng: np.zeros((n, 2), np.float32)), "latent: expected .*lambda"),
    (dict(schedule="linear"), "schedule: expected linear_decay, got cosine_decay"),
    (dict(average=None), "average: expected None"),
])
def test_a_file_of_another_training_is_refused_with_what_differs(changed, text, tmp_path):
    training = small()
    next(training)
    training.save(tmp_path / "t.npz")
    other = small(**changed)
    before = other.generator.theta.copy()
    with pytest.raises(StateError, match=f"of another training\n.*{text}"):
        other.resume(tmp_path / "t.npz")
    assert np.array_equal(before, other.generator.theta) and other.done == 0


@pytest.mark.parametrize("other", [
    lambda x: x[:40], lambda x: x + 5, lambda x: np.concatenate([x, x]),
    lambda x: Pair(x, np.ones((len(x), 1))), lambda x: None])
def test_a_file_of_other_data_is_refused(other, tmp_path):
    points = np.random.default_rng(3).standard_normal((60, 2))

    def start(x):
        training = small()
        training.data = data.sampler(data.ring() if x is None else x, training.rng)
        return training
    training = start(points)
    next(training)
    training.save(tmp_path / "t.npz")
    before = state_of(wrong := start(other(points)))
    with pytest.raises(StateError, match=r"data: expected .*, got \(60, 2\) of float64"):
        wrong.resume(tmp_path / "t.npz")
    np.testing.assert_equal(state_of(wrong), before)
    start(points.copy()).resume(tmp_path / "t.npz")


@pytest.mark.parametrize("toy", [data.grid(), data.ring(modes=3), data.ring(std=0.3)])
def test_a_file_of_another_toy_is_refused(toy, tmp_path):
    training = small()
    training.save(tmp_path / "t.npz")
    training.data = data.sampler(toy, training.rng)
    with pytest.raises(StateError, match=f"data: expected {toy.name}, points .*, got ring, points"):
        training.resume(tmp_path / "t.npz")


def test_a_file_that_holds_an_object_where_there_is_none_is_refused_before_anything(tmp_path):
    class Watch:
        remembers = ("seen",)
        seen = 0

        def __call__(self, records):
            for record in records:
                self.seen += 1
                yield record
    training = small(watch=Watch())
    next(training)
    training.save(tmp_path / "t.npz")
    other = small()
    before = state_of(other)
    with pytest.raises(StateError, match="watch: expected a value, got the state of a Watch"):
        other.resume(tmp_path / "t.npz")
    np.testing.assert_equal(state_of(other), before)


def test_what_the_caller_keeps_must_be_values(tmp_path):
    training = small()
    for name, what in ("rng", np.random.default_rng(0)), ("optimizer", Adam()):
        with pytest.raises(StateError, match=f"save: {name}: expected a value, got the state of a"):
            training.save(tmp_path / "t.npz", **{name: what})
    assert not (tmp_path / "t.npz").exists()
    training.save(tmp_path / "t.npz", values={"list": [1, (2.5, None)], "none": {}})
    assert small().resume(tmp_path / "t.npz") == {
        "values": {"list": [1, (2.5, None)], "none": {}}}


def test_a_finished_training_with_a_monitor_can_be_resumed(tmp_path):
    def watched():
        return small(steps=6, watch=Monitor(every=4))
    training = watched()
    for record in training:
        training.save(tmp_path / "t.npz")
    again = watched()
    again.resume(tmp_path / "t.npz")
    assert list(again) == [] and again.done == 6


def test_a_file_knows_the_steps_that_a_training_was_prolonged_to(tmp_path):
    training = small(steps=3)
    list(training)
    training.steps = 5
    training.save(tmp_path / "t.npz")
    again = small(steps=5)
    again.resume(tmp_path / "t.npz")
    assert [record.step for record in again] == [3, 4]


def test_a_training_from_a_file_goes_on_for_longer(tmp_path):
    training, whole = small(steps=3, schedule="constant"), small(steps=5, schedule="constant")
    list(training)
    training.save(tmp_path / "t.npz")
    again = small(steps=3, schedule="constant")
    again.resume(tmp_path / "t.npz")
    again.steps = 5
    assert list(again) == list(whole)[3:]


def test_what_no_file_can_hold_is_refused_and_the_old_file_stays(tmp_path):
    training = small()
    training.save(tmp_path / "t.npz", name="first")
    with pytest.raises(TypeError, match="arrays of numbers or text, got one of shape .2,. and dt"):
        training.save(tmp_path / "t.npz", name=np.array(["ring", None], dtype=object))
    assert small().resume(tmp_path / "t.npz") == {"name": "first"}


def test_a_file_written_or_read_leaves_no_array_behind(tmp_path):
    gc.collect()
    gc.disable()
    try:
        tree = {"a": [np.zeros(9)]}
        seen = weakref.ref(tree["a"][0])
        save(tmp_path / "t.npz", tree)
        del tree
        assert seen() is None
        found = load(tmp_path / "t.npz")
        seen = weakref.ref(found["a"][0])
        del found
        assert seen() is None
    finally:
        gc.enable()


def test_a_damaged_file_is_refused_and_nothing_is_changed(tmp_path):
    training = small()
    next(training)
    training.save(tmp_path / "t.npz")
    content = (tmp_path / "t.npz").read_bytes()
    rng = np.random.default_rng(0)
    other = small()
    before = state_of(other)
    for trial in range(60):
        damaged = bytearray(content)
        if trial % 2:
            damaged = damaged[:rng.integers(len(content))]
        else:
            damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        (tmp_path / "bad.npz").write_bytes(damaged)
        try:
            other.resume(tmp_path / "bad.npz")
        except StateError:
            np.testing.assert_equal(state_of(other), before)
        else:  # a bit that nobody reads, such as a time stamp
            np.testing.assert_equal(state_of(other), state_of(training))
            restore(other, before)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")


def npy(size, content):
    """The bytes of a .npy file that says that it has `size` bytes of numbers."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False,
                                                "shape": (size // 8,)})
    return file.getvalue() + content


def packed(path, size):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("big.npy", npy(size, bytes(size)), zipfile.ZIP_DEFLATED)


def longer(path, size):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("big.npy", npy(size, b""))


def overlapping(path, size):
    """Many entries of the directory for the same bytes."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("big.npy", npy(80_000, bytes(80_000)))
        for index in range(size // 80_000):
            again = copy.copy(archive.getinfo("big.npy"))
            again.filename = again.orig_filename = f"big{index}.npy"
            archive.filelist.append(again)


def rewritten(change):
    def rewrite(path, size):
        with np.load(path) as found:
            arrays = dict(found)
        header = json.loads(arrays["header"].tobytes())
        change(header["tree"], arrays, size)
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        np.savez(path, **arrays)
    return rewrite


def one_array_in_many_places(tree, arrays, size):
    arrays["array9999"] = np.zeros(100_000)
    tree["more"] = {"dict": [["x", {"list": [{"array": 9999}] * (size // 800_000)}]]}


def long_words(tree, arrays, size):
    tree["training"]["rng"]["random generator"]["state"]["state"] = {
        "array of integers": [0, 0], "dtype": f"V{size // 2}"}


@pytest.mark.parametrize("make", [packed, longer, overlapping, rewritten(one_array_in_many_places),
                                  rewritten(long_words)],
                         ids=["packed", "longer", "overlapping", "places", "words"])
def test_a_small_file_that_would_fill_the_memory_is_refused_unread(make, tmp_path):
    training = small()
    next(training)
    path, size, other = tmp_path / "t.npz", 200_000_000, small()
    training.save(path)
    make(path, size)
    assert path.stat().st_size < 2_000_000
    before = state_of(other)
    tracemalloc.start()
    try:
        with pytest.raises(StateError, match=f"^{re.escape(str(path))}: expected|^Training.rng"):
            other.resume(path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    np.testing.assert_equal(state_of(other), before)


def test_what_does_not_tell_its_state_cannot_be_saved(tmp_path):
    rng = np.random.default_rng(0)
    training = small()
    training.data = lambda n: rng.standard_normal((n, 2))
    with pytest.raises(TypeError, match="does not say what it `remembers`"):
        training.save(tmp_path / "t.npz")
    assert list(tmp_path.iterdir()) == []


class Heavy(Optimizer):
    """Momentum in an array of its own."""

    velocity = None

    def step(self, theta, grad, scale=1.0):
        if self.velocity is None:
            self.velocity = np.zeros_like(theta)
        self.velocity *= 0.9
        self.velocity += grad
        theta -= self.learning_rate * scale * self.velocity


class Remembering(Heavy):
    remembers = (*Optimizer.remembers, "velocity")


@pytest.mark.parametrize("inside", [lambda one: one, Clipped])
def test_an_optimiser_that_does_not_tell_all_that_it_keeps_cannot_be_saved(inside, tmp_path):
    def start(kind):
        return small(d_optimizer=inside(kind(1e-3)))

    training = start(Heavy)
    next(training)
    with pytest.raises(TypeError, match=(
            r"^save: Heavy\(learning_rate=0\.001\) keeps velocity, .*: expected remembers = "
            r"\(\*Optimizer\.remembers, 'velocity'\)")):
        training.save(tmp_path / "t.npz")
    whole, training, again = (start(Remembering) for _ in range(3))
    next(training)
    training.save(tmp_path / "t.npz")
    again.resume(tmp_path / "t.npz")
    assert list(again) == list(whole)[1:]


def test_shared_generators_are_restored_as_one(tmp_path):
    training = small()
    assert training.rng is training.data.rng
    next(training)
    training.save(tmp_path / "t.npz")
    other = small()
    other.resume(tmp_path / "t.npz")
    assert other.rng is other.data.rng
    assert isinstance(other, Training) and x_of(other.data(1)).shape == (1, 2)


def train_to_the_end(path, end):
    training = preset("acgan", "ring").start(data.ring(), seed=1, steps=800, batch_size=16)
    if path.exists():
        training.resume(path)
    for record in training:
        if record.step % 5 == 4:
            training.save(path)
    np.savez(end, theta=training.generator.theta, average=training.sampled.theta)


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_where_it_would_have(tmp_path):
    """kill -9, twenty times: every file is whole, and the end is the same to the bit."""
    def run(path, end):
        process = multiprocessing.get_context("fork").Process(  # imports nothing anew
            target=train_to_the_end, args=(path, end))
        process.start()
        return process

    def code(process):
        process.join()
        return process.exitcode

    assert code(run(tmp_path / "whole.npz", tmp_path / "whole_end.npz")) == 0
    path, end = tmp_path / "t.npz", tmp_path / "end.npz"
    rng, killed = np.random.default_rng(0), 0
    for _ in range(200):
        before = path.stat().st_mtime_ns if path.exists() else 0
        process = run(path, end)
        if killed < 20:
            deadline = time.monotonic() + 60
            while process.is_alive() and time.monotonic() < deadline and (
                    path.stat().st_mtime_ns if path.exists() else 0) == before:
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.01))  # from one file to the next takes less
            process.kill()
            killed += code(process) == -signal.SIGKILL
            load(path)
        else:
            assert code(process) == 0
        if end.exists():
            break
    assert killed == 20 and end.exists()
    with np.load(end) as found, np.load(tmp_path / "whole_end.npz") as wanted:
        for name in "theta", "average":
            assert np.array_equal(found[name], wanted[name])


# -- Ctrl-C ----------------------------------------------------------------------------------------


def press(monkeypatch, training):
    """Ctrl-C at the end of the next step, when it has drawn and changed all that it does."""
    step = type(training.rule).step

    def stopped(self, *arguments):
        step(self, *arguments)
        raise KeyboardInterrupt
    with monkeypatch.context() as patch:
        patch.setattr(type(training.rule), "step", stopped)
        with pytest.raises(KeyboardInterrupt):
            next(training)


@pytest.mark.parametrize("dataset", REAL)
@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.filterwarnings("ignore:.*no minimum.*")
def test_a_step_that_was_interrupted_is_as_if_it_had_not_begun(name, dataset, tmp_path,
                                                               monkeypatch):
    def start():
        return preset(name, dataset).start(REAL[dataset], seed=5, steps=4, batch_size=16)

    whole, pressed, again = start(), start(), start()
    records = list(whole.training)
    press(monkeypatch, pressed.training)  # in the first step, before anything is allocated
    found = [next(pressed.training), next(pressed.training)]
    press(monkeypatch, pressed.training)
    pressed.save(tmp_path / "t.npz")
    again.resume(tmp_path / "t.npz")
    press(monkeypatch, again.training)
    again.save(tmp_path / "t.npz")
    pressed.resume(tmp_path / "t.npz")  # over what it has come to itself
    for one in pressed, again:
        np.testing.assert_array_equal([*found, *one.training], records)
        for a, b in zip(everything(whole), everything(one)):
            assert np.array_equal(a, b)


class Draws:
    """Data that remember what they are told to."""

    remembers = ("rng", "place", "kept")

    def __init__(self, kept=None):
        self.rng, self.place, self.kept = np.random.default_rng(3), 0, kept

    def __call__(self, n):
        self.place += n
        return self.rng.standard_normal((n, 2)).astype(np.float32) + np.float32(self.place / 1000)

    def latents(self, n, rng):
        return self(n)

    def batches(self, real, fake):
        self.place += 1
        return real, fake

    def schedule(self, progress):
        self.place += 1
        return 1.0


class Noisy(Adam):
    """An optimiser with random numbers of its own."""

    remembers = (*Adam.remembers, "rng")

    def __init__(self):
        super().__init__(1e-3)
        self.rng = np.random.default_rng(4)

    def step(self, theta, grad, scale=1.0):
        super().step(theta, grad, scale)
        theta += 1e-3 * self.rng.standard_normal(len(theta), theta.dtype)


@pytest.mark.parametrize("where", ["data", "latent", "d_batches", "schedule", "optimizer",
                                   "replaced"])
def test_whatever_says_what_it_remembers_is_turned_back_after_ctrl_c(where, tmp_path, monkeypatch):
    def start():
        given = {"latent": dict(latent=Draws().latents), "schedule": dict(
            schedule=Draws().schedule), "d_batches": dict(d_batches=Draws().batches),
            "optimizer": dict(d_optimizer=Clipped(Noisy()), g_optimizer=Noisy())}
        training = small(6, **given.get(where, {}))
        if where in ("data", "replaced"):
            training.data = Draws()
        return training

    whole, pressed = start(), start()
    records = list(whole)
    found = [next(pressed)]
    if where == "replaced":
        pressed.data = copy.deepcopy(pressed.data)
    press(monkeypatch, pressed)
    pressed.save(tmp_path / "t.npz")
    assert [*found, *pressed] == records
    np.testing.assert_equal(state_of(pressed), state_of(whole))
    again = start()
    again.resume(tmp_path / "t.npz")
    assert [*found, *again] == records


@pytest.mark.parametrize("kept, saved", [
    ([1], False), ({}, False), (np.zeros(2), False), ((1, np.zeros(2)), False), (None, True),
    ((1, "a"), True), (np.broadcast_to(0.0, 2), True)])
def test_what_may_have_been_written_into_is_not_saved_after_ctrl_c(kept, saved, tmp_path,
                                                                   monkeypatch):
    training = small()
    training.data = Draws(kept)
    next(training)
    press(monkeypatch, training)
    if saved:
        return training.save(tmp_path / "t.npz")
    with pytest.raises(StateError, match=r"not finished.*next\(training\)"):
        training.save(tmp_path / "t.npz")
    next(training)
    training.save(tmp_path / "t.npz")


def test_so_is_what_an_optimiser_begins_to_remember(tmp_path, monkeypatch):
    class Late(Adam):
        remembers = (*Adam.remembers, "past")
        past = None

        def step(self, theta, grad, scale=1.0):
            super().step(theta, grad, scale)
            self.past = self.past or []
            self.past.append(float(theta[0]))

    training = small(d_optimizer=Late())
    next(training)
    press(monkeypatch, training)
    with pytest.raises(StateError, match="not finished"):
        training.save(tmp_path / "t.npz")


def test_after_an_error_the_next_step_draws_anew(tmp_path, monkeypatch):
    """A batch that cannot be learned from is not drawn again and again."""
    training, drawn = small(), []
    real = training.data
    training.data = lambda n: drawn.append(real(n)) or drawn[-1]
    with monkeypatch.context() as patch:
        patch.setattr(Adam, "step", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            next(training)
    next(training)
    assert not np.array_equal(drawn[0], drawn[1])
