"""The style-based generator: its parts, what is measured of it, and the demo."""

import json

import matplotlib.image
import numpy as np
import pytest

from demos import faces as shared
from demos.style import __main__ as demo
from demos.style import measures, networks
from demos.common import INTERRUPTED
from numgan.layers import Styles
from numgan.losses import MutualInformation, Relativistic
from numgan.pairs import Pair
from stops import stop_after


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def G():
    return networks.generator(rng())


@pytest.fixture(scope="module")
def judge():
    reader = shared.Reader(3, rng())
    return measures.Judge(reader, *(shared.Photos(20, rng(seed)).images for seed in (1, 2)))


def test_the_picture_begins_as_a_constant_and_every_layer_has_its_style(G):
    pair = networks.latents(4, rng(3))
    w = networks.styles(G, pair.c)
    assert (pair.x == 1).all() and w.shape == (4, networks.LAYERS, networks.STYLE)
    assert (w == w[:, :1]).all()
    with measures.without_noise(G):
        images = networks.drawn(G, w)
        assert images.shape == (4, 32, 32, 3)
        assert np.array_equal(networks.drawn(G, w), images)
        assert np.allclose(G(pair).x, images, atol=1e-6)  # as the whole network
        for layer in range(networks.LAYERS):
            other = w.copy()
            other[0, layer] = w[1, layer]
            assert np.abs(networks.drawn(G, other)[0] - images[0]).max() > 1e-4
    mixture = networks.mixed(w[:1], w[1:2], 2)
    assert np.array_equal(mixture[:, :2], w[:1, :2]) and np.array_equal(mixture[:, 2:], w[1:2, 2:])


def test_d_guesses_z_and_g_is_paid_if_it_can(G):
    """For G a good guess costs less than a bad one; of real faces nobody knows z."""
    D, loss = networks.discriminator(rng(1)), MutualInformation(Relativistic(), 0, networks.LATENT)
    photos = shared.Photos(4, rng(2))
    fake, real = G(networks.latents(4, rng(3))), demo.Real(photos, rng(4))(4)
    assert not real.c.any() and all((photos.images == face).all((1, 2, 3)).any()
                                    for face in real.x)
    told, of_real = D(fake), D(real)
    assert told.x.shape == (4, 1 + networks.LATENT) and np.array_equal(told.c, fake.c)
    right = Pair(np.concatenate([told.x[:, :1], fake.c], axis=1), fake.c)
    costs = [loss.generator(some, of_real)[0] for some in (right, told)]
    assert costs[0] < costs[1]
    _, d_real, d_fake = loss.discriminator(of_real, told)
    assert not d_real[:, 1:].any() and d_fake[:, 1:].any()


def test_the_game_of_the_demo_asks_for_z(tmp_path, monkeypatch):
    """The loss of its training reads z, with a weight."""
    given = {}

    def noted(*networks, **options):
        given.update(options)
        raise KeyboardInterrupt
    monkeypatch.setattr(demo, "train", noted)
    assert demo.main(["--quick", "--out", str(tmp_path)]) == INTERRUPTED
    assert given["loss"].continuous == networks.LATENT and given["loss"].weight > 0


def test_styles_are_mixed_in_training_alone(G):
    assert next(layer for layer in G.walk() if isinstance(layer, Styles)).mixing == 0.5
    plain = networks.generator(rng(), mixing=0.0)
    assert next(layer for layer in plain.walk() if isinstance(layer, Styles)).mixing == 0


def test_truncation_to_nothing_gives_one_face(G, judge):
    z = networks.latents(8, rng(4)).c
    found = measures.truncated(G, judge, z)
    assert list(found) == list(measures.PSIS)
    assert found[0.0]["spread"] < 0.05 < found[1.0]["spread"]
    assert networks.truncation(G).psi == 1


