"""numgan.data: toys with the modes they promise, epochs, and files that cannot be trusted."""

import gzip
import math
import os
import pickle
import tempfile
import tracemalloc
import urllib.error

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numgan import data
from numgan.data.idx import TYPES, header


def rng(seed=0):
    return np.random.default_rng(seed)


# -- toys -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", data.names("toy"))
def test_every_toy_draws_points_inside_its_box(name):
    toy = data.toy(name)
    x = toy.sample(5000, rng())
    assert toy.name == name
    assert x.shape == (5000, 2) and x.dtype == np.float64
    left, right, bottom, top = toy.extent
    assert np.mean((x[:, 0] > left) & (x[:, 0] < right)
                   & (x[:, 1] > bottom) & (x[:, 1] < top)) > 0.999
    # and fills it: the box is not so large that a plot would show a dot
    assert np.all(np.ptp(x, axis=0) > 0.5 * np.array([right - left, top - bottom]))
    assert toy.sample(0, rng()).shape == (0, 2)


@pytest.mark.parametrize("name", data.names("toy"))
def test_same_seed_same_points_and_never_the_same_again(name):
    toy, r = data.toy(name), rng(3)
    first = toy.sample(50, r)
    assert np.array_equal(first, toy.sample(50, rng(3)))
    assert not np.intersect1d(first, toy.sample(50, r)).size


@pytest.mark.parametrize("name", data.names("toy"))
def test_a_toy_can_be_sent_to_another_process(name):
    toy = data.toy(name)
    expected = toy.sample(50, rng())
    sent = pickle.dumps(toy)  # `--jobs` does that
    assert len(sent) < 3000  # without scikit-learn's points
    np.testing.assert_array_equal(pickle.loads(sent).sample(50, rng()), expected)


