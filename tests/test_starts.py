"""How a GAN of images starts: the first weights, and the demo that measures them."""

import numpy as np
import pytest

from demos import results, starts
from demos.page_tables.variants import starts as pages_table
from numgan import models
from numgan.data import DATA_SETS
from numgan.gradcheck import check_layer, check_tangent
from numgan.layers import BatchNorm, LayerNorm, SpectralNorm
from numgan.penalties import R1, WGANGP
from numgan.presets import FAMILY, preset
from numgan.presets.images import as_wide_as_data
from test_presets import few_images


@pytest.mark.parametrize("size, width", [(8, 16), (28, 16), (28, 32)])
def test_first_images_are_as_wide_as_data(size, width):
    """tanh of N(0, 1) has a standard deviation of 0.628. Pixels at the border sum less."""
    z = np.random.default_rng(1).standard_normal((64, 32)).astype(np.float32)
    found = [models.dcgan_generator(size, 1, 32, width, 128, rng=seed, last_init=as_wide_as_data)
             .forward(z, True)[0][:, 1:-1, 1:-1].std() for seed in range(8)]
    assert np.mean(found) == pytest.approx(0.628, rel=0.1)
    usual = models.dcgan_generator(size, 1, 32, width, 128, rng=0).forward(z, True)[0].std()
    assert usual < 0.2


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
@pytest.mark.parametrize("name", FAMILY)
def test_every_member_starts_so_on_images(dataset, name):
    training = preset(name, dataset).start(few_images(DATA_SETS[dataset].size), 0, 0, 4)
    samples = training.generator.forward(training.latents(64, 0), True)[0]
    assert 0.4 < getattr(samples, "x", samples).std() < 0.8
    layers = list(training.discriminator.walk())
    if not any(isinstance(layer, (BatchNorm, LayerNorm, SpectralNorm)) for layer in layers):
        weights = [layer.W.std() for layer in layers if hasattr(layer, "W") and layer.W.ndim > 1]
        assert min(weights) > 0.022  # none are the 0.02 with which D is linear


def test_the_share_that_gradients_have_in_common():
    g = np.random.default_rng(0).standard_normal((200, 30))
    assert starts.shared(g) == pytest.approx(1 / 200, rel=0.3)
    assert starts.shared(np.tile(g[:1], (5, 1))) == pytest.approx(1)
    assert starts.shared(np.array([[3.0, 0], [0, 4]])) == pytest.approx(6.25 / 12.5)
    assert starts.shared(np.zeros((3, 2))) == 0


