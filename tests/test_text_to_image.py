"""Text to image: the pairs D is shown, both networks, and the demo from end to end."""

import errno
import io
import json
import re
import types

import matplotlib.image
import numpy as np
import pytest

from demos import results
from demos.arguments import QUICK
from demos.text_to_image import __main__ as demo, changes
from demos.text_to_image.networks import ENCODERS, CaptionPairs, drawn, judged, networks
from demos.text_to_image.reader import (ANSWERS, BATCH, answers, fitted, lesson, reader, said,
                                        warped, with_another_shape)
from demos.text_to_image.rule import Told
from demos.text_to_image.variety import mean_distance, reward, typical_difference, variety
from demos.text_to_image.wording import meanings
from numgan import Adam, Network, NonSaturating, _files
from numgan.data.captions import (LENGTH, CaptionData, Scene, Thing, caption, parse_caption,
                                  render_scenes, texts, tokens)
from numgan.data.captions.rows import rows_of
from numgan.gradcheck import check, check_step
from numgan.pairs import Pair
from numgan.penalties import R1
from numgan.training import Players, TrainingDiverged, train
from stops import stop_after

DATA = CaptionData(16)
TINY = dict(latent=2, width=4, d_width=2, hidden=4, features=3)


def rng(seed=0):
    return np.random.default_rng(seed)


def normal(*shape):
    return rng(1).standard_normal(shape, np.float32)


def scenes_of(batch):
    return [parse_caption(text) for text in texts(batch.c)]


# -- pairs -----------------------------------------------------------------------------------------


def test_real_pairs_and_latents():
    source = CaptionPairs(DATA, 3, rng())
    real, z = source.real(50), source.latents(200, rng())
    assert real.x.shape == (50, 16, 16, 3) and real.c.shape == (50, LENGTH)
    assert z.x.shape == (200, 3) and z.c.shape == (200, LENGTH)
    assert real.x.dtype == z.x.dtype == np.float32 and real.c.dtype.kind == z.c.dtype.kind == "i"
    assert judged(real.x, scenes_of(real)).all()
    assert set(scenes_of(z)) <= set(DATA.train)
    assert abs(z.x.mean()) < 0.2 and z.x.std() == pytest.approx(1, abs=0.1)
    again = source.latents(5, rng(3)), source.latents(5, rng(3))
    assert np.array_equal(again[0].x, again[1].x) and np.array_equal(again[0].c, again[1].c)


def test_the_third_kind_of_pair_is_a_real_picture_with_a_wrong_caption():
    source = CaptionPairs(DATA, 3, rng())
    real = source.real(240)
    fake = Pair(normal(240, 16, 16, 3), real.c[::-1])
    same, beside = source.d_batches(real, fake)
    assert same is real and np.array_equal(beside[:240].x, fake.x)
    assert np.array_equal(beside[:240].c, fake.c)
    wrong = beside[240:]
    assert np.array_equal(wrong.x, real.x) and len(wrong) == 240
    changed = []
    for was, now in zip(scenes_of(real), scenes_of(wrong)):
        assert not now.true_of(was)
        changed.append(sum(a != b for a, b in zip(caption(was).split(), caption(now).split())))
    near = [number == 1 for number in changed]
    swapped = [number == 2 for number in changed]
    assert np.mean(near[:120]) > 0.8 and np.mean(near[180:]) < 0.2
    assert np.mean(swapped[120:180]) > 0.5 and np.mean(swapped[:120] + swapped[180:]) < 0.2


def test_the_loss_is_that_of_reed_et_al():
    source, d = CaptionPairs(DATA, 2, rng()), networks(**TINY, rng=0)[1]
    fake = Pair(normal(8, 16, 16, 3), np.zeros((8, LENGTH), int))
    real, beside = source.d_batches(source.real(8), fake)
    real_logits, logits = d(real), d(beside)
    value = NonSaturating().discriminator(real_logits, logits)[0]

    def cost(z):  # −ln σ(z)
        return np.log1p(np.exp(-z)).mean()

    assert value == pytest.approx(cost(real_logits) + (cost(-logits[:8]) + cost(-logits[8:])) / 2,
                                  rel=1e-5)


