"""Every layer: its gradients, its protocol, its errors; the convolutions against plain loops."""

import copy
import inspect

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

import numgan
from numgan import layers
from numgan.gradcheck import check_layer, check_tangent
from numgan.layers import (ELU, BatchNorm, Conv2D, ConvTranspose2D, Dense, Dropout, Flatten,
                           GaussianNoise, GumbelSoftmax, InstanceNorm, Layer, LayerNorm, LeakyReLU,
                           Maxout, MaxPool2D, MinibatchDiscrimination, MinibatchStd, NoiseInjection,
                           Pack, Recurrent, ReLU, Reshape, Sigmoid, SiLU, Skip, Softmax,
                           Softplus, SpectralNorm, Tanh, Truncation, Upsample2D)
from numgan.layers import conv
from numgan.layers.conv import (conv_forward, conv_input_gradient, conv_weight_gradient,
                                output_size)

ALL = [Dense(4, 3), Dense(4, 1, bias=False), BatchNorm(4), LayerNorm(4), ReLU(), LeakyReLU(0.2),
       Tanh(), Sigmoid(), Softplus(), SiLU(), ELU(), Dropout(0.5), GaussianNoise(0.2), Flatten(),
       Reshape(2, 2), SpectralNorm(Dense(4, 3)), Maxout(2), MinibatchDiscrimination(4, 2, 3),
       MinibatchStd(), Pack(2), Softmax(0.7), GumbelSoftmax(0.7), Truncation(4)]
IMAGE = [Conv2D(2, 3, 3, padding=1), ConvTranspose2D(2, 3, 4, stride=2, padding=1), BatchNorm(2),
         LayerNorm(2), InstanceNorm(2), SpectralNorm(Conv2D(2, 3, 3)), MaxPool2D((5, 2)),
         Upsample2D((2, 3)), NoiseInjection(2), MinibatchStd(), Pack(2)]


def setup(layer, dtype=np.float64):
    return layer.setup(np.random.default_rng(0), dtype)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def inputs(layer, n=4):
    n *= getattr(layer, "m", 1)  # Pack makes one sample of m
    return normal(n, 5, 4, 2) if any(layer is other for other in IMAGE) else normal(n, 4)


def test_the_list_above_is_complete():
    public = {cls for _, cls in inspect.getmembers(layers, inspect.isclass)} - {Layer}
    elsewhere = {cls for cls in public if cls.sees_condition  # test_conditional
                 or cls.__module__ == "numgan.layers.compose"  # test_compose
                 or cls.__module__ == "numgan.layers.text"  # test_text, test_attention
                 or cls.__module__ == "numgan.layers.gated"  # test_attention, test_decoder
                 or cls.__module__ == "numgan.layers.decoder"  # test_decoder
                 or cls.__module__ == "numgan.layers.styles"  # test_styles
                 or cls is layers.Patches}  # test_costs: it makes more samples of one
    assert {type(layer) for layer in ALL + IMAGE} == public - elsewhere


@pytest.mark.parametrize("layer", ALL + IMAGE, ids=repr)
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("n", [1, 3])
def test_gradients(layer, train, n):
    check_layer(layer, inputs(layer, n), train=train)


@pytest.mark.parametrize("layer", ALL + IMAGE, ids=repr)
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("n", [2, 5])
def test_second_order(layer, train, n):
    check_tangent(layer, inputs(layer, n), train=train)


@pytest.mark.parametrize("layer", ALL + IMAGE, ids=repr)
def test_two_forwards_then_both_backwards_equal_separate_runs(layer):
    """The bug of a layer that remembers its last input: what a discriminator must not have."""
    layer = setup(layer)
    a, b = inputs(layer), 2 * inputs(layer) + 1
    state = layer.rng.bit_generator.state if layer.rng else None

    def run(first, second, backward_order):
        if layer.rng:
            layer.rng.bit_generator.state = state
        passes = [layer.forward(x, train=True) for x in (first, second)]
        for name in layer.shapes:
            getattr(layer, "d" + name).fill(0)
        dx = [None, None]
        for i in backward_order:
            y, cache = passes[i]
            dx[i] = layer.backward(np.cos(y), cache)
        return dx, [getattr(layer, "d" + name).copy() for name in layer.shapes]

    for order in ([0, 1], [1, 0]):
        (da, db), grads = run(a, b, order)
        (only_a, _), grads_a = run(a, b, [0])
        (_, only_b), grads_b = run(a, b, [1])
        assert np.array_equal(da, only_a) and np.array_equal(db, only_b)
        for both, one, other in zip(grads, grads_a, grads_b):
            np.testing.assert_allclose(both, one + other, rtol=1e-12)


