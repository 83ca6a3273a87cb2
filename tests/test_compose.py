"""Layers made of layers: what they compute, how they nest, what they refuse."""

import dataclasses

import numpy as np
import pytest

from numgan import Network, data, penalties
from numgan.gradcheck import check_layer, check_tangent
from numgan.layers import (BatchNorm, Chain, Concatenate, Conv2D, ConvTranspose2D, Dense, Dropout,
                           Join, LeakyReLU, Modulate, Recurrent, Residual, Skip, Tanh)
from numgan.layers.base import Layer
from numgan.networks import Conditional
from numgan.presets import Images, preset


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def alone(layer):
    return Network([layer], rng=0, dtype=np.float64, input_shape=layer.told_input_shape())


def unet(channels=(3, 4, 5)):
    """8x8x2 down to 1x1 and up again, a skip at every size."""
    def level(outer, inner, *rest):
        middle = [level(inner, *rest)] if rest else []
        return Skip(Conv2D(outer, inner, 4, 2, 1), LeakyReLU(), *middle,
                    ConvTranspose2D(2 * inner if rest else inner, outer, 4, 2, 1))
    return level(2, *channels)


def test_a_skip_puts_x_beside_what_its_layers_make():
    network, x = alone(Skip(Dense(3, 2), Tanh())), normal(4, 3)
    W, b = network.theta[:6].reshape(3, 2), network.theta[6:]
    np.testing.assert_allclose(network(x), np.concatenate([x, np.tanh(x @ W + b)], axis=1))
    assert network.output_shape((3,)) == (5,)


def test_a_residual_adds_what_its_layers_make():
    x = normal(4, 3)
    plain = alone(Residual(Dense(3, 3), scale=0.5))
    W, b = plain.theta[:9].reshape(3, 3), plain.theta[9:]
    np.testing.assert_allclose(plain(x), x + 0.5 * (x @ W + b))
    short = alone(Residual(Tanh(), Dense(3, 2), shortcut=Dense(3, 2, bias=False)))
    S, W, b = short.theta[:6].reshape(3, 2), short.theta[6:12].reshape(3, 2), short.theta[12:]
    np.testing.assert_allclose(short(x), x @ S + np.tanh(x) @ W + b)


def test_branches_stand_side_by_side():
    network, x = alone(Concatenate(Dense(3, 2, bias=False), None, [Tanh()])), normal(4, 3)
    W = network.theta.reshape(3, 2)
    np.testing.assert_allclose(network(x), np.concatenate([x @ W, x, np.tanh(x)], axis=1))


def test_a_single_branch_is_that_branch():
    network, x = alone(Concatenate(Tanh())), normal(4, 3)
    np.testing.assert_array_equal(network(x), np.tanh(x))
    assert network.output_shape((3,)) == (3,)


def test_a_chain_in_a_network_is_the_same_as_its_layers():
    flat = Network([Dense(3, 4), Tanh(), Dense(4, 2)], rng=0, dtype=np.float64)
    deep = Network([Chain(Dense(3, 4), Chain(Tanh())), Chain(Dense(4, 2))], rng=0,
                   dtype=np.float64)
    x = normal(5, 3)
    assert np.array_equal(flat.theta, deep.theta) and np.array_equal(flat(x), deep(x))


def test_a_unet_is_skips_inside_skips():
    network = Network([unet()], rng=0, dtype=np.float64, input_shape=(8, 8, 2))
    assert network.output_shape((8, 8, 2)) == (8, 8, 4)
    assert [type(layer).__name__ for layer in network.walk()].count("Skip") == 3
    check_layer(network, normal(2, 8, 8, 2))
    check_tangent(network, normal(2, 8, 8, 2))


def test_any_layer_of_layers_can_be_checked_alone():
    rows = check_layer(Residual(Dense(3, 3), Tanh()), normal(4, 3))
    assert {row.quantity for row in rows} == {"x", "0 Residual.0 Chain.0 Dense.W",
                                              "0 Residual.0 Chain.0 Dense.b"}


def test_the_summary_is_indented():
    network = Network([Dense(2, 3), Skip(Dense(3, 2), Residual(Tanh())), Dense(5, 1)], rng=0)
    lines = [line.split("  ")[0] if not line.startswith(" ") else line[:14].rstrip()
             for line in network.summary().splitlines()]
    assert lines[3:-2] == ["Dense(2, 3)", "Skip", "  | its input", "  | Dense(3, 2)"[:14].rstrip(),
                           "    Residual", "      | its inp"[:14], "      | Tanh()"[:14],
                           "Dense(5, 1)"]
    assert network.summary().splitlines()[-1].endswith("23")


