"""Layers that read captions: their gradients, what padding and order do to them, an encoder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numgan import Adam, Dense, Network, NonSaturating
from numgan.gradcheck import check_layer, check_step, check_tangent
from numgan.gradcheck.games import check_hvp
from numgan.layers import Join, Modulate, Projection, Tanh
from numgan.layers.text import Embedding, MeanOverTime, Recurrent
from numgan.networks import Conditional
from numgan.pairs import Pair
from numgan.penalties import R1

IDS = np.array([[1, 2, 3, 2, 0], [4, 0, 0, 0, 0], [3, 3, 1, 2, 4], [0, 0, 0, 0, 0]])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def captions(lengths, length, features, seed=0):
    """(N, length, features + 1): random words, random numbers where there are none, the mask."""
    x = normal(len(lengths), length, features + 1, seed=seed)
    x[..., -1] = np.arange(length) < np.array(lengths)[:, None]
    return x


def setup(layer, seed=0):
    return layer.setup(np.random.default_rng(seed), np.float64)


# -- gradients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer, x", [
    (Embedding(5, 3), IDS),
    (MeanOverTime(), captions([5, 3, 1, 0], 5, 2)),
    (Recurrent(3, 4), captions([5, 3, 1, 0], 5, 3)),
    (Recurrent(3, 4, states=True), captions([5, 3, 1, 0], 5, 3)),
], ids=["Embedding", "MeanOverTime", "Recurrent", "Recurrent, states"])
def test_gradients_of_first_and_second_order(layer, x):
    check_layer(layer, x)
    check_tangent(layer, x)


@pytest.mark.parametrize("layer, x", [
    (Embedding(5, 3), IDS), (MeanOverTime(), captions([5, 3, 1, 0], 5, 2)),
    (Recurrent(3, 4), captions([5, 3], 5, 3)), (Recurrent(3, 4, states=True), captions([5], 5, 3)),
], ids=["Embedding", "MeanOverTime", "Recurrent", "Recurrent, states"])
def test_output_shape_is_told_in_advance(layer, x):
    assert setup(layer).forward(x)[0].shape == (len(x), *layer.output_shape(x.shape[1:]))


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.booleans(),
       st.data())
def test_gradients_of_any_shape(n, length, features, hidden, states, data):
    lengths = data.draw(st.lists(st.integers(0, length), min_size=n, max_size=n))
    lengths[0] = max(lengths[0], 1)  # without any word there is nothing to compare
    layer, x = Recurrent(features, hidden, states), captions(lengths, length, features)
    check_layer(layer, x)
    check_tangent(layer, x)


def encoder():
    return [Embedding(5, 3), Recurrent(3, 4, states=True), MeanOverTime(), Dense(4, 3)]


def test_a_conditional_network_with_a_text_encoder_is_right_to_second_order():
    network = Conditional([Join(3), Dense(5, 4), Modulate(4, 3), Tanh(), Projection(4, 3)], 2, 5,
                          encoder=encoder(), rng=0, dtype=np.float64)
    network.theta += 0.3 * normal(network.size)
    x = Pair(normal(4, 2), IDS)
    for check in check_layer, check_tangent, check_hvp:
        check(network, x)


@pytest.mark.parametrize("penalty", [None, R1()])
def test_both_steps_of_a_gan_of_pictures_and_captions(penalty):
    generator = Conditional([Join(3), Dense(5, 4), Tanh()], 2, 5, encoder=encoder(), keep=True,
                            rng=1, dtype=np.float64)
    discriminator = Conditional([Dense(4, 4), Tanh(), Projection(4, 3)], 4, 5, encoder=encoder(),
                                rng=2, dtype=np.float64)
    check_step(generator, discriminator, Pair(normal(4, 4), IDS), Pair(normal(4, 2), IDS[::-1]),
               NonSaturating(), penalty)


def test_two_passes_at_a_time():
    """Both forwards before either backward, in either order: the caches keep them apart."""
    for layer, xs in ((Embedding(5, 3), (IDS, IDS[::-1])),
                      (Recurrent(3, 4), (captions([5, 1], 5, 3), captions([2, 4], 5, 3, seed=1)))):
        setup(layer)
        found = []
        for order in (0, 1), (1, 0):
            passes = [layer.forward(x) for x in xs]
            layer.dW.fill(0)
            backward = {i: layer.backward(passes[i][0], passes[i][1]) for i in order}
            found.append((*(backward[i] for i in (0, 1)), layer.dW.copy()))
        for a, b in zip(*found):
            assert a is b is None or np.allclose(a, b, rtol=1e-12)


# -- what they do ----------------------------------------------------------------------------------


def test_an_embedding_is_a_row_for_each_word():
    layer = setup(Embedding(5, 3))
    y, cache = layer.forward(IDS)
    assert y.shape == (4, 5, 4)
    assert np.array_equal(y[0, 3, :3], layer.W[2]) and np.array_equal(y[..., 3], IDS != 0)
    dy = np.ones_like(y)
    assert layer.backward(dy, cache) is None  # ids have no gradient
    # a word's gradient is the sum over its places: 1, 2, 3 and 4 stand 2, 3, 3 and 2 times
    assert np.array_equal(layer.dW[1:], np.tile([[2], [3], [3], [2]], 3))


def test_float32_stays_float32():
    network = Network(encoder(), rng=0)
    y, cache = network.forward(IDS)
    assert network.backward(y, cache) is None  # ids have no gradient
    ty, tcache = network.tangent(None, cache, network.theta)
    assert network.tangent_backward(y, ty, cache, tcache) == (None, None)
    assert y.dtype == ty.dtype == np.float32
    with pytest.raises(TypeError, match="expected x as an integer array, got float64"):
        network.forward(IDS.astype(float))


def test_the_mean_leaves_padding_out_and_knows_no_order():
    x = captions([2, 0], 3, 2)
    y = MeanOverTime().forward(x)[0]
    np.testing.assert_allclose(y, [x[0, :2, :2].mean(axis=0), [0, 0]])
    x[0, 2, :2] += 7
    x[0, :2] = x[0, 1::-1].copy()
    np.testing.assert_allclose(MeanOverTime().forward(x)[0], y)


def test_a_recurrent_layer_by_hand():
    layer = setup(Recurrent(1, 1))
    layer.W[...], layer.U[...], layer.b[...] = 2, -0.5, 0.1
    x = np.array([[[0.3, 1], [-0.4, 1], [9, 0]]])
    first = np.tanh(0.6 + 0.1)
    second = np.tanh(-0.8 - 0.5 * first + 0.1)
    np.testing.assert_allclose(layer.forward(x)[0], [[second]])
    every = Recurrent(1, 1, states=True)
    every.bind(np.array([2, -0.5, 0.1]), np.zeros(3), np.zeros(0))
    np.testing.assert_allclose(every.forward(x)[0][0],
                               [[first, 1], [second, 1], [second, 0]])


def test_padding_says_nothing_to_a_recurrent_layer():
    layer, x = setup(Recurrent(3, 4)), captions([3, 5], 6, 3)
    y, cache = layer.forward(x)
    dx = layer.backward(y, cache)
    dW = layer.dW.copy()
    assert not dx[0, 3:].any() and dx[0, :3].all(where=[True] * 3 + [False])
    x[0, 3:, :-1] = 1e3
    again, cache = layer.forward(x)
    layer.dW.fill(0)
    layer.backward(again, cache)
    assert np.array_equal(again, y) and np.array_equal(layer.dW, dW)
    np.testing.assert_allclose(layer.forward(x[:1, :3])[0], y[:1])


def test_order_counts():
    """Which of two things is named first? The mean cannot know, the recurrent layer learns it."""
    r = np.random.default_rng(0)
    ids = np.array([r.permutation(np.arange(1, 5)) for _ in range(200)])
    first = (np.argmax(ids == 1, axis=1) < np.argmax(ids == 2, axis=1)).astype(np.float32)

    def accuracy(*layers):
        network = Network([Embedding(5, 4), *layers, Dense(8, 1)], rng=1)
        optimizer = Adam(0.02)
        for _ in range(150):
            logits, cache = network.forward(ids[:100])
            network.grad.fill(0)
            network.backward((1 / (1 + np.exp(-logits)) - first[:100, None]) / 100, cache)
            optimizer.step(network.theta, network.grad)
        return ((network(ids[100:])[:, 0] > 0) == first[100:]).mean()

    assert accuracy(Recurrent(4, 8)) > 0.95
    assert accuracy(Recurrent(4, 8, states=True), MeanOverTime()) > 0.95
    assert accuracy(MeanOverTime(), Dense(4, 8), Tanh()) < 0.7


def test_a_long_way_back_keeps_its_length_where_tanh_is_nearly_linear():
    layer = setup(Recurrent(2, 16))
    np.testing.assert_allclose(layer.U @ layer.U.T, np.eye(16), atol=1e-12)
    x = 0.01 * captions([40], 40, 2)  # where tanh is nearly linear
    x[..., -1] = 1
    y, cache = layer.forward(x)
    dx = layer.backward(np.ones_like(y), cache)[0, :, :2]
    sizes = np.linalg.norm(dx, axis=1)
    assert 0.1 < sizes[0] / sizes[-1] < 10


def test_a_way_back_over_words_of_size_one_dies_out():
    """The factor 1 − a² of each step: the docstring says about 0.01 after twelve."""
    layer, x = setup(Recurrent(16, 32)), captions([13] * 50, 13, 16)
    y, cache = layer.forward(x)
    dx = layer.backward(normal(*y.shape, seed=1), cache)
    sizes = np.linalg.norm(dx[..., :-1], axis=(0, 2))
    assert 0.005 < sizes[0] / sizes[-1] < 0.02


@pytest.mark.parametrize("call, message", [
    (lambda: Embedding(0, 3), "words must be an integer >= 1"),
    (lambda: Recurrent(3, 2.5), "hidden must be an integer >= 1, got 2.5"),
    (lambda: Recurrent(3, 2, init="normal"), "unknown initializer 'normal'"),
    (lambda: setup(Embedding(5, 3)).forward(IDS + 1), "integers 0 ... 4, got int64 from 1 to 5"),
    (lambda: setup(Embedding(5, 3)).forward(IDS - 1), "integers 0 ... 4, got int64 from -1 to 3"),
    (lambda: setup(Embedding(5, 3)).forward(IDS / 2), "integers 0 ... 4, got float64"),
    (lambda: setup(Embedding(5, 3)).forward(normal(2, 3, 4)), r"expected x of shape \(N, L\)"),
    (lambda: MeanOverTime().forward(normal(2, 3)), r"\(N, L, features \+ 1 for the mask\)"),
    (lambda: setup(Recurrent(3, 2)).forward(normal(2, 5, 3)), r"\(N, L, 3 \+ 1 for the mask\)"),
])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_mean_of_one_word_is_that_word():
    words = np.array([[[3.0, -5, 1], [0, 0, 0]]])  # the last feature says whether there is a word
    assert MeanOverTime().forward(words)[0].tolist() == [[3, -5]]