def test_a_batch_of_one():
    source = CaptionPairs(DATA, 2, rng())
    assert len(source.d_batches(source.real(1), source.real(1))[1]) == 2


# -- variety ---------------------------------------------------------------------------------------


def test_the_reward_grows_with_the_difference_up_to_a_most():
    some, others = np.zeros((3, 4, 4, 3)), np.zeros((3, 4, 4, 3))
    others[0, :, :, 0], others[1] = -0.3, (1, 2, 3)  # mean differences 0.1, 2, 0
    others[2, ::2], others[2, 1::2] = 5, -5  # which is noise
    value, slope = reward(some, others, 10, 0.5)
    assert value == pytest.approx(10 * (0.1 + 0.5 + 0) / 3)
    assert np.allclose(slope[0], (10 / 3 / 48, 0, 0)) and not slope[1:].any()


def test_gradients_of_what_g_is_told():
    """By central differences: of all terms, with the captions of the first half for both."""
    g, d = networks(**TINY, rng=0, dtype=np.float64)
    for network in g, d:
        network.theta += 0.1 * rng().standard_normal(network.size)
    source = CaptionPairs(DATA, 2, rng())
    z = source.latents(6, rng()).astype(float)

    def told(rule):
        return rule.gradients(Players(g, d, NonSaturating(), Adam(), Adam(), None, rng(7)), z)

    noise = 0.1 * rng(7).standard_normal((6, 16, 16, 3))
    read = reader(16, 0).astype(np.float64)
    for weight, reading in (0, 0), (30, 0), (30, 5):
        rule = Told(weight, 10, reading, read)
        found = told(rule)
        gradient, step = g.grad.copy(), 1e-8 * normal(g.size).astype(float)
        cost = []
        for sign in 1, -1:
            g.theta += sign * step
            cost.append(told(rule).loss)
            g.theta -= sign * step
        assert (cost[0] - cost[1]) / 2 == pytest.approx(gradient @ step, rel=1e-4)
        fake = g.forward(Pair(z.x, np.concatenate([z.c[:3], z.c[:3]])), train=True)[0]
        difference = abs((fake.x[:3] - fake.x[3:]).reshape(3, 4, 4, 4, 4, 3).mean((2, 4))).mean()
        logits = read(fake.x + noise)
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        misread = -np.log(p[said(fake.c) == 1]).mean()
        assert found.loss == pytest.approx(
            NonSaturating().generator(d.forward(fake, train=True)[0])[0] - weight * difference
            + reading * misread)
        assert difference > 1e-3 and misread > 1 and not read.grad.any()


def test_a_reader_is_expected_where_it_counts():
    with pytest.raises(ValueError, match="expected a reader for reading = 2, got None"):
        Told(1, 1, 2)


def test_what_a_caption_says():
    """The left or upper thing comes first, and what is not there is the last answer."""
    captions = ("a large red circle left of a small white triangle",
                "a small white triangle right of a large red circle",
                "a small blue square below a large green circle", "a small purple square")
    none = ANSWERS - 1
    assert said(tokens(captions)).argmax(axis=-1).tolist() == [
        [0, 0, 0, 0, 1, 5, 2], [0, 0, 0, 0, 1, 5, 2], [0, 1, 0, 1, 1, 2, 1],
        [1, 4, 1, none, none, none, none]]
    assert (said(tokens(captions)).sum(axis=-1) == 1).all()


