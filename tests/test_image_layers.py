"""Layers of image generators: by hand, and what they do to an image."""

import numpy as np
import pytest

from numgan.layers import (Conv2D, InstanceNorm, Modulate, ModulatedConv2D, NoiseInjection,
                           Truncation, Upsample2D)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def setup(layer):
    return layer.setup(np.random.default_rng(0), np.float64)


# -- instance normalisation ------------------------------------------------------------------------


def test_instance_norm_by_hand():
    """Pixels 0, 0, 0, 4: mean 1, variance 3."""
    layer = setup(InstanceNorm(1, eps=1e-30))
    layer.gamma[...], layer.beta[...] = 2, 5
    y, cache = layer.forward(np.array([0.0, 0, 0, 4]).reshape(1, 2, 2, 1))
    x_hat = np.array([-1, -1, -1, 3]) / np.sqrt(3)
    np.testing.assert_allclose(y.ravel(), 2 * x_hat + 5)
    dx = layer.backward(np.array([1.0, 0, 0, 0]).reshape(y.shape), cache)
    # g = 2 dy: (g − mean g − x̂ mean(x̂ g)) / s, with mean g = 1/2, mean(x̂ g) = −1 / (2 √3)
    np.testing.assert_allclose(dx.ravel(), np.array([4, -2, -2, 0]) / 3 / np.sqrt(3), atol=1e-12)
    np.testing.assert_allclose([layer.dgamma[0], layer.dbeta[0]], [-1 / np.sqrt(3), 1])


def test_instance_norm_takes_contrast_and_brightness_of_each_channel_of_each_image():
    layer, x = setup(InstanceNorm(3, eps=1e-12)), normal(4, 5, 6, 3)
    y = layer.forward(x)[0]
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=(1, 2)), 1, atol=1e-4)
    other = layer.forward(x * (1 + normal(4, 1, 1, 3, seed=1) ** 2) + normal(4, 1, 1, 3, seed=2))[0]
    np.testing.assert_allclose(other, y, atol=1e-6)


def test_adaptive_instance_norm_gives_the_statistics_of_the_style():
    norm, style, c = setup(InstanceNorm(2)), setup(Modulate(2, 3)), normal(4, 3)
    style.Gamma[...], style.Beta[...] = normal(2, 3, 2, seed=1)
    y = style.forward(norm.forward(normal(4, 8, 8, 2))[0], c=c)[0]
    np.testing.assert_allclose(y.mean(axis=(1, 2)), c @ style.Beta, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=(1, 2)), abs(1 + c @ style.Gamma), rtol=1e-4)


# -- modulated convolution -------------------------------------------------------------------------


@pytest.mark.parametrize("demodulate", [True, False])
def test_a_modulated_convolution_is_one_by_weights_of_each_samples_own(demodulate):
    """Karras et al. 2020, eq. 1 and 3, sample by sample."""
    layer = setup(ModulatedConv2D(2, 3, 3, 4, padding=1, demodulate=demodulate))
    layer.A[...], layer.b[...] = normal(4, 2, seed=1), normal(3, seed=2)
    x, c = normal(5, 4, 6, 2), normal(5, 4, seed=3)
    y = layer.forward(x, c=c)[0]
    plain = setup(Conv2D(2, 3, 3, padding=1))
    for n in range(5):
        plain.W[...] = layer.W * (1 + c[n] @ layer.A)[:, None]
        if demodulate:
            plain.W[...] /= np.sqrt((plain.W ** 2).sum(axis=(0, 1, 2)) + 1e-8)
        plain.b[...] = layer.b
        np.testing.assert_allclose(y[n], plain.forward(x[n:n + 1])[0][0])


def test_a_modulated_convolution_by_hand_and_the_size_of_what_it_makes():
    layer = setup(ModulatedConv2D(1, 1, 1, 1, eps=1e-30))
    layer.W[...], layer.A[...] = -3, 4
    y, cache = layer.forward(np.full((1, 1, 1, 1), 5.0), c=np.ones((1, 1)))
    assert y.ravel() == pytest.approx(-5)  # s W σ = 5 · (−3) / |5 · (−3)|, whatever they are
    dx, dc = layer.backward(np.ones_like(y), cache)
    assert dx.ravel() == pytest.approx(-1) and dc.ravel() == pytest.approx(0, abs=1e-12)
    layer = setup(ModulatedConv2D(8, 16, 3, 4))
    layer.A[...] = normal(4, 8, seed=1)
    for size in 1, 100:
        y = layer.forward(normal(50, 8, 8, 8), c=size * normal(50, 4, seed=2))[0]
        assert 0.9 < y.std() < 1.1


def test_a_style_that_wants_nothing_gets_nothing_and_no_nan():
    layer = setup(ModulatedConv2D(1, 2, 1, 1))
    layer.A[...] = -1
    y, cache = layer.forward(normal(1, 2, 2, 1), c=np.ones((1, 1)))  # s = 0
    assert not y.any() and all(np.isfinite(d).all() for d in layer.backward(np.ones_like(y), cache))