@pytest.mark.parametrize("layer", ALL + IMAGE, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(layer, dtype):
    layer = setup(layer, dtype)
    x = inputs(layer).astype(dtype)
    for train in True, False:
        y, cache = layer.forward(x, train)
        assert y.dtype == dtype and layer.backward(y, cache).dtype == dtype


@pytest.mark.parametrize("layer", ALL + IMAGE, ids=repr)
def test_output_shape_is_told_in_advance(layer):
    x = inputs(layer)
    y, _ = setup(layer).forward(x)
    assert y.shape == (len(x) // getattr(layer, "m", 1), *layer.output_shape(x.shape[1:]))


@pytest.mark.parametrize("layer", ALL + IMAGE, ids=repr)
def test_samples_know_of_each_other_only_where_the_layer_says_so(layer):
    """What decides whether real and generated samples may go through D as one batch."""
    layer = setup(layer)
    if layer.rng:
        layer.rate = layer.std = 0
        layer.gumbel = lambda shape, dtype: np.zeros(shape, dtype)
    x = inputs(layer, 6)
    moved = x.copy()
    moved[0] += 1
    same = (layer.forward(x, train=True)[0] == layer.forward(moved, train=True)[0])[1:].all()
    assert same != layer.couples_samples or isinstance(layer, Pack)  # it packs neighbours


# -- starting values -----------------------------------------------------------------------------


@pytest.mark.parametrize("init, fans, variance, bound", [
    ("glorot", (300, 100), 2 / 400, np.sqrt(6 / 400)), ("he", (300, 100), 2 / 300, np.inf),
    ("dcgan", (300, 100), 0.02 ** 2, np.inf), ("glorot", (100, 300), 2 / 400, np.sqrt(6 / 400)),
    ("he", (100, 300), 2 / 100, np.inf)])
def test_starting_values_have_the_mean_and_variance_of_their_papers(init, fans, variance, bound):
    inputs, outputs = fans
    layer = Dense(inputs, outputs, init=init).setup(np.random.default_rng(0), np.float64)
    assert abs(layer.W.mean()) < 5 * np.sqrt(variance / layer.W.size)
    assert layer.W.var() == pytest.approx(variance, rel=0.03) and np.abs(layer.W).max() <= bound
    assert np.abs(layer.W).max() > min(0.99 * bound, 3 * np.sqrt(variance)) and not layer.b.any()


@pytest.mark.parametrize("layer, fan_in, fan_out", [
    (Conv2D(16, 48, (3, 5)), 3 * 5 * 16, 3 * 5 * 48),
    (ConvTranspose2D(16, 48, (3, 5)), 3 * 5 * 16, 3 * 5 * 48),
    (MinibatchDiscrimination(50, 40, 20), 50, 800),
    (SpectralNorm(Dense(200, 100)), 200, 100)], ids=repr)
def test_the_fans_of_other_layers(layer, fan_in, fan_out):
    """How many inputs an output sums over, how many outputs an input reaches."""
    layer.setup(np.random.default_rng(0), np.float64)
    assert layer.W.var() == pytest.approx(2 / (fan_in + fan_out), rel=0.03)
    assert not getattr(layer, "b", np.zeros(1)).any()


@pytest.mark.parametrize("layer", [BatchNorm(3), LayerNorm(3), InstanceNorm(3)], ids=repr)
def test_normalisations_start_with_gain_one_and_no_shift(layer):
    setup(layer)
    assert (layer.gamma == 1).all() and (layer.beta == 0).all()
    if isinstance(layer, BatchNorm):
        assert (layer.running_mean == 0).all() and (layer.running_var == 1).all()


# -- convolutions --------------------------------------------------------------------------------


def naive_conv(x, W, stride, padding):
    """The definition, a loop for every index that the formula has."""
    (sh, sw), (ph, pw) = stride, padding
    kh, kw, _, outputs = W.shape
    n, height, width, channels = x.shape
    rows, columns = output_size(height, kh, sh, ph), output_size(width, kw, sw, pw)
    y = np.zeros((n, rows, columns, outputs), x.dtype)
    for i in range(rows):
        for j in range(columns):
            for a in range(kh):
                for b in range(kw):
                    r, c = i * sh - ph + a, j * sw - pw + b
                    if 0 <= r < height and 0 <= c < width:
                        y[:, i, j] += x[:, r, c] @ W[a, b]
    return y


@st.composite
def convolutions(draw):
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    size = [draw(st.integers(max(1, k - 2 * p), 7)) for k, p in zip(kernel, padding)]
    n = draw(st.sampled_from([1, 2, 3, 17, 33]))
    channels, outputs = draw(st.sampled_from([1, 2, 8])), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((n, *size, channels))
    W = rng.standard_normal((*kernel, channels, outputs))
    return x, W, stride, padding


@settings(max_examples=80, deadline=None)
@given(convolutions())
def test_convolution_is_its_definition_and_its_gradients_are_adjoint(case):
    x, W, stride, padding = case
    y = conv_forward(x, W, stride, padding)
    np.testing.assert_allclose(y, naive_conv(x, W, stride, padding), rtol=1e-12, atol=1e-12)
    dy = normal(*y.shape, seed=1)
    x = np.asfortranarray(x)  # the memory layout of what comes in must not matter
    dx = conv_input_gradient(dy, W, x.shape[1:3], stride, padding)
    dW = conv_weight_gradient(x, dy, W.shape[:2], stride, padding)
    form = (y * dy).sum()  # linear in x and in W, so both inner products are the same number
    scale = np.abs(y * dy).sum()
    assert abs((x * dx).sum() - form) <= 1e-12 * scale
    assert abs((W * dW).sum() - form) <= 1e-12 * scale


@settings(max_examples=60, deadline=None)
@given(convolutions(), st.sampled_from([1, 2000, 1 << 22]))
# a row of the kernel that meets rows of zeros only
@example((normal(2, 5, 6, 3), normal(5, 2, 3, 4), (5, 3), (2, 1)), 1 << 22)
def test_the_two_forms_of_the_input_gradient_agree_in_any_parts(case, part_bytes):
    x, W, stride, padding = case
    y = conv_forward(x, W, stride, padding)
    arguments = np.cos(y), W, x.shape[1:3], stride, padding
    kept = conv.PATCH_BYTES
    try:
        conv.PATCH_BYTES = part_bytes
        added, gathered = conv._add_patches(*arguments), conv._gather_patches(*arguments)
    finally:
        conv.PATCH_BYTES = kept
    np.testing.assert_allclose(added, gathered, rtol=1e-12, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(convolutions(), st.sampled_from([np.float32, np.float64]), st.data())
def test_conv_transpose_is_the_adjoint_of_conv(case, dtype, data):
    """Conv2D takes sizes that its stride rounds alike to one; output_padding picks each of them."""
    x, W, stride, padding = case
    channels, outputs = W.shape[2:]
    kernel = W.shape[:2]
    forward = setup(Conv2D(channels, outputs, kernel, stride, padding, bias=False), dtype)
    y, _ = forward.forward(x.astype(dtype))
    left_over = tuple((size + 2 * p - k) % s for size, p, k, s in
                      zip(x.shape[1:3], padding, kernel, stride))
    transpose = setup(ConvTranspose2D(outputs, channels, kernel, stride, padding, left_over,
                                      bias=False), dtype)
    transpose.W[...] = forward.W
    dy = normal(*y.shape).astype(dtype)
    back, _ = transpose.forward(dy)
    assert back.shape == x.shape and back.dtype == dtype
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert abs((y * dy).sum() - (x * back).sum()) <= tolerance * np.abs(y * dy).sum() + 1e-300
    if dtype == np.float64 and len(x) <= 3:
        check_layer(transpose, dy)
        check_layer(forward, x)


# -- batch normalisation -------------------------------------------------------------------------


def test_batchnorm_normalises_and_commits_only_when_told():
    layer = setup(BatchNorm(3, momentum=0.25))
    x = 5 + 2 * normal(200, 3)
    y, cache = layer.forward(x, train=True)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(0), 1, atol=1e-5)
    assert (layer.running_mean == 0).all() and (layer.running_var == 1).all()
    layer.commit(cache)
    np.testing.assert_allclose(layer.running_mean, 0.25 * x.mean(0))
    np.testing.assert_allclose(layer.running_var, 0.75 + 0.25 * x.var(0, ddof=1))
    _, cache = layer.forward(x, train=False)
    before = layer.running_mean.copy()
    layer.commit(cache)
    assert np.array_equal(before, layer.running_mean)


def test_a_commit_does_not_disturb_a_pass_that_has_not_gone_backward_yet():
    layer = setup(BatchNorm(3))
    x, dy = normal(6, 3), normal(6, 3, seed=1)
    found = []
    for committed in False, True:
        _, cache = layer.forward(x, train=False)
        if committed:
            layer.commit(layer.forward(x + 3, train=True)[1])
        layer.dgamma.fill(0)
        found.append((layer.backward(dy, cache), layer.dgamma.copy()))
    for before, after in zip(*found):
        assert np.array_equal(before, after)


@pytest.mark.parametrize("mean", [0, 100])
def test_batchnorm_is_accurate_in_float32_far_from_zero(mean):
    x, dy = mean + normal(4096, 3), normal(4096, 3, seed=1)
    found = []
    for dtype in np.float32, np.float64:
        layer = setup(BatchNorm(3), dtype)
        y, cache = layer.forward(x.astype(np.float32).astype(dtype), train=True)
        found.append((y, layer.backward(dy.astype(dtype), cache), layer.dgamma))
    for single, double in zip(*found):
        assert np.abs(single - double).max() < 5e-4 * np.abs(double).max()


def test_batchnorm_gradient_has_no_part_along_the_constant_and_along_the_normalised_input():
    layer = setup(BatchNorm(2, eps=1e-12))
    x = normal(8, 2)
    y, cache = layer.forward(x, train=True)
    dx = layer.backward(normal(8, 2, seed=3), cache)
    np.testing.assert_allclose(dx.sum(0), 0, atol=1e-14)
    np.testing.assert_allclose((dx * x).sum(0), 0, atol=1e-10)  # exactly only without eps
    assert np.abs(layer.backward(np.ones((8, 2)), cache)).max() < 1e-15


def test_layernorm_does_not_couple_samples():
    layer = setup(LayerNorm(6))
    x = 5 + 2 * normal(4, 6)
    y, _ = layer.forward(x)
    np.testing.assert_allclose(y.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(1), 1, atol=1e-4)
    np.testing.assert_array_equal(layer.forward(x[1:2])[0], y[1:2])


@pytest.mark.parametrize("layer", [Softplus(), SiLU(), ELU(), Sigmoid(), Tanh()], ids=repr)
def test_smooth_activations_do_not_overflow(layer):
    y, cache = layer.forward(np.array([[-1000.0, 1000.0]]))
    assert np.isfinite(y).all() and np.isfinite(layer.backward(y, cache)).all()


def test_dropout_keeps_the_mean_and_the_mask():
    layer = setup(Dropout(0.3))
    x = np.ones((2000, 10))
    y, mask = layer.forward(x, train=True)
    assert abs((y == 0).mean() - 0.3) < 0.02 and abs(y.mean() - 1) < 0.02
    assert np.array_equal(layer.backward(x, mask), y)


@pytest.mark.parametrize("layer", [Dropout(0), GaussianNoise(0)], ids=repr)
def test_without_noise_nothing_is_drawn(layer):
    x, rng = np.ones((3, 2)), np.random.default_rng(0)
    layer.rng = rng
    before = rng.bit_generator.state
    assert layer.forward(x, train=True)[0] is x
    assert rng.bit_generator.state == before


def test_starting_again_starts_at_the_beginning():
    layer = setup(Dense(2, 3))
    layer.W[...] = layer.b[...] = 7
    layer.initialize(np.random.default_rng(0))
    assert not (layer.W == 7).any() and not layer.b.any()


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer, x, message", [
    (Dense(64, 128), np.ones((32, 100)),
     r"Dense\(64, 128\): expected x of shape \(N, 64\), got \(.*, 100\)"),
    (Dense(2, 3), np.ones(2), r"Dense\(2, 3\): expected x of shape"),
    (Conv2D(3, 8, 3), np.ones((2, 8, 8, 1)), r"Conv2D.*expected x of shape \(N, H >= 3"),
    (Conv2D(1, 8, 5), np.ones((2, 4, 8, 1)), r"expected x of shape \(N, H >= 5, W >= 5, 1\)"),
    (Conv2D(1, 8, 5, padding=(1, 0)), np.ones((2, 2, 8, 1)), r"\(N, H >= 3, W >= 5, 1\)"),
    (ConvTranspose2D(3, 8, 3), np.ones((2, 8, 8, 1)), r"ConvTranspose2D.*\(N, H, W, 3\)"),
    (ConvTranspose2D(1, 1, 1, padding=1), np.ones((1, 2, 2, 1)), "at least 1x1"),
    (BatchNorm(3), np.ones((2, 4)), r"BatchNorm\(3\): expected x of shape \(N, 3\)"),
    (Reshape(2, 2), np.ones((2, 5)), r"Reshape\(2, 2\): expected"),
    (MaxPool2D(2), np.ones((2, 4, 5, 1)),
     r"MaxPool2D\(2\): expected x of shape \(N, a multiple of 2, a multiple of 2, C\), got .*5, 1"),
    (MaxPool2D((3, 1)), np.ones((2, 4, 4, 1)), r"\(N, a multiple of 3, a multiple of 1, C\)"),
    (MaxPool2D((2, 1)), np.ones((2, 4)), r"MaxPool2D\(\(2, 1\)\): expected x of shape \(N, a mul"),
])
def test_wrong_shapes_name_the_layer_what_was_expected_and_what_came(layer, x, message):
    with pytest.raises(ValueError, match=message):
        setup(layer).forward(x)