def test_ring_has_distinct_modes_and_no_end_point_twice():
    toy = data.ring()
    assert toy.centers.shape == (8, 2) and toy.std == 0.01
    np.testing.assert_allclose(toy.centers[:3], [[1, 0], [0.5**0.5, 0.5**0.5], [0, 1]], atol=1e-12)
    assert len(np.unique(toy.centers.round(6), axis=0)) == 8
    np.testing.assert_allclose(toy.centers.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(np.hypot(*data.ring(5, radius=2.0).centers.T), 2)


def test_grid_is_pacgans():
    toy = data.grid()
    assert toy.std == 0.05
    expected = {(a, b) for a in (-4, -2, 0, 2, 4) for b in (-4, -2, 0, 2, 4)}
    assert set(map(tuple, toy.centers)) == expected and len(toy.centers) == 25


def test_mixture_has_the_std_and_weights_it_promises():
    toy = data.gaussians([[0, 0], [10, 0], [0, 10]], std=0.5)
    x = toy.sample(60000, rng())
    nearest = np.linalg.norm(x[:, None] - toy.centers, axis=2).argmin(axis=1)
    # 4 standard errors: 0.5 / √(2 · 120000) and √(2/9 / 60000)
    assert (x - toy.centers[nearest]).std() == pytest.approx(0.5, abs=4 * 0.00102)
    assert np.bincount(nearest) / 60000 == pytest.approx([1 / 3] * 3, abs=4 * 0.00193)


def test_centers_cannot_be_changed_behind_the_sampler():
    with pytest.raises(ValueError):
        data.ring().centers[0] = 0


@pytest.mark.parametrize("ours, make, move, scale", [
    (data.moons(noise=0), "make_moons", (0.5, 0.25), 1.5),
    (data.circles(noise=0, factor=0.5), "make_circles", (0, 0), 1)])
def test_moons_and_circles_lie_on_scikit_learns_curves(ours, make, move, scale):
    import sklearn.datasets

    options = {"factor": 0.5} if make == "make_circles" else {}
    theirs = (getattr(sklearn.datasets, make)(2000, **options)[0] - move) / scale
    x = ours.sample(500, rng())
    distance = np.linalg.norm(x[:, None] - theirs, axis=2)
    assert distance.min(axis=1).max() < 0.005
    assert distance.min(axis=0).max() < 0.1  # and reach every part of them


def test_swiss_roll_and_spiral_lie_on_their_curves():
    x = 7.5 * data.swiss_roll(noise=0).sample(500, rng())
    t = np.hypot(*x.T)
    np.testing.assert_allclose(x, np.stack([t * np.cos(t), t * np.sin(t)], axis=1), atol=1e-9)
    assert t.min() == pytest.approx(1.5 * math.pi, abs=0.2)
    assert t.max() == pytest.approx(4.5 * math.pi, abs=0.2)
    x = data.spiral(turns=2, noise=0, arms=1).sample(500, rng())
    r = np.hypot(*x.T)
    np.testing.assert_allclose(
        x, np.stack([r * np.cos(4 * math.pi * r), r * np.sin(4 * math.pi * r)], 1), atol=1e-9)
    assert r.max() < 1 and r.min() < 0.2


def test_noise_is_in_the_units_of_the_points():
    noise = data.circles(noise=0.1).sample(20000, rng())
    bare = data.circles(noise=0).sample(20000, rng())  # the same angles, drawn before the noise
    assert (noise - bare).std() == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize("call, error, words", [
    (lambda: data.toy("rign"), ValueError, "toy.*ring, grid.*'rign'"),
    (lambda: data.ring(modes=0), ValueError, "ring: modes must be .* >= 1, got 0"),
    (lambda: data.ring(modes=2.5), ValueError, "ring.*modes.*integer.*2.5"),
    (lambda: data.ring(std=0), ValueError, "ring: std must be .* > 0, got 0"),
    (lambda: data.ring(std="a"), ValueError, "ring.*std.*number.*'a'"),
    (lambda: data.ring(radius=math.nan), ValueError, "ring.*radius.*nan"),
    (lambda: data.ring(radius=math.inf), ValueError, "ring.*radius.*inf"),
    (lambda: data.grid(side=True), ValueError, "grid.*side.*True"),
    (lambda: data.gaussians([1, 2], 1), ValueError, r"gaussians.*\(K, 2\).*\(2,\)"),
    (lambda: data.gaussians([[0, math.nan]], 1), ValueError, "gaussians.*finite"),
    (lambda: data.gaussians("ab", 1), TypeError, "gaussians.*centers"),
    (lambda: data.moons(noise=-1), ValueError, "moons: noise must be .* >= 0, got -1"),
    (lambda: data.circles(factor=1), ValueError, "circles: factor must be .* > 0 and < 1, got 1"),
    (lambda: data.ring().sample(-1, rng()), ValueError, r"ring.sample: n must be .* >= 0, got -1"),
    (lambda: data.ring().sample(2, 0), TypeError, r"ring.sample.*Generator, got 0"),
])
def test_toys_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()


# -- batches --------------------------------------------------------------------------------------

def test_batches_are_shuffled_epochs():
    x = np.arange(11) * 10  # two samples are left over
    stream = data.batches(x, 3, rng(), labels=np.arange(11))
    epochs = [[next(stream) for _ in range(3)] for _ in range(50)]
    for epoch in epochs:
        values = np.concatenate([b for b, _ in epoch])
        assert len(set(values)) == 9  # no sample twice in an epoch
        assert all(np.array_equal(b, 10 * labels) for b, labels in epoch)
    assert {int(v) for epoch in epochs for b, _ in epoch for v in b} == set(x)  # none left out
    assert not np.array_equal(epochs[0][0][0], epochs[1][0][0])


def test_a_batch_is_a_copy():
    x = np.zeros((4, 2))
    next(data.batches(x, 2, rng()))[:] = 1
    data.sampler(x, rng(), np.float64)(4)[:] = 1
    assert not x.any()


def test_sampler_of_an_array_serves_epochs_in_the_dtype():
    sample = data.sampler(np.arange(12.0), rng())
    seen = np.concatenate([sample(4) for _ in range(3)])
    assert seen.dtype == np.float32 and sorted(seen) == list(range(12))
    assert sorted(sample(12)) == list(range(12))


def test_sampler_of_a_toy_draws_afresh():
    toy = data.grid()
    sample = data.sampler(toy, rng(5))
    r = rng(5)
    for n in (3, 200):
        assert np.array_equal(sample(n), toy.sample(n, r).astype(np.float32))
    assert sample(3).dtype == np.float32


@pytest.mark.parametrize("call, error, words", [
    (lambda: data.batches(np.ones(3), 4, rng()), ValueError, "batches: .* from 1 to 3, got 4"),
    (lambda: data.batches(np.ones(3), 0, rng()), ValueError, "batches.* from 1 to 3, got 0"),
    (lambda: data.batches(np.ones(3), 1.0, rng()), ValueError, "batches.*integer.*got 1.0"),
    (lambda: data.batches(np.ones(3), 1, 7), TypeError, "batches.*Generator, got 7"),
    (lambda: data.batches(np.ones(3), 1, rng(), labels=np.ones(2)), ValueError, "3 sam.*got 2"),
    (lambda: data.batches(data.ring(), 1, rng()), TypeError, "batches.*use sampler"),
    (lambda: data.sampler(5.0, rng()), ValueError, r"sampler.*\(N, ...\)"),
    (lambda: data.sampler(np.ones(3), rng())(4), ValueError,
     r"at most 3, the number of samples in the data, got 4: .* train\(..., batch_size=3\)"),
    (lambda: data.sampler(np.ones(3), rng())(0), ValueError, "batch_size.* >= 1, got 0"),
    (lambda: data.sampler(data.ring(), rng())(0), ValueError, "batch_size.*got 0"),
    (lambda: data.sampler(data.ring(), None), TypeError, "sampler.*Generator"),
    (lambda: data.sampler(data.ring(), rng(), dtype="no"), TypeError, "sampler.*dtype.*'no'"),
    (lambda: data.sampler(data.ring(), rng(), dtype=int), TypeError, "floating point dtype, got i"),
    (lambda: data.sampler(np.array(["a", "b"]), rng()), ValueError, "a numeric array.*dtype <U1"),
    (lambda: data.sampler(np.ones((2, 2)) + 1j, rng()), ValueError, "numeric array.*complex128"),
    (lambda: data.sampler([[1, 2], [3]], rng()), ValueError,
     r"^sampler: expected source to be a numeric array of shape \(N, ...\), got what is none: "),
    (lambda: data.sampler(([[1, 2], [3]], [0, 1]), rng()), ValueError,
     "^sampler: expected x of the source to be a numeric array"),
])
def test_batches_say_what_is_wrong_at_once(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("shape", [(50,), (50, 2), (50, 3, 3, 1)])
def test_a_sampler_names_the_first_sample_that_is_not_finite(value, shape):
    x = np.zeros(shape, np.float32)
    x.reshape(50, -1)[[17, 40], -1] = value
    found = "to be finite, got NaN or infinity in 2 of 50 samples, the first at index 17"
    for source, name in ((x, "source"), ((x, np.zeros(50)), "x of the source"),
                         ((np.zeros(50), x), "c of the source")):
        with pytest.raises(ValueError, match=f"^sampler: expected {name} {found}"):
            data.sampler(source, rng())


def test_a_sampler_takes_integers_and_empty_samples():
    for x in np.arange(6), np.ones((6, 2), bool), np.zeros((6, 0)):
        pair = data.sampler((x, np.arange(6)), rng())(4)
        assert pair.x.shape == (4, *x.shape[1:]) and pair.c.dtype.kind == "i"


# -- digits ---------------------------------------------------------------------------------------

def test_digits():
    x, labels = data.digits()
    assert x.shape == (1797, 8, 8, 1) and x.dtype == np.float32
    assert x.min() == -1 and x.max() == 1
    assert labels.dtype == int and labels[:4].tolist() == [0, 1, 2, 3]
    with pytest.raises(TypeError, match="digits.*floating.*int"):
        data.digits(int)


# -- IDX ------------------------------------------------------------------------------------------

def idx_bytes(array):
    code = {np.dtype(name): code for code, name in TYPES.items()}[array.dtype.newbyteorder(">")]
    return header(array.shape, code) + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(path, content, zipped=False):
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_read_idx_of_every_type(tmp_path, dtype, zipped):
    array = rng().normal(0, 50, (3, 4, 2)).astype("f8").astype(dtype, casting="unsafe") \
        if dtype != "u1" else rng().integers(256, size=(3, 4, 2), dtype="u1")
    got = data.read_idx(write(tmp_path / "a", idx_bytes(array), zipped))
    assert got.dtype == np.dtype(dtype) and got.dtype.isnative and np.array_equal(got, array)


def test_read_idx_of_bytes_written_by_hand(tmp_path):
    content = bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE])
    assert data.read_idx(write(tmp_path / "a", content)).tolist() == [[258, -2]]


