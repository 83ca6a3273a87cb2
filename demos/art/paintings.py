"""The world of `demos.art`: small paintings in five styles, each with a few numbers that vary.

All styles share nine colours, so that a painting's style is in its forms and not in one pixel; and
none has a texture. Edges are anti-aliased: a pixel's share of a shape is taken from its distance to
the edge.
"""

import numpy as np

SIZE = 32
STYLES = ("lines and planes", "colour fields", "circles", "arcs", "stripes")
CREAM, INK, NIGHT = np.array([[0.95, 0.91, 0.82], [0.10, 0.10, 0.12], [0.13, 0.15, 0.24]])
WHEEL = np.array([[0.82, 0.16, 0.16], [0.93, 0.48, 0.16], [0.96, 0.78, 0.22],
                  [0.17, 0.55, 0.50], [0.13, 0.32, 0.64], [0.47, 0.20, 0.45]])
X = np.arange(SIZE) + 0.5
COLUMN, ROW = X[None, None, :], X[None, :, None]


def paintings(style, rng):
    """(N, 32, 32, 3) float32 in [-1, 1]: a painting for each entry of style, (N,) int."""
    style = np.asarray(style)
    images = np.empty((len(style), SIZE, SIZE, 3), np.float32)
    for k, paint in enumerate(PAINTERS):
        chosen = np.flatnonzero(style == k)
        images[chosen] = 2 * paint(len(chosen), rng) - 1
    return images


def styled(n, rng):
    """(images, styles) of n paintings, with the styles as equally frequent as n allows."""
    style = rng.permutation(np.arange(n) % len(STYLES))
    return paintings(style, rng), style


def hybrids(n, rng):
    """(N, 32, 32, 3): paintings of no style. Part of the canvas, beyond a line or in a disc, is
    painted in a second style; the edge is sharp, and every form on either side is whole."""
    first = rng.integers(len(STYLES), size=n)
    second = (first + rng.integers(1, len(STYLES), size=n)) % len(STYLES)
    angle = column(rng.uniform(0, 2 * np.pi, n))
    x, y = column(rng.uniform(10, 22, n)), column(rng.uniform(10, 22, n))
    line = inside((COLUMN - x) * np.cos(angle) + (ROW - y) * np.sin(angle))
    disc = inside(np.hypot(COLUMN - x, ROW - y) - column(rng.uniform(6, 11, n)))
    share = np.where(column(rng.random(n)) < 0.5, line, disc)[..., None].astype(np.float32)
    return (1 - share) * paintings(first, rng) + share * paintings(second, rng)


# -- the five painters: functions (n, rng) → (n, 32, 32, 3) in [0, 1] ------------------------------


def planes(n, rng):
    """Two black lines on cream, and two of the planes between them coloured."""
    x, y, key = column(rng.uniform(9, 23, n)), column(rng.uniform(9, 23, n)), keys(n, rng)
    image = ground(CREAM, n)
    image = over(image, inside(COLUMN - x) * inside(ROW - y), colour(key))
    image = over(image, inside(x - COLUMN) * inside(y - ROW), colour(key + 1 / 3))
    return over(image, np.maximum(inside(abs(COLUMN - x) - 1.25), inside(abs(ROW - y) - 1.25)),
                INK)


def fields(n, rng):
    """Two broad fields, one above the other, on a ground of the opposite colour; their edges are
    two pixels wide."""
    y, key = column(rng.uniform(11, 21, n)), keys(n, rng)
    image = ground(colour(key + 1 / 2), n)
    sides = inside((abs(COLUMN - 16) - 12) / 2)
    for top, bottom, turn in ((4, y - 1.5, 0), (y + 1.5, 28, 1 / 6)):
        field = sides * inside((top - ROW) / 2) * inside((ROW - bottom) / 2)
        image = over(image, field, colour(key + turn))
    return image


def circles(n, rng):
    """Three discs about one centre, on cream."""
    x, y, key = column(rng.uniform(12, 20, n)), column(rng.uniform(12, 20, n)), keys(n, rng)
    radius, image = column(rng.uniform(9, 13, n)), ground(CREAM, n)
    distance = np.hypot(COLUMN - x, ROW - y)
    for part, turn in ((1, 0), (2 / 3, 1 / 3), (1 / 3, 2 / 3)):
        image = over(image, inside(distance - part * radius), colour(key + turn))
    return image


def arcs(n, rng):
    """Four bands around a lower corner, like a rainbow, on a dark ground."""
    left, key = column(rng.random(n)) < 0.5, keys(n, rng)
    width, image = column(rng.uniform(5.5, 7.5, n)), ground(NIGHT, n)
    distance = np.hypot(np.where(left, COLUMN, SIZE - COLUMN), SIZE - ROW)
    for band in range(4, 0, -1):
        image = over(image, inside(distance - band * width), colour(key + band / 6))
    return image


def stripes(n, rng):
    """Parallel stripes of two colours with cream between them, upright or leaning."""
    lean, key = column(rng.uniform(-0.6, 0.6, n)), keys(n, rng)
    period, image = column(rng.uniform(13, 17, n)), ground(CREAM, n)
    along = (COLUMN - 16) * np.cos(lean) + (ROW - 16) * np.sin(lean)
    along = along + column(rng.random(n)) * 2 * period
    for start, turn in ((0, 0), (1, 0.5)):
        away = (along / period - start + 1) % 2 - 1  # from the stripe's middle, in periods
        image = over(image, inside(period * (abs(away) - 0.3)), colour(key + turn))
    return image


PAINTERS = (planes, fields, circles, arcs, stripes)


def column(values):
    """(N,) → (N, 1, 1), beside the pixels."""
    return np.asarray(values)[:, None, None]


def keys(n, rng):
    """(N,): for each painting one of the wheel's six colours, as a fraction of a turn."""
    return rng.integers(len(WHEEL), size=n) / len(WHEEL)


def colour(turn):
    """(N, 3): the wheel's colours, at `turn` (N,) of the way around."""
    return WHEEL[np.round(np.asarray(turn) * len(WHEEL)).astype(int) % len(WHEEL)]


def ground(paint, n):
    paint = np.broadcast_to(paint, (n, 3))
    return np.broadcast_to(paint[:, None, None], (n, SIZE, SIZE, 3))


def inside(distance):
    """The share of a pixel that is painted: distance to the edge in pixels, negative inside."""
    return np.clip(0.5 - distance, 0, 1)


def over(image, share, paint):
    share = np.broadcast_to(share, image.shape[:3])[..., None]
    return (1 - share) * image + share * np.broadcast_to(paint, (len(image), 3))[:, None, None]
