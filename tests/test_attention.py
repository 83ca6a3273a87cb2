"""GRU, additive attention and layers applied word by word: by hand, and what padding does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numgan import Adam
from numgan.gradcheck import check_layer, check_tangent
from numgan.layers import (GRU, AdditiveAttention, BatchNorm, Dense, Embedding, Flatten, Modulate,
                           PerWord, Skip, Tanh)
from numgan.layers.softmax import masked_softmax
from numgan.networks import Conditional
from numgan.pairs import Pair
from texts import normal, texts


def setup(layer):
    layer.setup(np.random.default_rng(0), np.float64)
    for name in layer.shapes:
        getattr(layer, name)[...] += 0.3 * normal(*layer.shapes[name], seed=1)
    return layer


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# -- GRU -------------------------------------------------------------------------------------------


def test_a_gru_by_hand():
    layer = setup(GRU(1, 1, states=True))
    layer.W[...], layer.U[...], layer.b[...] = [[2, -1, 0.5]], [[0.3, 0.7, -2]], [0.1, 0.2, -0.3]
    x = np.array([[[0.3, 1], [-0.4, 1], [9, 0]]])
    h, found = 0.0, []
    for word in 0.3, -0.4:
        z = sigmoid(2 * word + 0.3 * h + 0.1)
        r = sigmoid(-word + 0.7 * h + 0.2)
        h = z * h + (1 - z) * np.tanh(0.5 * word - 2 * r * h - 0.3)
        found.append(h)
    np.testing.assert_allclose(layer.forward(x)[0][0], [[found[0], 1], [found[1], 1],
                                                        [found[1], 0]])


def test_a_gru_starts_with_three_orthogonal_squares():
    layer = GRU(3, 5).setup(np.random.default_rng(0), np.float64)
    for square in np.split(layer.U, 3, axis=1):
        np.testing.assert_allclose(square @ square.T, np.eye(5), atol=1e-12)
    assert not layer.b.any() and abs(layer.W).max() <= np.sqrt(6 / 8)


def test_a_closed_gate_keeps_state_and_gradient_over_many_words():
    layer, x = setup(GRU(2, 3, states=True)), texts([30], 30, 2)
    layer.U[...] = layer.W[...] = 0
    layer.W[1, :3] = 100  # the second number of a word says whether the state stays
    layer.W[0, 6:] = 1
    x[0, :, 1] = np.where(np.arange(30) == 0, -10, 10)
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y[0, :, :3], np.tanh(x[0, 0, 0] + layer.b[6:])[None].repeat(30, 0))
    dx = layer.backward(np.concatenate([np.zeros((1, 29, 4)), np.ones((1, 1, 4))], axis=1), cache)
    assert dx[0, 0, 0] > 0.1 and not dx[0, 1:, 0].any()


@settings(max_examples=6, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_gradients_of_any_shape(n, length, features, hidden, states):
    layer, x = GRU(features, hidden, states), texts([length] + [0] * (n - 1), length, features)
    check_layer(layer, x)
    check_tangent(layer, x)


def test_padding_says_nothing_to_a_gru():
    layer, x = setup(GRU(3, 4)), texts([3, 5], 6, 3)
    y, cache = layer.forward(x)
    dx, dW = layer.backward(y, cache), layer.dW.copy()
    assert not dx[0, 3:].any() and dx[0, :3, :-1].all()
    x[0, 3:, :-1] = 1e3
    again, cache = layer.forward(x)
    layer.dW.fill(0)
    layer.backward(again, cache)
    assert np.array_equal(again, y) and np.array_equal(layer.dW, dW)
    np.testing.assert_allclose(layer.forward(x[:1, :3])[0], y[:1])


# -- attention -------------------------------------------------------------------------------------


def test_attention_by_hand():
    layer = setup(AdditiveAttention(1, 1, 1))
    layer.Wq[...], layer.Wk[...], layer.b[...], layer.v[...] = 2, -1, 0.1, 3
    x, c = np.array([[[0.5, 1]]]), np.array([[[1.0, 1], [-2, 1], [7, 0]]])
    weights = np.exp([3 * np.tanh(1 - 1 + 0.1), 3 * np.tanh(1 + 2 + 0.1)])
    p = weights / weights.sum()
    y, cache = layer.forward(x, c=c)
    np.testing.assert_allclose(y, [[[p[0] - 2 * p[1], 1]]])
    dx, dc = layer.backward(np.ones_like(y), cache)
    # dp = c, so de = p (c − y); through tanh to x with the weight Wq
    de = p * (np.array([1, -2]) - y[0, 0, 0])
    dg = de * 3 * (1 - np.tanh([0.1, 3.1]) ** 2)
    np.testing.assert_allclose(dx[0, 0], [2 * dg.sum(), 0])
    np.testing.assert_allclose(dc[0], [[p[0] - dg[0], 0], [p[1] - dg[1], 0], [0, 0]])


def test_attention_finds_nothing_in_padding_and_nothing_where_there_is_nothing():
    layer, x, c = setup(AdditiveAttention(2, 3, 4)), texts([2, 3], 3, 2), texts([2, 0], 5, 3)
    y, cache = layer.forward(x, c=c)
    assert not y[1, :, :-1].any() and np.array_equal(y[..., -1], x[..., -1])
    for gradient in layer.backward(np.ones_like(y), cache):
        assert np.isfinite(gradient).all()
    c[0, 2:, :-1] = 1e6
    np.testing.assert_array_equal(layer.forward(x, c=c)[0], y)
    np.testing.assert_allclose(layer.forward(x[:1], c=c[:1, :2])[0], y[:1])


def test_a_masked_softmax_does_not_overflow():
    e = np.array([[1e4, -1e4, 2e4], [5.0, 5, 5], [1, 2, 3]])
    p = masked_softmax(e, np.array([[1.0, 1, 0], [1, 1, 1], [0, 0, 0]]))
    np.testing.assert_allclose(p, [[1, 0, 0], [1 / 3] * 3, [0, 0, 0]])


def test_attention_learns_to_copy_in_reverse():
    """Each of three places must look at another one; without attention none knows the word."""
    ids = np.random.default_rng(0).integers(1, 6, (300, 3))
    places = np.zeros((300, 3, 4), np.float32)
    places[...] = np.concatenate([np.eye(3), np.ones((3, 1))], axis=1)
    network = Conditional([Skip(AdditiveAttention(3, 12, 8)), PerWord(Dense(16, 6))], (3, 4), 3,
                          encoder=[Embedding(6, 8), GRU(8, 12, states=True)], rng=0)
    optimizer, wanted = Adam(0.02), np.eye(6, dtype=np.float32)[ids[:, ::-1]]
    for _ in range(150):
        y, cache = network.forward(Pair(places[:200], ids[:200]))
        p = np.exp(y[..., :-1] - y[..., :-1].max(axis=-1, keepdims=True))
        p /= p.sum(axis=-1, keepdims=True)
        dy = np.concatenate([(p - wanted[:200]) / 200, np.zeros_like(y[..., -1:])], axis=-1)
        network.grad.fill(0)
        network.backward(dy, cache, input_grad=False)
        optimizer.step(network.theta, network.grad)
    found = network(Pair(places[200:], ids[200:]))[..., :-1].argmax(axis=-1)
    assert (found == ids[200:, ::-1]).mean() > 0.9


# -- word by word ----------------------------------------------------------------------------------


def test_layers_applied_to_each_word_are_the_layers_of_each_row():
    layer = PerWord(Dense(2, 3), Tanh()).setup(np.random.default_rng(0), np.float64)
    x = texts([2, 3], 3, 2)
    y, cache = layer.forward(x)
    dense = layer.children[0].children[0]
    np.testing.assert_allclose(y[1, 2], [*np.tanh(x[1, 2, :2] @ dense.W + dense.b), 1])
    assert np.array_equal(y[..., -1], x[..., -1])
    dx = layer.backward(np.ones_like(y), cache)
    np.testing.assert_allclose(dx[0, 1], [*((1 - y[0, 1, :3] ** 2) @ dense.W.T), 0])
    np.testing.assert_allclose(dense.db, (1 - y[..., :3] ** 2).sum(axis=(0, 1)))
    assert layer.output_shape((7, 3)) == (7, 4)


@pytest.mark.parametrize("call, message", [
    (lambda: GRU(0, 3), "GRU: in_features must be an integer >= 1"),
    (lambda: GRU(3, 2, states="no"), "GRU: states must be True or False"),
    (lambda: setup(GRU(3, 2)).forward(normal(2, 5, 3)), r"\(N, L, 3 \+ 1 for the mask\)"),
    (lambda: AdditiveAttention(3, 2, 0), "AdditiveAttention: hidden must be"),
    (lambda: AdditiveAttention(3, 2, 2, init="x"), "unknown initializer 'x'"),
    (lambda: setup(AdditiveAttention(3, 2, 2)).forward(texts([2], 2, 2), c=texts([2], 2, 2)),
     r"expected x of shape \(N, L, 3 \+ 1 for the mask\), got \(N, 2, 3\)"),
    (lambda: setup(AdditiveAttention(3, 2, 2)).forward(texts([2], 2, 3), c=texts([2], 2, 3)),
     r"expected c of shape \(N, L, 2 \+ 1 for the mask\), got \(1, 2, 4\)"),
    (lambda: Conditional([AdditiveAttention(3, 2, 2)], (2, 4), (5, 4), rng=0),
     "expected layers that see a condition of"),
    (lambda: PerWord(), "PerWord: expected|Chain: expected at least one layer"),
    (lambda: PerWord(Modulate(2, 3)), "expected layers that see no condition"),
    (lambda: PerWord(Dense(2, 3)).output_shape((5, 4)), r"expected x of shape \(N, 2\)"),
    (lambda: PerWord(Dense(2, 3)).output_shape((5,)), "for the mask"),
])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_padding_counts_in_a_batchnorm_of_words_and_couples_samples():
    assert PerWord(BatchNorm(2)).couples_samples and not PerWord(Flatten()).couples_samples