GOOD = idx_bytes(np.arange(24, dtype=np.uint8).reshape(4, 6))


@pytest.mark.parametrize("content, words", [
    (b"", "empty file"),
    (b"\0\0", "begin with 00 00"),
    (b"\1" + GOOD[1:], "begin with 00 00.*got 01 00 08 02"),
    (b"\0\0\x0a\2" + GOOD[4:], "type code"),
    (b"\0\0\x08\0", "1 to 32 dimensions, got 0"),
    (b"\0\0\x08\xff" + bytes(1020), "1 to 32 dimensions, got 255"),
    (GOOD[:7], "2 dimensions in its header.*7 bytes"),
    (GOOD[:-1], r"24 bytes.*\(4, 6\), got 23"),
    (GOOD + b"\0", "24 bytes.*got more"),
    (header((0,)) + b"\0", "0 bytes.*got more"),
    (header((2**32 - 1,) * 3) + b"abc", "at most.*promises"),
    (header((0,) + (2**32 - 1,) * 31), "at most.*promises"),
    (gzip.compress(GOOD)[:-5], "complete gzip"),
    (gzip.compress(GOOD)[:12], "complete gzip"),
    (gzip.compress(GOOD)[:15] + b"\xff" + gzip.compress(GOOD)[16:], "complete gzip"),
    (gzip.compress(GOOD) + b"rubbish", "complete gzip"),
    (b"\x1f\x8b", "complete gzip"),
])
def test_read_idx_names_the_file_and_what_is_wrong(tmp_path, content, words):
    path = write(tmp_path / "damaged-file", content)
    with pytest.raises(ValueError, match=words) as error:
        data.read_idx(path)
    assert "damaged-file" in str(error.value)