def test_a_lesson_has_spoilt_things_that_have_no_shape():
    rows = rows_of("here", DATA.train)
    others = with_another_shape(rows, rng())
    assert (answers(rows) != answers(others)).any(axis=-1).sum(axis=-1).tolist() == [1] * len(rows)
    images, right, asked = lesson(rows, 16, rng())
    assert images.shape == (BATCH, 16, 16, 3) and images.dtype == right.dtype == np.float32
    assert (right.sum(axis=-1) == 1).all()
    none = right[..., -1] == 1
    alone = none[:, 3]
    spoilt = none[:, 2] | (none[:, 6] & ~alone)
    assert 0.3 < spoilt.mean() < 0.7 and none[alone, 4:].all()
    assert not none[:, :2].any() and not none[~alone, 3:6].any()  # sizes, colours, the relation
    assert (asked[:, [0, 2, 3, 4, 6]] == 1).all() and (asked[:, 1] == asked[:, 5]).all()
    assert 0.3 < asked[:, 1].mean() < 0.7  # in the others the colours are exchanged
    image = render_scenes(DATA.train[:1], rng(), 16)[0]
    assert abs(warped(image, rng()) - image).max() > 0.5
    assert np.allclose(warped(np.ones_like(image), rng()), 1)  # from places inside the picture


def test_a_reader_learns_to_read():
    few = fitted(DATA, 0, steps=60)
    images, ids, _ = DATA.batch(300, rng(1))
    right = (few(images).argmax(axis=-1) == said(ids).argmax(axis=-1)).mean(axis=0)
    assert right[1] > 0.4 and right[3] > 0.7  # a colour; the relation. Chance: 0.2, 0.4
    again = fitted(DATA, 0, steps=60)
    assert np.array_equal(few.theta, again.theta)  # as one that is resumed needs


def test_variety_of_nothing_and_of_the_world():
    scenes, r = DATA.held_out[::200], rng()
    real = lambda same: render_scenes(same, r, 16)  # noqa: E731
    assert mean_distance(np.array([[[0, 0]], [[3, 4]], [[3, 4]]])) == pytest.approx(10 / 3)
    assert variety(real, scenes, 16, r) == pytest.approx(1, abs=0.1)
    one = variety(lambda same: real(same[:1]).repeat(len(same), 0), scenes, 16, r)
    assert one == pytest.approx(0, abs=1e-6)
    assert variety(lambda same: 0.5 * real(same), scenes, 16, r) == pytest.approx(0.5, abs=0.05)
    pixels = typical_difference(scenes, 16, rng())
    assert pixels == pytest.approx(typical_difference(scenes[::-1], 16, rng(1)), rel=0.3)
    assert 0.05 < pixels < 0.5


# -- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size, reads", [(16, "recurrent"), (24, "convolutional")])
def test_both_networks_fit_each_other(size, reads):
    g, d = networks(size, **TINY, reads=reads, rng=0)
    scenes = list(DATA.train[40:45])
    z = normal(5, 2)
    ids = tokens([caption(scene) for scene in scenes])
    made = g((z, ids))
    assert made.x.shape == (5, size, size, 3) and d(made).shape == (5, 1)
    assert np.array_equal(made.c, ids) and abs(made.x).max() <= 1
    assert np.array_equal(drawn(g, scenes, z), made.x)
    assert not d.couples_samples  # or R1 would not mean what it says


@pytest.mark.parametrize("reads", ENCODERS)
def test_both_networks_see_what_the_caption_says(reads):
    """Another z, another order of the same words: another picture, another judgement. But a bag of
    words has no order."""
    g, d = networks(**TINY, reads=reads, rng=0)
    for network in g, d:
        network.theta += 0.1 * rng().standard_normal(network.size).astype(np.float32)
    a, b = Thing("large", "red", "circle"), Thing("small", "blue", "square")
    one, other = Scene(a, "left of", b), Scene(b, "left of", a)
    z = normal(2, 2)
    images = drawn(g, [one, one, other], z[[0, 1, 0]])
    ordered = reads != "bag of words"
    assert abs(images[0] - images[1]).max() > 1e-3
    assert (abs(images[0] - images[2]).max() > 1e-3) == ordered
    x = render_scenes([one], rng(), 16)
    logits = d((np.concatenate([x, x]), tokens([caption(one), caption(other)])))
    assert (abs(logits[0] - logits[1]) > 1e-4) == ordered


