"""What losses, penalties and update rules say of themselves, and what is refused for it before the
first step."""

import dataclasses

import numpy as np
import pytest

from demos.tips.methods import Balanced
from numgan import SGD, Adam, NonSaturating, RMSprop, data, losses, models, penalties
from numgan.game import Consensus, Unrolled
from numgan.losses import AuxiliaryClassifier, Loss, Wasserstein
from numgan.presets import preset
from numgan.training import Alternating, UpdateRule, discriminator_step, generator_step, train


def start(conditional=False, **changed):
    rng = np.random.default_rng(0)
    generator = models.mlp_generator(2, 2, (6,), rng=rng)
    discriminator = models.mlp_discriminator(2, (6,), rng=rng)
    given = dict(loss=NonSaturating(), steps=3, rng=rng, batch_size=8)
    return train(generator, discriminator, data.sampler(data.ring(), rng), **{**given, **changed})


@pytest.mark.parametrize("rule", [Alternating(5), Balanced(1.2, 0.6)], ids=repr)
def test_rules_that_take_ordinary_steps_go_with_a_penalty(rule):
    training = start(updates=rule, penalty=penalties.R1())
    before = training.discriminator.theta.copy()
    assert len(list(training)) == 3
    assert not np.array_equal(before, training.discriminator.theta)


def test_alternating_five_is_five_steps_of_d():
    """With R1 and without, it is the same as k=5."""
    for penalty in None, penalties.R1():
        one, other = start(updates=Alternating(5), penalty=penalty), start(k=5, penalty=penalty)
        assert list(one) == list(other)
        assert np.array_equal(one.discriminator.theta, other.discriminator.theta)


@pytest.mark.parametrize("rule", [Unrolled(2), Consensus(1.0)], ids=repr)
def test_rules_that_look_through_d_do_not_go_with_a_penalty(rule):
    with pytest.raises(ValueError, match="third derivatives; use one or the other"):
        start(updates=rule, penalty=penalties.R1())


@pytest.mark.parametrize("updates", [Adam(), Unrolled, "both", None],
                         ids=["an optimiser", "a class", "a word", "none"])
def test_what_is_no_update_rule_is_refused_at_once(updates):
    with pytest.raises(TypeError, match="updates must be 'alternating', 'simultaneous', .* or an "
                                        "UpdateRule"):
        start(updates=updates)


def test_unrolling_refuses_other_batches_and_what_cannot_be_reversed():
    with pytest.raises(ValueError, match=r"Unrolled\(2\) looks at the batches as they are"):
        start(updates=Unrolled(2), d_batches=lambda real, fake: (real, fake))
    with pytest.raises(ValueError, match="expected SGD or Adam, got RMSprop"):
        start(updates=Unrolled(2), d_optimizer=RMSprop())
    start(updates=Unrolled(0), d_optimizer=RMSprop())  # nothing to reverse


class Homemade:
    """All that a loss does, but no Loss: nobody knows what it is."""

    generator_sees_real = False

    def discriminator(self, real_logits, fake_logits):
        return NonSaturating().discriminator(real_logits, fake_logits)

    def generator(self, fake_logits, real_logits=None):
        return NonSaturating().generator(fake_logits)


def test_a_loss_that_is_no_loss_is_refused_with_the_reason():
    with pytest.raises(TypeError, match=r"loss must be a numgan.losses.Loss, .*derive from Loss"):
        start(loss=Homemade())


@pytest.mark.parametrize("loss", [Wasserstein(), AuxiliaryClassifier(Wasserstein(), 3)], ids=repr)
def test_what_has_no_minimum_is_warned_of_whoever_holds_it(loss):
    rng = np.random.default_rng(0)
    if isinstance(loss, AuxiliaryClassifier):
        networks = models.conditional_mlp(2, 3, 2, (6,), (6,), head="auxiliary", rng=rng)
    else:
        networks = models.mlp_generator(2, 2, (6,), rng=rng), models.mlp_discriminator(2, rng=rng)
    with pytest.warns(UserWarning, match="has no minimum"):
        train(*networks, lambda n: None, loss=loss, steps=1, rng=rng)
    with_penalty = dict(penalty=penalties.WGANGP())
    train(*networks, lambda n: None, loss=loss, steps=1, rng=rng, **with_penalty)


def test_an_energy_needs_an_autoencoder_wherever_it_stands():
    with pytest.raises(ValueError, match="expected a Reconstruction as discriminator"):
        start(loss=losses.EnergyBased())
    noisy = dataclasses.replace(preset("ebgan", "ring"), noise=1.0)  # in a network behind a layer
    assert len(list(noisy.start(data.ring(), 0, 2, 16))) == 2


# -- one definition is enough ----------------------------------------------------------------------


class Tilted(Loss):
    """A loss of one's own: ordinary, but D's steps weigh real samples twice."""

    def discriminator(self, real_logits, fake_logits):
        value, d_real, d_fake = NonSaturating().discriminator(real_logits, fake_logits)
        twice, more, _ = NonSaturating().discriminator(real_logits, fake_logits)
        return value + twice / 2, d_real + more / 2, d_fake

    def generator(self, fake_logits, real_logits=None):
        return NonSaturating().generator(fake_logits)


class Softly(penalties.Penalty):
    """A penalty of one's own: mean ln(1 + ‖g‖²) at the generated samples."""

    def points(self, real, fake, rng):
        return fake

    def of_norms(self, norms):
        return np.log1p(norms * norms), 2 / (1 + norms * norms)


class GeneratorTwice(UpdateRule):
    """An update rule of one's own: two steps of G for each of D."""

    remembers = ("count",)

    def __init__(self):
        self.count = 0

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        self.count += 1
        d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                               optimizer=p.d_optimizer, scale=scale, penalty=p.penalty, rng=p.rng)
        for _ in range(2):
            g = generator_step(p.generator, p.discriminator, latent_batch(), loss=p.loss,
                               optimizer=p.g_optimizer, scale=scale, real=real)
        return d, g


def test_a_loss_a_penalty_and_a_rule_of_ones_own_train_and_are_saved(tmp_path):
    def mine():
        return start(loss=Tilted(), penalty=Softly(0.5), updates=GeneratorTwice(),
                     d_optimizer=SGD(0.1, momentum=0.5))

    whole, piece = mine(), mine()
    records = list(whole)
    assert whole.rule.count == 3
    next(piece)
    piece.save(tmp_path / "t.npz")
    again = mine()
    again.resume(tmp_path / "t.npz")
    assert [*again] == records[1:] and again.rule.count == 3
    assert np.array_equal(again.generator.theta, whole.generator.theta)
