"""Figures of many runs, kept one by one: a run that is in the file is not made again.

    ledger = Ledger(path, command, settings, quick)
    interrupted = ledger.complete(function, {key: Task(...), ...}, jobs)
    ledger.runs                             # {key: what the function returned, and the stamp}
"""

from . import results
from .common import attempt
from .jobs import run_all


class Ledger:
    """The file of results of many runs, each under a key, a str.

    ValueError if the file holds something else, or has other settings; OSError if it cannot be
    read.
    """

    def __init__(self, path, command, settings, quick=False):
        self.path, self.command, self.runs = path, command, {}
        self.settings = results.as_json(settings | results.marked(quick))
        if path.exists():
            found = results.read(path)
            if found["settings"] != self.settings:
                raise ValueError(f"expected {path} to be of these settings: {self.settings}, got "
                                 f"{found['settings']}; delete it, or write elsewhere")
            if not all(isinstance(run.get("key"), str) for run in found["runs"]):
                raise ValueError(f"expected the runs of {path} to have a key each")
            self.runs = {run["key"]: run for run in found["runs"]}

    def complete(self, function, tasks, jobs=None):
        """Make the missing runs of {key: jobs.Task}, and keep each, a dict of figures, as soon as
        it is done. Returns True if interrupted."""
        missing = [key for key in tasks if key not in self.runs]
        now = results.stamp() if missing else {}
        try:
            for index, found in run_all(function, [tasks[key] for key in missing], jobs):
                key = missing[index]
                self.runs[key] = results.as_json({"key": key, **found, **now})
                self.write()
        except KeyboardInterrupt:
            return True
        return False

    def write(self):
        with attempt(self.path):
            results.write(self.path, self.command, self.settings, list(self.runs.values()))