def test_read_idx_of_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        data.read_idx(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="to be a file"):
        data.read_idx(tmp_path)
    with pytest.raises(TypeError, match="read_idx.*path"):
        data.read_idx(3)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="to be a file"):
            data.read_idx(tmp_path / "pipe")


def peak_of(call):
    """(result or ValueError, the most bytes that were allocated meanwhile)."""
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1]
    except ValueError as error:
        return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_read_idx_allocates_what_is_there_not_what_is_promised(tmp_path):
    bomb = gzip.compress(header((1000,)) + bytes(200_000_000), 9)
    liar = header((1 << 29,)) + b"few"
    dense = gzip.compress(header((1 << 29,)) + rng().bytes(100_000))
    for content, words in ((bomb, "got more"), (liar, "got at most"),
                           (gzip.compress(liar), "got at most"), (dense, "got at most"),
                           (gzip.compress(header((1 << 22,)) + rng().bytes(10_000)), "got 10000")):
        path = write(tmp_path / "a", content)
        error, peak = peak_of(lambda: data.read_idx(path))
        assert words in str(error) and peak < 10_000_000


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "f8"])
def test_read_idx_reads_into_place(tmp_path, dtype, zipped):
    array = np.tile(np.arange(100, dtype=dtype), 20_000_000 // 100 // np.dtype(dtype).itemsize)
    path = write(tmp_path / "a", idx_bytes(array), zipped)
    found, peak = peak_of(lambda: data.read_idx(path))
    assert np.array_equal(found, array) and found.flags.writeable
    assert array.nbytes <= peak < 1.3 * array.nbytes


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 7)])
def test_read_idx_of_nothing(tmp_path, shape):
    found = data.read_idx(write(tmp_path / "a", idx_bytes(np.zeros(shape, ">i2"))))
    assert found.shape == shape and found.dtype == np.int16


