"""Repairs without an adversary, and the judge of all repairs."""

import numpy as np

from numgan import Conv2D, Network, Residual, Reshape

from .checker import KINDS, check
from .language import CHARS, CODE, ROWS, STR, TARGET, VALUES, WORDS, row, words_of
from .networks import LINE, SHAPE, codes, likely_edits, one_hot, reading, values

PROPOSED = 40  # edits among which D picks
TOGETHER = 100  # programs that are repaired at a time


def judge(before, after, kinds):
    """The share of bad programs that pass the checker with at most one line changed, of all and by
    kind; how many lines are changed on average; and "emptied", the share of those with a wrong
    number of arguments that pass with a line that is blank now. A repair that puts another
    statement in place of the faulty one passes too, but does not count as emptied."""
    changed = (before != after).any(axis=2)
    right = np.array([not check(grid) for grid in after]) & (changed.sum(axis=1) <= 1)
    emptied = right & (changed & ~after.any(axis=2)).any(axis=1)
    return {"repaired": right.mean(), **{str(kind): right[kinds == kind].mean() for kind in KINDS},
            "lines": changed.sum(axis=1).mean(), "emptied": emptied[kinds == 685].mean()}


def copied(network, grids):
    """The share of the programs (N, rows, words) that come out as they went in."""
    return float((repaired(network, grids) == grids).reshape(len(grids), -1).all(axis=1).mean())


def stays_good(after):
    """The share of the programs made from good ones that the checker passes."""
    return np.mean([not check(grid) for grid in after])


def repaired(network, grids):
    """What a network makes of programs, as codes."""
    return np.concatenate([codes(network(one_hot(grids[start:start + TOGETHER])))
                           for start in range(0, len(grids), TOGETHER)])


def picked(generator, discriminator, grids, keep, count=PROPOSED):
    """The programs with the edit that D likes best, among the `count` edits that G finds most
    probable and no edit at all. `keep` : as in `networks.values`"""
    found = []
    for start in range(0, len(grids), TOGETHER // 10):
        some = grids[start:start + TOGETHER // 10]
        proposed = np.concatenate([some[:, None], likely_edits(generator, some, count)], axis=1)
        best = values(discriminator, some, proposed, keep).argmax(axis=1)
        found.append(proposed[np.arange(len(some)), best])
    return np.concatenate(found)


def nearest(grids, good):
    """For each program the good one with the most words in the same places."""
    return np.array([good[(good == grid).sum(axis=(1, 2)).argmax()] for grid in grids])


def words_network(width, *, depth, whole, rng):
    """Programs (N, *SHAPE) → logits of every word, with a head start for the word that is there."""
    return Network([Residual(Reshape(ROWS, 1, LINE), *reading(width, depth, whole),
                             Conv2D(width, LINE, 1, init="dcgan"), Reshape(*SHAPE))],
                   input_shape=SHAPE, rng=rng)


def noisy(grids, lines, rng):
    """Programs with one row of each spoilt at random: one word of it, or all of it, is replaced."""
    spoilt, at = grids.copy(), rng.integers(ROWS, size=len(grids))
    for grid, n in zip(spoilt, at):
        if rng.random() < 0.5:
            grid[n] = lines[rng.integers(len(lines))]
        else:
            grid[n, rng.integers(grid.shape[1])] = rng.integers(len(WORDS))
    return spoilt


def by_rule(grid):
    """The rule that a person who knows the checker would write: 100 % of the grammar's bugs."""
    faults = check(grid)
    if not faults:
        return grid
    after, fault = grid.copy(), faults[0]
    if fault.cwe == 685:
        head, target, _, values = words_of(grid[fault.row])
        after[fault.row] = row(head, target, ["%s" if value in CHARS + (STR,) else "%d"
                                              for value in values], values)
    elif fault.cwe in (415, 416):
        after[fault.row] = 0
    elif fault.cwe == 401:
        pointer = fault.what.split()[0]
        used = (grid[:, TARGET] == CODE[pointer]) | (grid[:, VALUES] == CODE[pointer]).any(axis=1)
        for n in range(np.flatnonzero(used)[-1], fault.row):
            if not grid[n].any():
                after[n] = row("free", pointer)
                if not check(after):  # else it is a row inside an if
                    break
                after[n] = 0
    return after
