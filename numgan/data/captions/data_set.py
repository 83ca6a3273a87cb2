"""Captions with pictures without end, some captions held out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from ..._checks import generator, number, positive_int
from ..._types import Array, Rng, Seed
from .drawing import MIN_SIZE, draw
from .rows import (THINGS, all_rows, mirrored, place_of, rows_of, true_of, with_a_swap,
                   with_one_change)
from .scenes import COLOURS, RELATIONS, SHAPES, Scene, all_scenes, caption, tokens


class CaptionData:
    """Captions with pictures without end, some captions held out.

    Of the captions with two things, these are held out:
    - those with one of a few triples (colour, shape, relation): if ("red", "circle", "above") is
      among them, then no training picture has a red circle above anything;
    - a share of the others.
    With each caption its mirror image, which says the same, is held out too. All captions with one
    thing belong to training, so every word and every pair of colour and shape is known from there.

    Parameters
    ----------
    size : int >= 16, height and width of the pictures in pixels
    seed : int, chooses what is held out
    triples : int, 0 ... 18, how many triples to hold out, each with another colour and shape
    share : float in [0, 0.5], how many of the captions without these triples to hold out
    single : float in [0, 1], how often a training picture shows one thing

    Attributes
    ----------
    train, held_out : tuples of `Scene`
    triples : tuple of (colour, shape, relation)
    """

    def __init__(self, size: int = 24, seed: Seed = 0, triples: int = 4, share: float = 0.1,
                 single: float = 0.25) -> None:
        where = "CaptionData"
        pairs = list(itertools.product(COLOURS, SHAPES))
        self.size = positive_int(where, "size", size, MIN_SIZE)
        positive_int(where, "seed", seed, 0)
        positive_int(where, "triples", triples, 0, most=len(pairs))
        number(where, "share", share, least=0, most=0.5)
        self.single = number(where, "single", single, least=0, most=1)

        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(pairs))[:triples]
        self.triples = tuple((*pairs[pair], RELATIONS[i % len(RELATIONS)])
                             for i, pair in enumerate(chosen))
        scenes, (_, self._rows) = all_scenes(), all_rows()
        out = np.array([any(triple in self.triples for triple in _triples(s)) for s in scenes])
        places = np.arange(len(scenes))
        partner = place_of(mirrored(self._rows))
        rest = np.flatnonzero(~out & (self._rows[:, 2] >= 0) & (places <= partner))
        picked = rng.permutation(rest)[:round(share * len(rest))]
        out[picked] = out[partner[picked]] = True
        self._in_training = ~out
        self._pools = {"single": places[:THINGS], "pairs": places[THINGS:][~out[THINGS:]],
                       "held out": places[out]}
        self._tokens = tokens([caption(scene) for scene in scenes])
        self.train = tuple(scenes[i] for i in places[~out])
        self.held_out = tuple(scenes[i] for i in places[out])

    def __repr__(self) -> str:
        return (f"<CaptionData {self.size}x{self.size}: {len(self.train)} captions to train on, "
                f"{len(self.held_out)} held out>")

    def batch(self, n: int, rng: Rng, held_out: bool = False) -> tuple[Array, Array, list[Scene]]:
        """`n` random captions, from those to train on or those held out, each with a picture.

        Returns
        -------
        images : (n, size, size, 3) float32 in [-1, 1]
        tokens : (n, LENGTH) int
        scenes : list of n `Scene`
        """
        positive_int("CaptionData.batch", "batch_size", n)
        generator("CaptionData.batch", rng)
        if held_out and not self.held_out:
            raise ValueError("CaptionData.batch: expected captions to be held out, got none: "
                             "triples and share are 0")
        places = rng.choice(self._pools["held out"], n) if held_out else self._choose(n, rng)
        return draw(self._rows[places], rng, self.size), *self._captions(places)

    def mismatched(self, scenes: Iterable[Scene], rng: Rng, near: bool = False,
                   swapped: bool = False) -> tuple[Array, list[Scene]]:
        """A wrong training caption for a picture of each scene, for a matching-aware discriminator.

        Wrong means that `Scene.true_of` is false for it, whatever its words. With near=True it
        differs from the right caption in one word (or relation), where training has such a caption.
        With swapped=True its two things have exchanged their sizes, colours or shapes: each word is
        right, but for the other thing. If they are alike, or there is one thing, `near` decides.

        Returns
        -------
        tokens : (n, LENGTH) int
        scenes : list of n `Scene`
        """
        generator("CaptionData.mismatched", rng)
        right = rows_of("CaptionData.mismatched", scenes)
        wrong, todo = np.empty(len(right), int), np.arange(len(right))
        tries = 0
        while len(todo):
            if swapped and tries < 10:
                wrong[todo] = place_of(with_a_swap(right[todo], rng))
            elif near and tries < 50:
                wrong[todo] = place_of(with_one_change(right[todo], rng))
            else:
                wrong[todo] = self._choose(len(todo), rng)
            tries += 1
            todo = todo[~self._in_training[wrong[todo]]
                        | true_of(self._rows[wrong[todo]], right[todo])]
        return self._captions(wrong)

    def _choose(self, n: int, rng: Rng) -> Array:
        single, pairs = (rng.choice(self._pools[name], n) for name in ("single", "pairs"))
        return np.where(rng.random(n) < self.single, single, pairs)

    def _captions(self, places: Array) -> tuple[Array, list[Scene]]:
        scenes = all_scenes()
        return self._tokens[places], [scenes[place] for place in places]


def _triples(scene: Scene) -> tuple[tuple[str, str, str | None], ...]:
    """The (colour, shape, relation) of each thing that has a relation."""
    if scene.second is None:
        return ()
    return tuple((each.first.colour, each.first.shape, each.relation)
                 for each in (scene, scene.mirrored()))
