"""demos.inpainting: holes, baselines, networks, what is measured, and a run in few steps."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.datasets
from PIL import Image

from demos import applying
from demos.inpainting import __main__ as inpainting
from demos.inpainting import holes, methods, networks
from demos.jobs import Saver
from numgan import Network, data, metrics
from numgan.data import houses
from numgan.layers import Dense, Reshape
from numgan.pairs import Pair
from numgan.training import TrainingDiverged
from stops import stop_after


PICTURES = {"completions.png", "inpainting.png", "inversion.gif", "samples.png"}
NETWORKS = {"encoder_gan.npz", "generator.npz"}


def digits_8x8(folder, part, verify=True):
    """scikit-learn's digits in the place of MNIST's files, enlarged to 28x28."""
    images, labels = data.digits()
    images = np.pad(images.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2), (0, 0)),
                    constant_values=-1)
    half = slice(None, 1500) if part == "train" else slice(1500, None)
    return images[half], labels[half]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A whole run of few steps; (its folder, what it said, its rows)."""
    out = tmp_path_factory.mktemp("inpainting")
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr("builtins.print", lambda *given, **options: said.append(str(given[0])))
        patch.setattr(data, "mnist", digits_8x8)
        holes.world.cache_clear()
        assert inpainting.main(["--quick", "--steps", "1", "--jobs", "1", "--out", str(out)]) == 0
        holes.world.cache_clear()
    return out, "\n".join(said), json.loads((out / "results.json").read_text())["runs"]


def test_a_quick_run_prints_its_table_and_writes_its_files(quick):
    out, said, runs = quick
    assert {path.name for path in out.iterdir()} == {*PICTURES, *NETWORKS, "results.json",
                                                     "encoder_l1.npz", "encoder_reader.npz"}
    names = [inpainting.TRUTH, *methods.BASELINES, "encoder, L1 alone", "encoder, L1 + GAN",
             "encoder, with a reader", "inversion of a GAN"]
    assert {run.get("method", names[0]) for run in runs} == set(names)
    assert {run["hole"] for run in runs if "hole" in run} == set(holes.HOLES)
    for name in names:
        assert said.count(f"\n{name:<22} ") == 2 - (name == inpainting.TRUTH)
    assert "of the distance of two digits apart" in said


@pytest.mark.parametrize("method", ["gan", "l2", "inversion"])
def test_a_training_that_was_interrupted_goes_on_to_the_bit(tmp_path, method):
    about = ("houses", None, True, 4, 16)
    recipe = {**methods.RECIPE, "width": 2, "d_width": 2, "batch_size": 4, "g_width": 4,
              "hidden": 8, "g_batch": 4}

    def train(folder, resume=False, stop=None):
        folder.mkdir(exist_ok=True)

        def report(step, note=""):
            if step == stop:
                raise KeyboardInterrupt
        return methods.train_one(about, method, 0, 4, recipe, 1, Saver(folder, "x", resume),
                                 report)
    whole = train(tmp_path / "whole")
    half = train(tmp_path / "half", stop=2)
    again = train(tmp_path / "half", resume=True)
    assert (whole.stopped, half.stopped, again.stopped) == ("", "interrupted", "")
    assert (half.theta != whole.theta).any() and whole.steps == again.steps == 4
    assert (again.theta == whole.theta).all()
    assert all((again.made[hole] == whole.made[hole]).all() for hole in holes.HOLES)
    done = train(tmp_path / "half", resume=True, stop=1)  # nothing is left to train
    assert (done.theta == whole.theta).all() and done.seconds == again.seconds > 0


def test_ctrl_c_while_the_reader_learns_leaves_nothing_to_measure(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "mnist", digits_8x8)
    holes.world.cache_clear()

    def report(step, note=""):
        assert (step, note) == (0, "a reader learns first")
        raise KeyboardInterrupt
    one = methods.train_one(("mnist", None, True, 4, 64), "reader", 0, 4, methods.RECIPE, 1,
                            Saver(tmp_path, "x"), report)
    holes.world.cache_clear()
    assert one.stopped == "interrupted" and not one.made and not list(tmp_path.iterdir())


# -- holes -----------------------------------------------------------------------------------------


