"""The presets: each trains, from its seed alone, and changes with time what it says; the family's
table is whole."""

import dataclasses
import pathlib
import re

import numpy as np
import pytest

from numgan import data, losses, penalties
from numgan.networks.models import mlp_discriminator
from numgan.optimizers import RMSprop
from numgan.pairs import Pair, x_of
from numgan.presets import COMPARED, FAMILY, Images, besides, names, nearest, preset
from numgan.presets.family import TUNED

ROOT = pathlib.Path(__file__).parent.parent
PLANE = [(dataset, name) for dataset in ("ring", "grid") for name in FAMILY]


def few_images(size):
    rng = np.random.default_rng(0)
    return Images(rng.uniform(-1, 1, (80, size, size, 1)).astype(np.float32), np.arange(80) % 10)


REAL = {"ring": data.ring(), "grid": data.grid(), "digits": few_images(8), "mnist": few_images(28)}


def test_every_data_set_has_the_whole_family():
    for dataset in data.names(labelled=True):
        assert names(dataset) == list(FAMILY)
        assert all(preset(name, dataset).title == FAMILY[name].title for name in FAMILY)
    assert len(COMPARED) == 9 and set(COMPARED) < set(FAMILY)


def described(preset, field):
    """A field of a preset as something to compare: what its functions make."""
    value = getattr(preset, field)
    if field.endswith("_network") and value is not None:
        made = value(np.random.default_rng(0))
        return made.description(), made.theta.tobytes()  # layers, and their first values
    if field.endswith("_optimizer"):  # its kind; rates are each training's own
        made = value()
        return type(made).__name__, type(getattr(made, "optimizer", None)).__name__
    return repr(value() if field == "penalty" and value else value)


def differing(name, dataset):
    """The fields in which a member's preset differs from the plain GAN's, but for the tuning."""
    mine, plain = preset(name, dataset), preset("gan", dataset)
    return {field.name for field in dataclasses.fields(mine)
            if field.name not in set(TUNED) - {"d_optimizer", "g_optimizer"}
            and described(mine, field.name) != described(plain, field.name)}


@pytest.mark.parametrize("dataset", REAL)
@pytest.mark.parametrize("name", FAMILY)
def test_a_row_changes_what_it_says_and_nothing_else(name, dataset):
    recipe, own = preset(name, dataset), set(FAMILY[name].own)
    changed, declared = differing(name, dataset), set(recipe.besides)
    assert changed - own == declared - own
    assert (changed & own or name == "gan") and all(recipe.besides.values())
    assert all(words in recipe.changes for words in recipe.besides.values())
    said = dict(re.findall(r"(?:^|; )(.*?) \(([^)]*)\)", besides(name)))
    assert {words for words, sets in said.items() if dataset in sets.split(", ")} == {
        *recipe.besides.values()}


def test_a_change_that_is_not_declared_is_found(monkeypatch):
    lsgan = FAMILY["lsgan"]
    for changed in dict(noise=1.0), dict(normalization="batch"), dict(loss=losses.Hinge()), dict(
            d_optimizer=lambda: RMSprop(1e-3)), dict(penalty=penalties.R1), dict(
            k=2), dict(batch_size=7), dict(final_weight=0.1), dict(
            d_network=lambda rng: mlp_discriminator(2, (9,), rng=rng)):
        monkeypatch.setitem(FAMILY, "lsgan", dataclasses.replace(
            lsgan, plane={"loss": losses.LeastSquares(), **changed}, own=()))
        assert differing("lsgan", "ring") == {"loss", *changed}


def test_other_first_values_are_a_change(monkeypatch):
    """WGAN's D on 28x28 images has the layers of the plain one."""
    assert "d_network" in differing("wgan", "mnist")
    mine, plain = (preset(name, "mnist").d_network(0) for name in ("wgan", "gan"))
    assert mine.description() == plain.description()
    assert mine.layers[0].W.std() > 2 * plain.layers[0].W.std()


def test_steps_of_d_batches_and_a_last_weight_are_said_where_they_differ():
    assert preset("wgan", "grid").besides == {"k": "k = 3"}
    assert preset("gan", "digits").besides == {}
    assert besides("unrolled", "ring") == (
        "the minimax loss, as in its paper (ring); a D of two layers (ring); batches of 128 (ring)")
    assert besides("r1", "ring", "grid", "mnist") == (
        "a penalty that falls to 0.02 (ring, grid); no normalisation in D, with He's weights "
        "(mnist); k = 2 (mnist)")


def test_what_is_put_in_another_place_is_no_longer_said():
    recipe = preset("r1", "mnist").but(updates="simultaneous", penalty="r1r2")
    assert recipe.k == 1 and recipe.besides == {
        "d_network": "no normalisation in D, with He's weights"}
    assert recipe.changes.endswith("; beside it, no normalisation in D, with He's weights")
    assert "beside it" not in preset("wgan", "ring").but(updates="simultaneous").changes


