"""Networks: flat vectors and their views, copies, files, errors; the ready-made models."""

import copy
import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numgan import BatchNorm, Conv2D, Dense, Dropout, Flatten, LeakyReLU, Network, ReLU
from numgan.layers import SpectralNorm
from numgan.networks import Reconstruction, network
from numgan.networks.models import (conditional_mlp, dcgan_discriminator, dcgan_generator,
                                    mlp_discriminator, mlp_generator)


def small(rng=0, **options):
    return Network([Dense(3, 5), BatchNorm(5), ReLU(), Dense(5, 2)], rng=rng, **options)


def test_parameters_are_views_of_one_vector():
    net = small()
    assert net.theta.shape == net.grad.shape == (3 * 5 + 5 + 10 + 12,)
    assert net.theta.dtype == np.float32
    for layer in net.layers:
        for name in layer.shapes:
            assert np.shares_memory(getattr(layer, name), net.theta)
            assert np.shares_memory(getattr(layer, "d" + name), net.grad)
    net.theta[:] = np.arange(net.size)
    assert net.layers[0].W[0, 1] == 1 and net.layers[-1].b[-1] == net.size - 1


@pytest.mark.parametrize("duplicate", [Network.copy, copy.deepcopy,
                                       lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_independent_and_whole(duplicate):
    net = small()
    clone = duplicate(net)
    assert np.array_equal(clone.theta, net.theta)
    assert np.shares_memory(clone.layers[0].W, clone.theta)
    clone.theta[:] = 0
    clone.buffer[:] = 7
    assert net.theta.any() and (clone.layers[1].running_mean == 7).all()
    assert (net.layers[1].running_mean == 0).all()


def test_same_seed_same_bits_and_other_seed_other_bits():
    assert np.array_equal(small(3).theta, small(3).theta)
    assert not np.array_equal(small(3).theta, small(4).theta)
    net = Network([Dropout(0.5), Dense(4, 1)], rng=0), Network([Dropout(0.5), Dense(4, 1)], rng=0)
    x = np.ones((9, 4), np.float32)
    assert np.array_equal(net[0].forward(x, train=True)[0], net[1].forward(x, train=True)[0])


def test_backward_skips_what_nobody_asked_for():
    class Counting(Dense):
        calls = []

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            self.calls.append((self.in_features, param_grads, input_grad))
            return super().backward(dy, cache, param_grads, input_grad)

    net = Network([Flatten(), Counting(4, 3), LeakyReLU(), Counting(3, 1)], rng=0)
    y, cache = net.forward(np.ones((2, 2, 2), np.float32))
    assert net.backward(y, cache, input_grad=False) is None
    assert Counting.calls == [(3, True, True), (4, True, False)]
    Counting.calls.clear()
    grad = net.grad.copy()
    assert net.backward(y, cache, param_grads=False).shape == (2, 2, 2)
    assert Counting.calls == [(3, False, True), (4, False, True)]
    assert np.array_equal(grad, net.grad)
    assert net.backward(y, cache, param_grads=False, input_grad=False) is None


def test_nothing_goes_back_below_the_first_layer_that_learns():
    class Unasked(Flatten):
        def backward(self, *arguments, **options):
            raise AssertionError("asked for a gradient that nobody wants")

        tangent_backward = backward

    net = Network([Unasked(), LeakyReLU(), Dense(4, 1)], rng=0)
    x = np.ones((2, 2, 2), np.float32)
    y, cache = net.forward(x)
    assert net.backward(y, cache, input_grad=False) is None and net.grad.any()
    _, tcache = net.tangent(x, cache)
    assert net.tangent_backward(None, y, cache, tcache, input_grad=False) == (None, None)
    with pytest.raises(AssertionError, match="asked for a gradient"):
        net.backward(y, cache)


def test_forward_changes_nothing_and_commit_only_the_running_statistics():
    net = small()
    x = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    theta, buffer = net.theta.copy(), net.buffer.copy()
    _, cache = net.forward(x, train=True)
    assert np.array_equal(theta, net.theta) and np.array_equal(buffer, net.buffer)
    net.commit(cache)
    assert np.array_equal(theta, net.theta) and not np.array_equal(buffer, net.buffer)


def test_summary_is_a_table_of_layers_shapes_and_parameters():
    text = dcgan_discriminator(28, 1, 32, rng=0).summary()
    assert "Conv2D(1, 32, 4, stride=2, padding=1)" in text and "(N, 14, 14, 32)" in text
    assert "544" in text and "total" in text and "36,577" in text
    assert "?" in Network([Conv2D(1, 2, 3)], rng=0).summary()
    assert "(N, 6, 6, 2)" in Network([Conv2D(1, 2, 3)], rng=0).summary((8, 8, 1))


# -- files ---------------------------------------------------------------------------------------


def test_save_and_load_are_exact_and_leave_no_other_file(tmp_path):
    net = small(1)
    net.buffer[:] = np.arange(net.buffer.size)
    net.save(tmp_path / "deep" / "net.npz")
    other = small(2).load(tmp_path / "deep" / "net.npz")
    assert np.array_equal(net.theta, other.theta) and np.array_equal(net.buffer, other.buffer)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["net.npz"]
    with pytest.raises(FileNotFoundError):
        other.load(tmp_path / "nothing.npz")


def test_loading_another_networks_file_says_which_layers_came(tmp_path):
    mlp_generator(rng=0).save(tmp_path / "net.npz")
    net = small()
    before = net.theta.copy()
    with pytest.raises(ValueError, match=r"expected the layers \['Dense\(3, 5\)'.*got"):
        net.load(tmp_path / "net.npz")
    assert np.array_equal(before, net.theta)


def damaged(path, content, saved):
    """Whether these bytes, as a file, are refused; if not they must hold what was saved."""
    net = saved.copy()
    net.theta += 1
    before = net.theta.copy(), net.buffer.copy()
    try:
        with pytest.MonkeyPatch.context() as patch:  # thousands of real files would take long
            patch.setattr(network, "opened", lambda path: io.BytesIO(content))
            net.load(path)
    except ValueError as error:
        assert str(path) in str(error)
        assert np.array_equal(before[0], net.theta) and np.array_equal(before[1], net.buffer)
        return True
    assert np.array_equal(net.theta, saved.theta) and np.array_equal(net.buffer, saved.buffer)
    return False


@pytest.fixture
def saved(tmp_path):
    """(path, bytes, network) of a saved network."""
    net = small()
    net.save(tmp_path / "net.npz")
    return tmp_path / "net.npz", (tmp_path / "net.npz").read_bytes(), net


@pytest.fixture
def tiny(tmp_path):
    """The same of a network of four numbers, whose file is short."""
    net = Network([Dense(1, 1), BatchNorm(1)], rng=0)
    net.save(tmp_path / "net.npz")
    return tmp_path / "net.npz", (tmp_path / "net.npz").read_bytes(), net


def test_a_file_cut_anywhere_is_refused(tiny):
    path, content, net = tiny
    assert all(damaged(path, content[:length], net) for length in range(len(content)))


def test_a_file_with_any_byte_changed_is_refused_or_means_the_same(tiny):
    path, content, net = tiny
    refused = 0
    for place in range(len(content)):
        for mask in 0x01, 0xFF:
            changed = bytearray(content)
            changed[place] ^= mask
            refused += damaged(path, changed, net)
    assert refused > 1.5 * len(content)  # what is not refused is the time, and the like


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_files_with_much_damage_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("net") / "net.npz"
    net = small()
    net.save(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = data.draw(st.binary(max_size=200))
    else:
        for _ in range(data.draw(st.integers(2, 20))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    if damaged(path, content, net):
        with pytest.raises(ValueError):
            net.load(path)


def npy(array, old=b"", new=b""):
    """The bytes of a .npy file, with `old` replaced by `new` of the same length."""
    file = io.BytesIO()
    np.save(file, array)
    assert len(old) == len(new) and old in file.getvalue()
    return file.getvalue().replace(old, new)


def rewritten(path, **members):
    """Write a network's file anew, with other bytes in some of its members."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**kept, **{f"{k}.npy": v for k, v in members.items()}}.items():
            archive.writestr(name, content)


SIZE = small().size
ZEROS = np.zeros(SIZE, np.float32)


@pytest.mark.parametrize("member, content, message", [
    ("theta", b"no array", "magic string"),
    ("theta", b"", "magic"),
    ("theta", npy(ZEROS).replace(b"NUMPY\1", b"NUMPY\3"), "version 1.0"),
    ("theta", npy(np.zeros(1, np.float32), b"(1,), }   ", b"(True,), }"), "saved by Network.save"),
    ("theta", npy(ZEROS, b"(42,), }" + 9 * b" ", b"(10000000000,), }"), "saved by Network.save"),
    ("theta", npy(ZEROS, b"'<f4'", b"'|O4'"), "saved by Network.save"),
    ("theta", npy(ZEROS) + b"more", "saved by Network.save"),
    ("theta", npy(ZEROS[:-1]), r"theta of shape \(42,\) and kind float32, got \(41,\)"),
    ("theta", npy(ZEROS.astype(int)), "kind float32, got .* int64"),
    ("theta", npy(np.full(SIZE, 1e300)), "finite values of float32"),
    ("theta", npy(np.full(SIZE, np.nan)), "finite values of float32"),
    ("buffer", npy(np.full(10, -np.inf)), "finite values of float32.*buffer"),
    ("buffer", npy(np.full(10, -0.5)), r"BatchNorm\(5\): expected running_var >= 0, got -0.5"),
    ("layers", npy(np.array(["x" * 20])).replace(b"x\0\0\0", b"\xff\xff\xff\xff"),
     "got|saved by Network.save"),  # by the version of NumPy
    ("layers", npy(np.array(["Dense(3, 5)"])), r"expected the layers \['Dense.*got \['Dense"),
    ("layers", npy(np.zeros(4)), "got \\[0.0, 0.0, 0.0, 0.0\\]"),
], ids=lambda value: "" if isinstance(value, bytes) else None)
def test_files_that_hold_something_else(saved, member, content, message):
    path, _, net = saved
    rewritten(path, **{member: content})
    with pytest.raises(ValueError, match=message):
        net.load(path)
    assert damaged(path, path.read_bytes(), net)


def test_a_larger_dtype_is_loaded_if_its_values_fit(saved):
    path, _, net = saved
    rewritten(path, theta=npy(np.arange(SIZE, dtype=">f8")))
    assert np.array_equal(net.load(path).theta, np.arange(SIZE))
    assert net.theta.dtype == np.float32


def test_what_would_divide_by_zero_is_refused_in_networks_of_networks(tmp_path):
    def deep():
        return Network([Network([Dense(2, 3), BatchNorm(3)], rng=0), SpectralNorm(Dense(3, 4))],
                       rng=0)

    for start, stop, value, message in ((0, 6, -1, "running_var"), (6, 13, 0, "got 0"),
                                        (6, 13, 3e38, "got nan")):
        net = deep()
        net.buffer[start:stop] = value
        net.save(tmp_path / "net.npz")
        with pytest.raises(ValueError, match=message):
            deep().load(tmp_path / "net.npz")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="to be a file"):
        small().load(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="to be a file"):
            small().load(tmp_path / "pipe")


def test_a_far_too_large_file_is_refused_unread(saved):
    path, content, net = saved
    path.write_bytes(bytes(1_000_000) + content)  # a zip file may stand behind anything
    with pytest.raises(ValueError, match=f"a file of {1_000_000 + len(content)} bytes"):
        net.load(path)


def test_a_file_that_unpacks_to_far_more_than_expected_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "theta", "buffer", "layers":
            archive.writestr(name + ".npy", b"\0" * 20_000_000)
    with pytest.raises(ValueError, match="20000000 bytes"):
        small().load(tmp_path / "bomb.npz")


def test_nan_in_a_file_is_refused(tmp_path):
    net = small()
    net.theta[3] = np.nan
    net.save(tmp_path / "net.npz")
    with pytest.raises(ValueError, match="NaN, infinity or a larger number in theta"):
        small().load(tmp_path / "net.npz")


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("x, kind, message", [
    (np.ones((2, 3)), TypeError, "expected x as a float32 array, got float64"),
    ([[1.0, 2.0, 3.0]], TypeError, "expected x as a float32 array, got list"),
    (np.ones((2, 4), np.float32), ValueError, r"expected x of shape \(N, 3\), got \(2, 4\)"),
    (np.ones((0, 3), np.float32), ValueError, "at least one sample"),
    (np.float32(1), TypeError, "got float32"),
])
def test_bad_inputs(x, kind, message):
    with pytest.raises(kind, match=message):
        small().forward(x)


def test_calling_a_network_takes_any_real_numbers_but_no_nan():
    assert small()([[1, 2, 3]]).shape == (1, 2)
    with pytest.raises(ValueError, match="NaN or infinity in 1 of 6 values"):
        small()([[1, 2, 3], [4, 5, np.nan]])


def test_probability_is_the_sigmoid_of_the_logit():
    discriminator = mlp_discriminator(rng=0)
    x = np.random.default_rng(0).standard_normal((5, 2))
    np.testing.assert_allclose(discriminator.probability(x), 1 / (1 + np.exp(-discriminator(x))),
                               rtol=1e-6)


def test_layers_that_do_not_fit_each_other_are_refused_when_built():
    with pytest.raises(ValueError, match=r"Dense\(4, 1\): expected x of shape \(N, 4\)"):
        Network([Dense(2, 3), ReLU(), Dense(4, 1)], rng=0)
    with pytest.raises(ValueError, match="at least one layer"):
        Network([], rng=0)
    with pytest.raises(TypeError, match="layer 1 must be a Layer"):
        Network([Dense(2, 3), np.tanh], rng=0)
    with pytest.raises(TypeError, match="floating"):
        Network([Dense(2, 3)], rng=0, dtype=int)
    relu = ReLU()
    with pytest.raises(ValueError, match="twice"):
        Network([Dense(2, 2), relu, Dense(2, 2), relu], rng=0)


# -- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size, smallest", [(8, 2), (12, 3), (16, 4), (24, 6), (28, 7), (32, 4),
                                            (64, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_dcgan_sizes(size, smallest, channels):
    generator = dcgan_generator(size, channels, latent=6, width=2, rng=0)
    discriminator = dcgan_discriminator(size, channels, width=2, rng=0)
    x = generator(np.random.default_rng(0).standard_normal((3, 6)))
    assert x.shape == (3, size, size, channels) and np.abs(x).max() <= 1
    assert discriminator(x).shape == (3, 1)
    assert generator.layers[1].shape[:2] == (smallest, smallest)


@pytest.mark.parametrize("size", [0, 4, 9, 27, 30, "28"])
def test_dcgan_sizes_that_do_not_halve_are_refused(size):
    with pytest.raises(ValueError, match="size must be"):
        dcgan_generator(size, rng=0)
    with pytest.raises(ValueError, match="size must be"):
        dcgan_discriminator(size, rng=0)


@pytest.mark.parametrize("normalization, biases", [
    (None, [True] * 4), ("batch", [True, False, False, True]),
    ("layer", [True, False, False, True]), ("spectral", [False, False, False, True])])
def test_which_layers_of_a_dcgan_discriminator_have_biases(normalization, biases):
    """None before a normalisation, which would subtract them, and none that could outweigh the
    signals of spectral normalisation."""
    network = dcgan_discriminator(8, width=2, hidden=3, normalization=normalization, rng=0)
    assert ["b" in layer.shapes for layer in network.layers if "W" in layer.shapes] == biases


def test_mlp_shapes():
    generator, discriminator = mlp_generator(5, 3, (8,), rng=0), mlp_discriminator(3, (8, 4), rng=0)
    assert discriminator(generator(np.zeros((7, 5)))).shape == (7, 1)
    assert discriminator.size == 3 * 8 + 8 + 8 * 4 + 4 + 4 + 1


@pytest.mark.parametrize("embedding, shape", [(False, (1,)), (True, (4,))])
def test_an_autoencoder_says_how_many_outputs_it_has(embedding, shape):
    D = Reconstruction([Dense(2, 3)], [Dense(3, 2)], rng=0, embedding=embedding)
    assert D.output_shape((2,)) == shape == D(np.ones((5, 2))).shape[1:]


def test_an_autoencoders_gradients_by_hand():
    """Encoder a x and decoder b · code: energy (a b − 1)² x². x is reached twice, through the copy
    and as what it is compared with: the gradient with respect to x is 2 (a b − 1)² x."""
    D = Reconstruction([Dense(1, 1)], [Dense(1, 1)], rng=0, dtype=np.float64)
    a, b, x = 2.0, 0.75, np.array([[3.0], [-1.0]])
    D.theta[:] = a, 0, b, 0
    energy, cache = D.forward(x)
    assert np.allclose(energy, (a * b - 1) ** 2 * x ** 2)
    dx = D.backward(np.ones((2, 1)), cache)
    assert np.allclose(dx, 2 * (a * b - 1) ** 2 * x)
    assert np.allclose(D.grad, [2 * (a * b - 1) * b * 10, 2 * (a * b - 1) * b * 2,
                                2 * (a * b - 1) * a * 10, 2 * (a * b - 1) * 2])


# -- layers of a trained network -------------------------------------------------------------------


@pytest.mark.parametrize("layers", [lambda net: net.layers[:-1], lambda net: [net, ReLU()]])
def test_a_new_network_does_not_write_over_what_layers_have_learned(layers):
    net, x = small(), np.ones((4, 3), np.float32)
    net.theta += 1
    before = net(x)
    with pytest.raises(ValueError, match="has learned already.*of_trained"):
        Network(layers(net), rng=1)
    assert np.array_equal(net(x), before)


def test_running_statistics_are_learned_too():
    net = small()
    net.buffer += 1
    with pytest.raises(ValueError, match="BatchNorm.*has learned already"):
        Network(net.layers, rng=1)


def test_a_network_of_trained_layers_has_their_numbers_and_leaves_them_alone():
    net, x = small(dtype=np.float64), np.ones((4, 3))
    net.theta += np.linspace(0, 1, net.size)
    net.buffer += 1
    before = net(x)
    features, more = Network.of_trained(net.layers[:-1]), Network.of_trained([net, ReLU()])
    last = net.layers[-1]
    np.testing.assert_array_equal(features(x) @ last.W + last.b, before)
    np.testing.assert_array_equal(more(x), np.maximum(before, 0))
    assert features.dtype == np.float64 and more.input_shape == (3,)
    more.theta.fill(0)
    features.buffer.fill(0)
    np.testing.assert_array_equal(net(x), before)
    assert Network.of_trained([ReLU()]).theta.shape == (0,)


def test_of_trained_refuses_layers_without_numbers():
    with pytest.raises(ValueError, match=r"which have numbers.*got a new Dense\(2, 3\)"):
        Network.of_trained([Dense(2, 3)])


def test_a_network_whose_layer_went_into_another_says_so(tmp_path):
    net = small()
    Network([Dense(3, 3), *net.layers], rng=1)
    for use in lambda: net(np.ones((4, 3))), lambda: net.save(tmp_path / "net.npz"):
        with pytest.raises(ValueError, match="was put into another network"):
            use()


def test_a_conditional_network_whose_layer_went_into_another_says_so():
    G, _ = conditional_mlp(2, 3, 3, (8,), (8,), rng=0)
    Network(G.chain.children[1:], rng=1)
    with pytest.raises(ValueError, match="was put into another network"):
        G((np.ones((4, 3)), np.eye(4, 3)))
