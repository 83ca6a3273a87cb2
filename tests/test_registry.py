"""What a user adds from outside takes one definition and one line, and is then as what is there: it
is trained by the commands, and its gradients are checked."""

import dataclasses

import numpy as np
import pytest

import numgan
from demos import conditional_digits, digits, infogan, labelled, mode_collapse, variants
from numgan import data, losses, metrics, penalties, presets, training
from numgan._registry import Registry
from numgan.gradcheck.__main__ import main as gradcheck
from numgan.gradcheck.cases import cases
from numgan.pairs import x_of
from numgan.presets import FAMILY, Member, preset

REGISTRIES = [losses.LOSSES, penalties.PENALTIES, training.RULES, data.DATA_SETS, FAMILY]


@pytest.fixture(autouse=True)
def tidy(monkeypatch):
    """What a test registers is gone after it."""
    before = [dict(registry) for registry in REGISTRIES]
    yield
    for registry, names in zip(REGISTRIES, before):
        for name in set(registry) - set(names):
            del registry[name]
        assert dict(registry) == names


# -- one of each, as a user would write them -------------------------------------------------------


class Linear(losses.Loss):
    """D: E (l(x) − 1)² + E l(G(z))², G: −E l(G(z)). `used` tells that a command took it."""

    used = 0

    def discriminator(self, real_logits, fake_logits):
        type(self).used += 1
        value = ((real_logits - 1) ** 2).mean() + (fake_logits ** 2).mean()
        return (value, 2 * (real_logits - 1) / len(real_logits), 2 * fake_logits / len(fake_logits))

    def generator(self, fake_logits, real_logits=None):
        return -fake_logits.mean(), np.full_like(fake_logits, -1 / len(fake_logits))


class Quartic(penalties.Penalty):
    """weight · mean ‖∇D(x)‖⁴ at the generated samples."""

    used = 0

    def __init__(self, weight=0.1):
        super().__init__(weight)

    def points(self, real, fake, rng):
        type(self).used += 1
        return fake

    def of_norms(self, norms):
        return norms ** 4, 4 * norms ** 2


class GeneratorTwice(training.UpdateRule):
    """One step of D and two of G."""

    used = 0

    def step(self, players, real_batch, latent_batch, scale=1.0):
        type(self).used += 1
        p = players
        d = training.discriminator_step(
            p.generator, p.discriminator, real_batch(), latent_batch(), loss=p.loss,
            optimizer=p.d_optimizer, scale=scale, penalty=p.penalty, rng=p.rng)
        for _ in range(2):
            g = training.generator_step(p.generator, p.discriminator, latent_batch(), loss=p.loss,
                                        optimizer=p.g_optimizer, scale=scale)
        return d, g


def cross(std=0.05):
    return data.gaussians([[0, 1], [0, -1], [1, 0]], std)


