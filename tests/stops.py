"""Trainings that stop: pressing Ctrl-C in a test."""

from numgan.training import Training


def stop_after(monkeypatch, steps, error=KeyboardInterrupt()):
    """From now on, after so many steps of all trainings together, the next one raises `error`."""
    left, step = [steps], Training._step

    def stopped(training):
        if left[0] == 0:
            raise error
        left[0] -= 1
        return step(training)

    monkeypatch.setattr(Training, "_step", stopped)
