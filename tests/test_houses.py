"""The world of houses: what a map leaves open, and the reader that tells what a picture shows."""

import numpy as np
import pytest

from numgan.data import houses


@pytest.fixture(scope="module")
def scenes():
    return houses.draw(200, np.random.default_rng(0))


@pytest.mark.parametrize("size", houses.SIZES)
def test_real_pictures_are_read_back(size):
    """At both sizes, day and dusk, nearly every pixel, and of every class."""
    found = houses.draw(100, np.random.default_rng(1), size)
    labels, dusk = houses.read(found.pictures)
    assert (dusk == found.dusk).all() and 0.3 < dusk.mean() < 0.7
    for label in range(len(houses.CLASSES)):
        there = found.labels == label
        assert np.mean(labels[there] == label) > 0.995, houses.CLASSES[label]
    assert np.mean(labels == found.labels) > 0.9995


def test_a_reader_needs_a_picture_like_the_real_ones(scenes):
    """Fog, the mean of many pictures of one map, is not read as well; nor are they turned round."""
    rng = np.random.default_rng(2)
    fog = np.mean([houses.paint(scenes, rng)[0] for _ in range(8)], axis=0)
    assert np.mean(houses.read(fog)[0] == scenes.labels) < 0.95
    assert np.mean(houses.read(scenes.pictures[:, ::-1])[0] == scenes.labels) < 0.6
    assert np.mean(houses.read(-scenes.pictures)[0] == scenes.labels) < 0.3


def test_every_map_has_several_houses_and_all_materials_occur(scenes):
    walls = [np.unique(part[label == houses.WALL]) for part, label in zip(
        scenes.parts, scenes.labels)]
    assert min(map(len, walls)) >= 2
    assert (np.bincount(scenes.labels.ravel(), minlength=7) > 2000).all()
    assert len({labels.tobytes() for labels in scenes.labels}) == 200


def test_a_map_leaves_colours_bricks_light_and_time_open(scenes):
    rng = np.random.default_rng(3)
    (one, dusk), (other, later) = houses.paint(scenes, rng), houses.paint(scenes, rng)
    assert (dusk != later).any() and (dusk == later).any()
    same = ~dusk & ~later  # by day: no window is lit, walls differ
    assert np.abs(one - other)[same][scenes.labels[same] == houses.WALL].mean() > 0.2
    assert np.abs(one - other)[same][scenes.labels[same] == houses.WINDOW].mean() < 0.1
    both = dusk & later
    lit = [picture[both][scenes.labels[both] == houses.WINDOW][:, 0] > 0.5
           for picture in (one, other)]
    assert 0.27 < lit[0].mean() < 0.4 and 0.45 < np.mean(lit[0] == lit[1]) < 0.66


def test_a_house_has_one_colour_and_a_window_one_light(scenes):
    """All bricks of a wall are of one hue, and a window is lit as a whole."""
    rng = np.random.default_rng(4)
    pictures, dusk = houses.paint(scenes, rng)
    for n in np.flatnonzero(dusk)[:20]:
        for part in np.unique(scenes.parts[n][scenes.labels[n] == houses.WINDOW]):
            pane = (scenes.parts[n] == part) & (scenes.labels[n] == houses.WINDOW)
            assert np.ptp(pictures[n][pane][:, 0]) < 0.4
    for n in np.flatnonzero(~dusk)[:20]:
        for part in np.unique(scenes.parts[n][scenes.labels[n] == houses.WALL]):
            wall = pictures[n][(scenes.parts[n] == part) & (scenes.labels[n] == houses.WALL)]
            rgb = (wall[wall[:, 2] < 0.3] + 1) / 2  # bricks, not mortar
            if len(rgb) > 10:
                hue = rgb / rgb.sum(axis=1, keepdims=True)
                assert (hue.std(axis=0) < 0.03).all()


def test_bricks_begin_somewhere_else_in_every_picture():
    """The rows of mortar of one wall, of many pictures of it."""
    one = houses.draw(1, np.random.default_rng(5))
    many = houses.Scenes(one.pictures, *(np.repeat(part, 200, axis=0)
                                         for part in (one.labels, one.parts)), one.dusk)
    pictures, dusk = houses.paint(many, np.random.default_rng(6))
    bright = (pictures[~dusk][..., 2] > 0.3) & (many.labels[~dusk] == houses.WALL)
    y, x = np.argwhere(one.labels[0] == houses.WALL)[40]
    assert 0.25 < bright[:, y, x].mean() < 0.75


def test_same_seed_same_world():
    first, second, other = (houses.draw(3, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert all((a == b).all() for a, b in zip(first, second))
    assert not (first.labels == other.labels).all()
    assert first.pictures.dtype == np.float32 and np.abs(first.pictures).max() <= 1
    assert houses.one_hot_maps(first.labels).shape == (3, 32, 32, 7)
    assert (houses.one_hot_maps(first.labels).argmax(axis=-1) == first.labels).all()


@pytest.mark.parametrize("call, message", [
    (lambda: houses.draw(0, np.random.default_rng(0)), "n must be an integer >= 1"),
    (lambda: houses.draw(1, 0), "rng must be a numpy.random.Generator"),
    (lambda: houses.draw(1, np.random.default_rng(0), 48), r"size to be one of \(32, 64\), got 48"),
    (lambda: houses.read(np.zeros((3, 8, 8))), r"pictures of floats \(N, H, W, 3\)"),
    (lambda: houses.read(np.zeros((3, 8, 8, 3), int)), "got int64")])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