def test_titles_are_told_apart():
    titles = [one.title for one in FAMILY.values()]
    assert len(set(titles)) == len(titles) and all(len(title) < 28 for title in titles)


@pytest.mark.parametrize("name", FAMILY)
def test_where_to_read_is_there_and_names_the_paper(name):
    one = FAMILY[name]
    assert (ROOT / "numgan" / one.code).is_file()
    assert all(one.words) and len(set(one.words)) == len(one.words)


def two_runs(dataset, name, **changed):
    def run():
        recipe = dataclasses.replace(preset(name, dataset), **changed)
        training = recipe.start(REAL[dataset], 3, steps=2, batch_size=4)
        records = list(training)
        return records, training.sampled.theta, training.discriminator.theta
    first, second = run(), run()
    assert first[0] == second[0] and len(first[0]) == 2
    assert all(np.array_equal(a, b) for a, b in zip(first[1:], second[1:]))
    assert np.isfinite(first[1]).all()


@pytest.mark.parametrize("dataset, name", PLANE)
def test_a_seed_gives_the_same_bits(dataset, name):
    two_runs(dataset, name)


@pytest.mark.parametrize("name", FAMILY)
def test_a_seed_gives_the_same_bits_on_images(name):
    two_runs("digits", name)


@pytest.mark.parametrize("name", FAMILY)
def test_mnist_starts(name):
    training = preset(name, "mnist").start(REAL["mnist"], 0, steps=0, batch_size=4)
    assert list(training) == []
    assert training.samples(training.latents(3, 0)).shape == (3, 28, 28, 1)


@pytest.mark.parametrize("name, dataset, codes", [
    ("cgan", "ring", 8), ("acgan", "grid", 25), ("infogan", "digits", 12),
    ("projection", "mnist", 10), ("gan", "ring", 0)])
def test_labels_go_round_and_are_left_out_of_the_samples(name, dataset, codes):
    training = preset(name, dataset).start(REAL[dataset], 0, steps=1, batch_size=4)
    assert training.codes == codes
    z, again = training.latents(60, 5), training.latents(60, 5)
    assert np.array_equal(x_of(z), x_of(again))
    if codes:
        assert np.array_equal(z.c, again.c) and z.c.shape == (60, codes)
        labels = z.c[:, :training.classes]
        assert np.array_equal(labels.argmax(axis=1), np.arange(60) % training.classes)
        assert (labels.sum(axis=1) == 1).all() and (labels.max(axis=1) == 1).all()
    shape = (2,) if dataset in ("ring", "grid") else REAL[dataset].images.shape[1:]
    samples = training.samples(z)
    assert samples.shape == (60, *shape)
    assert np.array_equal(samples, x_of(training.sampled(z)))


def test_real_samples_come_with_their_label_and_a_code_with_none():
    toy = data.ring()
    training = preset("cgan", "ring").start(toy, 0, steps=1, batch_size=50)
    x, c = training._sampler(np.random.default_rng(0))(50)
    distance = np.linalg.norm(x - toy.centers[c.argmax(axis=1)], axis=1)
    assert c.shape == (50, 8) and distance.max() < 6 * toy.std
    code = preset("infogan", "digits").start(REAL["digits"], 0, steps=1, batch_size=8)
    assert (code._sampler(np.random.default_rng(0))(8).c == 0).all()
    label = preset("acgan", "digits").start(REAL["digits"], 0, steps=1, batch_size=8)
    for x, c in zip(*label._sampler(np.random.default_rng(0))(8)):
        where = np.flatnonzero((REAL["digits"].images == x).all(axis=(1, 2, 3)))
        assert REAL["digits"].labels[where[0]] == c.argmax()


def test_nearest_is_the_centre_with_the_least_distance():
    assert nearest(np.array([[0.9, 0.1], [-2, 0]]), np.array([[-1, 0], [1, 0]])).tolist() == [1, 0]


def test_the_penalty_fades_by_a_cosine_to_its_final_weight():
    recipe = dataclasses.replace(preset("r3gan", "ring"), penalty=lambda: penalties.R1R2(4),
                                 final_weight=2.0)
    training = recipe.start(data.ring(), 0, steps=4, batch_size=8)
    weights = [training._penalty.weight for _ in training] + [training._penalty.weight]
    expected = [2 + (1 + np.cos(np.pi * t)) for t in (0, 0.25, 0.5, 0.75, 1)]
    assert weights == pytest.approx(expected)