@pytest.mark.parametrize("make", [
    lambda: Dense(0, 3), lambda: Dense(2.5, 3), lambda: Dense(2, 3, init="xavier"),
    lambda: Conv2D(1, 1, 0), lambda: Conv2D(1, 1, 3, stride=0), lambda: Conv2D(1, 1, 3, padding=-1),
    lambda: Conv2D(1, 1, (3, 3, 3)), lambda: ConvTranspose2D(1, 1, 3, stride=2, output_padding=2),
    lambda: BatchNorm(3, momentum=2), lambda: BatchNorm(3, eps=0), lambda: Dropout(1.0),
    lambda: Dropout("half"), lambda: LeakyReLU(1.5), lambda: ELU(0),
    lambda: LayerNorm(0), lambda: LayerNorm(3, eps=-1), lambda: GaussianNoise(-1),
    lambda: GaussianNoise(float("nan")), lambda: Reshape(), lambda: Reshape(0, 3),
    lambda: MaxPool2D(0), lambda: MaxPool2D((2, 2, 2)),
])
def test_bad_arguments_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_a_layer_that_is_not_set_up_says_so():
    class Forgetful(Layer):
        def __init__(self):
            self.q = 1
    with pytest.raises(TypeError, match=r"Forgetful: expected its __init__ to call super\(\)"):
        numgan.Network([Dense(2, 2), Forgetful()], rng=0)
    with pytest.raises(AttributeError, match="Dense.*has no W yet: put it into a Network"):
        Dense(2, 3).forward(np.ones((1, 2)))
    with pytest.raises(ValueError, match="Dropout.*has no random generator yet"):
        Dropout(0.5).forward(np.ones((1, 2)), train=True)


