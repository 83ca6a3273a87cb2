"""demos.pix2pix: networks, figures, baselines, pairs from a folder, and a run in few steps."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from demos import applying
from demos.pix2pix import __main__ as pix2pix
from demos.pix2pix import networks, views, worlds
from demos.jobs import Saver
from demos.pix2pix.training import METHODS, RECIPE, drawn, fitted_reader, train_one
from numgan.data import houses
from numgan.layers import Skip
from numgan.pairs import Pair
from numgan.training import state


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A whole run of few steps; (its folder, what it said, its rows)."""
    out = tmp_path_factory.mktemp("pix2pix")
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr("builtins.print", lambda *given, **options: said.append(str(given[0])))
        assert pix2pix.main(["--quick", "--steps", "2", "--jobs", "1", "--out", str(out)]) == 0
    return out, "\n".join(said), json.loads((out / "results.json").read_text())["runs"]


def test_a_quick_run_prints_its_table_and_writes_its_files(quick):
    out, said, runs = quick
    assert {"results.json", "pix2pix.png", "film.gif", "generator_gan.npz"} <= {
        path.name for path in out.iterdir()} and not (out / "state").exists()
    for name in pix2pix.REAL, pix2pix.NEAREST, *METHODS.values():
        assert said.count(f"\n{name:<22} ") == 1
    assert "pixels read back: " in said and "of the real texture" in said
    by_name = {run["method"]: run for run in runs if "method" in run}
    assert by_name[pix2pix.REAL]["pixels"] > 0.999 > by_name[pix2pix.NEAREST]["pixels"] > 0.7
    assert by_name[METHODS["gan"]]["seed"] == 1
    assert sum("seconds" in run for run in runs) == 3


def test_a_training_that_diverges_is_no_result_of_its_method(tmp_path, capsys):
    assert pix2pix.main(["--quick", "--only", "gan", "l1", "--jobs", "1", "--weight", "1e38",
                         "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"\n{METHODS['l1']:<22} " in said and f"\n{METHODS['gan']:<22} " not in said
    assert f"\nLeft out, for it diverged after 0 steps: {METHODS['gan']}, seed 1.\n" in said
    assert "With the adversary" not in said and "pixels read back: " not in said
    runs = json.loads((tmp_path / "results.json").read_text())["runs"]
    assert {run["method"]: bool(run.get("stopped")) for run in runs if "method" in run} == {
        pix2pix.REAL: False, pix2pix.NEAREST: False, METHODS["l1"]: False, METHODS["gan"]: True}
    assert [bool(run["stopped"]) for run in runs if "cost" in run] == [True, False]
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "generator_l1.npz",
                                                          "pix2pix.png"}


@pytest.mark.parametrize("method", ["gan", "l1"])
def test_a_training_that_was_interrupted_goes_on_to_the_bit(tmp_path, method):
    about = ("houses", 32, None, True, 4, 16)
    recipe = {**RECIPE, "width": 2, "d_width": 2, "batch_size": 4}

    def train(folder, resume=False, stop=None):
        folder.mkdir(exist_ok=True)

        def report(step, note=""):
            if step == stop:
                raise KeyboardInterrupt
        return train_one(about, method, 0, 4, recipe, Saver(folder, "x", resume), 2, report)
    whole = train(tmp_path / "whole")
    half = train(tmp_path / "half", stop=2)
    again = train(tmp_path / "half", resume=True)
    assert (whole.stopped, half.stopped, again.stopped) == ("", "interrupted", "")
    assert (half.theta != whole.theta).any() and whole.steps == again.steps == 4
    assert (again.theta == whole.theta).all() and (again.buffer == whole.buffer).all()
    done = train(tmp_path / "half", resume=True, stop=1)  # nothing is left to train
    assert (done.theta == whole.theta).all() and not done.stopped
    assert done.seconds == again.seconds > 0


def test_g_pays_for_what_a_reader_cannot_read(tmp_path):
    about, thetas = ("houses", 32, None, True, 4, 16), []
    for reading in 0.0, 1.0:
        recipe = {**RECIPE, "width": 2, "d_width": 2, "batch_size": 4, "reading": reading}
        thetas.append(train_one(about, "gan", 0, 2, recipe, Saver(tmp_path, "x"), 2).theta)
    assert (thetas[0] != thetas[1]).any()
    assert worlds.world(*about).labels


# -- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("skips", [True, False])
def test_the_u_reaches_one_pixel_and_comes_back(size, skips):
    G = networks.generator(size, 7, 3, 2, skips=skips, rng=0)
    assert G.output_shape((size, size, 7)) == (size, size, 3)
    inner, depth = G.children[2], 0
    while inner is not None:
        depth += 1
        inner = next((child for child in (inner.children[0].children if skips else inner.children)
                      if isinstance(child, Skip if skips else networks.Chain)), None)
    assert size / 2 ** depth == 1


def test_a_reader_sees_the_colour_of_a_pixel_and_what_the_whole_picture_is_like():
    reader = networks.reader(64, 7, 3, rng=0)
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    p = reader(pictures)
    assert p.shape == (2, 64, 64, 7)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-5)
    reader.children[0].branches[1].children[0].W[...] = 0  # now it sees nothing of the whole
    before = reader(pictures)
    pictures[:, 5, 5] = 1
    changed = (reader(pictures) != before).any(axis=(0, 3))
    assert changed[5, 5] and changed.sum() == 1


