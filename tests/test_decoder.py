"""The decoder, one step of a GRU, places: by hand, what is fed back, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numgan import Adam, Network
from numgan.gradcheck import check_layer, check_tangent
from numgan.layers import (GRU, Decoder, Dense, Dropout, Flatten, GRUCell, GumbelSoftmax, Modulate,
                           PerWord, Places, Reshape, Softmax)
from texts import normal, texts


def setup(layer):
    layer.setup(np.random.default_rng(0), np.float64)
    for child in layer.walk():
        for name in child.shapes:
            getattr(child, name)[...] += 0.5 * normal(*child.shapes[name], seed=1)
    return layer


def decoder(*layers, steps=3):
    return setup(Decoder(*layers, condition=3, hidden=2, asks=4, steps=steps))


# -- a step of a GRU, places -----------------------------------------------------------------------


def test_cells_one_after_the_other_are_a_gru():
    whole, cell, x = setup(GRU(3, 4, states=True)), setup(GRUCell(3, 4)), texts([5, 5], 5, 3)
    for name in whole.shapes:
        getattr(cell, name)[...] = getattr(whole, name)
    state, wanted = np.zeros((2, 4)), whole.forward(x)[0]
    for t in range(5):
        state = cell.forward(np.concatenate([x[:, t, :-1], state], axis=1))[0]
        np.testing.assert_allclose(state, wanted[:, t, :-1])


@settings(max_examples=6, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_gradients_of_any_cell(n, features, hidden):
    layer, x = GRUCell(features, hidden), normal(n, features + hidden)
    assert {"x", "W", "U", "b"} <= {row.quantity for row in check_layer(layer, x)}
    check_tangent(layer, x)


def test_places_stand_beside_the_vectors():
    x = normal(2, 3, 2)
    y, cache = Places().forward(x)
    np.testing.assert_array_equal(y[1, 2], [*x[1, 2], 0, 0, 1, 1])
    assert y.shape == (2, *Places().output_shape((3, 2)))
    np.testing.assert_array_equal(Places().backward(y, cache), x)


# -- the decoder -----------------------------------------------------------------------------------


def test_a_decoder_by_hand():
    layer = decoder(Dense(5, 4), Softmax(0.5))
    attention, cell, dense = *layer.children[:2], layer.children[2].children[0]
    x = texts([4, 2], 4, 3)
    y = layer.forward(x)[0]
    s, w = np.zeros(2), np.zeros(4)
    for t in range(3):
        words = x[1, :2, :-1]  # the second text has two words
        asks = np.concatenate([s, np.eye(3)[t]]) @ attention.Wq
        e = np.exp(np.tanh(asks + words @ attention.Wk + attention.b) @ attention.v)
        found = e @ words / e.sum()
        u = np.concatenate([w, found]) @ cell.W + cell.b
        z, r = 1 / (1 + np.exp(-(u[:4] + s @ cell.U[:, :4]))).reshape(2, 2)
        s = z * s + (1 - z) * np.tanh(u[4:] + (r * s) @ cell.U[:, 4:])
        p = np.exp(2 * (np.concatenate([s, found]) @ dense.W + dense.b))
        w = p / p.sum()
        np.testing.assert_allclose(y[1, t], w)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.booleans())
def test_gradients_of_any_decoder(n, steps, draws):
    choice = GumbelSoftmax(0.8) if draws else Softmax(0.8)
    layer = decoder(Dense(5, 4), Reshape(2, 2), choice, Flatten(), steps=steps)
    x = texts([3] + [1] * (n - 1), 3, 3)
    names = {row.quantity.rsplit(".", 1)[-1] for row in check_layer(layer, x)}
    assert {"x", "Wq", "Wk", "v", "W", "U", "b"} <= names
    check_tangent(layer, x)


def test_what_was_written_is_read_before_more_is_written():
    layer, x = decoder(Dense(5, 4), Softmax()), texts([3], 3, 3)
    before = layer.forward(x)[0]
    layer.children[1].W[:4] += 1  # of the cell, by which it sees what was written
    after = layer.forward(x)[0]
    assert (before[:, 0] == after[:, 0]).all() and (before[:, 1:] != after[:, 1:]).all()
    dy = np.zeros_like(after)
    dy[:, -1] = normal(4)
    _, cache = layer.forward(x)
    layer.backward(dy, cache)
    assert layer.children[1].dW[:4].all()


def test_hard_words_are_words_and_their_gradient_is_that_of_the_soft_ones_at_them():
    layer, x = decoder(Dense(5, 4), GumbelSoftmax(hard=True, rng=np.random.default_rng(2)),
                       steps=6), texts([3, 3], 3, 3)
    y, cache = layer.forward(x, train=True)
    assert set(np.unique(y)) == {0, 1} and (y.sum(axis=-1) == 1).all()
    assert len(np.unique(y.argmax(axis=-1))) > 1
    dx = layer.backward(normal(*y.shape), cache)
    assert np.isfinite(dx).all() and dx[..., :-1].any() and not dx[..., -1].any()


def test_padding_says_nothing_and_halves_of_the_way_back_can_be_switched_off():
    layer, x = decoder(Dense(5, 4), Softmax()), texts([2], 4, 3)
    y, cache = layer.forward(x)
    assert not layer.backward(y, cache)[0, 2:].any()
    x[0, 2:, :-1] = 1e3
    np.testing.assert_array_equal(layer.forward(x)[0], y)
    assert layer.backward(y, cache, input_grad=False) is None


def test_a_decoder_learns_to_write_backwards():
    """Each place must find another one, and know the word that stands there."""
    ids = np.random.default_rng(0).integers(5, size=(200, 4))
    words = np.eye(5, dtype=np.float32)[ids]
    network = Network([Places(), PerWord(Dense(9, 9)),
                       Decoder(Dense(8 + 9, 5), Softmax(), condition=9, hidden=8, asks=8,
                               steps=4)], input_shape=(4, 5), rng=0)
    optimizer, wanted = Adam(0.02), words[:, ::-1]
    for _ in range(200):
        y, cache = network.forward(words)
        network.grad.fill(0)
        network.backward(-wanted / np.maximum(y, 1e-6) / len(y), cache, input_grad=False)
        optimizer.step(network.theta, network.grad)
    assert (network(words).argmax(axis=-1) == ids[:, ::-1]).mean() > 0.9


@pytest.mark.parametrize("call, message", [
    (lambda: GRUCell(0, 3), "GRUCell: in_features must be an integer >= 1"),
    (lambda: setup(GRUCell(3, 2)).forward(normal(2, 3)),
     r"expected x of shape \(N, 3 \+ 2 of the state\), got \(N, 3\)"),
    (lambda: Places().forward(normal(2, 3)), r"expected x of shape \(N, L, F\)"),
    (lambda: decoder(Dense(4, 4)), r"expected x of shape \(N, 4\), got \(N, 5\)"),
    (lambda: decoder(Dense(5, 4), Reshape(2, 2)), r"make a vector of 5 numbers, .* gives \(2, 2\)"),
    (lambda: decoder(Modulate(5, 3)), "expected layers that see no condition"),
    (lambda: decoder(Dense(5, 4)).forward(texts([2], 2, 2)),
     r"\(N, L, 3 \+ 1 for the mask\), got \(N, 2, 3\)")])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("name", ["condition", "hidden", "asks", "steps"])
@pytest.mark.parametrize("value", [0, 1.5, "x", None, True])
def test_counts_are_counts(name, value):
    with pytest.raises((ValueError, TypeError), match=f"Decoder: {name} must be an integer"):
        Decoder(Dense(5, 4), **{**dict(condition=3, hidden=2, asks=4, steps=1), name: value})


def test_its_name_says_how_it_was_made():
    assert repr(decoder(Dense(5, 4), Dropout(0.5))) == (
        "Decoder(Dense(5, 4), Dropout(0.5), condition=3, hidden=2, asks=4, steps=3)")
