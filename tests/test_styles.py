"""A style for every layer, and mixing."""

import numpy as np
import pytest

from numgan import Conditional, Dense, Modulate
from numgan.layers import OwnStyle, Styles


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_layer_has_the_style_when_not_training():
    w = rng().standard_normal((4, 3))
    layer = Styles(5, mixing=1.0).setup(rng(), np.float64)
    y, _ = layer.forward(w)
    assert y.shape == (4, 5, 3) and np.array_equal(y, np.repeat(w[:, None], 5, axis=1))


def test_mixing_takes_what_is_fine_from_the_next_sample():
    w = np.arange(2000.0)[:, None]
    layer = Styles(4, mixing=0.5, rng=rng())
    y, own = layer.forward(w, train=True)
    mixed = y[:, -1, 0] != w[:, 0]
    assert mixed.mean() == pytest.approx(0.5, abs=0.05)
    assert np.array_equal(y[:, 0], w)  # the first layer is always one's own
    assert np.array_equal(y[mixed, -1, 0], (w[mixed, 0] + 1) % 2000)
    first = own[mixed].sum(axis=1)[:, 0]  # where the other's begin
    assert [np.mean(first == k) for k in (1, 2, 3)] == pytest.approx([1 / 3] * 3, abs=0.06)
    for row, k in zip(y[mixed, :, 0], first):
        assert len(set(row[:k])) == len(set(row[k:])) == 1 and row[0] != row[-1]


@pytest.mark.parametrize("train", [False, True])
def test_backward_is_the_adjoint_of_forward(train):
    """Linear in x: ⟨dy, y⟩ = ⟨dx, x⟩ for every dy."""
    x, dy = rng(1).standard_normal((6, 2)), rng(2).standard_normal((6, 4, 2))
    layer = Styles(4, mixing=0.8, rng=rng())
    y, own = layer.forward(x, train)
    assert (own is not None) == train
    assert (layer.backward(dy, own) * x).sum() == pytest.approx((dy * y).sum(), rel=1e-12)


def test_a_layer_sees_its_own_row_alone():
    network = Conditional([OwnStyle(1, 3, Modulate(2, 4))], 2, (3, 4), rng=0, dtype=np.float64)
    network.theta[...] = rng().standard_normal(network.size)
    x, c = rng(1).standard_normal((5, 2)), rng(2).standard_normal((5, 3, 4))
    y = network((x, c))
    changed = c.copy()
    changed[:, [0, 2]] += 1
    assert np.array_equal(network((x, changed)), y)
    changed[:, 1] += 1
    assert not np.allclose(network((x, changed)), y)


@pytest.mark.parametrize("make, error, message", [
    (lambda: Styles(0), ValueError, "Styles: layers must be an integer >= 1, got 0"),
    (lambda: Styles(2, mixing=1.5), ValueError, "Styles: mixing"),
    (lambda: OwnStyle(3, 3, Modulate(2, 4)), ValueError,
     "OwnStyle: index must be an integer from 0 to 2, got 3"),
    (lambda: OwnStyle(0, 3, Dense(2, 4)), TypeError, "expected a layer that sees a condition"),
    (lambda: Conditional([OwnStyle(0, 3, Modulate(2, 4))], 2, (2, 4), rng=0), ValueError,
     "expected layers that see a condition of 2, 4 numbers, got OwnStyle"),
    (lambda: Conditional([OwnStyle(0, 3, Modulate(2, 4))], 2, (3, 5), rng=0), ValueError,
     r"expected layers that see a condition of 5 numbers, got Modulate\(2, 4\)"),
    (lambda: Styles(3).forward(np.zeros((2, 3, 4))), ValueError, r"\(N, features\)")])
def test_what_does_not_fit_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