def test_gradients_of_a_whole_step_with_its_penalty(monkeypatch):
    monkeypatch.setattr(check, "MOST_COORDINATES", 4)  # of each of many layers
    g, d = networks(**{**TINY, "d_width": 1, "hidden": 3}, rng=0, dtype=np.float64)
    for network in g, d:
        network.theta += 0.1 * rng().standard_normal(network.size)
    source = CaptionPairs(DATA, 2, rng())
    check_step(g, d, source.real(2).astype(float), source.latents(3, rng()).astype(float),
               NonSaturating(), R1())


def test_one_step_moves_every_layer():
    source, (g, d) = CaptionPairs(DATA, 2, rng()), networks(**TINY, rng=0)
    before = [[{name: getattr(layer, name).copy() for name in layer.shapes} for layer in n.layers]
              for n in (g, d)]
    for _ in train(g, d, source.real, loss=NonSaturating(), steps=2, rng=rng(), batch_size=8,
                   latent=source.latents, d_batches=source.d_batches, penalty=R1()):
        pass
    for network, old in zip((g, d), before):
        for layer, arrays in zip(network.layers, old):
            for name, array in arrays.items():
                assert (getattr(layer, name) != array).any(), (layer, name)


def test_what_can_be_undone_of_networks_and_wrong_captions():
    usual = networks(16, **TINY, rng=0)
    beside = networks(16, **TINY, turned=False, rng=0)
    part = networks(16, **TINY, whole=False, rng=0)
    kinds = [[type(layer).__name__ for layer in pair[0].layers] for pair in (usual, beside)]
    assert "Modulate" in kinds[0] and "Modulate" not in kinds[1]
    assert "Join" in kinds[1] and "Join" not in kinds[0]
    count = [sum(type(layer).__name__ == "Conv2D" for layer in pair[1].layers)
             for pair in (usual, part)]
    assert count[0] == count[1] + 1
    scenes = DATA.train[:2]
    assert not np.allclose(*drawn(beside[0], scenes, normal(1, 2).repeat(2, axis=0)))
    sharing = []
    for near in True, False:
        source = CaptionPairs(DATA, 3, rng(), near)
        real = source.real(200)
        wrong = source.d_batches(real, Pair(real.x, real.c))[1]
        sharing.append((wrong.c[200:] == real.c).all(axis=1).mean() +
                       ((wrong.c[200:] == real.c).sum(axis=1) == LENGTH - 1).mean())
        assert not any(wrong.true_of(right) for right, wrong in zip(
            scenes_of(real), [parse_caption(text) for text in texts(wrong.c[200:])]))
    assert sharing[0] > 0.4 and sharing[1] < 0.1


def test_what_each_change_gave_is_said():
    rows = [{"undone": changes.CHANGES[name].words, "seed": 1, "steps": 5,
             **dict.fromkeys(changes.MEASURED, share)}
            for name, share in (("none", 0.5), ("r1", 0.4), ("beta", 0.2))]
    *_, colour, shape, _ = changes.said(rows)
    assert colour == 'colour: most is lost by "β₂ of 0.999", 30.0 points'
    assert changes.said(rows[:1] + [{**rows[1], "shape": 0.5}])[-2] == "shape: no row has less"
    assert len(changes.said([])) == 1


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_each_change_gave(tmp_path, capsys, jobs):
    arguments = ["--quick", "--jobs", jobs, "--out", str(tmp_path)]
    assert changes.main(arguments) == 0
    rows = results.read(tmp_path / "results.json")["runs"]
    words = [one.words for one in changes.CHANGES.values()]
    assert [row["undone"] for row in rows] == [words[0], changes.ITSELF, *words[1:]]
    assert {row["undone"]: row["steps"] for row in rows}[changes.CHANGES["batch"].words] == 2
    assert words[3] in capsys.readouterr().out and not (tmp_path / "state").exists()


@pytest.mark.parametrize("call, error, message", [
    (lambda: networks(22, rng=0), ValueError, "multiple of 4, got 22"),
    (lambda: networks(reads="aloud", rng=0), ValueError, "convolutional, recurrent, bag of words"),
    (lambda: networks(8, rng=0), ValueError, "size must be an integer >= 16, got 8"),
    (lambda: CaptionPairs("a", 2, rng()), TypeError, "CaptionData, got 'a'"),
    (lambda: CaptionPairs(DATA, 0, rng()), ValueError, "latent must be an integer >= 1"),
])
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# -- captions as they are typed --------------------------------------------------------------------


