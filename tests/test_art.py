"""demos.art: the painted world, the judges, and a run of the demo."""

import functools
import importlib

import numpy as np
import pytest

from demos import results
from demos.art import judges, networks, views
from demos.art.paintings import (CREAM, INK, NIGHT, SIZE, STYLES, WHEEL, hybrids, inside,
                                 paintings, styled)
from numgan.losses import StyleAmbiguity
from numgan.pairs import Pair
from numgan.training import Training
from stops import stop_after

demo = importlib.import_module("demos.art.__main__")
MADE = 40


@functools.lru_cache(1)
def made():
    """(MADE paintings of each style, in their order; their styles)."""
    style = np.repeat(np.arange(len(STYLES)), MADE)
    return paintings(style, np.random.default_rng(0)), style


def flat(images):
    """(N,): the share of each picture's pixels that have one of the nine colours."""
    colours = 2 * np.concatenate([WHEEL, [CREAM, INK, NIGHT]]) - 1
    apart = np.abs(images[..., None, :] - colours).max(axis=-1).min(axis=-1)
    return (apart < 1e-3).mean(axis=(1, 2))


# -- the world -------------------------------------------------------------------------------------


def test_paintings_are_planes_of_nine_colours_with_soft_edges():
    images, style = made()
    assert images.shape == (5 * MADE, SIZE, SIZE, 3) and images.dtype == np.float32
    assert np.abs(images).max() <= 1
    assert (flat(images) > 0.6).all() and (flat(images) < 1).all()
    assert (flat(hybrids(MADE, np.random.default_rng(1))) > 0.5).all()


@pytest.mark.parametrize("style", range(5))
def test_a_style_varies_and_is_not_another(style):
    images, of = made()
    mine = images[of == style].reshape(MADE, -1)
    assert len(np.unique(mine, axis=0)) == MADE

    def nearest_of(others):
        apart = ((mine[:, None] - others.reshape(len(others), -1)) ** 2).mean(axis=2)
        return np.where(apart == 0, np.inf, apart).min(axis=1)
    closer = nearest_of(images[of == style]) < nearest_of(images[of != style])
    assert closer.mean() > 0.8


def test_styles_come_evenly_and_the_same_seed_paints_the_same():
    images, style = styled(23, np.random.default_rng(5))
    again, same = styled(23, np.random.default_rng(5))
    assert (images == again).all() and (style == same).all()
    assert sorted(np.bincount(style)) == [4, 4, 5, 5, 5]


def test_a_pixel_s_share_is_linear_across_the_edge():
    np.testing.assert_allclose(inside(np.array([-2, -0.5, -0.25, 0, 0.25, 0.5, 2])),
                               [1, 1, 0.75, 0.5, 0.25, 0, 0])


# -- the judges ------------------------------------------------------------------------------------


def test_spoilt_pictures_are_spoilt():
    images, _ = made()
    spoilt = judges.spoil(images, np.random.default_rng(2))
    assert set(spoilt) == set(judges.SPOILT)
    for name, some in spoilt.items():
        assert some.shape == images.shape and some.dtype == np.float32, name
        assert np.abs(some).max() <= 1, name
        assert (np.abs(some - images).reshape(len(images), -1).max(axis=1) > 0.1).mean() > 0.95
    for name in "blurred", "noisy":
        assert flat(spoilt[name]).mean() < 0.5 * flat(images).mean()
    np.testing.assert_allclose(  # the same patches, elsewhere
        np.sort(spoilt["shuffled"].reshape(len(images), -1), axis=1),
        np.sort(images.reshape(len(images), -1), axis=1))


def test_ambiguity_is_the_entropy_of_the_style():
    class Known:
        def probabilities(self, images):
            return np.array([[1, 0, 0, 0, 0], [0.2] * 5, [0.5, 0.5, 0, 0, 0]])

    entropy, style = judges.Judges(Known(), None).ambiguity(np.zeros((3, 32, 32, 3)))
    np.testing.assert_allclose(entropy, [0, np.log(5), np.log(2)], atol=1e-9)
    assert list(style) == [0, 0, 0]