def test_holes_are_where_their_names_say():
    masks = {hole: holes.mask_of(hole)[..., 0] for hole in holes.HOLES}
    assert masks["centre"].sum() == 14 ** 2 == masks["centre"][9:23, 9:23].sum()
    assert masks["right half"][:, 16:].all() and not masks["right half"][:, :16].any()
    assert (masks["lower half"] == masks["right half"].T).all()
    assert 0.75 < masks["80 % of pixels"].mean() < 0.85


def test_an_encoder_sees_nothing_of_the_hole_and_keeps_what_is_around():
    rng = np.random.default_rng(0)
    images, other = rng.uniform(-1, 1, (2, 3, 32, 32, 1)).astype(np.float32)
    mask = holes.mask_of("centre")
    changed = holes.filled(images, mask, other)
    assert (holes.holed(images, mask) == holes.holed(changed, mask)).all()
    assert (holes.holed(images, mask)[..., 1:] == mask).all()
    assert (changed[:, 12, 12] == other[:, 12, 12]).all()
    assert (changed[:, 2] == images[:, 2]).all()
    pair = holes.HoledPairs(images, np.random.default_rng(0))(3)
    seen = pair.c[..., 1:] == 0
    assert (pair.c[..., :1][seen] == pair.x[seen]).all() and not pair.c[..., :1][~seen].any()


def test_psnr_by_hand():
    held = np.zeros((1, 32, 32, 1))
    mask = holes.mask_of("centre")
    assert holes.psnr(held, held + 0.2, mask) == pytest.approx(20)
    assert holes.psnr(held, held + 0.2 * (1 - mask), mask) == pytest.approx(106.02, abs=0.01)


def test_texture_and_map_are_of_the_hole_alone():
    scenes = houses.draw(20, np.random.default_rng(0))
    mask = holes.mask_of("lower half")
    same = holes.of_houses(scenes, scenes.pictures, mask)
    assert same["texture"] == pytest.approx(1) and same["pixels"] > 0.999
    flat = holes.filled(scenes.pictures, mask, np.float32(0.3))
    found = holes.of_houses(scenes, flat, mask)
    assert found["texture"] == pytest.approx(0, abs=1e-6) and found["pixels"] < 0.6
    above = holes.filled(scenes.pictures, holes.mask_of("right half") * (1 - mask), np.float32(0.3))
    assert holes.of_houses(scenes, above, mask) == same


# -- methods ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs():
    """Pictures of four numbers each, one for every quarter, of which the right ones are twice, and
    minus, the left."""
    rng = np.random.default_rng(0)

    def some(n):
        left = rng.uniform(-0.45, 0.45, (n, 2, 1))
        whole = np.concatenate([left, left * [[2], [-1]]], axis=2)
        return whole.repeat(16, axis=1).repeat(16, axis=2)[..., None].astype(np.float32)
    return holes.World("mnist", "quarters", some(300), some(20), None)


def spoilt(pairs, mask, count=None):
    """The same, with noise in the hole of what is held out."""
    noise = np.random.default_rng(1).choice([-1, 1], pairs.held.shape)
    held = holes.filled(pairs.held, mask, noise.astype(np.float32))[:count]
    return holes.World(pairs.name, pairs.title, pairs.train, held, None)


def test_baselines_by_hand(pairs):
    """Nothing of what is in the hole is used: there is noise."""
    mask = holes.mask_of("right half")
    truth = pairs.held
    pairs = spoilt(pairs, mask)
    best = methods.ridge(pairs, mask)
    assert np.abs(best - truth)[:, :, 16:].max() < 0.05
    near = methods.nearest(pairs, mask)
    away = np.abs(pairs.train[:, :, :16] - pairs.held[:1, :, :16]) ** 2
    assert (near[0] == pairs.train[away.sum(axis=(1, 2, 3)).argmin()]).all()
    assert methods.mean(pairs, mask)[3, 5, 5, 0] == pytest.approx(pairs.train[:, 5, 5, 0].mean())


