"""Plotting: the arrows are true gradients, drawings move, files are whole or absent."""

import base64
import io
import json
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from numgan import Dense, Minimax, Network, NonSaturating, player, plotting
from numgan.layers import MinibatchDiscrimination
from numgan.networks.models import mlp_discriminator, mlp_generator
from pages import Page


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating()], ids=str)
def test_arrows_are_minus_the_gradient_of_the_generators_loss(loss):
    rng = np.random.default_rng(0)
    discriminator = mlp_discriminator(2, (8, 8), rng=rng, dtype=np.float64)
    samples = rng.normal(size=(5, 2))
    before = discriminator.grad.copy()
    directions = plotting.descent_directions(discriminator, loss, samples)

    def total(x):  # the loss is a mean, the arrows are those of the sum
        return len(x) * loss.generator(discriminator(x))[0]

    h = 1e-6
    for i, j in np.ndindex(samples.shape):
        step = np.zeros_like(samples)
        step[i, j] = h
        slope = (total(samples + step) - total(samples - step)) / (2 * h)
        assert directions[i, j] == pytest.approx(-slope, rel=1e-6, abs=1e-9)
    assert np.array_equal(discriminator.grad, before)
    alone = plotting.descent_directions(discriminator, loss, samples[:1])
    np.testing.assert_allclose(alone, directions[:1], rtol=1e-12)  # whatever the batch


def test_arrows_grow_with_the_gradient_up_to_the_longest():
    ax = Figure().add_subplot()
    samples = np.zeros((3, 2))
    arrows = plotting.gradient_arrows(ax, samples, np.array([[1.0, 0], [0, 3.0], [1e9, 0]]), 0.2)
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), [0.1, 0.15, 0.2], rtol=1e-6)
    assert arrows.U[1] == 0 and arrows.V[1] > 0


def test_a_discriminator_of_batches_is_asked_beside_one_batch():
    discriminator = Network([Dense(2, 3), MinibatchDiscrimination(3, 2, 2), Dense(5, 1)], rng=0,
                            dtype=np.float64)
    beside = np.random.default_rng(0).normal(size=(4, 2))
    shown = plotting.discriminator_map(Figure().add_subplot(), discriminator, (-1, 1, -1, 1), 2,
                                       among=beside).get_array()
    for row, column in np.ndindex(2, 2):
        x = [column - 0.5, row - 0.5]
        logit = discriminator(np.array([x, *beside]))[0, 0]
        assert shown[row, column] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-12)


def test_discriminator_map_stands_the_right_way_up():
    discriminator = mlp_discriminator(2, (), rng=0)
    discriminator.theta[...] = [0, 5, 0]  # logit = 5 y: real above, generated below
    ax = Figure().add_subplot()
    image = plotting.discriminator_map(ax, discriminator, (-2, 2, -1, 1), resolution=10)
    d = image.get_array()
    assert image.origin == "lower" and d[0].max() < 0.02 and d[-1].min() > 0.98
    discriminator.theta[...] = [5, 0, 0]  # real on the right
    assert plotting.discriminator_map(ax, discriminator, (-2, 2, -1, 1), 10, image) is image
    assert image.get_array()[:, -1].min() > 0.98 and image.get_array()[:, 0].max() < 0.02


def test_warped_grid_is_the_generators_image_of_equally_probable_cells():
    generator = mlp_generator(2, 2, (), rng=0)
    generator.theta[...] = [2, 0, 0, 2, 1, 0]  # x = 2 z + (1, 0)
    grid = plotting.warped_grid(Figure().add_subplot(), generator, lines=5, dots=7)
    lines = np.array(grid.get_segments())
    assert lines.shape == (10, 7, 2)
    np.testing.assert_allclose(lines[0, :, 0], 1 - 2 * 2.5758, rtol=1e-4)  # the 0.5 % quantile
    np.testing.assert_allclose(lines[2, :, 0], 1, atol=1e-6)  # the median
    np.testing.assert_allclose(lines[5, :, 1], -2 * 2.5758, rtol=1e-4)