@pytest.mark.slow
def test_judges_know_their_trade():
    rng = np.random.default_rng(3)
    unfinished = np.tanh(rng.standard_normal((500, SIZE, SIZE, 3))).astype(np.float32)
    found = judges.examined(judges.trained(3000, 700, unfinished, rng), 500, unfinished, rng)
    assert found["style"] > 0.98 and found["paintings"] > 0.97 and found["hybrids"] > 0.75
    assert max(found[name] for name in ("blurred", "noisy", "shuffled", "mixed")) < 0.25
    assert found["warped"] < 0.5


# -- networks, figures, pictures -------------------------------------------------------------------


SMALL = {**networks.RECIPE, "width": 2, "d_width": 2, "full": 2, "hidden": 4, "d_hidden": 4}


def small(palettes):
    rng = np.random.default_rng(0)
    return networks.generator(SMALL, palettes, rng), networks.discriminator(SMALL, rng)


@pytest.mark.parametrize("patches", [True, False])
def test_patches_are_judged_each_by_itself(patches):
    """What two far corners change, they change each by itself: no patch has both."""
    discriminator = networks.discriminator(SMALL, np.random.default_rng(5), patches)
    rng = np.random.default_rng(6)
    plain = np.zeros((SIZE, SIZE, 3), np.float32)
    corners = plain.copy(), plain.copy()
    corners[0][:4, :4] = rng.uniform(-1, 1, (4, 4, 3))
    corners[1][-4:, -4:] = rng.uniform(-1, 1, (4, 4, 3))
    images = np.stack([plain, *corners, corners[0] + corners[1]])
    out = discriminator(Pair(images, np.zeros((4, 5), np.float32))).x
    assert (np.abs(out[1:3] - out[0]).max(axis=1) > 1e-3).all()
    together, apart = out[3] - out[0], out[1] + out[2] - 2 * out[0]
    assert (np.abs(together - apart).max() < 1e-5) == patches


def test_the_patches_are_at_first_averaged():
    places, numbers = 64, 6
    weights = networks.mean(None, (places * numbers, numbers), None, None)
    maps = np.random.default_rng(7).normal(size=(2, 8, 8, numbers))
    np.testing.assert_allclose(maps.reshape(2, -1) @ weights, maps.mean(axis=(1, 2)))


def test_forms_are_of_z_and_colours_of_the_palette():
    """At first a pixel has a colour between those of its picture's palettes, by their shares: with
    palettes of one colour each the pictures are plain, whatever z is."""
    one = np.linspace(-0.9, 0.9, 9).reshape(3, 1, 3).repeat(4, axis=1)
    generator, _ = small(one)
    z = networks.latents(6, np.random.default_rng(2))
    shares = generator.encoder.forward(z.c)[0]
    plain = np.broadcast_to((shares @ one[:, 0])[:, None, None], (6, SIZE, SIZE, 3))
    np.testing.assert_allclose(networks.drawn(generator, z), plain, atol=1e-5)
    generator, _ = small(np.random.default_rng(3).uniform(-1, 1, (3, 4, 3)))
    drawn = networks.drawn(generator, Pair(z.x, z.c[:1].repeat(6, axis=0)))
    assert drawn.std(axis=0).mean() > 0.01 and np.abs(drawn).max() <= 1


def test_g_is_paid_by_the_style_head_alone_where_the_weight_is():
    """The generator's gradient through D's guess is zero with weight 0, and not with another."""
    generator, discriminator = small(np.linspace(-1, 1, 36).reshape(3, 4, 3))
    x = generator(networks.latents(2, np.random.default_rng(1)))
    assert x.x.shape == (2, SIZE, SIZE, 3) and (np.abs(x.x) <= 1).all()
    out = discriminator(x)
    assert out.x.shape == (2, 6)
    by_guess = [StyleAmbiguity(None, 5, weight).generator(Pair(out.x, out.c))[1][:, 1:]
                for weight in (0.0, 0.5)]
    assert not by_guess[0].any() and by_guess[1].any()


