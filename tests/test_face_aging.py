"""Face aging: what G pays for twins, each way from a photo to another age, and the demo."""

import json

import numpy as np
import pytest

from demos import faces as shared
from demos.face_aging import __main__ as demo
from demos.face_aging import aging
from demos.common import INTERRUPTED
from numgan.data import faces
from stops import stop_after


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def reader():
    return shared.Reader(3, rng()).calibrate(faces.random_people(20, rng(1)))


def test_twins_are_one_z_at_two_ages():
    z, codes = aging.twins(7, rng())
    assert np.array_equal(z[:3], z[3:6]) and not (codes[:3] == codes[3:6]).all(axis=1).any()
    assert np.allclose(codes.sum(axis=1), 1)


def test_what_g_pays_for_twins_has_its_gradient_and_is_nothing_for_one_person(reader):
    rule = aging.Twins(reader, weight=2.0)
    rule.network = reader.network.astype(np.float64)
    codes = shared.age_code([0, 3, 5, 1])
    y = rng().standard_normal((4, 32, 32, 3))
    value, d = rule.distance(y, codes)
    step = rng(2).standard_normal(y.shape)
    ahead, behind = (rule.distance(y + e * step, codes)[0] for e in (1e-5, -1e-5))
    assert value > 0 and (d * step).sum() == pytest.approx((ahead - behind) / 2e-5, rel=1e-5)
    same, none = rule.distance(np.concatenate([y[:2], y[:2]]), codes)
    assert same == 0 and not none.any()


def test_nobody_pays_for_what_cannot_be_read(reader):
    rule = aging.Twins(reader)
    codes, y = shared.age_code([2, 5]), rng().standard_normal((2, 32, 32, 3)).astype(np.float32)
    before = rule.distance(y, codes)[0]
    rule.spread = np.full_like(rule.spread, 100)
    assert rule.distance(y, codes)[0] < 1e-3 * before


def test_every_way_makes_a_face_at_every_age(reader):
    photos = shared.Photos(30, rng(3))
    generator, _ = aging.networks(rng(4))
    before = generator.theta.copy()
    encoder = aging.encoder_of(generator, 1, rng(5), batch_size=4)
    images = photos.images[:3]
    ways = aging.Aging(generator, encoder, reader, photos, images, 2, 1, rng=rng(6))
    assert np.array_equal(generator.theta, before)  # only copies are tuned
    made = {method: ways.faces(method, 5) for method in ways.METHODS}
    assert all(one.shape == images.shape and np.isfinite(one).all() for one in made.values())
    assert np.array_equal(made["photo unchanged"], images)
    assert len({one.tobytes() for one in made.values()}) == len(ways.METHODS)
    assert np.array_equal(ways.reconstruction("mean difference"), np.clip(images, -1, 1))
    shifted = ways.means[0] - ways.means[5]
    ways.ages = np.full(3, 5.0)
    assert np.allclose(ways.faces("mean difference", 0), np.clip(images + shifted, -1, 1))


def test_quick_from_end_to_end(tmp_path, capsys):
    assert demo.main(["--quick", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "results.json").read_text())
    rows = {run["method"]: run for run in found["runs"]}
    assert list(rows) == [*aging.Aging.METHODS, "true face"]
    assert rows["true face"]["L1"] == 0 < rows["mean difference"]["L1"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "results.json", "generator_0.npz", "made.png", "faces.png", "film.gif"}
    assert "With G tuned to the photo" in capsys.readouterr().out


def test_the_sentence_follows_from_the_figures():
    def runs(ours, mean):
        return [dict(zip(("method", *demo.MEASURED), (name, *row)))
                for name, row in ((demo.FINAL, ours), ("mean difference", mean))]

    said = demo.conclusion(runs((0.9, 0.95, 0.04), (0.92, 0.7, 0.05)))
    assert said.endswith("It is better in age right, L1.")
    assert "90 % are recognised and 95 %" in said and "keeps 92 % and gets 70 %" in said
    assert demo.conclusion(runs((0.1, 0.1, 1), (0.2, 0.2, 0.1))).endswith("better in nothing.")


def test_ctrl_c_keeps_what_there_is(tmp_path, monkeypatch, capsys):
    stop_after(monkeypatch, 2)
    assert demo.main(["--quick", "--steps", "9", "--out", str(tmp_path)]) == INTERRUPTED
    assert {path.name for path in tmp_path.iterdir()} == {"state", "generator_0.npz", "made.png"}
    assert "2 steps" in capsys.readouterr().out