def test_a_style_that_is_not_learned_yet_changes_nothing():
    layer, x = setup(ModulatedConv2D(2, 3, 3, 4)), normal(2, 4, 4, 2)
    y = layer.forward(x, c=normal(2, 4))[0]
    assert np.array_equal(y, layer.forward(x, c=np.ones((2, 4)))[0])
    assert abs(layer.W).max() <= np.sqrt(6 / (9 * 5)) and not layer.b.any()


# -- truncation ------------------------------------------------------------------------------------


def test_truncation_learns_the_mean_by_commits_and_draws_towards_it():
    layer, x = Truncation(2, momentum=0.25).setup(np.random.default_rng(0), np.float64), np.array(
        [[1.0, 0], [3, 8]])
    y, cache = layer.forward(x, train=True)
    assert np.array_equal(y, x) and not layer.mean.any()
    layer.commit(cache)
    assert layer.mean.tolist() == [0.5, 1]
    layer.commit(layer.forward(x)[1])  # not trained
    assert layer.mean.tolist() == [0.5, 1]
    layer.commit(cache)
    assert layer.mean.tolist() == [0.875, 1.75]
    assert np.array_equal(layer.forward(x)[0], x)
    layer.psi = 0.5
    y, cache = layer.forward(x)
    assert y.tolist() == [[0.9375, 0.875], [1.9375, 4.875]]
    assert layer.backward(x, cache).tolist() == (x / 2).tolist()
    assert np.array_equal(layer.tangent(x, cache)[0], x / 2)
    assert np.array_equal(layer.forward(x, train=True)[0], x)
    layer.psi = 0
    assert layer.forward(x)[0].tolist() == [[0.875, 1.75]] * 2
    layer.psi = np.nan
    with pytest.raises(ValueError, match="Truncation: psi must be a finite number"):
        layer.forward(x)


# -- noise and upsampling --------------------------------------------------------------------------


def test_noise_is_one_image_for_all_channels_with_a_strength_for_each():
    layer, x = setup(NoiseInjection(3)), normal(500, 4, 4, 3)
    assert np.array_equal(layer.forward(x)[0], x)  # of strength 0 at first
    layer.scale[...] = [0, 1, -2]
    y, cache = layer.forward(x)
    added = y - x
    assert not added[..., 0].any()
    np.testing.assert_allclose(added[..., 2], -2 * added[..., 1])
    assert abs(added[..., 1].mean()) < 0.05 and abs(added[..., 1].std() - 1) < 0.05
    assert abs(np.corrcoef(added[:, 0, 0, 1], added[:, 0, 1, 1])[0, 1]) < 0.2  # pixel by pixel
    assert not np.array_equal(layer.forward(x)[0], y)
    layer.backward(np.ones_like(x), cache)
    np.testing.assert_allclose(layer.dscale, added[..., 1].sum())
    layer.std = 0
    assert np.array_equal(layer.forward(x)[0], x)
    layer.std = -1
    with pytest.raises(ValueError, match="NoiseInjection: std must be a finite number >= 0"):
        layer.forward(x)


def test_upsampling_by_hand():
    x = np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1)
    layer = Upsample2D((1, 2))
    y, cache = layer.forward(x)
    assert y[0, ..., 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]
    dx = layer.backward(np.arange(8.0).reshape(y.shape), cache)
    assert dx.ravel().tolist() == [1, 5, 9, 13]
    assert Upsample2D().forward(x)[0][0, ..., 0].tolist() == [[1, 1, 2, 2]] * 2 + [[3, 3, 4, 4]] * 2


@pytest.mark.parametrize("call, message", [
    (lambda: InstanceNorm(0), "InstanceNorm: features must be an integer >= 1"),
    (lambda: InstanceNorm(2, eps=0), "InstanceNorm: eps must be a finite number > 0"),
    (lambda: setup(InstanceNorm(2)).forward(normal(3, 1, 1, 2)), "more than one pixel"),
    (lambda: setup(InstanceNorm(2)).forward(normal(3, 2)), r"expected x of shape \(N, H, W, 2\)"),
    (lambda: setup(NoiseInjection(2)).forward(normal(3, 2, 2, 3)), r"\(N, H, W, 2\)"),
    (lambda: NoiseInjection(2.5), "channels must be an integer"),
    (lambda: NoiseInjection(2).forward(normal(3, 2, 2, 2)), "has no random generator yet"),
    (lambda: setup(ModulatedConv2D(2, 3, 3, 4)).forward(normal(1, 2, 3, 2), c=normal(1, 4)),
     r"expected x of shape \(N, H >= 3, W >= 3, 2\), got"),
    (lambda: setup(ModulatedConv2D(2, 3, 3, 4)).forward(normal(1, 3, 3, 2), c=normal(1, 3)),
     r"expected c of shape \(N, 4\), got \(1, 3\)"),
    (lambda: Upsample2D(0), "window must be an integer >= 1"),
    (lambda: Upsample2D().forward(normal(3, 4)), r"expected x of shape \(N, H, W, C\)"),
])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
