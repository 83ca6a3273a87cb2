"""Which bugs a program of the subset has: found exactly, on every path through its ifs.

    401  memory is not freed at a return, or its last pointer is overwritten
    415  memory is freed twice
    416  memory is used after it was freed
    685  a format function gets another number of arguments than its format has conversions
    686  ... the right number, one of a wrong type
    457  a variable is used before it has a value; 476: a pointer that is NULL is used
    0    it is not C: a form that the subset does not have, or a variable that is not declared

The numbers are those of the Common Weakness Enumeration (cwe.mitre.org).
"""

from typing import NamedTuple

from .language import (ALLOCATIONS, BLANK, BUFFERS, DECLARATIONS, INTS, NUM, POINTERS, PRINTS,
                       words_of, wrong_form)

TITLES = {401: "memory is not freed", 415: "freed twice", 416: "used after it was freed",
          685: "wrong number of arguments", 686: "argument of a wrong type",
          457: "used before it has a value", 476: "NULL is used", 0: "not C"}
KINDS = (685, 415, 416, 401)  # those that the demo repairs
UNSET, SET, LIVE, FREED, NULL = "unset", "set", "live", "freed", "null"


class Fault(NamedTuple):
    """What is wrong in a row, from 0."""

    row: int
    cwe: int
    what: str

    def __str__(self):
        name = f"CWE-{self.cwe}" if self.cwe else "not C"
        return f"{name}, {self.what}"


def check(grid):
    """The `Fault`s of a grid, in the order of rows; [] for a good program."""
    faults, n = {}, -1

    def fault(cwe, what):
        faults.setdefault((n, cwe), Fault(n, cwe, what))
    declared, paths, open_ifs = set(), {frozenset()}, []  # a path: its {(variable, state)}
    for n, codes in enumerate(grid):
        wrong = wrong_form(codes)
        if wrong:
            fault(0, wrong)
            continue
        head, target, conversions, values = words_of(codes)
        if head == BLANK:
            continue
        if head in DECLARATIONS:
            if target in declared or open_ifs:
                fault(0, "a second declaration" if target in declared else "a declaration in an if")
            declared.add(target)
        used = [word for word in (target, *values) if word in INTS + POINTERS + BUFFERS]
        for word in used:
            if word not in declared:
                fault(0, f"{word} is not declared")
        if head in PRINTS:
            printed(conversions, values, fault)
        if head == "if":
            open_ifs.append(paths)
        elif head == "}":
            if not open_ifs:
                fault(0, "a } too many")
            else:
                paths = paths | open_ifs.pop()
        elif head == "return":
            for path in paths:
                read(dict(path), values, fault)
                leaks(path, fault)
            paths = set()
        else:
            paths = {stepped(dict(path), head, target, values, fault) for path in paths}
    if open_ifs:
        fault(0, "a } is missing")
    for path in paths:
        leaks(path, fault)
    return sorted(faults.values())


def printed(conversions, values, fault):
    if len(conversions) != len(values):
        fault(685, f"{len(conversions)} conversions, {len(values)} arguments")
        return
    for conversion, value in zip(conversions, values):
        if (conversion == "%s") == (value in INTS + (NUM,)):
            fault(686, f"{value} for {conversion}")


def stepped(state, head, target, values, fault):
    """The state of a path after a statement, as a frozenset of items."""
    read(state, values, fault)
    if head in ("++", "puts", "sprintf", "strcpy", "strcat"):
        read(state, [target], fault)
    if head == "free":
        if state.get(target) == FREED:
            fault(415, f"{target} is freed twice")
        elif state.get(target, UNSET) == UNSET:
            fault(457, f"{target} is freed before it has a value")
        elif state[target] == LIVE:
            state[target] = FREED
    elif head in ALLOCATIONS or head == "= NULL":
        if state.get(target) == LIVE:
            fault(401, f"the memory of {target} is lost")
        state[target] = NULL if head == "= NULL" else LIVE
    elif target in INTS and (head != "int" or values):
        state[target] = SET
    return frozenset(state.items())


def read(state, words, fault):
    """Check words whose values are needed; what a char [] or new memory holds is not tracked."""
    for word in words:
        if word in INTS and word not in state:
            fault(457, f"{word} has no value")
        elif word in POINTERS and state.get(word) != LIVE:
            cwe, what = {FREED: (416, "is used after free"), NULL: (476, "is NULL")}.get(
                state.get(word), (457, "has no value"))
            fault(cwe, f"{word} {what}")


def leaks(path, fault):
    for word, state in sorted(path):
        if state == LIVE:
            fault(401, f"{word} is not freed")