@pytest.mark.parametrize("shapes, name", [
    (dict(a=4), "a"), (dict(a=(4.0,)), "a"), (dict(b=(2,), a="4"), "a"), (dict(a=(-1,)), "a"),
    (dict(a=None), "a"), (dict(buffers={"mean": 3}), "mean")], ids=repr)
def test_a_shape_that_is_no_tuple_of_sizes_is_refused(shapes, name):
    with pytest.raises(ValueError, match=rf"Layer: expected {name} to be the shape of an array, a "
                                         r"tuple such as \(4,\), got "):
        Layer(**shapes)


class Replaces(Dense):
    def initialize(self, rng):
        super().initialize(rng)
        self.W = 0.5 * rng.standard_normal(self.W.shape)


class ReplacesBuffer(BatchNorm):
    def initialize(self, rng):
        super().initialize(rng)
        self.running_var = np.ones(4)


@pytest.mark.parametrize("layer, name", [
    (Replaces(4, 4), "W"), (ReplacesBuffer(4), "running_var"), (SpectralNorm(Replaces(4, 4)), "W")])
@pytest.mark.parametrize("use", [
    lambda layer: layer.setup(np.random.default_rng(0)),
    lambda layer: numgan.Network([Dense(4, 4), layer], rng=0),
    lambda layer: numgan.Network([Skip(layer)], rng=0),
    lambda layer: check_layer(layer, normal(5, 4))],
    ids=["setup", "network", "composite", "check_layer"])
