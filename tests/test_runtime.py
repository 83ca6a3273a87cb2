"""Threads: the same bits on any number of them, and nothing left changed for the caller."""

import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from numgan import (Adam, BatchNorm, Dense, Dropout, LayerNorm, LeakyReLU, Network, NonSaturating,
                    _runtime)
from numgan._runtime import (divide, in_parts, in_rows, product, quota, sharing_cores,
                             threads_wanted)
from numgan.gradcheck.cases import cases
from numgan.layers import conv
from numgan.losses import Wasserstein
from numgan.networks import network
from numgan.networks.models import (dcgan_discriminator, dcgan_generator, mlp_discriminator,
                                    mlp_generator)
from numgan.penalties import WGANGP
from numgan.training import train

COUNTS = (1, 2, 4)
ANY = range(1, 1 << 30)


@pytest.fixture
def small_parts(monkeypatch):
    """Parts so small that arrays of a test have many."""
    monkeypatch.setattr(_runtime, "PART_BYTES", 3000)
    monkeypatch.setattr(_runtime, "PRODUCT", 500)
    monkeypatch.setattr(conv, "PATCH_BYTES", 5000)


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def blas_threads():
    return [library.get_num_threads() for library in _runtime._libraries()]


@pytest.fixture
def two_blas_threads():
    """The caller's own setting."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if not blas_threads() or set(blas_threads()) != {2}:
            pytest.skip("no matrix library here whose threads can be set")
        yield


# -- the same bits ---------------------------------------------------------------------------------


def training(kind, threads=None, steps=3):
    """(G's numbers, D's, records) after a short training."""
    if kind == "mlp":
        G, D = mlp_generator(4, 2, (32, 32), rng=0), mlp_discriminator(2, (32, 32), rng=1)
        shape, how = (2,), {"loss": NonSaturating()}
    else:
        G = dcgan_generator(8, 1, 4, 8, rng=0)
        D = dcgan_discriminator(8, 1, 8, normalization=kind, rng=1)
        shape, how = (8, 8, 1), {"loss": NonSaturating()}
        if kind == "layer":
            how = {"loss": Wasserstein(), "penalty": WGANGP()}
    records = list(train(G, D, lambda n: np.tanh(normal(n, *shape)), steps=steps, batch_size=13,
                         rng=np.random.default_rng(2), threads=threads, d_optimizer=Adam(),
                         g_optimizer=Adam(), **how))
    return G.theta, G.buffer, D.theta, D.buffer, np.array(records)


@pytest.mark.parametrize("kind", ["mlp", "batch", "layer"])
def test_a_training_has_the_same_bits_on_one_two_and_four_threads(kind, small_parts):
    one, *others = [training(kind, threads) for threads in COUNTS]
    for other in others:
        for a, b in zip(one, other):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_batches_that_go_at_once_have_the_same_bits(kind, monkeypatch):
    apart = training(kind, threads=2)
    monkeypatch.setattr(network, "ONE_CORE", ANY)  # real and generated samples, each on a core
    one, *others = [training(kind, threads) for threads in COUNTS]
    for other in others + [apart] * (kind == "batch"):  # else they were one batch
        for a, b in zip(one, other):
            np.testing.assert_array_equal(a, b)
    for a, b in zip(one, apart):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)


def test_layers_that_draw_random_numbers_go_one_after_the_other(monkeypatch):
    monkeypatch.setattr(network, "ONE_CORE", ANY)
    x = normal(5, 3)
    assert Network([Dense(3, 1)], rng=0).on_one_core(x)
    drawing = Dropout(0.5, rng=np.random.default_rng(1))
    assert not Network([drawing, Dense(3, 1)], rng=0).on_one_core(x)


def test_a_copys_gradients_at_once_are_its_own():
    D = Network([Dense(3, 4), BatchNorm(4), Dense(4, 1)], rng=0)
    xs = [normal(6, 3), normal(6, 3, seed=1)]

    def gradient(network, large):
        network.grad.fill(0)
        ys, caches = zip(*network.forward_each(xs, large))
        network.add_each([functools.partial(Network.backward, dy=dy, cache=cache)
                          for dy, cache in zip(ys, caches)], large)
        return network.grad.copy()

    with _runtime.sharing_cores(2):
        expected = gradient(D, False)
        np.testing.assert_array_equal(gradient(D, True), expected)
        clone = D.copy()
        clone.theta *= 2
        np.testing.assert_array_equal(gradient(clone, True), gradient(clone, False))
        np.testing.assert_array_equal(gradient(D, True), expected)


def test_convolutions_have_the_same_bits(small_parts):
    x, dy, W, b = normal(19, 9, 9, 8), normal(19, 4, 4, 5, seed=1), normal(3, 3, 8, 5), normal(8)
    how = (2, 2), (0, 0)
    found = []
    for threads in COUNTS:
        with sharing_cores(threads):
            found.append([conv.conv_forward(x, W, *how, b[:5]),
                          conv.conv_weight_gradient(x, dy, (3, 3), *how),
                          conv._gather_patches(dy, W, (9, 9), *how, b),
                          conv._add_patches(dy, W, (9, 9), *how, b)])
    for other in found[1:]:
        for a, b in zip(found[0], other):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["Conv2D", "ConvTranspose2D", "BatchNorm", "LayerNorm"])
def test_the_gradient_check_finds_the_same_errors_to_the_bit(name, small_parts):
    of_name = [check for case, check in cases() if name.lower() in case.lower()]
    assert of_name
    found = []
    for threads in 1, 4:
        with sharing_cores(threads):
            found.append([row[2:] for check in of_name[:1] for row in check()])
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("layer", [BatchNorm(4), LayerNorm(4), LeakyReLU()], ids=repr)
def test_parts_change_no_more_than_rounding(layer, monkeypatch):
    layer.setup(np.random.default_rng(0), np.float64)
    x, dy = normal(50, 3, 3, 4, dtype=np.float64), normal(50, 3, 3, 4, seed=1, dtype=np.float64)

    def results():
        y, cache = layer.forward(x, train=True)
        return y, layer.backward(dy, cache)

    whole = results()
    monkeypatch.setattr(_runtime, "PART_BYTES", 1000)
    for a, b in zip(whole, results()):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_two_trainings_in_two_python_threads_give_what_each_gives_alone(small_parts):
    kinds = ["batch", "layer"]
    alone = [training(kind, 2, steps=6) for kind in kinds]
    found = [None, None]

    def run(index):
        found[index] = training(kinds[index], 2, steps=6)

    both = [threading.Thread(target=run, args=(index,)) for index in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    for one, other in zip(alone, found):
        for a, b in zip(one, other):
            np.testing.assert_array_equal(a, b)


# -- parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("most", [None, 8])
def test_a_division_is_whole_and_even(count, most):
    for part_bytes in (1, 100, 12345):
        parts = divide(count, 40, part_bytes, most)
        assert [i for part in parts for i in range(count)[part]] == list(range(count))
        assert len(parts) <= (most or count)
        sizes = [part.stop - part.start for part in parts]
        assert max(sizes) - min(sizes) <= 1
        if most is None and len(parts) < count:
            assert len(parts) == 1 or len(parts) % 2 == 0


def test_results_come_in_the_order_of_the_parts_from_several_threads():
    who = set()

    def slow(part):
        who.add(threading.get_ident())
        time.sleep(0.002)
        return part * part

    with sharing_cores(3):
        assert in_parts(slow, list(range(40))) == [i * i for i in range(40)]
    assert len(who) == 3


@pytest.mark.parametrize("shapes", [((300, 7), (7, 5)), ((5, 7), (7, 300)), ((3, 2), (2, 4))])
def test_product(shapes, small_parts):
    a, b = (normal(*shape, dtype=np.float64) for shape in shapes)
    with sharing_cores(2):
        np.testing.assert_allclose(product(a, b), a @ b, rtol=1e-13, atol=1e-13)


def test_in_rows(small_parts):
    a, b = normal(400, 3, 3), normal(400, 3, 3, seed=1)
    with sharing_cores(2):
        np.testing.assert_array_equal(in_rows(lambda out, a, b: np.add(a, b, out=out), a, b), a + b)


def test_a_part_is_not_divided_again():
    def inner(part):
        return threading.get_ident()

    def outer(part):
        time.sleep(0.002)
        return {threading.get_ident()} == set(in_parts(inner, list(range(8))))

    with sharing_cores(4):
        assert all(in_parts(outer, list(range(8))))


def test_the_error_of_a_part_is_raised_when_no_part_is_being_computed_any_more():
    running = []

    def fails(part):
        running.append(part)
        time.sleep(0.002)
        running.remove(part)
        if part == 5:
            raise LookupError("part five")

    with sharing_cores(3):
        with pytest.raises(LookupError, match="part five"):
            in_parts(fails, list(range(1000)))
        assert running == []
        assert in_parts(abs, [-1, -2, -3]) == [1, 2, 3]


def test_an_interrupt_waits_for_the_parts_that_are_being_computed():
    running, main = [], threading.get_ident()

    def interrupted(part):
        running.append(part)
        if threading.get_ident() == main:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.02)
        running.remove(part)

    def slow_in_the_pool(part):
        if threading.get_ident() != main:
            running.append(part)
            time.sleep(0.1)
            running.remove(part)

    with sharing_cores(3):
        with pytest.raises(KeyboardInterrupt):
            in_parts(interrupted, list(range(100)))
        assert len(running) == 1  # its own, which it could not finish
        running.clear()
        timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):  # while it waits for the others
            in_parts(slow_in_the_pool, list(range(3)))
            time.sleep(1)
        assert running == []


def test_an_interrupt_at_the_moment_the_waiting_ends_does_not_wait_for_ever():
    class Interrupted:
        """A lock; the interrupt comes as soon as it is taken for the first time."""

        def __init__(self):
            self.lock, self.first = threading.Lock(), True

        def acquire(self):
            self.lock.acquire()
            if self.first:
                self.first = False
                signal.raise_signal(signal.SIGINT)

        def __enter__(self):
            self.lock.acquire()

        def __exit__(self, *error):
            self.lock.release()
            if self.first:
                self.first = False
                signal.raise_signal(signal.SIGINT)

    found = []
    done = Interrupted()
    watchdog = threading.Timer(5, done.lock.release)
    watchdog.start()
    found = _runtime._wait(done)
    assert watchdog.is_alive() and [type(one) for one in found] == [KeyboardInterrupt]
    watchdog.cancel()


def test_floating_point_errors_are_handled_as_the_caller_says():
    def overflows(part):
        time.sleep(0.002)
        return np.float32(1e30) * np.full(600, 1e30, np.float32)

    with sharing_cores(3), warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(over="ignore"):
            in_parts(overflows, list(range(9)))
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            in_parts(overflows, list(range(9)))


# -- nothing left changed --------------------------------------------------------------------------


def test_a_training_gives_the_matrix_library_back_between_its_steps(two_blas_threads):
    during = []
    G, D = mlp_generator(2, 2, (8,), rng=0), mlp_discriminator(2, (8,), rng=1)

    def data(n):
        during.append(blas_threads())
        return normal(n, 2)

    records = train(G, D, data, loss=NonSaturating(), steps=9, rng=np.random.default_rng(0))
    for _ in range(3):
        next(records)
        assert set(blas_threads()) == {2}
    assert all(set(found) == {1} for found in during)
    del records  # given up half-way
    assert set(blas_threads()) == {2}

    def broken(n):
        raise OSError("no data")

    with pytest.raises(OSError):
        next(train(G, D, broken, loss=NonSaturating(), steps=9, rng=np.random.default_rng(0)))
    assert set(blas_threads()) == {2}
    G(normal(5, 2))
    assert set(blas_threads()) == {2}


def test_the_last_of_several_python_threads_gives_the_matrix_library_back(two_blas_threads):
    inside, leave = threading.Event(), threading.Event()

    def other():
        with sharing_cores():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with sharing_cores():
        thread.start()
        inside.wait(10)
    assert set(blas_threads()) == {1}  # the other is still computing
    leave.set()
    thread.join()
    assert set(blas_threads()) == {2}


def test_the_matrix_librarys_limit_is_one_of_the_pool_too(two_blas_threads, monkeypatch):
    monkeypatch.delenv("NUMGAN_THREADS", raising=False)
    monkeypatch.setattr(_runtime, "cores", lambda: 8)
    with sharing_cores() as threads:
        assert threads == 2
        with sharing_cores() as inner:
            assert inner == 2
        with sharing_cores(3) as inner:
            assert inner == 3
        with sharing_cores() as inner:
            assert inner == 2
    monkeypatch.setenv("NUMGAN_THREADS", "5")
    with sharing_cores() as threads:
        assert threads == 5
    with sharing_cores(1) as threads:
        assert threads == 1


def test_importing_changes_nothing():
    code = ("import threadpoolctl, numpy, sys, threading\n"
            "before = threadpoolctl.threadpool_info()\n"
            "import numgan, numgan.training, numgan.presets\n"
            "assert [x for x in threadpoolctl.threadpool_info() if x['user_api'] == 'blas'] == "
            "[x for x in before if x['user_api'] == 'blas']\n"
            "assert threading.active_count() == 1")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# -- how many threads ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", " ", "²"])
def test_nonsense_in_the_environment_is_one_clear_error(text, monkeypatch):
    monkeypatch.setenv("NUMGAN_THREADS", text)
    G, D = mlp_generator(2, 2, (8,), rng=0), mlp_discriminator(2, (8,), rng=1)
    before = blas_threads()
    with pytest.raises(ValueError, match="NUMGAN_THREADS: expected a number of threads, 1 or more"):
        train(G, D, lambda n: normal(n, 2), loss=NonSaturating(), steps=1,
              rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="NUMGAN_THREADS"):
        G(normal(3, 2))
    assert blas_threads() == before


@pytest.mark.parametrize("threads", [0, -2, 1.0, "2", True])
def test_nonsense_in_the_argument(threads):
    with pytest.raises(ValueError, match="threads must be an integer >= 1, got"):
        training("mlp", threads)


def test_the_environment_and_the_argument(monkeypatch):
    monkeypatch.delenv("NUMGAN_THREADS", raising=False)
    assert threads_wanted() is None and threads_wanted(np.int64(3)) == 3
    monkeypatch.setenv("NUMGAN_THREADS", "")
    assert threads_wanted() is None
    monkeypatch.setenv("NUMGAN_THREADS", "7")
    assert threads_wanted() == 7 and threads_wanted(2) == 2


@pytest.mark.parametrize("files, expected", [
    ({"cpu.max": "150000 100000\n"}, 1.5),
    ({"cpu.max": "max 100000\n"}, np.inf),
    ({"cpu.max": "max 100000\n", "a/b/cpu.max": "200000 100000\n"}, 2.0),
    ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, np.inf),
    ({"cpu/a/b/cpu.cfs_quota_us": "50000\n", "cpu/a/b/cpu.cfs_period_us": "100000\n"}, 0.5),
    ({"cpu.max": "what is this\n"}, np.inf),
    ({}, np.inf)])
def test_quota(files, expected, tmp_path):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    own = tmp_path / "own"
    own.write_text("4:memory:/x\n0::/a/b\n")
    assert quota(tmp_path, own) == expected
    assert quota(tmp_path, tmp_path / "missing") in (expected, np.inf)


# -- a child process -------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("held", [False, True], ids=["idle", "while another thread computes"])
def test_a_forked_child_makes_a_pool_of_its_own(held, small_parts, two_blas_threads):
    here = training("batch", 2)  # the parent's pool is there
    inside, leave = threading.Event(), threading.Event()

    def other():
        with sharing_cores():
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=other)
    if held:
        thread.start()
        inside.wait(10)
    context = multiprocessing.get_context("fork")
    results = context.Queue()

    def child():
        results.put((training("batch", 2), blas_threads()))

    process = context.Process(target=child)
    process.start()
    there, limit = results.get(timeout=30)
    process.join(30)
    leave.set()
    if held:
        thread.join()
    assert process.exitcode == 0 and set(limit) == {2}
    for a, b in zip(here, there):
        np.testing.assert_array_equal(a, b)