def bars(rng, size=8, classes=10):
    """A bright bar, upright or lying, whose place is the label; on noise."""
    labels = np.arange(600) % classes
    images = rng.uniform(-1, -0.8, (600, size, size, 1)).astype(np.float32)
    for image, label in zip(images, labels):
        line = image if label % 2 else image.swapaxes(0, 1)
        line[label // 2] = 1
    return data.split(images, labels, rng)


# -- trained by the commands -----------------------------------------------------------------------


class Judge:
    """Stands for the classifier, whose training takes seconds."""

    def __init__(self, images, labels, rng):
        self.classes = np.unique(labels)

    def predict_proba(self, images):
        return 0.95 * np.eye(len(self.classes))[np.arange(len(images)) % len(self.classes)]

    def accuracy(self, images, labels):
        return 1.0


@pytest.fixture
def judge(monkeypatch):
    monkeypatch.setattr(metrics, "digit_classifier", Judge)


SHORT = ["--steps", "2", "--batch-size", "8", "--no-film", "--jobs", "1"]


@pytest.mark.parametrize("registry, option, made", [
    (losses.LOSSES, "--loss", Linear), (penalties.PENALTIES, "--penalty", Quartic),
    (training.RULES, "--updates", GeneratorTwice)], ids=["loss", "penalty", "rule"])
def test_a_part_from_outside_trains(registry, option, made, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(made, "used", 0)
    registry.register("mine", made)
    assert mode_collapse.main(["--method", "gan", option, "mine", *SHORT, "--out",
                               str(tmp_path)]) == 0
    assert made.used >= 2 and (tmp_path / "final.png").exists()
    assert "GAN, mine" in capsys.readouterr().out


def test_a_part_from_outside_trains_in_processes_of_its_own(tmp_path, capsys):
    """Which know nothing of what this one has registered."""
    losses.LOSSES.register("mine", Linear)
    training.RULES.register("mine", GeneratorTwice)
    assert mode_collapse.main([*SHORT[:-1], "2", "--loss", "mine", "--updates", "mine", "--out",
                               str(tmp_path)]) == 0
    assert "GAN with instance noise, mine, mine" in capsys.readouterr().out


def test_a_toy_from_outside_trains(tmp_path, capsys):
    data.register_toy("cross", cross)
    assert mode_collapse.main(["--dataset", "cross", *SHORT, "--out", str(tmp_path / "a")]) == 0
    assert mode_collapse.main(["--dataset", "cross", "--method", "acgan", *SHORT, "--out",
                               str(tmp_path / "b")]) == 0
    assert (tmp_path / "b" / "methods.png").exists()  # a conditional GAN has a panel, no film
    assert variants.main(["--dataset", "cross", "--only", "gan", "infogan", "--steps", "1",
                          "--jobs", "1", "--out", str(tmp_path / "c")]) == 0
    shown = capsys.readouterr().out
    assert "(a perfect sampler)" in shown and "reverse KL" in shown
    assert "the cross of 3 Gaussians" in (tmp_path / "c/index.html").read_text(encoding="utf-8")
    assert preset("cgan", "cross").steps == preset("cgan", "ring").steps


@pytest.mark.slow
@pytest.mark.parametrize("size, classes, channels", [(8, 10, 1), (12, 4, 3)])
def test_images_from_outside_train(tmp_path, capsys, judge, monkeypatch, size, classes, channels):
    @data.register_images("bars", size=size, classes=classes, channels=channels)
    def read(rng):
        return [(np.tile(images, (1, 1, 1, channels)), labels)
                for images, labels in bars(rng, size, classes)]

    for name in ["variants", "digits", "conditional"]:
        (tmp_path / name).mkdir()
    assert variants.main(["--dataset", "bars", "--only", "ebgan", "acgan", "maxout", "--steps", "1",
                          "--jobs", "1", "--out", str(tmp_path / "variants")]) == 0
    for demo in digits, conditional_digits, infogan:
        monkeypatch.setattr(demo, "JUDGED", 100)
    assert digits.main(["--data", "bars", "--steps", "2", "--width", "2", "--out",
                        str(tmp_path / "digits")]) == 0
    few = dict(steps=2, width=2, hidden=4, latent=3, rate=1e-3, weight=1.0)
    for demo in labelled, infogan:
        monkeypatch.setitem(demo.RECIPES, "digits", few)  # that of other data
    assert conditional_digits.main(["--data", "bars", "--out", str(tmp_path / "conditional")]) == 0
    if classes == infogan.CLASSES:
        assert infogan.main(["--data", "bars", "--out", str(tmp_path / "infogan")]) == 0
    assert "GANs on bars" in (tmp_path / "variants/index.html").read_text(encoding="utf-8")
    assert (tmp_path / "digits/final.png").exists()
    assert (tmp_path / "conditional/grid.png").exists()


def test_a_member_of_the_family_from_outside_trains(tmp_path, capsys, judge, monkeypatch):
    FAMILY.register("linear", Member("linear GAN", "D: E (l(x) − 1)² + E l(G(z))²; G: −E l(G(z))",
                                     "G is linear", plane=dict(loss=Linear()),
                                     images=lambda data: dict(loss=Linear(), k=2)))
    data.register_images("bars", bars, size=8, classes=10)
    monkeypatch.setattr(Linear, "used", 0)
    assert mode_collapse.main(["--method", "linear", *SHORT, "--out", str(tmp_path)]) == 0
    assert Linear.used == 2
    for dataset, steps in ("ring", 2), ("bars", 4):
        monkeypatch.setattr(Linear, "used", 0)
        assert variants.main(["--dataset", dataset, "--only", "linear", "--steps", "2",
                              "--jobs", "1", "--out", str(tmp_path / dataset)]) == 0
        assert Linear.used == steps
        page = (tmp_path / dataset / "index.html").read_text(encoding="utf-8")
        assert "linear GAN" in page and "where to read</dt>" not in page
    assert "linear GAN: G is linear" in capsys.readouterr().out
    assert preset("linear", "grid").steps == preset("gan", "grid").steps


def test_a_member_for_one_kind_of_data_is_left_out_of_the_others():
    FAMILY.register("flat", Member("flat GAN", "as GAN", plane=None))
    assert "flat" in presets.names("digits") and "flat" not in presets.names("ring")
    with pytest.raises(ValueError, match="preset: flat has no settings for data such as ring"):
        preset("flat", "ring")


# -- checked ---------------------------------------------------------------------------------------


def test_gradients_of_what_is_registered_are_checked(capsys):
    class WrongLoss(Linear):
        def generator(self, fake_logits, real_logits=None):
            value, gradient = super().generator(fake_logits)
            return value, 2 * gradient

    class WrongPenalty(Quartic):
        def of_norms(self, norms):
            return norms ** 4, 3 * norms ** 2

    losses.LOSSES.register("mine", Linear)
    penalties.PENALTIES.register("mine", Quartic)
    for text in "loss Linear()", "step MLP, Linear()", "penalty Quartic(0.1) of a smooth":
        assert gradcheck(["--only", text]) == 0, capsys.readouterr().out
    losses.LOSSES["mine"], penalties.PENALTIES["mine"] = WrongLoss, WrongPenalty
    for text in ("loss WrongLoss()", "step MLP, WrongLoss()",
                 "penalty WrongPenalty(0.1) of a smooth"):
        assert gradcheck(["--only", text]) == 1
    capsys.readouterr()


def test_gradcheck_has_a_case_for_everything_registered():
    known = "\n".join(name for name, _ in cases())
    for kind, registry in ("loss", losses.LOSSES), ("penalty", penalties.PENALTIES):
        for make in registry.values():
            assert f"{kind} {make.__name__}(" in known


def test_no_loss_of_the_library_is_without_tangents():
    for make in losses.LOSSES.values():
        assert make.discriminator_tangent is not losses.Loss.discriminator_tangent
        assert make.generator_tangent is not losses.Loss.generator_tangent


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_names_that_are_taken_and_values_of_another_kind_are_refused(registry):
    name, value = next(iter(registry.items()))
    before = dict(registry)
    with pytest.raises(ValueError, match=f"{registry.kind} '{name}' is registered already"):
        registry.register(name, value)
    with pytest.raises(TypeError, match=f"{registry.kind} 'new': expected a"):
        registry.register("new", 3)
    for bad in 3, "", " x", ["x"]:
        with pytest.raises(TypeError, match="expected a name to register, got"):
            registry.register(bad, value)
    with pytest.raises(ValueError, match=f"{registry.kind} must be one of {name}.*'new'"):
        registry["new"]
    assert dict(registry) == before


def test_a_registry_decorates():
    registry = Registry("thing", "a function", callable)

    @registry.register("mine")
    def make():
        return 1
    assert registry == {"mine": make} and make() == 1


@pytest.mark.parametrize("changed, message", [
    (dict(size=0), "size must be an integer >= 1"), (dict(classes=2.5), "classes must be"),
    (dict(channels=None), "channels must be"), (dict(read=3), "a function that reads them, got 3")])
def test_absurd_images_are_not_registered(changed, message):
    with pytest.raises((ValueError, TypeError), match=message):
        data.register_images("x", **{**dict(read=bars, size=8, classes=10), **changed})
    assert "x" not in data.DATA_SETS


def test_images_that_are_not_as_registered_are_refused():
    data.register_images("bars", bars, size=8, classes=9)
    message = ("bars: expected 100 images of 8x8 or more, with all labels from 0 to 8, got 480 of "
               "8x8 with the labels 0, 1")
    with pytest.raises(ValueError, match=message):
        data.DATA_SETS["bars"].load(np.random.default_rng(0))


@pytest.mark.parametrize("arguments, text", [
    (["--loss", "gun"], "--loss: invalid choice: 'gun'"),
    (["--method", "gan", "--loss", "energy-based"], "expected a Reconstruction as"),
    (["--method", "unrolled", "--penalty", "r1"], "Unrolled(5) with R1(10)"),
    (["--method", "cgan", "--dataset", "spiral"], "a conditional GAN needs labels"),
    (["--method", "pacgan", "--batch-size", "3"], "a multiple of 2, got 3"),
])
def test_what_cannot_be_combined_ends_with_code_2_before_anything(arguments, text, tmp_path,
                                                                  capsys):
    with pytest.raises(SystemExit) as ended:
        mode_collapse.main([*arguments, "--out", str(tmp_path / "out")])
    assert ended.value.code == 2 and text in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_named_parts_take_the_place_of_a_presets_own():
    recipe = preset("r3gan", "ring").but("hinge", "wgan-gp", "simultaneous")
    assert (repr(recipe.loss), repr(recipe.penalty()), recipe.updates, recipe.final_weight) == (
        "Hinge()", "WGANGP(10)", training.Simultaneous, None)
    assert recipe.title == "R3GAN, hinge, wgan-gp penalty, simultaneous"
    assert preset("wgan", "ring").but(updates="consensus").k == 1
    assert preset("wgan", "ring").but(updates="alternating").k == 5
    assert preset("r1", "ring").but(penalty="none").penalty is None
    assert preset("r1", "ring").but().title == "R1"
    for changed in dict(loss="gun"), dict(penalty="gun"), dict(updates="gun"):
        with pytest.raises(ValueError, match="must be one of .* got 'gun'"):
            preset("gan", "ring").but(**changed)


def test_the_public_api_is_there_and_trains():
    """As in a notebook: everything from `import numgan`."""
    assert all(hasattr(numgan, name) for name in numgan.__all__)
    assert len(set(numgan.__all__)) == len(numgan.__all__)
    rng = np.random.default_rng(0)
    G = numgan.networks.models.mlp_generator(2, 2, (4,), rng=rng)
    D = numgan.networks.models.mlp_discriminator(2, (4,), rng=rng)
    run = numgan.train(G, D, numgan.data.sampler(numgan.data.ring(), rng), steps=2, rng=rng,
                       loss=numgan.losses.Hinge(), penalty=numgan.penalties.R1(),
                       d_optimizer=numgan.optimizers.Adam(1e-3))
    assert len(list(run)) == 2
    recipe = dataclasses.replace(numgan.presets.preset("gan", "ring"), steps=1, batch_size=4)
    trained = recipe.start(numgan.data.ring(), seed=0)
    list(trained)
    assert x_of(trained.sampled(trained.latents(3, 0))).shape == (3, 2)
