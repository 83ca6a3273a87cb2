"""Random programs: good ones, and bad ones with one bug each.

Both come from the same grammar and differ in the bug alone. They are unrelated: the good program
that a bad one was made from is in no set that the networks see (except for the baseline that learns
from pairs).
"""

import numpy as np

from .checker import KINDS, check
from .language import (BUFFERS, CODE, DECLARATIONS, INTS, NUM, OPERATORS, POINTERS, PRINTS, ROWS,
                       STR, row, words_of)

LINES = (20, 24)  # of a program, without blank ones: least and most


def good(rng):
    """A good program, (ROWS, SLOTS)."""
    while True:
        rows = _rows(rng)
        if LINES[0] <= len(rows) <= LINES[1]:
            return _spread(rows, rng)


def bad(kind, rng):
    """(bad, good): a program with one bug of the kind, a CWE of `KINDS`, and the good program that
    it was made from, which differs in one line."""
    while True:
        before = good(rng)
        after = _SPOIL[kind](before.copy(), rng)
        if after is not None and [fault.cwe for fault in check(after)] == [kind]:
            return after, before


def make_good(count, rng):
    return np.array([good(rng) for _ in range(count)])


def make_bad(count, rng):
    """(bad, good, kinds): as many of each kind."""
    kinds = np.resize(KINDS, count)
    pairs = [bad(kind, rng) for kind in kinds]
    return np.array([one for one, _ in pairs]), np.array([one for _, one in pairs]), kinds


# -- good ------------------------------------------------------------------------------------------


def _pick(rng, some):
    return some[rng.integers(len(some))]


def _rows(rng):
    ints = INTS[:rng.integers(2, len(INTS) + 1)]
    pointers = POINTERS[:rng.integers(1, len(POINTERS) + 1)]
    buffers = BUFFERS[:rng.integers(1, len(BUFFERS) + 1)]
    head = [row("int", name, (), [NUM]) for name in ints]
    head += [row("char []", name, (), [NUM]) for name in buffers]
    lives = []
    for name in pointers:
        life = [[_use(rng, name, ints, buffers)] for _ in range(rng.integers(1, 4))]
        life.append([row("free", name)])
        size = [_number(rng, ints)]
        if rng.random() < 0.5:
            head.append(row("char * = malloc", name, (), size))
        else:
            head.append(row("char *", name))
            life.insert(0, [row("malloc", name, (), size)])
        lives.append(life)
    wanted = int(rng.integers(LINES[0], LINES[1] + 1)) - 1 - len(head) - sum(map(len, lives))
    filler = []
    while wanted > 0:
        filler.append(_filler(rng, ints, buffers, wanted))
        wanted -= len(filler[-1])
    return head + _merged(lives + [[unit] for unit in filler], rng) + [
        row("return", "", (), [NUM])]


def _merged(sequences, rng):
    """The units of several sequences in random order, but those of each sequence in its own order.
    """
    turns = rng.permutation(np.repeat(np.arange(len(sequences)), [len(one) for one in sequences]))
    waiting = [iter(one) for one in sequences]
    return [line for turn in turns for line in next(waiting[turn])]


def _number(rng, ints):
    return _pick(rng, ints) if rng.random() < 0.4 else NUM


def _printing(rng, head, target, ints, texts, needed=None):
    """A line that prints up to three values, `needed` among them."""
    values, conversions = [], []
    count = int(rng.integers(1 if needed or rng.random() < 0.85 else 0, 4))
    at = int(rng.integers(max(count, 1))) if needed else -1
    for n in range(count):
        if n == at or rng.random() < 0.35:
            conversions.append("%s")
            values.append(needed if n == at else _pick(rng, texts))
        else:
            conversions.append(_pick(rng, ("%d", "%d", "%c", "%x")))
            values.append(_number(rng, ints))
    return row(head, target, conversions, values)


