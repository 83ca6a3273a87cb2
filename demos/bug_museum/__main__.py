"""A museum of bugs: famous wrong backward passes, which check sees them, and which no curve shows.

Each exhibit is a small patch of the right code. The gradient check is run on each; then a GAN is
trained on the ring with the bug, and beside it, from the same seeds, with the right code. A bug
does harm if on most seeds modes are missing or a tenth fewer samples are of high quality. A curve
shows the bug if on most seeds the curve's last tenth is off: D(x) or D(G(z)) by 0.1, or a loss by
0.3 nats.

    python -m demos.bug_museum                  all exhibits, three seeds
    python -m demos.bug_museum --quiz           guess first: the code with the bug, three choices
    python -m demos.bug_museum --only reshaped
"""

import random

from numgan.gradcheck import GradientError

from .. import results
from ..arguments import Parser, positive
from ..common import INTERRUPTED, run_main, usable_folder, write
from ..jobs import Task, run_all
from .drawing import draw
from .exhibits import EXHIBITS
from .patches import applied
from .training import STEPS, run
from .verdict import HARMLESS, NAMES, NOTHING, figures, judged, mean, sentence

QUICK = dict(steps=40, seeds=[1], only=["bn-constants", "cut-in-g", "mean-twice"])


def seen(name):
    """What the gradient check says of the exhibit, or, where no gradient is wrong, which test sees
    it; None if the check sees nothing."""
    exhibit = EXHIBITS[name]
    if exhibit.check is None:
        return f"{NOTHING}; {exhibit.test} fails"
    with applied(exhibit.patches):
        try:
            exhibit.check()
        except GradientError as error:
            return str(error)
    return None


def table(found):
    lines = [f"{'exhibit':<22}{'modes':>13}{'high quality %':>18}   {'harm':<8}curves that are off"]
    for name, (verdict, wrong, right) in found.items():
        modes, quality = (" → ".join(f"{factor * mean(runs, key):.{digits}f}"
                                     for runs in (right, wrong))
                          for key, factor, digits in (("modes", 1, 1), ("high_quality", 100, 1)))
        stopped = sum(bool(run["stopped"]) for run in wrong)
        lines.append(f"{name:<22}{modes:>13}{quality:>18}   "
                     f"{'–' if verdict.kind == HARMLESS else 'yes':<8}"
                     + (", ".join(NAMES[curve] for curve in verdict.curves) or "none")
                     + (f"; {stopped} diverged" if stopped else ""))
    return lines


def quiz(names, seed):
    """Show the code of each with its bug, and ask what is wrong; returns how many were right."""
    rng = random.Random(seed)
    names, right, asked = list(names), 0, 0
    rng.shuffle(names)
    print("What is wrong? Answer 1, 2 or 3; an empty line ends it.")
    for name in names:
        exhibit = EXHIBITS[name]
        choices = [exhibit.title, *rng.sample([one.title for one in EXHIBITS.values()
                                               if one.title != exhibit.title], 2)]
        rng.shuffle(choices)
        for patch in exhibit.patches:
            print(f"\n# numgan.{patch.where.replace(':', ', ')}\n\n{patch.wrong()}")
        print("\n".join(f"  {number}  {choice}" for number, choice in enumerate(choices, 1)))
        answer = asked_for("> ")
        if not answer:
            break
        asked += 1
        good = choices[int(answer) - 1] == exhibit.title
        right += good
        print(f"\n{'Right' if good else 'No'}: {exhibit.title} ({name}).\n")
        print("\n".join(exhibit.difference))
        print(f"\n{exhibit.easy}\n{seen(name)}")
    print(f"\n{right} of {asked} right.")
    return right


def asked_for(prompt):
    """"1", "2" or "3", or "" to end; asks again for anything else."""
    while True:
        try:
            answer = input(prompt).strip()
        except EOFError:
            return ""
        if answer in ("", "1", "2", "3"):
            return answer
        print(f"Expected 1, 2 or 3, or an empty line to end, got {answer[:40]!r}.")


def main(arguments=None):
    parser = Parser("bug_museum", __doc__, QUICK)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(EXHIBITS),
                        default=list(EXHIBITS), help=f"of {', '.join(EXHIBITS)}")
    parser.add_argument("--quiz", action="store_true", help="guess first; nothing is trained")
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"of each training (default {STEPS:,})")
    parser.share(seeds=[1, 2, 3], out=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    if options.quiz:
        quiz(options.only, options.seeds[0])
        return 0
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    messages = {"": ""}
    for name in options.only:
        messages[name] = seen(name)
        first = (messages[name] or "the gradient check sees nothing").split("\n")[0]
        print(f"{name}: {EXHIBITS[name].title}\n    {first}", flush=True)
    settings = dict.fromkeys(EXHIBITS[name].setting for name in options.only)
    wanted = [("", setting) for setting in settings] + [
        (name, EXHIBITS[name].setting) for name in options.only]
    tasks = [Task(f"{name or 'right code'}, {setting}, seed {seed}", options.steps,
                  (name, setting, seed, options.steps))
             for name, setting in wanted for seed in options.seeds]
    found, code = [], 0
    try:
        for _, one in run_all(run, tasks, options.jobs):
            if one.stopped != "interrupted":
                found.append(one)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted: what there is gets drawn.", flush=True)
    verdicts = judged([figures(one, messages[one.exhibit]) for one in found])
    if verdicts:
        print("\n".join(["", *table(verdicts), "", sentence(verdicts)]), flush=True)
        write(options.out, {"bug_museum.png": lambda: draw(found, verdicts, options.out)})
    if not code:
        results.keep(path, results.command("bug_museum", arguments),
                     {"seeds": options.seeds, "steps": options.steps},
                     [figures(one, messages[one.exhibit]) for one in found], options.quick)
    return code


if __name__ == "__main__":
    run_main(main)
