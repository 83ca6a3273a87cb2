"""The gradient check itself: it must find what is wrong and say it so that one learns from it."""

import inspect
import re

import numpy as np
import pytest

from numgan import Network, NonSaturating, layers
from numgan.gradcheck import GradientError, check_layer, check_loss, check_step, check_tangent
from numgan.gradcheck.__main__ import main
from numgan.gradcheck.cases import ATTENTION, CONDITIONAL, LAYERS, LOSSES, STYLED, pairs
from numgan.layers import BatchNorm, Dense, Dropout, Layer, Tanh
from numgan.losses import Loss

X = np.random.default_rng(0).standard_normal((5, 4))


def test_every_layer_is_in_the_catalogue():
    public = {cls for _, cls in inspect.getmembers(layers, inspect.isclass)} - {Layer}
    alone = [layer for layer, _ in LAYERS + CONDITIONAL]
    assert {type(layer) for layer in [ATTENTION, STYLED, *alone]} == public


def test_errors_are_small_for_what_is_right():
    rows = check_layer(Dense(4, 3), X)
    assert [row.quantity for row in rows] == ["x", "W", "b"]
    assert max(row.complex_error for row in rows) < 1e-14
    assert max(row.central_error for row in rows) < 1e-9


class WrongSign(Tanh):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        dx = super().backward(dy, cache, param_grads, input_grad)
        return None if dx is None else -dx


