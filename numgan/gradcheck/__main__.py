"""``python -m numgan.gradcheck [--only TEXT]``: check every gradient of the package."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from ..running import INTERRUPTED, run_main
from .cases import cases
from .check import CENTRAL_TOLERANCE, COMPLEX_TOLERANCE, GradientError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m numgan.gradcheck",
        description="Check every hand-derived gradient of the package against complex step "
                    f"(to {COMPLEX_TOLERANCE:g}) and central differences "
                    f"(to {CENTRAL_TOLERANCE:g}), in float64.")
    parser.add_argument("--only", metavar="TEXT", default="",
                        help="only the cases whose name contains TEXT (conv, step, loss, ...)")
    options = parser.parse_args(arguments)
    wanted = [(name, check) for name, check in cases() if options.only.lower() in name.lower()]
    if not wanted:
        parser.error(f"--only: no case has {options.only!r} in its name; the names are\n  "
                     + "\n  ".join(name for name, _ in cases()))
    print(f"{'largest relative error of each gradient, by':<96}  complex step  central diff.")
    rows, passed, failures, interrupted = [], 0, [], False
    try:
        for name, check in wanted:
            print(name, flush=True)
            try:
                found = check()
            except GradientError as error:
                failures.append(name)
                print(f"  FAILED  {error}")
                continue
            for row in found:
                central = "" if np.isnan(row.central_error) else f"{row.central_error:13.1e}"
                print(f"    {row.quantity:<92}  {row.complex_error:12.1e}  {central}".rstrip())
            rows += found
            passed += 1
    except KeyboardInterrupt:
        interrupted = True
        print(f"Interrupted: {passed + len(failures)} of {len(wanted)} cases were checked.")
    if rows:
        print(f"{'worst':<96}  {max(row.complex_error for row in rows):12.1e}  "
              f"{np.nanmax([row.central_error for row in rows]):13.1e}")
    print(f"{passed} cases passed, {len(failures)} failed; {len(rows)} gradients compared")
    for name in failures:
        print(f"  failed: {name}")
    return INTERRUPTED if interrupted else 1 if failures else 0


if __name__ == "__main__":
    run_main(main)
