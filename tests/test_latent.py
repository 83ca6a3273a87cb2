"""Walks between latents and directions of a trait, and the demo that draws them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from demos import labelled, latent_walks, results
from demos.arguments import QUICK
from numgan.latent import great_circle, straight_line, trait_direction
from judges import Seven


@given(st.integers(0, 10_000), st.integers(2, 40))
def test_a_great_circle_keeps_to_the_sphere_and_turns_evenly(seed, n):
    a, b = np.random.default_rng(seed).standard_normal((2, n))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    path = great_circle(a, b, np.linspace(0, 1, 7))
    norms = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(path[[0, -1]], [a, b], atol=1e-9)
    np.testing.assert_allclose(norms, norms[0])
    unit = path / norms[:, None]
    turns = np.einsum("ij,ij->i", unit[1:], unit[:-1])
    np.testing.assert_allclose(turns, turns[0], atol=1e-9)
    assert np.linalg.matrix_rank(path, tol=1e-9) <= 2


@given(st.floats(0.01, 3.1), st.floats(1.01, 5))
def test_between_two_lengths_the_norm_leaves_them_beyond_a_right_angle(angle, length):
    a, b = np.array([1.0, 0]), length * np.array([np.cos(angle), np.sin(angle)])
    norms = np.linalg.norm(great_circle(a, b, np.linspace(0, 1, 2001)), axis=1)
    if angle <= np.pi / 2:
        assert (np.diff(norms) > 0).all()
    elif angle > np.pi / 2 + 0.05:
        assert norms.min() < 1 and norms.max() > length


def test_the_norms_that_the_docstring_names():
    a, b = np.array([1.0, 0]), 2 * np.array([np.cos(np.radians(150)), 0.5])
    norms = np.linalg.norm(great_circle(a, b, np.linspace(0, 1, 2001)), axis=1)
    assert norms.min() == pytest.approx(np.sqrt(3) - 1, abs=1e-6)  # 0.73
    assert norms.max() == pytest.approx(np.sqrt(3) + 1, abs=1e-6)  # 2.73


def test_many_walks_at_once_are_the_single_ones():
    a, b = np.random.default_rng(0).standard_normal((2, 5, 3))
    for way in great_circle, straight_line:
        together = way(a, b, 0.3)
        for row, one, other in zip(together, a, b):
            np.testing.assert_allclose(row, way(one, other, [0.3])[0])


def test_half_way_on_a_line_the_norm_is_short():
    a, b = np.random.default_rng(0).standard_normal((2, 4000))
    shares = [0, 0.5, 1]
    assert np.linalg.norm(straight_line(a, b, shares)[1]) == pytest.approx(np.sqrt(2000), rel=0.05)
    assert np.linalg.norm(great_circle(a, b, shares)[1]) == pytest.approx(np.sqrt(4000), rel=0.05)


def test_the_same_latent_twice_is_a_walk_that_stays():
    np.testing.assert_allclose(great_circle([1.0, 2], [2.0, 4], [0, 0.5]), [[1, 2], [1.5, 3]])


def test_a_trait_that_is_linear_in_z_is_found():
    rng = np.random.default_rng(0)
    z, truth = rng.standard_normal((5000, 6)), np.array([1, 0, -2, 0, 0, 0])
    found = trait_direction(z, z @ truth)
    assert found @ truth / np.linalg.norm(found) / np.linalg.norm(truth) > 0.99


@pytest.mark.parametrize("call, message", [
    (lambda: great_circle([1, 0], [-1, 0], [0.5]), "not opposite"),
    (lambda: great_circle([0, 0], [1, 0], [0.5]), "not zero, got one of norm 0"),
    (lambda: great_circle([1, 0], [1, 0, 0], [0.5]), r"shapes \(2,\) and \(3,\)"),
    (lambda: straight_line([1, np.nan], [1, 0], [0.5]), "two finite latents"),
    (lambda: straight_line([1, 0], [0, 1], [1.5]), r"shares in \[0, 1\], \(K,\)"),
    (lambda: trait_direction(np.ones((3, 2)), np.ones(2)), r"got \(3, 2\) and \(2,\)"),
    (lambda: trait_direction(np.ones((3, 2)), np.ones(3)), "at least one of the 3 latents"),
])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# -- the demo --------------------------------------------------------------------------------------


def test_slant_and_ink_of_images_made_by_hand():
    upright, leaning = -np.ones((2, 8, 8, 1))
    upright[1:7, 3] = 1
    for row in range(1, 7):
        leaning[row, 7 - row] = 1  # to the right at the top
    both = np.stack([upright, leaning])
    np.testing.assert_allclose(latent_walks.slant(both), [0, 1], atol=1e-12)
    np.testing.assert_allclose(latent_walks.ink(both), 6 / 64)


def test_spread_is_that_around_the_mean_of_each_label():
    images = np.array([[[0.0]], [[2.0]], [[10.0]], [[14.0]]])
    assert latent_walks.spread_within(images, np.array([0, 0, 1, 1])) == pytest.approx(
        [np.sqrt((1 + 1 + 4 + 4) / 4)])


@pytest.fixture
def small(monkeypatch, tmp_path):
    recipe = dict(steps=3, width=2, hidden=4, latent=3, rate=1e-3)
    monkeypatch.setitem(labelled.RECIPES, "digits", recipe)
    monkeypatch.setattr(latent_walks, "STOPS", 2)
    monkeypatch.setattr(latent_walks, "WALKS", 40)
    monkeypatch.setattr(latent_walks, "MEASURED", 50)
    monkeypatch.setattr(latent_walks.metrics, "digit_classifier", lambda *given: Seven())
    monkeypatch.chdir(tmp_path)
    return recipe


@pytest.mark.slow
def test_demo_trains_a_generator_where_there_is_none_and_then_keeps_it(small, tmp_path, capsys):
    assert latent_walks.main(["--quick"]) == 0
    assert {path.name for path in (tmp_path / "out/quick/latent_walks_digits").iterdir()} == {
        "walks.png", "morphs.png", "arithmetic.png", "film.gif", "results.json"}
    shown = capsys.readouterr().out
    assert shown.startswith(QUICK) and "training one" in shown
    assert (tmp_path / "out/quick/conditional_digits/average.npz").exists()
    file = tmp_path / "here" / "walks.json"
    assert latent_walks.main(["--quick", "--results", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "training" not in shown and "great circle  " in shown and "more of it to" in shown
    found = results.read(file)
    assert found["command"] == "python -m demos.latent_walks --quick"
    assert found["settings"] == {"data": "digits", "seed": 0, "walks": 60, "measured": 100,
                                 "quick": True}
    circle, line, ink, slant = found["runs"]
    assert (circle["way"], line["way"], ink["trait"], slant["trait"]) == (
        "great circle", "straight line", "ink", "slant")
    assert f"{line['spread half-way']:.3f}\n" in shown
    assert f"direction of ink gives more of it to {100 * ink['get more of it']:.0f} %" in shown


def test_demo_refuses_what_is_no_generator(small, tmp_path, capsys):
    for name, content, message in (("none.npz", None, "there is no file"),
                                   ("text.npz", b"hello", "expected a network saved by")):
        if content:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(SystemExit):
            latent_walks.main(["--generator", name])
        assert message in capsys.readouterr().err