@pytest.mark.parametrize("name, changed, message", [
    ("gan", dict(loss=losses.EnergyBased()), "expected a Reconstruction as discriminator, got Net"),
    ("gan", dict(loss=losses.BoundaryEquilibrium()), "expected a Reconstruction as discriminator"),
    ("ebgan", dict(loss=losses.NonSaturating()), "expected EnergyBased or BoundaryEquilibrium"),
    ("ebgan", dict(loss=losses.EnergyBased(1, 0.1)), "embedding=True, got embedding=False"),
    ("pacgan", dict(batch_size=63), "a multiple of 2, got 63"),
    ("minibatch-std", dict(batch_size=1), "at least 2, got 1"),
    ("minibatch", dict(batch_size=1), "at least 2, got 1"),
    ("unrolled", dict(penalty=penalties.R1), r"Unrolled\(5\) with R1\(10\)"),
    ("consensus", dict(penalty=penalties.R1), r"Consensus\(10\) with R1\(10\)"),
    ("acgan", dict(condition="code"), "expects condition='label', got 'code'"),
    ("infogan", dict(condition="label"), "expects condition='code', got 'label'"),
])
def test_what_makes_no_sense_together_says_so_at_once(name, changed, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(preset(name, "ring"), **changed).start(data.ring(), 0)


@pytest.mark.parametrize("name", ["cgan", "projection", "acgan", "infogan"])
@pytest.mark.parametrize("labels", [np.arange(80) % 3 + 1, np.arange(80) % 9, np.arange(80) % 11])
def test_labels_that_the_networks_are_not_made_for_are_told(name, labels):
    real = few_images(8)._replace(labels=labels)
    with pytest.raises(ValueError, match=(
            rf"^Preset.start: expected labels 0 \.\.\. 9, the 10 classes .*, got labels from "
            rf"{labels.min()} to {labels.max()}$")):
        preset(name, "digits").start(real, 0)


def test_modes_that_the_networks_are_not_made_for_are_told():
    with pytest.raises(ValueError, match=r"labels 0 \.\.\. 7, the 8 classes .*, got grid's 25$"):
        preset("cgan", "ring").start(data.grid(), 0)


@pytest.mark.parametrize("name", ["gan", "r3gan", "cgan"])
@pytest.mark.parametrize("kind, came", [(tuple, "a tuple of 2"), (list, "a list of 2"),
                                        (lambda real: Pair(*real), "Pair")])
def test_images_with_labels_are_an_images(name, kind, came):
    with pytest.raises(TypeError, match=rf"presets\.Images\(images, labels\), got {came}"):
        preset(name, "digits").start(kind(few_images(8)), 0)


@pytest.mark.parametrize("name, changed, warned", [
    ("wgan", dict(d_optimizer=preset("gan", "ring").d_optimizer), True),
    ("wgan", {}, False), ("wgan-gp", {}, False), ("sn-gan", dict(loss=losses.Wasserstein()), False),
    ("gan", dict(loss=losses.Hinge()), False),
])
def test_a_critic_without_bounds_is_warned_of(name, changed, warned, recwarn):
    dataclasses.replace(preset(name, "ring"), **changed).start(data.ring(), 0)
    assert [str(w.message)[:24] for w in recwarn] == ["Wasserstein() has no min"] * warned


@pytest.mark.parametrize("changed", [
    dict(loss=losses.LeastSquares(), penalty=penalties.R1R2),
    dict(loss=losses.Hinge(), penalty=penalties.DRAGAN, updates="simultaneous"),
    dict(loss=losses.Relativistic(), normalization="spectral", penalty=penalties.WGANGP)])
def test_what_is_chosen_one_by_one_trains(changed):
    recipe = dataclasses.replace(preset("gan", "ring"), **changed)
    assert len(list(recipe.start(data.ring(), 0, 2, 8))) == 2


@pytest.mark.parametrize("arguments, message", [
    (("gun", "ring"), "name must be one of gan, lsgan, .*got 'gun'"),
    (("gan", "rung"), "dataset must be one of ring, grid, .*digits, mnist, got 'rung'"),
])
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        preset(*arguments)


@pytest.mark.parametrize("changed, message", [
    (dict(normalization="spectral"), "normalization would do nothing beside d_network"),
    (dict(d_hidden=(7,)), "d_hidden would do nothing beside d_network"),
    (dict(g_hidden=(7,)), "g_hidden would do nothing beside g_network")])
def test_what_would_do_nothing_beside_a_network_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(preset("gan", "digits"), **changed)


def test_the_latent_must_be_what_the_generator_reads():
    changed = dataclasses.replace(preset("gan", "digits"), latent=5)
    with pytest.raises(ValueError, match=r"a generator that reads latent = 5 numbers, got one of"):
        changed.start(few_images(8), 0, steps=1)