@pytest.mark.parametrize("text, meant", [
    ("a small red circle, that is above a large blue box",
     ["a small red circle above a large blue square"]),
    ("Small red-circle on the right side of a big Blue-box!",
     ["a small red circle right of a large blue square"]),
    ("On the left-hand side of a big red ball is a blue box", [
        f"a {size} blue square left of a large red circle" for size in ("large", "small")]),
    ("above a blue square, a red circle.", [
        f"a {a} red circle above a {b} blue square"
        for b in ("large", "small") for a in ("large", "small")]),
    ("circle red", ["a large red circle", "a small red circle"])])
def test_a_size_that_is_not_said_may_be_any(text, meant):
    assert [caption(scene) for scene in meanings(text)] == meant


@pytest.mark.parametrize("text, message", [
    ("a rde circle", r"red, green, .*circle \(or disc, disk, ball\).*got 'rde', word 2 of"),
    ("red circles above blue box", "words among .*got 'circles', word 2"),
    ("red above blue square", "a colour .* and a shape .* of each thing, got 'red above blue sq"),
    ("red circle and blue square", r"a relation \(left of"),
    ("red circle left a blue square", "'of' after 'left'"),
    ("small small red circle", "a relation"), ("", "a thing")])
def test_what_is_not_understood_is_still_named(text, message):
    with pytest.raises(ValueError, match="expected.*" + message):
        meanings(text)


# -- the demo --------------------------------------------------------------------------------------

FILES = ["film.gif", "generator.npz", "grid.png", "held_out.png", "settings.json"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(demo, "RECIPE", {**demo.RECIPE, **TINY, "size": 16, "steps": 3,
                                         "batch_size": 4})
    monkeypatch.setattr(demo, "CaptionData", lambda size: CaptionData(size, triples=0, share=0.003))
    monkeypatch.setattr(demo, "SHOWN", 6)
    monkeypatch.setattr(demo, "FRAMES", 2)


def run(out, *more):
    return demo.main(["--out", str(out), *more])


@pytest.fixture
def no_pictures(monkeypatch):
    for name in "draw_sheet", "save_film":
        monkeypatch.setattr(demo, name, lambda *arguments: None)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "state")


def test_demo_trains_once_and_then_only_draws(tmp_path, monkeypatch, capsys):
    assert run(tmp_path, "a large red circle", "--quick") == 0
    assert results.read(tmp_path / "results.json")["settings"]["quick"]
    assert names(tmp_path) == sorted([*FILES, "results.json"])
    for name in "grid.png", "held_out.png", "film.gif":
        assert matplotlib.image.imread(tmp_path / name).std() > 0, name
    text = capsys.readouterr().out
    assert text.startswith(QUICK) and "10 steps in" in text
    assert '"a large red circle", in the training' in text
    real = next(line for line in text.splitlines() if line.startswith("real pictures"))
    assert real.split()[2:6] == ["100.0"] * 4 and 70 < float(real.split()[6]) < 140
    before = {name: (tmp_path / name).read_bytes() for name in FILES}

    monkeypatch.setattr(demo, "begun", None)  # no training
    scene = CaptionData(16, triples=0, share=0.003).held_out[0]
    assert run(tmp_path, caption(scene).upper()) == 0
    text = capsys.readouterr().out
    assert f'"{caption(scene)}", held out of the training' in text and "captions held out" in text
    after = {name: (tmp_path / name).read_bytes() for name in FILES}
    assert {name for name in FILES if after[name] != before[name]} == {"grid.png"}
    assert run(tmp_path, "a large red circle") == 0
    assert (tmp_path / "grid.png").read_bytes() == before["grid.png"]

    asked, drawn_of = [], demo.text_to_image.drawn
    monkeypatch.setattr(demo.text_to_image, "drawn", lambda generator, scenes, z: (
        asked.extend(scenes), drawn_of(generator, scenes, z))[1])
    assert run(tmp_path, "a red circle") == 0
    assert {scene.first.size for scene in asked} == {"large", "small"} and len(asked) == demo.SHOWN
    assert '"a red circle", in which not every size is said' in capsys.readouterr().out