def test_a_reader_learns_from_real_pairs():
    pairs = worlds.world("houses", 32, None, True, 20, 200)
    right = pairs.held.c.argmax(axis=-1)
    read = [(fitted_reader(pairs, 0, most)(pairs.held.x).argmax(axis=-1) == right).mean()
            for most in (1, 60)]
    assert read[1] > 0.9 > read[0] + 0.3


def test_what_passes_the_skips_is_fine():
    """Without them a pixel of the map reaches the picture through the middle alone."""
    c = houses.one_hot_maps(houses.draw(1, np.random.default_rng(0)).labels)
    moved = c.copy()
    moved[0, 16, 16] = np.roll(moved[0, 16, 16], 1)
    for skips in True, False:
        G = networks.generator(32, 7, 3, 4, skips=skips, dropout=0, rng=0)
        change = np.abs(G(moved).x - G(c).x)[0].sum(axis=-1)
        near = change[13:20, 13:20].sum() / change.sum()
        assert (near > 0.3) == skips


def test_dropout_draws_in_use_too():
    c = houses.one_hot_maps(houses.draw(1, np.random.default_rng(0)).labels)
    G = networks.generator(32, 7, 3, 4, rng=0)
    assert not (G(c).x == G(c).x).all()
    assert (networks.generator(32, 7, 3, 4, dropout=0, rng=0)(c).x.std()) > 0


def test_every_patch_has_a_logit_and_both_pictures_are_seen():
    D = networks.discriminator(32, 7, 3, 4, rng=0)
    scenes = houses.draw(2, np.random.default_rng(0))
    c = houses.one_hot_maps(scenes.labels)
    logits = D(Pair(scenes.pictures, c))
    assert logits.shape == (2 * 2 * 32 ** 2, 1)
    assert not np.allclose(D(Pair(scenes.pictures, c[::-1])), logits)


def test_half_of_the_logits_are_of_three_by_three_pixels():
    """The others of patches of 20x20, each as often as it has pixels in the map of logits."""
    D = networks.discriminator(32, 7, 3, 4, rng=0)
    scenes = houses.draw(1, np.random.default_rng(0))
    c = houses.one_hot_maps(scenes.labels)
    twice, copies = np.concatenate([scenes.pictures] * 2), np.concatenate([c] * 2)
    moved = twice.copy()
    moved[1, 16, 16] *= -1
    before, after = (D(Pair(x, copies)).reshape(2, 32, 32, 2)[1] for x in (twice, moved))
    fine, coarse = np.moveaxis(before != after, 2, 0)
    assert fine[15:18, 15:18].all() and fine.sum() == 9
    blocks = before[..., 1].reshape(8, 4, 8, 4)
    assert (np.ptp(blocks, axis=(1, 3)) == 0).all() and coarse.any()


# -- figures ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs():
    return worlds.of_houses(32, 60, 80)


def test_real_pictures_score_what_they_must(pairs):
    figures = pairs.measure(*pairs.real)
    assert figures["pixels"] > 0.999 and figures["iou"] > 0.99
    assert figures["varies"] == 1 and 0.3 < figures["dusk"] < 0.7
    assert figures["texture"] == pytest.approx(1, abs=0.15)
    assert figures["saturation"] == pytest.approx(1, abs=0.15)
    same = pairs.measure(pairs.held.x, pairs.held.x)
    assert (same["texture"], same["saturation"], same["varies"], same["l1"]) == (1, 1, 0, 0)


def test_fog_has_a_low_l1_and_little_texture(pairs):
    rng = np.random.default_rng(0)
    scenes = houses.draw(20, np.random.default_rng(1))
    pictures = [houses.paint(scenes, rng)[0] for _ in range(30)]
    fog, real = np.median(pictures[1:], axis=0), pictures[0]
    assert np.abs(fog - real).mean() < np.abs(pictures[1] - real).mean()
    assert worlds.texture(fog, scenes.labels) < 0.6 * worlds.texture(real, scenes.labels)
    assert worlds.saturation(fog) < 0.9 * worlds.saturation(real)