def test_origins_of_numbers_that_come_from_one_side(G, judge, monkeypatch):
    """Of mixtures that are A, or B, whatever is asked for."""
    z = networks.latents(60, rng(5)).c
    for name, mixture, share in (("A", lambda a, b, split: a, 0), ("B", lambda a, b, split: b, 1)):
        monkeypatch.setattr(measures, "mixed", mixture)
        with measures.without_noise(G):
            shares, errors = measures.origins(G, judge, z)
        assert shares.shape == (networks.LAYERS - 1, 13) and len(errors) == len(shares)
        assert shares == pytest.approx(np.full_like(shares, share), abs=1e-3), name


def test_a_hybrid_has_the_blocks_of_the_one_and_the_detail_of_the_other():
    a, b = shared.Photos(2, rng(6)).images
    found = measures.hybrids(0.4 * a[None], 0.4 * b[None])[0]  # where nothing is clipped
    blocks = [image.reshape(8, 4, 8, 4, 3).mean(axis=(1, 3)) for image in (found, 0.4 * a)]
    assert np.allclose(*blocks, atol=1e-5)
    assert np.allclose(measures.hybrids(a[None], a[None])[0], a, atol=1e-5)


def test_the_way_of_a_walk_is_at_least_as_long_as_it_is_far(G, judge):
    walks = measures.walks(G, networks.latents(6, rng(7)).c, 4)
    assert set(walks) == set(demo.WALKS)
    for walk in walks.values():
        assert walk.shape == (4, 3, 32, 32, 3)
        assert np.allclose(walk[0], walks["w"][0], atol=1e-4)
        assert np.allclose(walk[-1], walks["w"][-1], atol=1e-4)
        assert (measures.path_length(judge, walk) >= 1 - 1e-6).all()
    there_and_back = np.concatenate([walks["pixels"], walks["pixels"][::-1], walks["pixels"]])
    assert measures.path_length(judge, there_and_back) == pytest.approx(
        3 * measures.path_length(judge, walks["pixels"]), rel=1e-5)


def test_the_error_is_that_to_the_true_face_and_large_for_noise(judge):
    real = shared.Photos(20, rng(8))
    judge.reader.read = lambda images: (real.people[:len(images)], real.ages[:len(images)])
    try:
        assert judge.error(real.images) == pytest.approx(np.zeros(20), abs=1e-6)
        noise = rng(9).uniform(-1, 1, real.images.shape).astype(np.float32)
        assert judge.error(noise).min() > 0.3
    finally:
        del judge.reader.read


def test_quick_from_end_to_end(tmp_path, capsys):
    assert demo.main(["--quick", "--out", str(tmp_path)]) == 0
    rows = {run["row"]: run for run in json.loads((tmp_path / "results.json").read_text())["runs"]}
    assert {"a second real sample", "ψ = 1", "ψ = 0", "mixed after layer 2", "walk in w",
            "walk by cross-fade", "noise"} <= set(rows)
    assert set(rows["mixed after layer 2"]["of B"]) == set(measures.NUMBERS)
    assert {path.name for path in tmp_path.iterdir()} == {
        "results.json", "generator_0.npz", "mixing.png", "psi.png", "walks.png", "noise.png",
        "film.gif"}
    assert "A walk in w is" in capsys.readouterr().out


def test_new_faces_of_a_generator_that_is_there(tmp_path, capsys, monkeypatch):
    def files(folder):
        return {path.name: path.read_bytes() for path in (tmp_path / folder / "drawn").iterdir()}

    G = networks.generator(rng(3), demo.RECIPE["mixing"])
    truncated = networks.truncation(G)
    truncated.mean[...] = 0.5
    (tmp_path / "a").mkdir()
    G.save(tmp_path / "a/generator_4.npz")
    monkeypatch.setattr(demo, "train", None)  # no training
    assert demo.main(["--draw", "12", "--out", str(tmp_path / "a"), "--seeds", "4"]) == 0
    assert demo.main(["--draw", "12", "--psi", "0", "--generator",
                      str(tmp_path / "a/generator_4.npz"), "--out", str(tmp_path / "b")]) == 0
    one, all_alike = files("a"), files("b")
    assert set(one) == set(all_alike) == {*(f"{n:02}.png" for n in range(1, 13)), "sheet.png"}
    faces = [matplotlib.image.imread(tmp_path / side / "drawn" / name)
             for side in "ab" for name in ("01.png", "02.png")]
    assert faces[0].shape == (32, 32, 3)
    assert np.abs(faces[0] - faces[1]).max() > 0.1 > np.abs(faces[2] - faces[3]).max()
    z = networks.latents(12, np.random.default_rng([4, 1])).c
    with measures.without_noise(G):
        first = networks.drawn(G, networks.styles(G, z))[0]
    assert np.abs(2 * faces[0] - 1 - first).max() < 0.1
    assert "Written: 12 pictures into" in capsys.readouterr().out


