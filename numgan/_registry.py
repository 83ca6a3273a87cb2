"""What there is to choose from, by name: losses, penalties, update rules, data sets, the family.

    @LOSSES.register("mine")                 # from inside of the package or from outside
    class Mine(Loss): ...

    LOSSES["mine"]() and, of a command, --loss mine
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, overload

Kind = TypeVar("Kind")
Some = TypeVar("Some")


class Registry(dict[str, Kind]):
    """name → value, in the order of registration; `del` takes one out again.

    kind : str, what it holds; holds : what a value must be, in words; test : value → bool, whether
    it is that
    """

    def __init__(self, kind: str, holds: str, test: Callable[[Any], bool]) -> None:
        super().__init__()
        self.kind, self.holds, self.test = kind, holds, test

    @overload
    def register(self, name: str) -> Callable[[Some], Some]: ...

    @overload
    def register(self, name: str, value: Some) -> Some: ...

    def register(self, name: str, value: Any = None) -> Any:
        """Add a value, which is returned; without one, a decorator of what is to be added.

        TypeError for what does not belong here, ValueError for a name that is taken.
        """
        if value is None:
            return functools.partial(self.register, name)
        if not isinstance(name, str) or not name or name != name.strip():
            raise TypeError(f"{self.kind}: expected a name to register, got {name!r}")
        if not self.test(value):
            raise TypeError(f"{self.kind} {name!r}: expected {self.holds}, got {value!r}")
        if name in self:
            raise ValueError(f"{self.kind} {name!r} is registered already, as {self[name]!r}")
        self[name] = value
        return value

    def __missing__(self, name: str) -> NoReturn:
        raise ValueError(f"{self.kind} must be one of {', '.join(self)}, got {name!r}")