def test_whoever_likes_the_evening_is_compared_with_evenings():
    """Real pictures at dusk have less texture and saturation; a share of real ones does not."""
    scenes = houses.draw(200, np.random.default_rng(0))
    for measure in worlds.texture, worlds.saturation:
        dusk, day, both = (measure(scenes.pictures[some], scenes.labels[some])
                           for some in (scenes.dusk, ~scenes.dusk, scenes.dusk | True))
        assert dusk < 0.85 * both and day > 1.15 * both
    pictures, dusk = houses.paint(scenes, np.random.default_rng(1))
    evening = np.where(dusk[:, None, None, None], pictures, scenes.pictures)
    figures = worlds.of_pictures(scenes, evening, evening, 1.0)
    assert figures["dusk"] > 0.6
    assert figures["texture"] == pytest.approx(1, abs=0.05)
    assert figures["saturation"] == pytest.approx(1, abs=0.05)
    faint = worlds.share_of_real(worlds.texture, evening / 2, houses.read(evening)[1], scenes)
    assert faint == pytest.approx(figures["texture"] / 2)


def test_overlap_and_texture_by_hand():
    right = np.array([[0, 0, 1, 1]])
    assert worlds.overlap(right, np.array([[0, 1, 1, 1]]), 3) == pytest.approx((1 / 2 + 2 / 3) / 2)
    labels = np.full((1, 2, 3), houses.SKY)
    labels[0, 0, 1:] = labels[0, 1, 0] = houses.WALL  # one pair of neighbours
    picture = np.zeros((1, 2, 3, 3))
    picture[0, 0, 1], picture[0, 1] = (0.3, 0.6, 0.9), 5
    assert worlds.texture(picture, labels) == pytest.approx(0.6)
    assert worlds.saturation(picture) == pytest.approx(0.1)
    assert worlds.texture(picture, labels, np.zeros(labels.shape, bool)) == 0


def test_nearest_map_by_hand(pairs):
    near = pix2pix.nearest(pairs)
    for n in range(3):
        differ = (pairs.train.c != pairs.held.c[n]).any(axis=-1).sum(axis=(1, 2))
        chosen = np.flatnonzero((pairs.train.x == near[n]).all(axis=(1, 2, 3)))
        assert differ[chosen[0]] == differ.min()


def test_edges_by_hand():
    image = np.full((1, 4, 4, 1), -1.0)
    image[0, 1:3, 1:3] = 1
    assert ((worlds.edges(image)[0, ..., 0] > 0).astype(int).tolist()
            == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])


def rows(**gan):
    one = dict(pixels=0.9, iou=0.8, texture=1.0, saturation=1.0, varies=0.1, dusk=0.5, l1=0.4)
    return [(pix2pix.REAL, None, {**one, "l1": 0.45}), (pix2pix.NEAREST, None, one),
            (METHODS["l1"], 1, {**one, "l1": 0.3, "texture": 0.4}),
            (METHODS["no-skips"], 1, {**one, "pixels": 0.5}), (METHODS["gan"], 1, {**one, **gan})]


def test_the_sentences_follow_the_figures(pairs):
    text = " ".join(pix2pix.conclusion(pairs, rows()))
    assert "The skips carry the edges" in text and "prefers fog to a right answer" in text
    assert "hardly used as noise" in text
    text = " ".join(pix2pix.conclusion(pairs, rows(pixels=0.4, varies=0.9)))
    assert "not needed" in text and "dropout is used as noise" in text
    assert pix2pix.conclusion(pairs, rows()[:3]) == [
        "What an adversary brings shows with it and without: --only l1 gan."]


def test_where_it_writes():
    for words, name in ([], "pix2pix"), (["--folder", "x"], "pix2pix_folder"), (
            ["--data", "digits-to-edges"], "pix2pix_digits_to_edges"):
        assert pix2pix.parse(words)[1].out.name == name


# -- pairs of one's own ----------------------------------------------------------------------------


def save(path, *colours, side=8):
    path.parent.mkdir(exist_ok=True)
    image = Image.new("RGB", (side * len(colours), side))
    for index, colour in enumerate(colours):
        image.paste(colour, (side * index, 0, side * (index + 1), side))
    image.save(path)


