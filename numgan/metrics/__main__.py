"""``python -m numgan.metrics``: train again the LeNet whose features the metrics compare."""

from __future__ import annotations

import argparse
import pathlib
import time
from collections.abc import Sequence

from ..data import mnist
from ..running import progress, run_main
from .lenet import STEPS, WEIGHTS, fit_lenet


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m numgan.metrics",
        description="Train the LeNet of numgan.metrics.mnist_lenet on MNIST, in about a minute, "
                    "and print how many test images it knows.")
    parser.add_argument("--folder", type=pathlib.Path, metavar="DIR",
                        help="where MNIST's files are (default: see numgan.data.mnist)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE",
                        help=f"where the weights go; none are written without it. The package's "
                             f"are in {WEIGHTS.name} beside this program")
    options = parser.parse_args(arguments)
    if options.steps < 1 or options.seed < 0:
        parser.error("expected --steps of at least 1 and --seed of at least 0")
    try:
        train, test = (mnist(options.folder, split) for split in ("train", "test"))
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    start = time.process_time()
    with progress(total=options.steps, desc="LeNet") as bar:
        model = fit_lenet(*train, options.seed, options.steps,
                          report=lambda step, loss: bar.update())
    print(f"{100 * model.accuracy(*test):.2f} % of {len(test[0]):,} test images, after "
          f"{options.steps:,} steps; {time.process_time() - start:.0f} s of CPU, seed "
          f"{options.seed}")
    if options.out:
        model.network.save(options.out)
        print(f"Written: {options.out}")


if __name__ == "__main__":
    run_main(main)