def _use(rng, name, ints, buffers):
    kind = rng.integers(6)
    if kind == 0:
        return row(_pick(rng, ("strcpy", "strcat")), name, (), [_pick(rng, buffers + (STR,))])
    if kind == 1:
        return row("strcpy", _pick(rng, buffers), (), [name])
    if kind == 2:
        return row("puts", name)
    if kind == 3:
        return row("strlen", _pick(rng, ints), (), [name])
    if kind == 4:
        return _printing(rng, "sprintf", name, ints, buffers + (STR,))
    return _printing(rng, _pick(rng, ("printf", "fprintf")), "", ints, buffers + (STR,), name)


def _filler(rng, ints, buffers, room):
    kind = rng.integers(8)
    if kind == 0 and room >= 3:
        return [row("if", "", [_pick(rng, OPERATORS[3:])], [_pick(rng, ints), _number(rng, ints)]),
                _filler(rng, ints, buffers, 1)[0], row("}")]
    if kind <= 1:
        return [row("++", _pick(rng, ints))]
    if kind == 2:
        return [row("=", _pick(rng, ints), [_pick(rng, OPERATORS[:3])],
                    [_pick(rng, ints), _number(rng, ints)])]
    if kind == 3:
        return [row(_pick(rng, ("strcpy", "strcat")), _pick(rng, buffers), (), [STR])]
    if kind == 4:
        return [row("puts", _pick(rng, buffers + (STR,)))]
    head = _pick(rng, PRINTS)
    return [_printing(rng, head, _pick(rng, buffers) if head == "sprintf" else "", ints,
                      buffers + (STR,))]


def _spread(rows, rng):
    """The rows with blank ones among them, after the declarations; also after the last line."""
    first = sum(DECLARES[line[0]] for line in rows)
    blanks = np.sort(rng.integers(first, len(rows) + 1, ROWS - len(rows)))
    grid = np.zeros((ROWS, len(rows[0])), np.uint8)
    grid[np.arange(len(rows)) + np.searchsorted(blanks, np.arange(len(rows)), "right")] = rows
    return grid


DECLARES = np.isin(np.arange(len(CODE)), [CODE[head] for head in DECLARATIONS])


# -- bad -------------------------------------------------------------------------------------------


def _arguments(grid, rng):
    """One argument too few, or less often one too many."""
    prints = np.flatnonzero(np.isin(grid[:, 0], [CODE[head] for head in PRINTS]))
    if not len(prints):
        return None
    at = _pick(rng, prints)
    head, target, conversions, values = words_of(grid[at])
    if values and rng.random() < 0.7:
        del values[rng.integers(len(values))]
    elif len(values) < 3:
        used = words_of_kind(grid, INTS) + [NUM]
        values.insert(rng.integers(len(values) + 1), _pick(rng, used))
    else:
        return None
    grid[at] = row(head, target, conversions, values)
    return grid


def _rows_of(grid, head, name):
    return np.flatnonzero((grid[:, 0] == CODE[head]) & (grid[:, 1] == CODE[name]))


def words_of_kind(grid, names):
    """Those of the names that are in the program."""
    return [name for name in names if (grid == CODE[name]).any()]


def _after(grid, at, rng):
    """A blank row after `at`, before the return; None if there is none."""
    last = np.flatnonzero(grid[:, 0] == CODE["return"])[-1]
    blank = [n for n in range(at + 1, last) if not grid[n].any()]
    return _pick(rng, blank) if blank else None


def _freed(grid, rng):
    """(a pointer, the row where it is freed)"""
    name = _pick(rng, words_of_kind(grid, POINTERS))
    return name, _rows_of(grid, "free", name)[-1]


def _double(grid, rng):
    name, at = _freed(grid, rng)
    spot = _after(grid, at, rng)
    if spot is None:
        return None
    grid[spot] = row("free", name)
    return grid


def _late(grid, rng):
    """A use after the free."""
    name, at = _freed(grid, rng)
    spot = _after(grid, at, rng)
    if spot is None:
        return None
    grid[spot] = _use(rng, name, words_of_kind(grid, INTS), tuple(words_of_kind(grid, BUFFERS)))
    return grid


def _leak(grid, rng):
    grid[_freed(grid, rng)[1]] = 0
    return grid


_SPOIL = {685: _arguments, 415: _double, 416: _late, 401: _leak}
