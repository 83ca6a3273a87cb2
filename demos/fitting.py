"""One training on images: limited in steps and in minutes, filmed, and resumable.

    budget = Budget(steps, minutes)
    run = train(..., steps=steps, schedule=budget)
    fitted = fit(run, budget, saver, FRAMES, lambda: average.network(z), title)
"""

import dataclasses
import time

import numpy as np

from numgan.training import Record, TrainingDiverged

from .common import progress


class Budget:
    """A schedule: full rate for half of the training, then down to zero, where the circling ends.
    The training is over when the steps or the minutes are used up, whichever comes first."""

    remembers = ("spent",)

    def __init__(self, steps, minutes):
        self.steps, self.seconds = steps, 60 * minutes
        self.spent = 0.0

    @property
    def spent(self):
        """Seconds of training."""
        return time.monotonic() - self._started

    @spent.setter
    def spent(self, seconds):
        self._started = time.monotonic() - seconds

    def used(self, step=0):
        """The share of the training that is over now, after this many steps."""
        return max(step / self.steps, self.spent / self.seconds)

    def __call__(self, progress):
        return max(0.0, min(1.0, 2 - 2 * max(progress, self.spent / self.seconds)))

    def __repr__(self):
        return f"Budget({self.steps} steps, {self.seconds / 60:g} minutes)"


@dataclasses.dataclass
class Fitted:
    """What a training left behind."""

    records: list
    frames: list  # of the film; the last shows the end
    problem: str  # why it ended early, or ""
    seconds: float


def fit(training, budget, saver, count, draw, title=None, losses=False,
        keep=False):
    """Train to the end of the budget; a `Fitted`.

    saver : jobs.Saver; count : int, frames of the film; draw : function without arguments that
    makes one; title : of the bar; losses : bool, whether the bar shows them too; keep : bool,
    whether the saver's file stays when the training is over, so that --resume need not train again
    """
    kept = saver.begin(training)
    records = [Record(*record) for record in kept.get("records", [])]
    frames, problem = kept.get("frames", []), ""

    def more():
        return {"records": [tuple(record) for record in records], "frames": frames}

    with progress(total=training.steps, desc=title, unit=" steps", mininterval=0.5,
                  initial=training.done) as bar:
        try:
            for record in training:
                records.append(record)
                bar.set_postfix_str(
                    (f"loss D {record.d_loss:.2f} G {record.g_loss:.2f}, " if losses else "")
                    + f"D(x) {record.d_real:.2f}, D(G(z)) {record.d_fake:.2f}", False)
                bar.update()
                # the picture changes fast at first: frames at progress 1/n², 4/n², 9/n², ...
                if budget.used(len(records)) >= ((len(frames) + 1) / count) ** 2:
                    frames.append(draw())
                saver.now_and_then(more)
                if budget.used(len(records)) >= 1:
                    break
        except KeyboardInterrupt:
            problem = "interrupted"
        except TrainingDiverged as error:
            problem = str(error)
    seconds = budget.spent
    if problem or keep:
        saver.save(more())
    else:
        saver.remove()
    frames.append(draw())
    if not problem and not np.isfinite(frames[-1]).all():
        problem = "what G draws is not finite: a learning rate is too high"
    said = f"{title}: " if title else ""
    print(f"{said}{len(records)} steps in {seconds:.0f} s"
          + (f", then {problem}" if problem else "")
          + (("; the same command with --resume goes on" if saver.goes_on else
              "; too early to go on from") if problem == "interrupted" else ""),
          flush=True)
    return Fitted(records, frames, problem, seconds)