def test_an_initialize_that_replaces_an_array_is_told_so(layer, name, use):
    with pytest.raises(ValueError, match=rf"initialize replaced {name}: expected it to write "
                                         rf"{name}\[...\] = "):
        use(copy.deepcopy(layer))


def test_second_order_names_the_layer_that_lacks_it():
    class FirstOrder(Layer):
        pass

    needs = ": it cannot be used to second order, as with a penalty .*unrolled.*check_tangent"
    with pytest.raises(NotImplementedError, match="FirstOrder.. has no tangent" + needs):
        FirstOrder().tangent(None, None)
    with pytest.raises(NotImplementedError, match="FirstOrder.. has no tangent_backward" + needs):
        FirstOrder().tangent_backward(None, None, None, None)


@pytest.mark.parametrize("inner", [Dense(5, 4), Conv2D(2, 3, 3),
                                   ConvTranspose2D(2, 3, 4, stride=2)], ids=repr)
def test_spectral_norm_divides_by_the_largest_singular_value(inner):
    layer = SpectralNorm(inner).setup(np.random.default_rng(0), np.float64)
    layer.iterate(200)
    largest = np.linalg.svd(layer.matrix(layer.W), compute_uv=False)[0]
    shape = (3, 5) if isinstance(inner, Dense) else (3, 6, 6, 2)
    x, (normalized, _, sigma, *_) = normal(*shape), layer.forward(normal(*shape))[1]
    assert sigma == pytest.approx(largest, rel=1e-12)
    np.testing.assert_allclose(normalized.W, layer.W / largest, rtol=1e-12)

    def exact(W):  # with singular vectors that move with W
        normalized.W = W / np.linalg.svd(layer.matrix(W), compute_uv=False)[0]
        return (normalized.forward(x)[0] * dy).sum()

    y, cache = layer.forward(x)
    dy = normal(*y.shape, seed=1)
    layer.backward(dy, cache)
    step, direction = 1e-6, normal(*layer.W.shape, seed=2)
    slope = (exact(layer.W + step * direction) - exact(layer.W - step * direction)) / (2 * step)
    assert (layer.dW * direction).sum() == pytest.approx(slope, rel=1e-6)


