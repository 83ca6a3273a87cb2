"""Watching a training while it runs."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from numpy.typing import ArrayLike

from .._checks import came, positive_int
from ..losses import Loss
from ..metrics.modes import ModeStatistics
from ..training import Record, TrainingDiverged
from .measures import relative_diversity
from .rules import (EARLY, SWING_BLOCKS, SWING_WINDOW, Finding, Look, findings_of,
                    series_of)

RECENT = SWING_WINDOW * max(SWING_BLOCKS)  # how many records a Monitor looks back


class Monitor:
    """Watches a training and reports each finding once, when it begins.

        monitor = Monitor(loss=loss)
        for record in monitor(train(...)):
            ...
        print(report(monitor.findings))

    The records pass through unchanged. The monitor looks once more at the end. It judges the
    records once more before `TrainingDiverged` leaves the loop.

    Parameters
    ----------
    every : int, records between two looks
    sample : function ``() -> (N, ...)`` of generated samples, or None. It should draw its latents
        with an rng of its own: looking must not change the training
    real, loss : as in `diagnose`; `real` is needed with `sample`, unless there is a `score`
    score : function ``samples -> metrics.ModeStatistics``, where modes are known, or None
    tell : function ``finding -> None``; `warnings.warn` if None
    """

    def __init__(self, every: int = 100, sample: Callable[[], Any] | None = None,
                 real: ArrayLike | None = None,
                 score: Callable[[Any], ModeStatistics] | None = None,
                 loss: Loss | None = None, tell: Callable[[Finding], object] | None = None) -> None:
        self.every = positive_int("Monitor", "every", every)
        for name, value, what in (("sample", sample, "() -> samples, such as lambda: G(z)"),
                                  ("score", score, "samples -> metrics.ModeStatistics"),
                                  ("tell", tell, "finding -> None")):
            if value is not None and not callable(value):
                raise TypeError(f"Monitor: {name} must be a function {what}, got {came(value)}")
        if sample is None and (real is not None or score is not None):
            raise ValueError("Monitor: real and score judge samples: expected sample, got None")
        if sample is not None and real is None and score is None:
            raise ValueError("Monitor: samples need real or score to be judged by, got neither")
        self.sample, self.real, self.score, self.loss = sample, real, score, loss
        self.tell = tell or (lambda finding: warnings.warn(str(finding), stacklevel=4))
        self.findings: list[Finding] = []
        self._early: list[Record] = []
        self._recent: list[Record] = []
        self._shares: list[Look] = []
        self._modes: list[Look] = []
        self._unseen = 0

    remembers = ("notes",)

    @property
    def notes(self) -> Any:
        """What it has seen and found, as lists of numbers and strings: for a training's file."""
        return {"findings": [dataclasses.astuple(finding) for finding in self.findings],
                "early": [tuple(record) for record in self._early],
                "recent": [tuple(record) for record in self._recent], "shares": self._shares,
                "modes": [(step, dataclasses.astuple(score)) for step, score in self._modes],
                "unseen": self._unseen}

    @notes.setter
    def notes(self, notes: Any) -> None:
        self.findings = [Finding(*finding) for finding in notes["findings"]]
        self._early = [Record(*record) for record in notes["early"]]
        self._recent = [Record(*record) for record in notes["recent"]]
        self._shares = notes["shares"]
        self._modes = [(step, ModeStatistics(*score)) for step, score in notes["modes"]]
        self._unseen = notes["unseen"]

    def __call__(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield each record of an iterable, such as `train` returns, and watch."""
        try:
            for record in records:
                self._remember(record)
                self._unseen += 1
                if self._unseen == self.every:
                    self._unseen = 0
                    self._look(record.step)
                    self._judge()
                yield record
        except TrainingDiverged:
            self._judge()
            raise
        if self._unseen:
            self._unseen = 0
            self._look(self._recent[-1].step)
            self._judge()

    def _remember(self, record: Record) -> None:
        if len(self._early) < EARLY:
            self._early.append(record)
        self._recent.append(record)
        if len(self._recent) == 2 * RECENT:  # only now and then, so that it costs next to nothing
            del self._recent[:RECENT]

    def _look(self, step: int) -> None:
        if self.sample is None:
            return
        batch = self.sample()
        if self.real is not None:
            self._shares.append((step, relative_diversity(batch, self.real)))
        if self.score is not None:
            self._modes.append((step, self.score(batch)))

    def _judge(self) -> None:
        known = {finding.name for finding in self.findings}
        for finding in findings_of(series_of(self._recent[-RECENT:]), series_of(self._early),
                                   self._shares, self._modes, self.loss):
            if finding.name not in known:
                self.findings.append(finding)
                self.tell(finding)