def test_the_second_training_starts_where_the_first_ended():
    images, styles = styled(20, np.random.default_rng(6))

    def begun(seed, start=(), **given):
        return networks.training({**networks.RECIPE, "width": 2, "d_width": 2}, 0.0, images, styles,
                                 lambda progress: 1.0, seed, start, **given)
    first, other = begun(1), begun(2)
    second = begun(2, (first.generator, first.discriminator))
    for network in "generator", "discriminator":
        mine, others, new = (getattr(one, network).theta for one in (first, other, second))
        assert (new == mine).all() and (new != others).any()
    assert (second.average.network.theta == first.generator.theta).all()
    creative = begun(2, (first.generator,), patches=True)
    assert (creative.generator.theta == first.generator.theta).all()
    assert creative.discriminator.theta.size != first.discriminator.theta.size


def test_the_penalty_falls_from_the_first_weight_to_the_last():
    images, styles = styled(20, np.random.default_rng(6))
    recipe = {**networks.RECIPE, "width": 2, "d_width": 2, "steps": 3, "batch_size": 4}
    run, weights = networks.training(recipe, 0.0, images, styles, lambda progress: 1.0, 0), []
    for _ in run:
        weights.append(run.penalty.weight)
    first, last = recipe["penalties"]
    np.testing.assert_allclose(weights, first * (last / first) ** (np.arange(1, 4) / 3))
    start = run.generator, run.discriminator
    assert networks.training(recipe, 0.0, images, styles, lambda progress: 1.0, 0,
                             start).penalty.weight == recipe["second_penalty"]


def test_z_has_normal_numbers_and_a_code():
    z = networks.latents(500, np.random.default_rng(7)).x
    normal, code = z[:, :networks.NORMAL], z[:, networks.NORMAL:]
    assert abs(normal.mean()) < 0.05 and abs(normal.std() - 1) < 0.05
    assert (np.sort(code, axis=1)[:, :-1] == 0).all() and (code.max(axis=1) == 2).all()
    assert len(np.unique(code.argmax(axis=1))) == networks.CODES


def test_the_nearest_picture_is_the_one_at_the_least_distance():
    rng = np.random.default_rng(4)
    images, known = (rng.uniform(-1, 1, (n, 4, 4, 3)).astype(np.float32) for n in (5, 9))
    apart = np.sqrt(((images[:, None] - known) ** 2).mean(axis=(2, 3, 4)))
    distance, index = demo.nearest(images, known)
    np.testing.assert_allclose(distance, apart.min(axis=1), rtol=1e-5)
    assert (index == apart.argmin(axis=1)).all()


class Ranked:
    """Judges to whom the first picture is the most ambiguous, and all are paintings."""

    def ambiguity(self, images):
        return -np.arange(len(images), dtype=float), None

    def painted(self, images):
        return np.ones(len(images), bool)


@pytest.mark.parametrize("shades, expected", [
    (np.repeat(np.linspace(-1, 1, 8), 3), [0, 3, 6, 9, 12, 15, 18, 21, 1, 2]),
    (np.zeros(12), range(10))])
def test_the_most_ambiguous_are_not_copies_of_one(shades, expected):
    images = np.ones((1, 4, 4, 3)) * shades[:, None, None, None] + 1e-3 * np.arange(
        len(shades))[:, None, None, None]
    found = demo.most_ambiguous(images, Ranked())
    np.testing.assert_array_equal(found, images[list(expected)])


def test_the_bar_shows_shares():
    bar = views.tile(np.zeros((SIZE, SIZE, 3)), np.array([0.5, 0.25, 0, 0, 0.25]))[
        views.SCALE * SIZE + views.GAP, views.GAP:-views.GAP]
    shares = [(np.abs(bar - colour).max(axis=1) < 1e-9).mean() for colour in views.COLOURS]
    np.testing.assert_allclose(shares, [0.5, 0.25, 0, 0, 0.25])


def test_truncated_latents_keep_their_code_and_palette():
    z = networks.latents(200, np.random.default_rng(8))
    middle = networks.truncated(z, 0.5, np.random.default_rng(9))
    assert (middle.c == z.c).all() and middle.x.dtype == z.x.dtype
    assert (middle.x[:, networks.NORMAL:] == z.x[:, networks.NORMAL:]).all()
    assert 0.4 < np.abs(middle.x[:, :networks.NORMAL]).max() <= 0.5
    assert np.abs(z.x[:, :networks.NORMAL]).max() > 2