def test_spectral_norm_starts_with_twenty_rounds_of_power_iteration():
    layer = SpectralNorm(Dense(5, 4)).setup(np.random.default_rng(0), np.float64)
    rng = np.random.default_rng(0)
    W = Dense(5, 4).setup(rng, np.float64).W
    v = np.linalg.matrix_power(W.T @ W, 20) @ rng.standard_normal(4)
    np.testing.assert_allclose(layer.v, v / np.linalg.norm(v), rtol=1e-12)


def test_spectral_norm_follows_its_weights_by_commits_alone():
    layer = SpectralNorm(Dense(20, 30)).setup(np.random.default_rng(0), np.float64)
    x = normal(4, 20)
    kept = layer.u.copy(), layer.v.copy()
    _, cache = layer.forward(x, train=True)
    assert np.array_equal(layer.u, kept[0]) and np.array_equal(layer.v, kept[1])
    layer.W += normal(20, 30, seed=3)
    for _ in range(100):
        layer.commit(cache)
    largest = np.linalg.svd(layer.W, compute_uv=False)[0]
    assert layer.forward(x)[1][2] == pytest.approx(largest, rel=1e-4)


def test_spectral_norm_wants_a_layer_with_weights():
    for layer in ReLU(), MinibatchDiscrimination(4, 3, 2), Recurrent(2, 3):
        name = type(layer).__name__
        with pytest.raises(TypeError, match=f"whose parameters are weights W.*got {name}"):
            SpectralNorm(layer)


