"""A step that fails must leave nothing behind: what it may have changed is copied before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._types import Array

if TYPE_CHECKING:
    from ..networks import Network


class Snapshot:
    """The state of networks, optimisers and losses, to go back to.

    For a network this is `theta` and `buffer`. For an optimiser or a loss it is every attribute,
    and those of the optimiser or loss inside it. Arrays are copied; all else is kept as it is.
    Random generators are not turned back. The copies are allocated at the first `take`; later
    ones only write them.
    """

    def __init__(self, networks: Iterable[Network], others: Iterable[Any] = ()) -> None:
        self.parts = [_Part(network, ("theta", "buffer")) for network in networks]
        for owner in others:
            while owner is not None:
                self.parts.append(_Part(owner))
                owner = getattr(owner, "optimizer", None) or getattr(owner, "loss", None)

    def take(self) -> None:
        for part in self.parts:
            part.take()

    def restore(self) -> None:
        for part in self.parts:
            part.restore()


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