def test_read_idx_keeps_to_max_bytes(tmp_path):
    path = write(tmp_path / "a", GOOD)
    assert data.read_idx(path, max_bytes=24).shape == (4, 6)
    with pytest.raises(ValueError, match="at most 23 bytes"):
        data.read_idx(path, max_bytes=23)


def read_bytes(content):
    """What read_idx makes of these bytes: an array or a documented error, and little memory."""
    handle, path = tempfile.mkstemp()
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        tracemalloc.start()
        try:
            return data.read_idx(path, max_bytes=1 << 30)
        except ValueError as error:
            assert path in str(error)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 5_000_000
    finally:
        os.unlink(path)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\0\0\x08", b"\0\0\x0e\2", b"\x1f\x8b\x08"]))
def test_read_idx_of_random_bytes(content, start):
    read_bytes(start + content)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.booleans())
def test_read_idx_of_mutated_files(draw, zipped):
    content = bytearray(gzip.compress(GOOD, mtime=0) if zipped else GOOD)
    for _ in range(draw.draw(st.integers(1, 4))):
        if not content:
            break
        at = draw.draw(st.integers(0, len(content) - 1))
        kind = draw.draw(st.sampled_from(["flip", "cut", "insert"]))
        if kind == "flip":
            content[at] = draw.draw(st.integers(0, 255))
        elif kind == "cut":
            del content[at:at + draw.draw(st.integers(1, 8))]
        else:
            content[at:at] = draw.draw(st.binary(min_size=1, max_size=8))
    read_bytes(bytes(content))


# -- MNIST ----------------------------------------------------------------------------------------

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def lookalike(tmp_path):
    x = rng().integers(256, size=(5, 28, 28), dtype=np.uint8)
    x[0, 0, :2] = 0, 255
    labels = np.arange(5, dtype=np.uint8)
    for name in NAMES:
        write(tmp_path / name, idx_bytes(x if "images" in name else labels))
    return tmp_path, x, labels


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("dot, end", [("-", ""), (".", ".gz"), ("-", ".gz")])
def test_mnist_finds_its_files(lookalike, split, dot, end):
    folder, x, labels = lookalike
    for name in NAMES:
        new = folder / (name.replace("-idx", dot + "idx") + end)
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        write(new, content, bool(end))
    got, got_labels = data.mnist(folder, split, verify=False)
    assert got.shape == (5, 28, 28, 1) and got.dtype == np.float32 and got_labels.dtype == int
    assert got[0, 0, 0, 0] == -1 and got[0, 0, 1, 0] == 1
    np.testing.assert_allclose((got[..., 0] + 1) * 127.5, x, atol=1e-4)
    assert np.array_equal(got_labels, labels)


def test_mnist_from_the_environment(lookalike, monkeypatch):
    folder, _, _ = lookalike
    monkeypatch.setenv("NUMGAN_DATA", str(folder))
    assert data.mnist(verify=False, dtype=np.float64)[0].dtype == np.float64
    (folder / "mnist").mkdir()
    for name in NAMES:
        (folder / name).rename(folder / "mnist" / name)
    assert len(data.mnist(verify=False)[0]) == 5