def test_statistics_inside_are_committed_and_their_noise_is_their_own():
    network = Network([Residual(Skip(BatchNorm(2)), Dense(4, 2))], rng=0, dtype=np.float64,
                      input_shape=(2,))
    _, cache = network.forward(10 + normal(6, 2), train=True)
    network.commit(cache)
    assert (network.buffer[:2] > 0.5).all() and network.couples_samples
    noisy = Network([Skip(Dropout(0.5)), Dense(4, 1)], rng=0, input_shape=(2,))
    assert next(layer.rng for layer in noisy.walk() if isinstance(layer, Dropout)) is not None


def test_a_second_pass_uses_what_the_first_has_found():
    """With the trace of the backward pass the linear layers are not asked for dtx again."""
    asked = []

    class Counted(Dense):
        def backward(self, dy, cache, param_grads=True, input_grad=True):
            asked.append(input_grad)
            return super().backward(dy, cache, param_grads, input_grad)

    def count(*layers):
        network = Network(layers, rng=0, dtype=np.float64)
        asked.clear()
        penalties.R1().add_gradient(network, normal(4, 2), normal(4, 2), np.random.default_rng(0))
        return len(asked)

    chain = count(Counted(2, 3), Tanh(), Counted(3, 3), Tanh(), Dense(3, 1))
    inside = count(Residual(Counted(2, 3), Tanh(), Counted(3, 2)), Tanh(), Dense(2, 1))
    nested = count(Network([Counted(2, 3), Tanh(), Counted(3, 3)], rng=0), Tanh(), Dense(3, 1))
    # Tanh is curved, so that dx is not None and Counted is asked for it once more
    assert chain == inside == nested


def test_a_network_can_be_given_its_input_shape():
    network = Network([Recurrent(3, 4)], rng=0, input_shape=(5, 4))
    assert network.output_shape((5, 4)) == (4,)
    assert Network([Recurrent(3, 4)], rng=0).input_shape is None


def test_conditions_reach_layers_however_deep():
    layer = Modulate(3, 2)
    network = Conditional([Residual(Skip(Dense(2, 1)), layer, Dense(3, 2))], 2, 2, rng=0,
                          dtype=np.float64)
    x = normal(1, 2)
    same = network((np.tile(x, (2, 1)), np.eye(2)))
    assert np.array_equal(same[0], same[1])
    layer.Gamma[1] = 1
    one, other = network((np.tile(x, (2, 1)), np.eye(2)))
    assert np.array_equal(one, same[0]) and not np.array_equal(other, same[1])


@pytest.mark.parametrize("name", ["gan", "cgan", "ebgan", "acgan", "projection", "pacgan"])
@pytest.mark.parametrize("dataset", ["ring", "digits"])
def test_noise_goes_before_any_discriminator(name, dataset):
    if dataset == "ring":
        real = data.ring()
    else:
        images, labels = data.digits()
        real = Images(images[:200], labels[:200])
    training = dataclasses.replace(preset(name, dataset), noise=1.0).start(real, 0, 2, 32)
    before = training.discriminator.theta.copy()
    records = list(training)
    assert len(records) == 2 and np.isfinite([record.d_loss for record in records]).all()
    assert not np.array_equal(before, training.discriminator.theta)


@pytest.mark.parametrize("make, error, message", [
    (lambda: Skip(), ValueError, "Chain: expected at least one layer, got none"),
    (lambda: Chain("tanh"), TypeError, r"layer 0 must be a Layer \(such as Dense\(2, 8\)\)"),
    (lambda: alone(Residual(Dense(3, 2))), ValueError, r"keep the shape, or a shortcut"),
    (lambda: Residual(Dense(3, 3), scale=np.nan), ValueError, "scale must be a finite number"),
    (lambda: Residual(Dense(3, 3), scale="0.1"), ValueError, "got '0.1'"),
    (lambda: Network([Skip(Conv2D(1, 2, 3))], rng=0, input_shape=(5, 5, 1)), ValueError,
     "one shape but for the last axis"),
    (lambda: Network([Skip(Join(2), Dense(4, 1))], rng=0), ValueError,
     "sees a condition beside x"),
])
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_one_layer_has_one_place():
    layer = Tanh()
    with pytest.raises(ValueError, match="stands in the list twice"):
        Chain(layer, layer)
    assert issubclass(Chain, Layer)