@pytest.mark.slow
def test_demo_same_seed_same_bits(tmp_path, no_pictures):
    for out, seed in ("a", "1"), ("b", "1"), ("c", "2"):
        assert run(tmp_path / out, "--seed", seed) == 0
    a, b, c = ((tmp_path / out / "generator.npz").read_bytes() for out in "abc")
    assert a == b != c


@pytest.mark.slow
def test_demo_trains_again_only_if_told(tmp_path, capsys, no_pictures):
    assert run(tmp_path) == 0
    first = (tmp_path / "generator.npz").read_bytes()
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, "--seed", "1")
    error = capsys.readouterr().err
    assert ended.value.code == 2 and "trained with --seed 0" in error and "--train" in error
    assert run(tmp_path, "--seed", "0", "--steps", "3") == 0
    assert (tmp_path / "generator.npz").read_bytes() == first
    assert run(tmp_path, "--seed", "1", "--train") == 0
    assert (tmp_path / "generator.npz").read_bytes() != first
    assert json.loads((tmp_path / "settings.json").read_text())["seed"] == 1


def test_demo_keeps_a_pair_that_matches_if_the_disk_is_full(tmp_path, capsys, monkeypatch,
                                                            no_pictures):
    assert run(tmp_path) == 0
    before = {name: (tmp_path / name).read_bytes() for name in ("generator.npz", "settings.json")}

    def full(network, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Network, "save", full)
    assert run(tmp_path, "--train", "--seed", "1") == 0
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    text = capsys.readouterr().out
    assert (f"Not written: {tmp_path / 'generator.npz'}, {tmp_path / 'settings.json'} "
            f"(No space left on device)") in text and "captions held out" in text


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), TrainingDiverged("step 1: NaN")])
def test_demo_interrupted_keeps_what_it_had(tmp_path, monkeypatch, capsys, stop):
    with monkeypatch.context() as pressed:
        stop_after(pressed, 1, stop)
        assert run(tmp_path) == (130 if isinstance(stop, KeyboardInterrupt) else 1)
    assert names(tmp_path) == FILES
    text = capsys.readouterr().out
    assert "1 steps in" in text and (str(stop) or "interrupted") in text
    assert run(tmp_path) == 1
    assert "stopped after 1 of 3 steps" in capsys.readouterr().out
    assert run(tmp_path, "--resume") == 0  # and goes on
    assert "3 steps in" in capsys.readouterr().out and not (tmp_path / "state").exists()


def test_demo_time_budget_ends_the_training(tmp_path, capsys, no_pictures):
    assert run(tmp_path, "--steps", "100000", "--minutes", "0.003") == 0
    assert int(capsys.readouterr().out.split(" steps in")[0]) < 5000