def test_inversion_finds_what_the_generator_can_make(pairs):
    """G makes such pictures of the left two numbers; around the hole are these."""
    generator = Network([Dense(2, 1024, bias=False), Reshape(32, 32, 1)], rng=0, input_shape=(2,))
    quarters = np.zeros((2, 2, 2))
    quarters[0, :, 0], quarters[1, :, 0] = [0.3, 0], [0, 0.3]
    quarters[..., 1] = quarters[..., 0] * [2, -1]
    generator.theta[...] = quarters.repeat(16, axis=1).repeat(16, axis=2).ravel()
    few = spoilt(pairs, holes.mask_of("right half"), 4)
    one = methods.Filled("inversion", 0)
    methods.complete(one, few, generator, 150)
    error = np.abs(one.made["right half"] - pairs.held[:4])
    assert error.mean() < 0.05 and one.completions.shape == (4, methods.STARTS, 32, 32, 1)
    assert one.varies < 0.1  # every start ends at the one answer


def test_each_start_is_the_nearest_of_many_around_the_hole():
    generator = Network([Dense(4, 1024, init="he"), Reshape(32, 32, 1)], rng=0, input_shape=(4,))
    held = generator(2 * np.random.default_rng(1).standard_normal((3, 4), np.float32))
    held[:, :, 16:] = 9  # which nobody sees
    mask = holes.mask_of("right half")
    starts = methods.begun(generator, held, mask, np.random.default_rng(2))
    assert starts.shape == (3, methods.STARTS, 4)
    rng = np.random.default_rng(2)
    for s in range(methods.STARTS):
        z = rng.standard_normal((methods.DRAWN, 4), np.float32)
        far = ((generator(z)[None, :, :, :16] - held[:, None, :, :16]) ** 2).sum((2, 3, 4))
        assert np.array_equal(starts[:, s], z[far.argmin(axis=1)])


def test_variety_counts_completions_that_fit():
    mask = holes.mask_of("right half")
    held = np.zeros((2, 32, 32, 1))
    held[1] = 1
    every = np.zeros((2, 3, 32, 32, 1))
    every[:, 1], every[:, 2] = 0.5, 9
    values = np.array([[1, 1.2, 5], [1, 1.2, 5]])
    assert methods.variety(every, values, held, mask) == pytest.approx(0.5)
    assert methods.variety(every, np.array([[1, 2, 5]] * 2), held, mask) == 0


def test_both_heads_weigh_the_same():
    """Half of the logits are of patches, half the one of the whole."""
    D = networks.discriminator(32, 1, 4, rng=0)
    x = np.random.default_rng(0).standard_normal((2, 32, 32, 1)).astype(np.float32)
    c = holes.holed(x, holes.mask_of("centre"))
    logits = D(Pair(x, c)).reshape(2, 64, 2)
    assert np.ptp(logits[..., 1], axis=1).max() == 0 and np.ptp(logits[..., 0], axis=1).min() > 0
    moved = x.copy()
    moved[:, 30, 30] += 1
    change = np.abs(D(Pair(moved, c)).reshape(2, 8, 8, 2) - logits.reshape(2, 8, 8, 2))
    assert not change[:, :4, :4, 0].any() and change[:, :4, :4, 1].all()


# -- words -----------------------------------------------------------------------------------------


def figures_of(measure, plain, gan, other):
    def of(value):
        return [{hole: {"psnr": 12.0, measure: value} for hole in holes.HOLES}]
    name = "encoder, L1 alone" if measure == "sure" else "encoder, L2 alone"
    return {inpainting.TRUTH: of(1.0), "nearest picture": of(other), name: of(plain),
            "encoder, L1 + GAN": of(gan)}


def test_the_sentences_follow_the_figures():
    text = " ".join(inpainting.conclusion("mnist", figures_of("sure", 0.8, 0.81, 0.9), [0.5]))
    assert "buys nothing" in text and "nearest picture (0.900)" in text and "0.50 of the" in text
    text = " ".join(inpainting.conclusion("mnist", figures_of("sure", 0.6, 0.8, 0.7), []))
    assert "is worth something" in text and "encoder, L1 + GAN (0.800)" in text
    text = " ".join(inpainting.conclusion("houses", figures_of("texture", 0.3, 0.9, 1.0), []))
    assert "0.90 of the real texture where D judges and 0.30 with L2 alone" in text