def test_curves_move_and_keep_their_names():
    ax = Figure().add_subplot()
    lines = plotting.curves(ax, [0, 1], {"a": [1, 2]}, {"a": dict(color="red")})
    again = plotting.curves(ax, [0, 1, 2], {"a": [1, 2, 3]}, artist=lines)
    assert again["a"] is lines["a"] and len(ax.lines) == 1
    assert lines["a"].get_color() == "red" and lines["a"].get_label() == "a"
    assert list(lines["a"].get_ydata()) == [1, 2, 3]


# -- images ----------------------------------------------------------------------------------------


def test_image_grid_fills_row_by_row():
    images = np.array([-1.0, 0, 1, 1.5]).reshape(4, 1, 1, 1) * np.ones((4, 8, 6, 1))
    ax = Figure().add_subplot()
    sheet = plotting.image_grid(images, ax, columns=3).get_array()
    assert sheet.shape == (2 * 9 + 1, 3 * 7 + 1, 3)
    assert (sheet[1:9, 1:7] == 0).all() and (sheet[1:9, 8:14] == 0.5).all()
    assert (sheet[1:9, 15:21] == 1).all() and (sheet[10:18, 1:7] == 1).all()  # 1.5 is clipped


@pytest.mark.parametrize("channels", [1, 3])
def test_image_grid_writes_a_file(tmp_path, channels):
    images = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, channels))
    plotting.image_grid(images, tmp_path / "sheet.png", labels=range(5), title="digits")
    with Image.open(tmp_path / "sheet.png") as image:
        assert min(image.size) > 100


@pytest.mark.parametrize("images, options, text", [
    (np.zeros((4, 8, 8)), {}, r"expected images of shape .* got \(4, 8, 8\)"),
    (np.zeros((0, 8, 8, 1)), {}, "N >= 1"),
    (np.zeros((4, 8, 8, 2)), {}, "got"),
    (np.zeros((4, 8, 8, 1)), {"labels": [1]}, "expected 4 labels"),
    (np.zeros((4, 8, 8, 1)), {"columns": 0}, "columns >= 1"),
    (np.full((4, 8, 8, 1), 200, np.uint8), {}, "as floats .*, got uint8; .* x / 127.5 − 1"),
    (np.zeros((4, 8, 8, 1), bool), {}, "as floats .*, got bool$"),
    (np.full((4, 8, 8, 1), 200.0), {}, "values from 200 to 200; .* x / 127.5 − 1"),
    (np.full((4, 8, 8, 1), -1.6), {}, r"images in \[-1, 1\], got values from -1.6 to -1.6$"),
    (np.where(np.arange(256).reshape(4, 8, 8, 1), 0.0, np.nan), {}, "values from nan to nan"),
])
def test_image_grid_refuses(images, options, text):
    with pytest.raises(ValueError, match=text):
        plotting.image_grid(images, Figure().add_subplot(), **options)


@pytest.mark.parametrize("size, band, font", [
    (8, 0.5, 8), (28, 0.4, 8), (64, 0.25, 8), (200, 0.12, 15)])
def test_labels_fit_images_of_each_size(size, band, font, tmp_path):
    """band : the share of an image's height that its label has; font : points, at least."""
    images = np.zeros((4, size, size, 1))
    figure = plotting.image_grid(images, tmp_path / "sheet.png", labels="abcd", title="t")
    ax, = figure.axes
    gap = max(1, size // 14)
    above = (len(ax.images[0].get_array()) - gap) / 2 - gap - size
    assert abs(above / size - band) < 0.04
    label = ax.texts[0]
    assert font <= label.get_fontsize() < 1.3 * font
    room = above / len(ax.images[0].get_array()) * ax.get_position().height * (
        72 * figure.get_figheight())
    assert label.get_fontsize() < 0.7 * room


# -- films -----------------------------------------------------------------------------------------

TEXT = "A dot moves to the right. " * 10


def moving_dot():
    figure = Figure(figsize=(2, 1))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-1, 5), ylim=(-1, 1))
    dot, = ax.plot([0], [0], "o", color="black")
    return figure, lambda index: dot.set_data([index], [0])