def test_mnist_refuses_other_data(lookalike):
    folder, _, _ = lookalike
    with pytest.raises(ValueError, match="train-images.*SHA-256.*verify=False"):
        data.mnist(folder)
    write(folder / NAMES[1], idx_bytes(np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match="train-labels.*5 bytes.*shape"):
        data.mnist(folder, verify=False)
    write(folder / NAMES[0], idx_bytes(np.zeros((5, 28), np.uint8)))
    with pytest.raises(ValueError, match=r"train-images.*\(N, H, W\).*\(5, 28\)"):
        data.mnist(folder, verify=False)
    (folder / NAMES[0]).unlink()
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte.gz.*found none"):
        data.mnist(folder, verify=False)
    with pytest.raises(ValueError, match="mnist.*split.*'valid'"):
        data.mnist(folder, "valid")
    with pytest.raises(TypeError, match="mnist.*folder.*3"):
        data.mnist(3)
    with pytest.raises(TypeError, match="mnist.*dtype"):
        data.mnist(folder, dtype=int)


@pytest.mark.parametrize("failure", [
    urllib.error.URLError("no route"), TimeoutError("slow"), ValueError("md5"), ImportError("x")])
def test_mnist_says_both_ways_when_there_is_none(monkeypatch, failure):
    import socket

    import sklearn.datasets

    def fetch(*args, **options):
        raise failure
    monkeypatch.delenv("NUMGAN_DATA", raising=False)
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    with pytest.raises(FileNotFoundError, match="NUMGAN_DATA.*OpenML") as error:
        data.mnist()
    assert error.value.__cause__ is failure
    assert socket.getdefaulttimeout() is None


def test_mnist_from_openml(monkeypatch):
    import sklearn.datasets

    def fetch(*args, **options):
        assert options["n_retries"] == 1 and options["as_frame"] is False
        x = np.zeros((70000, 784), np.uint8)
        x[0, 29], x[60000, 0] = 255, 255
        return x, np.array(["5"] * 60000 + ["7"] * 10000, dtype=object)
    monkeypatch.delenv("NUMGAN_DATA", raising=False)
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    x, labels = data.mnist(split="test")
    assert x.shape == (10000, 28, 28, 1) and x[0, 0, 0, 0] == 1 and set(labels) == {7}
    x, labels = data.mnist()
    assert x.shape == (60000, 28, 28, 1) and x[0, 1, 1, 0] == 1 and set(labels) == {5}


@pytest.mark.skipif(not os.environ.get("NUMGAN_DATA"), reason="NUMGAN_DATA names no MNIST folder")
def test_the_real_mnist():
    for split, n, first in (("train", 60000, [5, 0, 4]), ("test", 10000, [7, 2, 1])):
        x, labels = data.mnist(split=split)
        assert x.shape == (n, 28, 28, 1) and x.min() == -1 and x.max() == 1
        assert labels[:3].tolist() == first and set(labels) == set(range(10))


def test_a_list_of_two_points_is_data_and_two_arrays_are_a_pair():
    points = data.sampler([[0.0, 1.0], [2.0, 3.0]], np.random.default_rng(0))(2)
    assert sorted(points.tolist()) == [[0, 1], [2, 3]]
    pair = data.sampler([np.zeros((4, 2)), np.ones((4, 3))], np.random.default_rng(0))(2)
    assert pair.x.shape == (2, 2) and pair.c.shape == (2, 3)


def test_a_toy_that_is_none_is_refused_by_its_name():
    data.register_toy("heap", lambda: np.zeros((5, 2)))
    try:
        with pytest.raises(TypeError, match="heap: expected a numgan.data.Toy2D, got an array"):
            data.toy("heap")
    finally:
        del data.DATA_SETS["heap"]