@pytest.mark.parametrize("arguments, message", [
    (["a large pink circle"], "red, green, blue, yellow, purple (or violet, magenta), white"),
    (["a large red"], "expected a shape (circle, square, triangle)"),
    (["a large red circle", "left"], "expected 'of' after 'left'"),
    (["--steps", "0"], "expected an integer of at least 1"),
    (["--minutes", "0"], "expected a positive number"),
    (["--seed", "-1"], "expected an integer of at least 0"),
    (["a large red circle", "--left"], "unrecognized arguments"),
])
def test_demo_refuses_before_it_trains(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(demo, "begun", None)
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "out", *arguments)
    assert ended.value.code == 2 and message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a generator in it, and the text of its settings."""
    out = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        small.__wrapped__(patch)
        for name in "draw_sheet", "save_film":
            patch.setattr(demo, name, lambda *arguments: None)
        assert run(out) == 0
    return out, (out / "settings.json").read_text()


def test_demo_refuses_damaged_files(trained, capsys):
    out, good = trained
    for name, content in (("settings.json", "{"), ("settings.json", "{}"),
                          ("settings.json", good.replace('"width": 4', '"width": -4')),
                          ("settings.json", good.replace('"width": 4', '"width": 5')),
                          ("generator.npz", "no archive")):
        (out / "settings.json").write_text(good)
        kept = (out / name).read_bytes()
        (out / name).write_text(content)
        with pytest.raises(SystemExit) as ended:
            run(out)
        error = capsys.readouterr().err
        assert ended.value.code == 2 and "--train" in error
        assert name in error or "expected the layers" in error
        (out / name).write_bytes(kept)


def test_demo_refuses_a_file_as_folder(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    with pytest.raises(SystemExit):
        run(tmp_path / "taken")
    assert "is a file, not a folder" in capsys.readouterr().err


class Parser:
    def error(self, text):
        raise SystemExit(text)


def refusal(folder, content):
    """What is said of settings with this content, or None if they are taken."""
    options = types.SimpleNamespace(out=folder, **dict.fromkeys(demo.OPTIONS))
    try:
        with pytest.MonkeyPatch.context() as patch:  # thousands of real files would take long
            patch.setattr(_files, "opened", lambda path: io.BytesIO(content))
            demo.print_figures(demo.read_record(Parser(), options))
    except SystemExit as ended:
        assert str(folder / "settings.json") in ended.code
        return ended.code


@pytest.mark.parametrize("name, value, message", [
    ("figures", 3, "rows of 5 numbers"),
    ("figures", {"a": 3}, "rows of 5 numbers"),
    ("figures", {"a": [1, 2, 3, 4]}, "rows of 5 numbers"),
    ("figures", {"a": [1, 2, 3, 4, "5"]}, "rows of 5 numbers"),
    ("figures", {"\ud800": [1, 2, 3, 4, 5]}, "by their names"),
    ("latent", 10**9, "latent to be an integer of 1 to 1024, got 1000000000"),
    ("latent", True, "an integer of 1 to 1024, got True"),
    ("hidden", 2.0, "an integer of 1 to 1024, got 2.0"),
    ("width", "x" * 1000, "got 'x{99}"),
    ("size", 17, "one of 16, 24, 32, got 17"),
    ("size", 16.0, "one of 16, 24, 32, got 16.0"),
    ("encoder", ["recurrent"], "one of word by word"),
    ("rate", float("nan"), "finite numbers, got NaN"),
    ("seed", -1, "an integer of 0 to inf, got -1"),
    ("steps_done", None, "got None"),
    ("completed", 1, "true or false, got 1"),
])
def test_settings_of_the_wrong_kind_are_refused(trained, name, value, message):
    record = json.loads(trained[1])
    assert refusal(trained[0], json.dumps(record).encode()) is None
    record[name] = value
    assert re.search(message, refusal(trained[0], json.dumps(record).encode()))


def test_settings_that_are_not_there_are_refused(trained):
    record = json.loads(trained[1])
    for name in set(record) - {"figures", "seconds"}:
        less = {key: value for key, value in record.items() if key != name}
        assert "expected the settings" in refusal(trained[0], json.dumps(less).encode())


@pytest.mark.parametrize("content", [
    b"", b"[" * 200_000, b"[" * 500 + b"]" * 500, b"\xff", b"1e999", b"1" * 5000,
    b" " * 10_000_001])
def test_settings_that_are_something_else_are_refused(trained, content):
    assert refusal(trained[0], content)


def test_settings_damaged_anywhere_are_refused_or_settings(trained, capsys):
    good, refused = trained[1].encode(), 0
    assert all(refusal(trained[0], good[:length]) for length in range(len(good) - 1))
    for place in range(len(good)):
        for mask in 0x01, 0x10, 0xFF:
            changed = bytearray(good)
            changed[place] ^= mask
            refused += refusal(trained[0], bytes(changed)) is not None
    assert refused > 2 * len(good)  # the others are other numbers, and words in the table


def test_settings_that_are_no_file_are_refused(tmp_path, capsys):
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(SystemExit):
        run(tmp_path)
    assert "to be a file" in capsys.readouterr().err