def test_a_folder_of_pairs(tmp_path, capsys):
    for n in range(4):
        save(tmp_path / f"{n}.png", (60 * n, 0, 0), (0, 0, 60 * n))
    one = worlds.of_folder(tmp_path, 32)
    assert not one.labels  # no reader learns from photos
    for n in range(4):
        save(tmp_path / "two" / "input" / f"{n}.png", (60 * n, 0, 0)) if n else (
            (tmp_path / "two").mkdir(), save(tmp_path / "two/input/0.png", (0, 0, 0)))
        save(tmp_path / "two" / "target" / f"{n}.jpg", (0, 0, 60 * n))
    two = worlds.of_folder(tmp_path / "two", 32)
    for found in one, two:
        assert len(found.held) == 1 and len(found.train) == 3
        c, x = np.round((found.train.c + 1) * 127.5), np.round((found.train.x + 1) * 127.5)
        assert np.abs(c[..., 0] - x[..., 2]).max() <= 2 and not c[..., 2].any()
        assert set(c[:, 0, 0, 0]) <= {0, 60, 120, 180}
    assert pix2pix.main(["--quick", "--steps", "1", "--jobs", "1", "--only", "gan", "--folder",
                         str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out/pix2pix.png").exists() and "L1: " in capsys.readouterr().out


@pytest.mark.parametrize("make, message", [
    (lambda folder: None, "to hold at least two pairs"),
    (lambda folder: save(folder / "a.png", (1, 2, 3)), "two pictures side by side, got one of 8x8"),
    (lambda folder: (folder / "a.png").write_text("no"), "a.png to be a picture")])
def test_a_folder_of_anything_else_is_one_error(make, message, tmp_path, capsys):
    make(tmp_path)
    with pytest.raises(SystemExit) as ended:
        pix2pix.main(["--folder", str(tmp_path), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and message in said.splitlines()[-1]
    with pytest.raises(SystemExit):
        pix2pix.main(["--folder", str(tmp_path), "--data", "houses"])
    assert "expected none with --data houses" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        pix2pix.main(["--generator", str(tmp_path)])
    assert "--generator: expected only with --apply" in capsys.readouterr().err


def test_what_is_left_out_of_a_folder_is_said(tmp_path, capsys):
    for side, names in ("input", "abc"), ("target", "ab"):
        for name in names:
            (tmp_path / side).mkdir(exist_ok=True)
            save(tmp_path / side / f"{name}.png", (1, 2, 3))
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        pix2pix.main(["--folder", str(tmp_path), "--out", str(tmp_path / "file")])
    assert capsys.readouterr().out == (
        "Left out, without a partner of the same name: 1 in input/ (c.png)\n")


@pytest.mark.parametrize("count, title", [(1, "one"), (2, "a_long_name_" * 9), (8, "a street")])
def test_the_page_is_as_wide_as_its_pictures(tmp_path, monkeypatch, count, title):
    figures = []
    monkeypatch.setattr(views.plotting, "save_figure", lambda figure, path, dpi: (
        figure.savefig(path, dpi=dpi), figures.append(figure)))
    grey = np.zeros((count, 32, 32, 3))
    held = SimpleNamespace(title=title, held=Pair(grey, grey), shown=lambda c: c)
    one = SimpleNamespace(made=grey, frames=[grey])
    views.draw(held, grey, {"gan": one}, tmp_path / "page.png")
    page = np.asarray(Image.open(tmp_path / "page.png").convert("L"))
    columns, = np.nonzero((page > 100).all(axis=0) & (page < 200).any(axis=0))
    assert page.shape[1] - 40 < columns.max() < page.shape[1]
    title, = figures[0].texts
    box = title.get_window_extent()
    assert 0 <= box.x0 and box.x1 <= page.shape[1]  # all of it can be read
    assert box.y0 >= figures[0].axes[0].get_window_extent().y1
    if count == 8:
        assert page.shape[1] == 1200
    views.film(held, one, tmp_path / "film.gif")
    assert Image.open(tmp_path / "film.gif").size == (80 * count, 248)


# -- inputs of one's own ---------------------------------------------------------------------------


def a_map(path, side=32):
    """A map of the houses as a file, larger than it need be, and beside it; what it says."""
    labels = houses.draw(1, np.random.default_rng(1)).labels[0]
    image = Image.fromarray(pix2pix.COLOURS[labels].astype(np.uint8)).resize((side, side), 0)
    wide = Image.new("RGB", (side + 20, side), (1, 2, 3))
    wide.paste(image, (10, 0))
    wide.save(path)
    return labels


@pytest.mark.parametrize("side", [32, 96])
def test_a_map_is_read_by_its_colours_from_the_square_in_the_middle(tmp_path, side):
    labels = a_map(tmp_path / "map.png", side)
    c = pix2pix.input_of(tmp_path / "map.png", "houses", 32)
    assert c.dtype == np.float32 and (c == houses.one_hot_maps(labels[None])[0]).all()


def test_a_trained_generator_translates_maps_of_a_user(quick, tmp_path, monkeypatch, capsys):
    out, _, _ = quick
    a_map(tmp_path / "mine.png")
    (tmp_path / "more").mkdir()
    a_map(tmp_path / "more/mine.png", 64)
    monkeypatch.setattr(pix2pix, "train_one", None)  # no training
    assert pix2pix.main(["--apply", str(tmp_path / "mine.png"), str(tmp_path / "more"), "--out",
                         str(tmp_path / "out"), "--generator", str(out / "generator_gan.npz")]) == 0
    assert "Written: 2 pictures into" in capsys.readouterr().out
    folder = tmp_path / "out/applied"
    assert {path.name for path in folder.iterdir()} == {"mine.png", "mine_2.png", "sheet.png"}
    generator, settings = applying.kept(out / "generator_gan.npz", views.untrained, "pix2pix")
    assert settings["data"] == "houses" and settings["method"] == "gan"
    c = pix2pix.input_of(tmp_path / "mine.png", "houses", 32)
    made = drawn(generator, np.stack([c, c]))
    for n, name in enumerate(("mine", "mine_2")):
        pixels = np.asarray(Image.open(folder / f"{name}.png"))
        assert np.abs(pixels / 127.5 - 1 - made[n]).max() < 0.01  # the generator of that training


def test_what_is_kept_is_the_averaged_generator(quick, tmp_path):
    about = ("houses", 32, None, True, 4, 16)
    recipe = {**RECIPE, "width": 2, "d_width": 2, "batch_size": 4}
    one = train_one(about, "no-skips", 0, 1, recipe, Saver(None, "x"), 2)
    views.save(one, worlds.world(*about), recipe, tmp_path / "g.npz")
    network, _ = applying.kept(tmp_path / "g.npz", views.untrained, "pix2pix")
    assert (network.theta == one.theta).all() and (network.buffer == one.buffer).all()


def test_grey_inputs_for_digits(tmp_path):
    image = np.zeros((32, 32, 3), np.uint8)
    image[4, :, :], image[5, :, 0] = 255, 120
    Image.fromarray(image).save(tmp_path / "a.png")
    grey = pix2pix.input_of(tmp_path / "a.png", "digits-to-edges", 32)
    assert grey.shape == (32, 32, 1) and grey[4, 0, 0] == 1 and -1 < grey[5, 0, 0] < 0
    edges = pix2pix.input_of(tmp_path / "a.png", "edges-to-digits", 32)
    assert edges[4, 0, 0] == 1 and edges[5, 0, 0] == -1
    assert pix2pix.input_of(tmp_path / "a.png", "folder", 32).shape == (32, 32, 3)


@pytest.mark.parametrize("file, message", [
    ("photo.png", "to be a map of houses in the colours (RGB) sky 184 219 255, ground"),
    ("text.png", "text.png to be a picture"), ("gone.png", "gone.png to be a picture"),
    ("empty", "expected pictures in")])
def test_an_input_of_another_kind_is_one_error(quick, file, message, tmp_path, capsys):
    Image.new("RGB", (40, 40), (250, 0, 250)).save(tmp_path / "photo.png")
    (tmp_path / "text.png").write_text("no")
    (tmp_path / "empty").mkdir()
    good = tmp_path / "good.png"
    a_map(good)
    with pytest.raises(SystemExit) as ended:
        pix2pix.main(["--apply", str(good), str(tmp_path / file), "--out", str(tmp_path / "out"),
                      "--generator", str(quick[0] / "generator_gan.npz")])
    assert ended.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change, message", [
    (None, "which python -m demos.pix2pix writes when it trains; there is none"),
    ({"settings": {"method": "gan"}}, "TypeError"),
    ({"theta": np.zeros(3, np.float32)}, "theta of shape (3,), not"),
    ({"network": "other"}, "other layers"),
    ({"settings": {"data": "houses", "size": 10 ** 9, "reads": 7, "writes": 3, "method": "gan",
                   "recipe": RECIPE}}, "expected numbers of 0 to 4096, got 1000000000")])
def test_a_file_that_is_no_generator_is_one_error(quick, change, message, tmp_path, capsys):
    a_map(tmp_path / "map.png")
    if change:
        state.save(tmp_path / "g.npz", state.load(quick[0] / "generator_gan.npz") | change)
    with pytest.raises(SystemExit) as ended:
        pix2pix.main(["--apply", str(tmp_path / "map.png"), "--generator", str(tmp_path / "g.npz")])
    assert ended.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]