def test_another_seed_draws_others_in_the_place_of_those_that_were_there(tmp_path):
    def draw(*words):
        assert demo.main(["--draw", *words, "--out", str(tmp_path)]) == 0
        return {path.name: path.read_bytes() for path in (tmp_path / "drawn").iterdir()}

    G = networks.generator(rng(3), demo.RECIPE["mixing"])
    G.save(tmp_path / "generator_0.npz")
    first = draw("10")
    (tmp_path / "drawn/mine.png").write_text("")
    second = draw("4", "--seeds", "7")  # by the only generator
    assert set(second) == {"1.png", "2.png", "3.png", "4.png", "sheet.png", "mine.png"}
    assert second["1.png"] != first["01.png"]
    networks.generator(rng(5), demo.RECIPE["mixing"]).save(tmp_path / "generator_7.npz")
    assert draw("4", "--seeds", "7")["1.png"] != second["1.png"]  # by that of the seed


def test_which_of_several_generators_draws_has_to_be_said(tmp_path, capsys):
    for seed in 1, 2:
        (tmp_path / f"generator_{seed}.npz").write_text("")
    with pytest.raises(SystemExit):
        demo.main(["--draw", "3", "--out", str(tmp_path)])
    assert capsys.readouterr().err.endswith(
        f"expected --seeds or --generator to say which of those in {tmp_path} draws: "
        "generator_1.npz, generator_2.npz\n")
    assert not (tmp_path / "drawn").exists()


@pytest.mark.parametrize("words, message", [
    (["--draw", "3"], "generator_0.npz, which python -m demos.style writes when it trains"),
    (["--draw", "3", "--generator", "{folder}/other.npz"], "expected the layers"),
    (["--psi", "0.5"], "--generator, --psi: expected only with --draw"),
    (["--draw", "0"], "expected an integer of at least 1"),
    (["--draw", "3", "--psi", "-1"], "expected a number from 0 to 2, got -1")])
def test_what_cannot_draw_is_one_error(words, message, tmp_path, capsys):
    networks.discriminator(rng()).save(tmp_path / "other.npz")
    with pytest.raises(SystemExit) as ended:
        demo.main([*(word.format(folder=tmp_path) for word in words), "--out",
                   str(tmp_path / "out")])
    assert ended.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_ctrl_c_keeps_what_there_is(tmp_path, monkeypatch):
    stop_after(monkeypatch, 1)
    assert demo.main(["--quick", "--steps", "9", "--out", str(tmp_path)]) == INTERRUPTED
    assert {path.name for path in tmp_path.iterdir()} == {
        "state", "generator_0.npz", "mixing.png", "film.gif"}


def test_the_sentence_follows_from_the_figures():
    def runs(w, z):
        return [{"row": "ψ = 1", "precision": 0.95, "recall": 0.7},
                {"row": "walk in w", "path": w}, {"row": "walk in z", "path": z},
                {"row": "mixed after layer 2", "of B": {
                    name: {"skin": 0.9, "age": 0.1}.get(name, 0.5) for name in measures.NUMBERS}}]

    said = demo.conclusion(runs(1.5, 1.75))
    assert "Precision 0.95, recall 0.70. In the grid A gives age and B gives skin." in said
    assert said.endswith("w is the straighter.")
    assert demo.conclusion(runs(2, 1)).endswith("w is not the straighter.")