def test_the_demo_measures_and_draws(tmp_path, capsys):
    assert starts.main(["--quick", "--steps", "4", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "starts.png").stat().st_size > 1000
    shown = capsys.readouterr().out
    assert "After 4 steps G's samples have a spread over z of" in shown
    *runs, real = results.read(tmp_path / "results.json")["runs"]
    assert [len(run["steps"]) for run in runs] == [5] * 5 and real["start"] == "the data"
    batch, small, wide, alone, he = runs
    assert [run["r1"] for run in runs] == [None, 1, 1, None, 1]
    assert max(batch["common"]) < 0.02 < 0.5 < small["common"][0]
    assert small["slope"][0] < 0.01 < 0.5 < he["slope"][0] < 2
    assert small["spread"][0] < 0.1 < 0.3 < he["spread"][0]
    assert wide["spread"][0] == alone["spread"][0] == he["spread"][0]
    assert alone["slope"][0] == he["slope"][0] and alone["slope"][-1] != he["slope"][-1]
    assert "from weights of 0.02 with R1" in shown and "from He's without R1" in shown


def test_the_picture_s_title_follows_from_the_figures():
    def title(spread, common):
        found = [starts.starts()[name] for name in starts.USUAL]
        for one, *figures in zip(found, spread, common):
            one.spread, one.common = ([figure] for figure in figures)
        return starts.headline(found, 0.4), starts.headline(found[1:], 0.4)

    neutral = "How a GAN of images starts"
    held, fewer = title([0.3, 0.01, 0.01, 0.1, 0.25], [0.02, 0.99, 0.99, 0.7, 0.4])
    assert held.endswith("He's weights and R1 together hold against it") and fewer == neutral
    for spread, common in (([0.06, 0.03, 0.16, 0.12, 0.13], [0, 1, 1, 0.9, 0.8]),  # ten steps
                           ([0.3, 0.01, 0.01, 0.25, 0.25], [0.02, 0.99, 0.99, 0.7, 0.4]),
                           ([0.3, 0.01, 0.01, 0.1, 0.25], [0.02, 0.99, 0.99, 0.3, 0.4])):
        assert title(spread, common) == (neutral, neutral)


def test_every_start_with_a_penalty_says_so_and_no_other(monkeypatch):
    given = []
    monkeypatch.setattr(starts, "train", lambda *_, penalty, **settings: given.append(penalty)
                        or [])
    for one in starts.starts().values():
        starts.follow(one, few_images(8).images, 1, 0)
        kind = type(given[-1])
        assert (", R1" in one.title, ", WGAN-GP" in one.title) == (kind is R1, kind is WGANGP)
    assert [one.title for one, penalty in zip(starts.starts().values(), given)
            if penalty is None] == ["0.02, BatchNorm in D", "He, G as wide as the data, no R1"]


def test_a_factor_s_gradients_are_right():
    layer, x = starts.Times(2.0), np.random.default_rng(0).standard_normal((3, 4, 4, 2))
    rows = check_layer(layer, x) + check_tangent(layer, x)
    assert max(row.complex_error for row in rows) < 1e-12 and {"x", "ty", "adjoint"} <= {
        row.quantity for row in rows}


def test_images_and_samples_of_another_scale_start_alike(monkeypatch):
    """G begins with the same images but for the factor, and the data have it too."""
    seen = {}
    monkeypatch.setattr(starts, "train", lambda generator, discriminator, draw, **settings:
                        seen.update(real=draw(20)) or [])
    images = few_images(8).images
    for name, scale in ("gp-half", 0.5), ("gp", 1), ("gp-double", 2):
        one = starts.starts()[name]
        starts.follow(one, images, 1, 0)
        seen[name] = one
        assert np.abs(seen["real"]).max() == pytest.approx(scale * np.abs(images).max(), rel=0.05)
    for name in "gp-half", "gp-double":
        assert seen[name].images == pytest.approx(seen["gp"].images)
        assert seen[name].spread == pytest.approx(seen["gp"].spread)
        assert seen[name].slope == pytest.approx(seen["gp"].slope, rel=0.5)
        assert seen[name].title == f"{seen['gp'].title}, images times {seen[name].scale:g}"


def test_rates_and_rows_can_be_asked_for(tmp_path, capsys):
    assert starts.main(["--quick", "--steps", "2", "--only", "he", "gp-half", "--rate", "0.001",
                        "0.1", "--out", str(tmp_path)]) == 0
    *runs, _ = results.read(tmp_path / "results.json")["runs"]
    assert [(run["rate"], run["gp"], run["scale"]) for run in runs] == [
        (0.001, None, 1), (0.001, 10, 0.5), (0.1, None, 1), (0.1, 10, 0.5)]
    first, other = runs[0]["slope"], runs[2]["slope"]
    assert first[0] == other[0] and first[1] != other[1]
    assert "He, G as wide as the data, R1, rate 0.1 " in capsys.readouterr().out
    assert (tmp_path / "starts.png").stat().st_size > 1000
    with pytest.raises(SystemExit):
        starts.main(["--rate", "0"])
    assert "--rate: expected a positive number, got 0" in capsys.readouterr().err


def test_the_page_has_each_seed_and_names_the_penalty(tmp_path, monkeypatch):
    figures = {"steps": [0, 1], "spread": [0.4, 0.2], "slope": [1, 2], "common": [0.5, 0.6]}
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    for seed, name in (0, "starts_mnist"), (1, "starts_mnist_1"):
        results.write(tmp_path / f"{name}.json", "made", {"seed": seed}, [
            {"start": "0.02", "r1": 1.0 if seed else None, **figures},
            {"start": "the data", "spread": 0.386}])
    rows = pages_table().split("\n")
    assert "| 0 | 0.02 | 0.400 → 0.200 | 1.000 → 2.000 | 50 % → 60 % |" in rows
    assert "| 1 | 0.02, R1 | 0.400 → 0.200 | 1.000 → 2.000 | 50 % → 60 % |" in rows