def test_without_mnist_it_is_one_error(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        inpainting.main(["--data", "mnist", "--folder", str(tmp_path), "--out",
                         str(tmp_path / "out")])
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "expected one of train-images" in said
    assert said.endswith("; --data houses and --data photos need no MNIST")


def test_a_quick_run_on_houses(tmp_path, capsys):
    assert inpainting.main(["--quick", "--steps", "1", "--data", "houses", "--jobs", "1", "--out",
                            str(tmp_path)]) == 0
    assert "of the real texture where D judges" in capsys.readouterr().out
    assert (tmp_path / "inpainting.png").exists()


def test_a_training_that_diverges_is_no_result_of_its_method(tmp_path, capsys, monkeypatch):
    stop_after(monkeypatch, 0, TrainingDiverged("the loss is nan"))
    assert inpainting.main(["--quick", "--steps", "1", "--data", "houses", "--jobs", "1", "--out",
                            str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "\nencoder, L2 alone  " in said and "of the real texture where" not in said
    runs = json.loads((tmp_path / "results.json").read_text())["runs"]
    for name in "encoder, L1 + GAN", "inversion of a GAN":
        assert f"\n{name}  " not in said
        assert f"\nLeft out, for it diverged after 0 steps: {name}, seed 1.\n" in said
        assert [run["stopped"] for run in runs if run.get("method") == name] == ["the loss is nan"]
    assert sum("seconds" in run for run in runs) == 3
    assert {path.name for path in tmp_path.iterdir()} == {"encoder_l2.npz", "inpainting.png",
                                                          "results.json"}


# -- pictures of one's own -------------------------------------------------------------------------


def save(folder, count, side=(12, 8)):
    """Pictures that are red in the middle square, each another red, and blue beside it."""
    for n in range(count):
        image = Image.new("RGB", side, (0, 0, 255))
        image.paste((10 * n, 0, 0), (2, 0, 10, 8))
        image.save(folder / f"{n:02}.png")


@pytest.mark.slow
def test_a_folder_of_pictures(tmp_path, capsys):
    save(tmp_path, 23)
    pairs = holes.world("folder", tmp_path)
    assert pairs.held.shape == (2, 32, 32, 3) and len(pairs.train) == 21
    every = np.concatenate([pairs.held, pairs.train])
    reds = np.round((every[..., 0] + 1) * 127.5).astype(int)
    assert sorted(reds[:, 0, 0]) == [10 * n for n in range(23)] and (every[..., 2] == -1).all()
    assert inpainting.main(["--quick", "--steps", "1", "--jobs", "1", "--folder", str(tmp_path),
                            "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "there is" in said and "of the distance of two pictures apart" in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *PICTURES, *NETWORKS, "encoder_l2.npz", "results.json"}


@pytest.mark.parametrize("make, message", [
    (lambda folder: save(folder, 19), "at least 20 pictures, of which a tenth is held out, got 19"),
    (lambda folder: [(folder / f"{n}.png").write_text("no") for n in range(20)],
     "0.png to be a picture"),
    (lambda folder: folder.rmdir(), "to be a folder of pictures")])
def test_a_folder_of_anything_else_is_one_error(make, message, tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    make(folder)
    with pytest.raises(SystemExit) as ended:
        inpainting.main(["--folder", str(folder), "--out", str(tmp_path / "out")])
    assert ended.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]
    with pytest.raises(SystemExit):
        inpainting.main(["--folder", str(folder), "--data", "houses"])
    assert "expected none with --data houses" in capsys.readouterr().err


def test_texture_of_pictures_is_of_the_hole_alone():
    rng = np.random.default_rng(0)
    held = rng.uniform(-1, 1, (3, 32, 32, 3))
    mask = holes.mask_of("lower half")
    assert holes.of_pictures(held, held, mask)["texture"] == pytest.approx(1)
    half = holes.filled(held, mask, 0.5 * held)
    assert holes.of_pictures(held, half, mask)["texture"] == pytest.approx(0.5)
    assert holes.of_pictures(held, holes.filled(held, 1 - mask, 0 * held), mask)[
        "texture"] == pytest.approx(1)


def test_the_reader_that_encoders_pay_for_is_the_trained_one(monkeypatch):
    images, labels = digits_8x8(None, "train")
    pairs = SimpleNamespace(train=images[:50], labels=labels[:50])
    readers, fit_lenet = [], metrics.fit_lenet

    def fitted(*arguments, **options):
        readers.append(fit_lenet(*arguments, **options))
        return readers[-1]
    monkeypatch.setattr(metrics, "fit_lenet", fitted)
    cost = methods.seen_by_reader(pairs, 1, 3, lambda step, note="": None)
    said = np.exp(readers[0].network(images[:5]))
    np.testing.assert_allclose(cost.network(images[:5]), said / said.sum(axis=1, keepdims=True),
                               rtol=1e-5)


# -- two photographs -------------------------------------------------------------------------------


def test_no_pixel_of_a_crop_that_is_held_out_is_in_one_to_train_on(monkeypatch):
    """In photographs whose colours say where a pixel is: its column, and which photograph."""
    taken = []

    def photo(name):
        taken.append(name)
        image = np.zeros((427, 640, 3), np.uint8)
        image[..., 0], image[..., 1] = np.divmod(np.arange(640), 200)
        image[..., 2] = 100 * len(taken)
        return image
    monkeypatch.setattr(sklearn.datasets, "load_sample_image", photo)
    pairs = holes.of_photos(300, 60)
    assert taken == ["china.jpg", "flower.jpg"]
    assert pairs.train.shape == (300, 32, 32, 3) and pairs.held.shape == (60, 32, 32, 3)
    held, known = (np.round((part + 1) * 255) / 2 for part in (pairs.held, pairs.train))
    columns = [200 * part[:, 0, :, 0] + part[:, 0, :, 1] for part in (held, known)]
    begin, end = holes.STRIP
    assert begin <= columns[0].min() and columns[0].max() <= end - 1
    assert ((columns[1] < begin) | (columns[1] > end - 1)).all()
    assert columns[1].min() < 40 and columns[1].max() > 600
    for part, of in zip((held, known), columns):
        assert set(part[:, 0, 0, 2]) == {100, 200}  # both photographs
        assert set(np.diff(of[:, :2], axis=1).ravel()) == {1, 2}  # both scales


def test_a_crop_at_the_larger_scale_has_the_means_of_pixels():
    photo = np.arange(64 * 64 * 3).reshape(64, 64, 3) % 251
    made = holes.crops([photo.astype(np.uint8)], [(0, 64)], 40, np.random.default_rng(0))
    by_hand = photo.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3)) / 127.5 - 1
    whole = np.abs(made - by_hand).max(axis=(1, 2, 3)) < 1e-5
    small = [any(np.allclose(one, photo[top:top + 32, left:left + 32] / 127.5 - 1, atol=1e-5)
                 for top in range(33) for left in range(33)) for one in made[~whole][:2]]
    assert 10 < whole.sum() < 30 and all(small)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """The folder of a run on the photographs in few steps, and what it said."""
    out = tmp_path_factory.mktemp("photos")
    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr("builtins.print", lambda *given, **options: said.append(str(given[0])))
        assert inpainting.main(["--quick", "--steps", "1", "--data", "photos", "--jobs", "1",
                                "--out", str(out)]) == 0
    return out, "\n".join(said)


@pytest.mark.slow
def test_a_quick_run_on_photographs(photos):
    out, said = photos
    assert {path.name for path in out.iterdir()} == {*PICTURES, *NETWORKS, "encoder_l2.npz",
                                                     "results.json"}
    assert "crops of two photographs, 12 held out" in said and "of the real texture" in said
    for name in (*methods.BASELINES, "encoder, L2 alone", "encoder, L1 + GAN",
                 "inversion of a GAN"):
        assert said.count(f"\n{name:<22} ") == 2


def test_the_sheet_of_samples_is_drawn_by_the_gan_that_is_kept(photos, tmp_path, monkeypatch):
    generator, _ = applying.kept(photos[0] / "generator.npz", methods.untrained, "inpainting")
    inpainting.views.draw_samples(generator, 1, tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == (photos[0] / "samples.png").read_bytes()
    sheets = []
    monkeypatch.setattr(inpainting.views.plotting, "image_grid",
                        lambda images, path: sheets.append(images))
    inpainting.views.draw_samples(generator, 1, "x.png")
    assert sheets[0].shape == (64, 32, 32, 3) and (sheets[0][1:] != sheets[0][0]).any()


def test_the_film_goes_from_the_starts_to_what_was_found(pairs):
    generator = Network([Dense(2, 1024, init="he"), Reshape(32, 32, 1)], rng=0, input_shape=(2,))
    one = methods.Filled("inversion", 0)
    few = spoilt(pairs, holes.mask_of("right half"), 6)
    methods.complete(one, few, generator, 33)
    assert one.at.tolist() == [*range(0, 34, 3)] and len(one.at) == methods.FRAMES
    assert one.film.shape == (methods.FRAMES, methods.FILM_ROWS, methods.STARTS, 32, 32, 1)
    around = np.abs(one.film - few.held[:methods.FILM_ROWS, None])[..., :16, :].mean(axis=(2, 3, 4))
    assert (around[-1] <= around[0] + 1e-3).all() and around[-1].mean() < around[0].mean()
    shown = inpainting.views.beside(few.held[:4], one.film[0], holes.mask_of("right half"))
    assert shown.shape == (4, methods.STARTS + 2, 32, 32, 3)
    assert (shown[:, 1:-1] == one.film[0]).all()


# -- networks that are there fill holes of a user --------------------------------------------------


@pytest.mark.parametrize("name, hole", [
    ("centre", "centre"), ("right", "right half"), ("lower", "lower half"),
    ("random", "80 % of pixels")])
def test_networks_of_a_run_fill_pictures_of_a_user(photos, tmp_path, monkeypatch, name, hole):
    save(tmp_path, 2)
    out, _ = photos
    shutil.copytree(out, tmp_path / "out")
    monkeypatch.setattr(inpainting, "train_one", None)  # no training
    assert inpainting.main(["--quick", "--data", "photos", "--hole", name, "--out",
                            str(tmp_path / "out"), "--apply", str(tmp_path)]) == 0
    folder = tmp_path / "out/applied"
    ways = methods.METHODS["photos"]
    assert {path.name for path in folder.iterdir()} == {
        "sheet.png", *(f"{n:02}_{way}.png" for n in range(2) for way in ways)}
    mask, mine = holes.mask_of(hole), inpainting.picture(tmp_path / "01.png", 32)
    for way in ways:
        pixels = np.asarray(Image.open(folder / f"01_{way}.png")) / 127.5 - 1
        assert np.abs((pixels - mine) * (1 - mask)).max() < 0.01  # around the hole it is mine
        assert np.abs((pixels - mine) * mask).max() > 0.05
    network, settings = applying.kept(out / "encoder_gan.npz", methods.untrained, "inpainting")
    assert settings["channels"] == 3
    made = network(holes.holed(mine[None], mask)).x[0]
    pixels = np.asarray(Image.open(folder / "01_gan.png")) / 127.5 - 1
    assert np.abs((pixels - np.clip(made, -1, 1)) * mask).max() < 0.02


def test_networks_of_digits_fill_grey_pictures(quick, tmp_path):
    shutil.copytree(quick[0], tmp_path / "out")
    save(tmp_path, 1)
    assert inpainting.main(["--quick", "--out", str(tmp_path / "out"), "--apply",
                            str(tmp_path / "00.png")]) == 0
    assert Image.open(tmp_path / "out/applied/00_reader.png").mode == "L"


@pytest.mark.parametrize("words, message", [
    (["--data", "houses"], "encoder_l2.npz, which python -m demos.inpainting writes"),
    (["--hole", "left"], "invalid choice: 'left'"), (["--data", "photos", "--folder", "x"],
                                                     "which come with scikit-learn")])
def test_what_cannot_be_filled_is_one_error(words, message, tmp_path, capsys):
    save(tmp_path, 1)
    with pytest.raises(SystemExit) as ended:
        inpainting.main([*words, "--apply", str(tmp_path / "00.png"), "--out",
                         str(tmp_path / "out")])
    assert ended.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_what_is_kept_is_the_averaged_network(tmp_path):
    about = ("houses", None, True, 4, 16)
    recipe = {**methods.RECIPE, "width": 2, "batch_size": 4, "g_width": 4, "hidden": 8}
    for method in "l2", "inversion":
        one = methods.train_one(about, method, 0, 2, recipe, 1, Saver(None, "x"))
        inpainting.keep(one, holes.world(*about), recipe, tmp_path)
        network, _ = applying.kept(tmp_path / inpainting.file_of(method), methods.untrained, "x")
        assert (network.theta == one.theta).all() and (network.buffer == one.buffer).all()