class OneCoordinate(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.dW[2, 1] += 1e-6
        return super().backward(dy, cache, param_grads, input_grad)


class Overwrites(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.dW.fill(0)
        return super().backward(dy, cache, param_grads, input_grad)


class IgnoresSwitch(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return super().backward(dy, cache, True, input_grad)


class ReturnsAnyway(Dense):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return super().backward(dy, cache, param_grads, True)


class ChangesInput(Tanh):
    def forward(self, x, train=False):
        np.tanh(x, out=x)
        return x, x


class ChangesGradient(Tanh):
    def backward(self, dy, cache, param_grads=True, input_grad=True):
        dy *= 1 - cache * cache
        return dy if input_grad else None


class HalvedBatchTerm(BatchNorm):
    """Treats the batch mean as a constant: the bug of many hand-written BatchNorms."""

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        dx = super().backward(dy, cache, param_grads, input_grad)
        return None if dx is None else dx + self.gamma * cache[3] * dy.mean(0)


class KeepsInput(Dense):
    def forward(self, x, train=False):
        y, self.x = super().forward(x, train)
        return y, None

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return super().backward(dy, self.x, param_grads, input_grad)


class KeepsInputOfOneSize(KeepsInput):
    def forward(self, x, train=False):
        if len(x) != 5:
            raise ValueError("expected 5 samples")
        return super().forward(x, train)


class KeepsStatistics(BatchNorm):
    """Its cache is whole except for the standard deviation of the batch."""

    def forward(self, x, train=False):
        y, (*cache, self.kept, self.train) = super().forward(x, train)
        return y, cache

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        cache = (*cache, self.kept, self.train)
        return super().backward(dy, cache, param_grads, input_grad)


class KeepsNoise(Dropout):
    def forward(self, x, train=False):
        y, self.mask = super().forward(x, train)
        return y, None

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return super().backward(dy, self.mask, param_grads, input_grad)


@pytest.mark.parametrize("layer", [
    KeepsInput(4, 3), KeepsInputOfOneSize(4, 3), KeepsStatistics(4), KeepsNoise(0.4),
    Network([KeepsInput(4, 3), Tanh()], rng=0)], ids=lambda layer: type(layer).__name__)
def test_a_layer_that_keeps_what_belongs_into_the_cache_is_found(layer):
    with pytest.raises(GradientError, match="another forward pass came between.*the cache that"):
        check_layer(layer, X)


def test_it_is_found_with_one_sample_too():
    class KeepsOutput(Tanh):
        def forward(self, x, train=False):
            self.y = np.tanh(x)
            return self.y, None

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return dy * (1 - self.y * self.y) if input_grad else None

    with pytest.raises(GradientError, match="another forward pass came between"):
        check_layer(KeepsOutput(), X[:1])


@pytest.mark.parametrize("layer, message", [
    (WrongSign(), r"gradient of x is wrong[\s\S]*every coordinate is -1 times"),
    (OneCoordinate(4, 3), r"worst at W\[2, 1\]: expected .*\(complex step"),
    (Overwrites(4, 3), "must add to dW"),
    (IgnoresSwitch(4, 3), r"backward\(param_grads=False\) changed"),
    (ReturnsAnyway(4, 3), r"backward\(input_grad=False\) returned a dx"),
    (ChangesInput(), "changed x"),
    (ChangesGradient(), "changed dy"),
    (HalvedBatchTerm(4), "gradient of x is wrong"),
], ids=lambda value: type(value).__name__ if isinstance(value, Layer) else "")
def test_what_is_wrong_is_found_and_told(layer, message):
    with pytest.raises(GradientError, match=message):
        check_layer(layer, X)


class SaysAnotherShape(Dense):
    def output_shape(self, input_shape):
        return input_shape


class SaysItWithTheBatch(Dense):
    def output_shape(self, input_shape):
        return 5, *super().output_shape(input_shape)


@pytest.mark.parametrize("layer, came", [(SaysAnotherShape(4, 3), r"\(4,\)"),
                                         (SaysItWithTheBatch(4, 3), r"\(5, 3\)")], ids=repr)
def test_an_output_shape_that_forward_does_not_give_is_found(layer, came):
    with pytest.raises(GradientError, match=r"expected output_shape\(\(4,\)\) to return \(3,\), "
                                            rf"the shape without the batch axis, got {came}"):
        check_layer(layer, X)


class NoCache(Tanh):
    def forward(self, x, train=False):
        return np.tanh(x)


class ThreeThings(Tanh):
    def forward(self, x, train=False):
        return np.tanh(x), x, train


@pytest.mark.parametrize("layer, came", [(NoCache(), "an array of shape"),
                                         (ThreeThings(), "a tuple of 3")], ids=repr)
@pytest.mark.parametrize("inside", [lambda layer: layer, lambda layer: Network([layer], rng=0),
                                    lambda layer: layers.Skip(layer),
                                    lambda layer: layers.Concatenate(None, layer)],
                         ids=["alone", "in a network", "in a chain", "as a branch"])
def test_a_forward_that_returns_no_cache_is_told_so(layer, came, inside):
    """With two samples, y alone would unpack into two."""
    told = f"{layer!r}: expected forward to return two things, y and the cache (None if"
    with pytest.raises(TypeError, match=re.escape(told) + f".*got {came}"):
        check_layer(inside(layer), X[:2])


def test_central_differences_find_what_complex_arithmetic_hides():
    class Hides(Layer):
        """Its forward takes the real part in float64, and pretends to in complex128."""

        def forward(self, x, train=False):
            return (2 * x if np.iscomplexobj(x) else 3 * x), None

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return 2 * dy if input_grad else None

    with pytest.raises(GradientError, match="central differences"):
        check_layer(Hides(), X)


def test_a_wrong_loss_and_a_wrong_step_are_found():
    class Wrong(type(LOSSES[1])):
        def generator(self, fake_logits, real_logits=None):
            value, gradient = super().generator(fake_logits)
            return value, gradient * len(fake_logits)

    with pytest.raises(GradientError, match="every coordinate is 7 times"):
        check_loss(Wrong())
    _, G, D, real, z = pairs()[0]
    with pytest.raises(GradientError, match="gradient of G: 0 Dense is wrong"):
        check_step(G, D, real, z, Wrong())


class Plain(Loss):
    """A least squares loss of one's own, which the ones below get wrong."""

    def discriminator(self, real_logits, fake_logits):
        d_real, d_fake = (real_logits - 1) / len(real_logits), fake_logits / len(fake_logits)
        return (0.5 * ((real_logits - 1) ** 2).mean() + 0.5 * (fake_logits ** 2).mean(),
                d_real, d_fake)

    def generator(self, fake_logits, real_logits=None):
        return 0.5 * ((fake_logits - 1) ** 2).mean(), (fake_logits - 1) / len(fake_logits)


class ReadsReal(Plain):
    """It forgot generator_sees_real = True."""

    def generator(self, fake_logits, real_logits=None):
        difference = fake_logits - real_logits.mean()
        return 0.5 * (difference ** 2).mean(), difference / len(fake_logits)


class FailsAnyway(Plain):
    def generator(self, fake_logits, real_logits=None):
        return fake_logits.middle()


class ChangesReal(Plain):
    def discriminator(self, real_logits, fake_logits):
        real_logits -= 1
        return super().discriminator(real_logits + 1, fake_logits)


class ChangesFake(Plain):
    def generator(self, fake_logits, real_logits=None):
        fake_logits -= 1
        return 0.5 * (fake_logits ** 2).mean(), fake_logits / len(fake_logits)


class OneGradient(Plain):
    def discriminator(self, real_logits, fake_logits):
        return super().discriminator(real_logits, fake_logits)[:2]


class ValueAlone(Plain):
    def generator(self, fake_logits, real_logits=None):
        return super().generator(fake_logits)[0]


class OneTangent(NonSaturating):
    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        return super().generator_tangent(fake_logits, t_fake)[0]


@pytest.mark.parametrize("loss, error, message", [
    (ReadsReal(), GradientError, r"real_logits is None.*says generator_sees_real = True"),
    (FailsAnyway(), AttributeError, "middle"),
    (ChangesReal(), GradientError, r"discriminator\(...\) changed its argument real_logits"),
    (ChangesFake(), GradientError, r"generator\(...\) changed its argument fake_logits"),
    (OneGradient(), TypeError, r"expected discriminator\(...\) to return the loss, one number"),
    (ValueAlone(), TypeError, r"expected generator\(...\) to return the loss, one number, and its"),
    (OneTangent(), TypeError, r"expected generator_tangent\(...\) to return a tuple of 2 arrays"),
], ids=lambda value: repr(value) if isinstance(value, Loss) else "")
def test_a_loss_that_does_not_keep_to_the_protocol_is_told_what_is_wrong(loss, error, message):
    check_loss(Plain())
    with pytest.raises(error, match=message):
        check_loss(loss)


def test_a_loss_that_says_it_sees_real_samples_gets_them():
    class Sees(ReadsReal):
        generator_sees_real = True

        def generator_by_real(self, fake_logits, real_logits):
            d = -(fake_logits - real_logits.mean()).mean() / len(real_logits)
            return np.full_like(real_logits, d)

    assert [row.quantity for row in check_loss(Sees())][-1] == "G, real logits"


class NoCurvature(Tanh):
    def curvature(self, cache):
        return None


class ForgetsMovingWeights(Dense):
    def tangent(self, tx, cache, tparams=None):
        return super().tangent(tx, cache)


class ForgetsWeightTerm(Dense):
    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None):
        kept = self.dW.copy()
        result = super().tangent_backward(dy, dty, cache, tcache, input_grad, dtx)
        self.dW[...] = kept + (0 if dy is None else cache.T @ dy)
        return result


@pytest.mark.parametrize("layer, message", [
    (NoCurvature(), "gradient of x is wrong"),
    (ForgetsMovingWeights(4, 3), "tangent is not the derivative of forward"),
    (ForgetsWeightTerm(4, 3), "gradient of W is wrong"),
], ids=lambda value: type(value).__name__ if isinstance(value, Layer) else "")
def test_what_is_wrong_to_second_order_is_found(layer, message):
    with pytest.raises(GradientError, match=message):
        check_tangent(layer, X)


def test_checking_leaves_the_layer_as_it_was():
    layer = Dense(4, 3)
    check_layer(layer, X)
    assert "W" not in vars(layer)
    layer.setup(np.random.default_rng(0))
    before = layer.W.copy()
    check_layer(layer, X)
    assert np.array_equal(before, layer.W) and layer.W.dtype == np.float32 and not layer.dW.any()


@pytest.mark.parametrize("x", [np.ones(4), np.ones((2, 4), int), np.full((2, 4), np.nan),
                               np.ones((0, 4))])
def test_bad_inputs_are_refused(x):
    with pytest.raises(ValueError, match="check_layer: expected x as a finite float array"):
        check_layer(Dense(4, 3), x)


def test_command_line_passes_filters_and_fails(capsys, monkeypatch):
    assert main(["--only", "maxout"]) == 0
    text = capsys.readouterr().out
    assert "Maxout" in text and "Dense(4" not in text and re.search(r"\d+ cases passed, 0 failed",
                                                                    text)
    monkeypatch.setattr(Tanh, "backward",
                        lambda self, dy, cache, param_grads=True, input_grad=True:
                        -dy * (1 - cache * cache) if input_grad else None)
    assert main(["--only", "Tanh() on"]) == 1
    text = capsys.readouterr().out
    assert "FAILED" in text and "2 failed" in text
    with pytest.raises(SystemExit) as stop:
        main(["--only", "transformer"])
    assert stop.value.code == 2 and "no case has 'transformer'" in capsys.readouterr().err


def test_where_two_ways_to_differentiate_disagree_it_says_so():
    class Absolute(Layer):
        """|x| by np.abs, which loses the imaginary part."""

        def forward(self, x, train=False):
            return np.abs(x), np.sign(x)

        def backward(self, dy, cache, param_grads=True, input_grad=True):
            return dy * cache if input_grad else None

    with pytest.raises(GradientError, match="(?s)is wrong.*disagree too.*no analytic function"):
        check_layer(Absolute(), np.random.default_rng(0).standard_normal((5, 4)))