def test_spectral_norm_goes_back_the_way_it_came_after_a_commit():
    layer, x, dy = SpectralNorm(Dense(4, 3)).setup(np.random.default_rng(0), np.float64), normal(
        5, 4), normal(5, 3)
    _, cache = layer.forward(x)
    before = layer.backward(dy, cache), layer.dW.copy()
    layer.dW.fill(0)
    layer.W += normal(4, 3)
    layer.commit(cache)
    np.testing.assert_array_equal(layer.backward(dy, cache), before[0])
    np.testing.assert_array_equal(layer.dW, before[1])


@pytest.mark.parametrize("names", [("a", "da"), ("size",), ("shapes",)])
def test_a_parameter_has_a_name_of_its_own(names):
    with pytest.raises(ValueError, match="names of parameters and buffers that stand for nothing"):
        Layer(**{name: (2,) for name in names})


def test_pack_puts_neighbours_side_by_side_and_wants_whole_packs():
    layer = Pack(2)
    x = np.arange(8.0).reshape(4, 2)
    assert layer.forward(x)[0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    images = normal(4, 3, 3, 2)
    y = layer.forward(images)[0]
    assert np.array_equal(y[1, ..., :2], images[2]) and np.array_equal(y[1, ..., 2:], images[3])
    with pytest.raises(ValueError, match=r"Pack\(2\): expected x of shape \(a multiple of 2"):
        layer.forward(x[:3])


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.integers(1, 3)] * 6), st.sampled_from([np.float32, np.float64]),
       st.integers(0, 9))
def test_max_pooling_is_its_definition_also_where_pixels_are_equal(sizes, dtype, seed):
    n, rows, columns, channels, ph, pw = sizes
    x = np.random.default_rng(seed).integers(0, 3, (n, rows * ph, columns * pw, channels))
    x, layer = x.astype(dtype), MaxPool2D((ph, pw))
    y, cache = layer.forward(x)
    dy = normal(*y.shape, seed=seed).astype(dtype)
    dx = np.zeros_like(x)
    for i, a, b, c in np.ndindex(y.shape):
        window = x[i, a * ph:(a + 1) * ph, b * pw:(b + 1) * pw, c]
        assert y[i, a, b, c] == window.max()
        first = np.unravel_index(window.argmax(), window.shape)  # of equal ones
        dx[i, a * ph + first[0], b * pw + first[1], c] = dy[i, a, b, c]
    assert np.array_equal(layer.backward(dy, cache), dx)
    assert y.dtype == dx.dtype == dtype and not np.shares_memory(x, y)


def test_minibatch_layers_see_a_collapsed_batch():
    """Equal samples: each is as close to all others as can be, and the batch varies by nothing."""
    same, varied = np.tile(normal(1, 4), (6, 1)), normal(6, 4)
    discriminate = setup(MinibatchDiscrimination(4, 3, 2))
    near, far = (discriminate.forward(x)[0][:, 4:] for x in (same, varied))
    assert np.allclose(near, 6) and (far < 5).all() and (far >= 1).all()
    spread = MinibatchStd()
    assert np.allclose(spread.forward(same)[0][:, -1], 1e-4)  # √eps
    assert np.allclose(spread.forward(varied)[0][:, -1], varied.std(axis=0).mean(), atol=1e-6)