def row(**given):
    return {"paintings": 0.9, "entropy": 0.1, "styles": 5, **given}


@pytest.mark.parametrize("can, said", [
    (row(entropy=0.21, paintings=0.82), "2.1 times as ambiguous"),
    (row(entropy=0.21, paintings=0.80), "not what was hoped for"),
    (row(entropy=0.19), "not what was hoped for")])
def test_the_conclusion_is_computed(can, said):
    patchy = row(entropy=0.14, paintings=0.45)
    cut = {demo.within(name, threshold): row(paintings=share) for threshold in demo.THRESHOLDS
           for name, share in (("GAN", 0.97), ("CAN", 0.63))}
    text = demo.conclusion({"GAN": row(), "GAN, D of patches": patchy, "CAN": can,
                            "one pasted into another": row(), **cut})
    assert "t = 0.7: 97 % in 5 styles, and 63 %, 1.0 times" in text
    assert "new D alone, without the term, brings 1.4 times and leaves 50 %" in text
    assert said in text and ("at little cost" in text) == (said[0] == "2")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("art")
    assert demo.main(["--quick", "--steps", "2", "--out", str(folder)]) == 0
    return folder


def test_a_quick_run_writes_all_there_is(quick):
    assert sorted(path.name for path in quick.iterdir()) == [
        "can_0.gif", "can_0.npz", "first_0.gif", "first_0.npz", "gan_0.gif", "gan_0.npz",
        "originals_0.png", "patches_0.gif", "patches_0.npz", "results.json", "sheet_0.png"]
    found = results.read(quick / "results.json")
    assert found["settings"]["quick"] and found["settings"]["steps"] == 2
    assert set(judges.SPOILT) < set(found["runs"][0])
    assert [run["method"] for run in found["runs"][1:]] == [
        "real paintings", *demo.METHODS,
        *(demo.within(name, t) for t in demo.THRESHOLDS for name in demo.METHODS), "two at once",
        "one pasted into another"]
    for run in found["runs"][1:]:
        assert 0 <= run["paintings"] <= 1 and 0 <= run["entropy"] <= np.log(5) + 1e-9
        assert 0 <= run["precision"] <= 1 and 0 <= run["recall"] <= 1 and run["distance"] >= 0


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 4])
def test_stopped_in_any_training_it_goes_on(tmp_path, monkeypatch, quick, steps):
    """In the first, or in the last, when those before it are over and are not done again."""
    arguments = ["--quick", "--steps", "2", "--out", str(tmp_path)]
    with monkeypatch.context() as patch:
        stop_after(patch, steps)
        assert demo.main(arguments) == 130
    done, step = [], Training._step
    monkeypatch.setattr(Training, "_step", lambda training: done.append(1) or step(training))
    assert demo.main([*arguments, "--resume"]) == 0
    assert len(done) == 5 - steps + 2  # and those of the early samples
    for name in "first_0.npz", "gan_0.npz", "patches_0.npz", "can_0.npz":
        assert (tmp_path / name).read_bytes() == (quick / name).read_bytes()
    assert results.read(tmp_path / "results.json")["runs"] == (
        results.read(quick / "results.json")["runs"])
    assert not (tmp_path / "state").exists()


def test_ctrl_c_while_judging_keeps_the_networks(tmp_path, monkeypatch, quick):
    reached = []

    def interrupted(*given):
        reached.append(given)
        raise KeyboardInterrupt
    monkeypatch.setattr(demo, "early", interrupted)
    assert demo.main(["--quick", "--steps", "2", "--out", str(tmp_path)]) == 130
    assert reached and {"gan_0.npz", "can_0.npz"} <= {path.name for path in tmp_path.iterdir()}
    for name in "gan_0.npz", "can_0.npz":
        assert (tmp_path / name).read_bytes() == (quick / name).read_bytes()
