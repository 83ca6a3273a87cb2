"""A step that fails must leave nothing behind: what it may have changed is copied before it."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._types import Array

if TYPE_CHECKING:
    from ..networks import Network

# of values for which a reference, or the copy of an array, is enough to go back to
PLAIN = {type(None), bool, int, float, str, np.ndarray, types.FunctionType}


class Snapshot:
    """The state of networks, optimisers and losses, to go back to.

    For a network this is `theta` and `buffer`. For an optimiser or a loss it is every attribute,
    and those of the optimiser or loss inside it. Arrays are copied; all else is kept as it is. The
    copies are allocated at the first `take`; later ones only write them.

    Random generators, and what draws from them, are another matter: see `follow`.
    """

    def __init__(self, networks: Iterable[Network], others: Iterable[Any] = ()) -> None:
        self.copied: list[Any] = list(networks)
        self.parts = [_Part(network, ("theta", "buffer")) for network in self.copied]
        for owner in others:
            while owner is not None:
                self.parts.append(_Part(owner))
                self.copied.append(owner)
                owner = getattr(owner, "optimizer", None) or getattr(owner, "loss", None)
        self.sources: list[Any] = []
        self.states: dict[np.random.BitGenerator, Any] = {}
        self.attributes: list[tuple[Any, str, Any]] = []  # (owner, name, value)

    def follow(self, *sources: Any) -> None:
        """Say what else a step moves: random generators, and objects that say what they remember,
        such as data. Their states are taken too, and `draw_again` goes back to them."""
        self.sources = [one for one in (*sources, *self.copied)
                        if _draws(one) and not self._is_copied(one)]

    def take(self) -> None:
        for part in self.parts:
            part.take()
        states: dict[np.random.BitGenerator, Any] = {}
        attributes, rest = [], self.sources.copy()
        while rest:
            value = rest.pop()
            if type(value) in PLAIN:  # the usual case first, for speed
                continue
            if isinstance(value, np.random.Generator):
                generator = value.bit_generator
                if generator not in states:
                    states[generator] = generator.state
            elif isinstance(value, tuple):
                rest.extend(value)
            elif isinstance(value, types.MethodType):
                rest.append(value.__self__)
            else:
                for name in getattr(value, "remembers", ()):
                    inside = getattr(value, name)
                    attributes.append((value, name, inside))
                    rest.append(inside)
        self.states, self.attributes = states, attributes

    def restore(self) -> None:
        for part in self.parts:
            part.restore()

    def draw_again(self) -> bool:
        """After `restore`: turn back random generators and places in the data too, so that the next
        step draws the same. False if a step may have written into what has no copy here, such as a
        list or an array of the data."""
        for owner, name, value in self.attributes:
            if getattr(owner, name) is not value:
                setattr(owner, name, value)
        for generator, state in self.states.items():
            generator.state = state
        copies = {id(value) for part in self.parts for value in part.values.values()}
        return (all(_is_fixed(value) or id(value) in copies for _, _, value in self.attributes)
                and all(self._is_copied(one) or one in self.sources for one in self.copied))

    def _is_copied(self, owner: Any) -> bool:
        """Whether the copies hold all that it remembers."""
        if owner not in self.copied:
            return False
        values = [getattr(owner, name) for name in getattr(owner, "remembers", ())]
        return all(type(value) in PLAIN or value == () or self._is_copied(value)
                   for value in values)


def _draws(value: Any) -> bool:
    """Whether a step can move it: a random generator, or something that remembers."""
    return isinstance(value, (np.random.Generator, types.MethodType, tuple)) or bool(
        getattr(value, "remembers", ()))


def _is_fixed(value: Any) -> bool:
    """Whether nobody can have written into it, except for what an object in it remembers."""
    if isinstance(value, tuple):
        return all(map(_is_fixed, value))
    if isinstance(value, np.ndarray):
        return not value.flags.writeable
    return not isinstance(value, (list, dict, set))


class _Part:
    def __init__(self, owner: Any, names: tuple[str, ...] | None = None) -> None:
        self.owner, self.names = owner, names
        self.values: dict[str, Any] = {}
        self.copies: dict[str, Array] = {}

    def take(self) -> None:
        here, copies = vars(self.owner), self.copies
        if self.names is None:
            self.values = here.copy()
        else:
            self.values = {name: here[name] for name in self.names}
        for name, value in self.values.items():
            if isinstance(value, np.ndarray) and value.size and name != "scratch":
                copy = copies.get(name)
                if copy is not None and copy.shape == value.shape:
                    np.copyto(copy, value)
                else:
                    copies[name] = value.copy()

    def restore(self) -> None:
        if self.names is None:
            vars(self.owner).clear()
        vars(self.owner).update(self.values)
        for name, copy in self.copies.items():
            if isinstance(self.values.get(name), np.ndarray):
                self.values[name][...] = copy