def test_film_has_its_frames_in_both_files(tmp_path):
    figure, draw = moving_dot()
    gif, page = tmp_path / "film.gif", tmp_path / "film.html"
    plotting.save_film(figure, draw, 5, gif, page, fps=10, dpi=50, hold=1.5, progress=False,
                       title="θ & <ψ>", text=TEXT)
    with Image.open(gif) as film:
        assert film.n_frames == 5 and film.size == (100, 50)
        where = []
        for index in range(5):
            film.seek(index)
            where.append(np.nonzero(np.asarray(film.convert("L")).min(axis=0) < 100)[0].mean())
    assert (np.diff(where) > 5).all()  # the dot moves to the right
    parsed = Page(page)
    assert "".join(parsed.texts["title"]) == "θ & <ψ>" and parsed.texts["p"] == [TEXT]
    frames = json.loads(re.search(r"frames = (\[.*?\])", parsed.source)[1])
    pictures = [Image.open(io.BytesIO(base64.b64decode(frame.split(",")[1]))) for frame in frames]
    assert [picture.size for picture in pictures] == 5 * [(100, 50)]
    assert not np.array_equal(*(np.asarray(picture) for picture in pictures[:2]))
    assert parsed.source.count(frames[-1]) == 2  # it stands there for who lets no scripts run
    assert "now < 4 ? 100 : 1500" in parsed.source
    assert "\nrun();\n</script>" in parsed.source  # it plays when opened
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.gif", "film.html"]


def test_a_colour_that_only_one_frame_has_is_in_the_gif(tmp_path):
    figure, gif = Figure(figsize=(1, 1)), tmp_path / "film.gif"
    colours = ["white", "#00A040", "#D0D000", "black"]
    plotting.save_film(figure, lambda index: figure.set_facecolor(colours[index]), len(colours),
                       gif, progress=False)
    with Image.open(gif) as film:
        for index, colour in enumerate(colours):
            film.seek(index)
            shown = np.asarray(film.convert("RGB"), int)[36, 36]
            assert abs(shown - 255 * np.array(to_rgb(colour))).max() < 8, colour


def test_nothing_half_written_remains(tmp_path, monkeypatch):
    figure, draw = moving_dot()
    old = tmp_path / "film.gif"
    old.write_bytes(b"an older film")

    def fails(index):
        if index == 2:
            raise RuntimeError("drawing failed")
        draw(index)

    with pytest.raises(RuntimeError, match="drawing failed"):
        plotting.save_film(figure, fails, 5, old, tmp_path / "film.html", progress=False,
                           title="a film", text=TEXT)
    monkeypatch.setattr(player, "page", lambda *_: 1 / 0)  # after the GIF is written
    with pytest.raises(ZeroDivisionError):
        plotting.save_film(figure, draw, 2, old, tmp_path / "film.html", progress=False,
                           title="a film", text=TEXT)
    assert [path.name for path in tmp_path.iterdir()] == ["film.gif"]
    assert old.read_bytes() == b"an older film"

    monkeypatch.setattr(figure, "savefig", lambda path, dpi: (path.write_text("half"), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        plotting.save_figure(figure, tmp_path / "figure.png")
    assert [path.name for path in tmp_path.iterdir()] == ["film.gif"]


def test_a_film_needs_a_frame():
    with pytest.raises(ValueError, match="at least one frame"):
        plotting.save_film(Figure(), lambda index: None, 0)


@pytest.mark.parametrize("changed, text", [
    (dict(fps=0), "fps must be a finite number > 0, got 0"),
    (dict(fps=float("nan")), "fps must be"), (dict(hold=-1), "hold must be a finite number >= 0"),
    (dict(gif_path="film.mp4"), r"gif_path to end in \.gif, got film\.mp4"),
    (dict(gif_path=None), "expected gif_path, html_path or both, got neither")])
def test_what_a_film_cannot_be_is_said_before_it_is_drawn(changed, text, tmp_path):
    with pytest.raises(ValueError, match=f"save_film: .*{text}"):
        plotting.save_film(Figure(), lambda index: 1 / 0, 2,
                           **{"gif_path": tmp_path / "film.gif", **changed})
    with pytest.raises(ZeroDivisionError):  # drawing
        plotting.save_film(Figure(), lambda index: 1 / 0, 2, tmp_path / "film.GIF", progress=False)


@pytest.mark.parametrize("given", [{}, {"title": "a film"}, {"text": TEXT}])
def test_a_page_needs_a_title_and_a_text(given, tmp_path):
    with pytest.raises(ValueError, match="a page needs a title and a text"):
        plotting.save_film(Figure(), lambda index: 1 / 0, 2, html_path=tmp_path / "film.html",
                           **given)
