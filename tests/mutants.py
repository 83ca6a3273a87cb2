"""Change the gradient code at random, one small change at a time: does a check notice?

    python tests/mutants.py                        400 of seed 0
    python tests/mutants.py --only losses --seed 1
    python tests/mutants.py --again                the survivors of the last run, after new tests
    python tests/mutants.py --list                 what would be changed, without running anything

A test that passes whatever the code does is no test. This script makes *mutants* of the files in
CODE: one sign turned, one constant moved, one term or factor left out, two operands or arguments in
the other order, one comparison changed. Each is run, in a copy of the tree, against the tests and
the gradient checks that reach the changed function, the fastest first, until one fails: then the
mutant is killed; a test that fails without it too is left out. One that lives shows a line that
nothing tests, or it is *equivalent*: it computes the same in other words. Those are listed by hand,
with the reason, in EQUIVALENT.

Which tests reach a function is found by running each test file once (kept beside the result, and
done again for a file that changed). Results are written after every mutant: a run that is stopped
goes on where it was. A mutant is chosen by a hash of its own text and the seed, so a change
elsewhere changes neither it nor its number. What is not changed: messages, files, and arguments
that are refused, which are not gradient code.

It is no part of the suite: it takes one to two hours on one core.
"""

import argparse
import ast
import contextlib
import copy
import datetime
import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = ["numgan/layers/*.py", "numgan/losses/*.py", "numgan/penalties.py", "numgan/optimizers.py",
        "numgan/training/[ar]*.py", "numgan/training/steps.py",
        "numgan/game/*.py", "numgan/networks/[!m]*.py",
        "numgan/pairs.py"]
CHECKS = {  # functions that refuse an argument
    "positive_int", "number", "pair", "fraction", "flag", "choice", "is_number", "_is_finite",
    "random_generator", "list_of_layers", "check_input", "check_condition", "check_buffers",
    "check_scale", "_check_caption", "_checked_batch", "_probabilities", "refuse",
    "refuse_non_finite", "_first_non_finite", "_numbers"}
NOT_GRADIENTS = CHECKS | {  # and those that say something, or read and write files
    "__repr__", "__getattr__", "arguments", "short", "summary", "_summary_rows", "_chain_rows",
    "_shape_text", "save", "load", "resume", "settings", "_read_npz"}
COMMUTES = CHECKS | {"maximum", "minimum", "max", "min", "multiply", "plus", "isinstance",
                     "hasattr", "getattr", "setattr", "array_equal", "sum_of_products", "pull",
                     "swapaxes", "_dots"}
# calls and variables that say how large the parts of a batch are
ONLY_SPEED = {"divide", "values", "bytes_each"}
# they start programs, take long, and depend on what else the machine does
LEFT_OUT = {"tests/test_running.py", "tests/test_readme.py", "tests/test_jobs.py"}
EVERYWHERE = "tests/test_defaults.py"  # looks at functions without calling them
AT_LEAST = 6  # mutants of each file
QUICK = 3.0  # seconds of checks in the first rounds; most mutants die there
GRADCHECK = "gradcheck"  # stands for the cases of numgan.gradcheck where a test file's name would

# (file, function, before, after): why it computes the same
EQUIVALENT = {
    ("numgan/layers/conv.py", "_gather_patches", "-(-k // s) - 1", "-(-k // s)"):
        "one more row of zeros around dy; _piece counts from where dy begins",
    ("numgan/penalties.py", "R1R2.points", "concatenate(real, fake)", "concatenate(fake, real)"):
        "the penalty is a mean over both batches",
    **{("numgan/losses/energy.py", "EnergyBased.generator_tangent", "fake_logits.shape[1] > 1",
        f"fake_logits.shape[1] {after}"): "without a code its part of the gradient has no columns"
       for after in ("> 0", ">= 1")},
    **{(file, function, "input_grad=False", "input_grad=True"):
        "the gradient by the latents is made, and nobody takes it"
       for file, function in (("numgan/game/unrolled.py", "unrolled_generator_gradients"),
                              ("numgan/training/steps.py", "generator_gradients"),
                              ("numgan/training/steps.py", "_pass"))},
    ("numgan/training/steps.py", "standard_normal", "copy=False", "copy=True"):
        "a copy, which is only slower",
    **{("numgan/layers/conv.py", "conv_input_gradient", "W.shape[2] < FEW_CHANNELS",
        f"W.shape[2] {after} FEW_CHANNELS"): "the other way to the same sum, only slower"
       for after in ("<=", ">")},
    ("numgan/networks/network.py", "Network._twins", "len(twins) < count", "len(twins) <= count"):
        "one twin more than is asked for; as many as are asked for are returned",
    ("numgan/optimizers.py", "Adam.step_backward", "np.where(root == 0, 1, 2 * root)",
     "np.where(root == 0, 2, 2 * root)"): "where root is 0, the mean above it is 0 too",
    ("numgan/layers/dense.py", "Dense.backward", "self.out_features == 1",
     "self.out_features == 0"): "a product with one column, only slower",
    ("numgan/layers/noise.py", "Dropout.forward",
     "self.generator().random(x.shape, dtype=np.float32) >= self.rate",
     "self.generator().random(x.shape, dtype=np.float32) > self.rate"):
        "a draw that is the rate itself comes once in 16 million",
}


# -- mutants ---------------------------------------------------------------------------------------


class Mutant(typing.NamedTuple):
    file: str  # relative to ROOT
    scope: str  # the function, "Class.method"
    line: int
    kind: str
    before: str
    after: str
    nth: int  # of the same change in the same function
    start: int  # bytes of the source that are replaced
    stop: int
    text: str

    @property
    def key(self):
        return f"{self.file}::{self.scope}: {self.before} → {self.after} #{self.nth}"

    @property
    def known(self):
        """How it stands in EQUIVALENT."""
        return self.file, self.scope, self.before, self.after

    def __str__(self):
        return f"{self.file}:{self.line} ({self.scope}): {self.before}  →  {self.after}"


def name_of(call):
    """The last part of the name of the function that is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def changes(node):
    """(kind, another node) for every small change of a node of the syntax tree."""
    def other(**fields):
        twin = copy.copy(node)
        for name, value in fields.items():
            setattr(twin, name, value)
        return twin

    if isinstance(node, ast.BinOp):
        left, right, op = node.left, node.right, type(node.op)
        if any(isinstance(side, (ast.List, ast.Tuple, ast.JoinedStr))
               or isinstance(side, ast.Constant) and isinstance(side.value, str)
               for side in (left, right)):
            return  # joins lists or texts
        turned = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        if op in turned:
            yield "sign", other(op=turned[op]())
            yield "term", left
            yield "term", ast.UnaryOp(ast.USub(), right) if op is ast.Sub else right
        if op in (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv, ast.Mod):
            yield "order", other(left=right, right=left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield "sign", node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "constant", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield "constant", ast.Constant(node.value + 1)
        if node.value > 0:
            yield "constant", ast.Constant(node.value - 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield "constant", ast.Constant(2 * node.value or 1.0)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in {ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt),
                   ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
                   ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)}.get(type(node.ops[0]), ()):
            yield "order", other(ops=[op()])
    elif isinstance(node, ast.BoolOp):
        yield "term", other(op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
    elif isinstance(node, ast.IfExp):
        yield "order", other(body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Call):
        name = name_of(node)
        if name in ("sqrt", "exp", "log", "log1p", "abs") and len(node.args) == 1:
            yield "term", node.args[0]
        for one, two in ("maximum", "minimum"), ("max", "min"), ("zeros_like", "ones_like"):
            if name in (one, two):
                changed, field = copy.copy(node.func), "id" if hasattr(node.func, "id") else "attr"
                setattr(changed, field, two if name == one else one)
                yield "constant", other(func=changed)
        if len(node.args) > 1 and name not in COMMUTES \
                and not any(isinstance(arg, ast.Starred) for arg in node.args[:2]):
            yield "order", other(args=[node.args[1], node.args[0], *node.args[2:]])
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) \
            and len(node.value.elts) > 1:
        first, second, *rest = node.value.elts
        yield "order", other(value=ast.Tuple([second, first, *rest], ast.Load()))
    elif isinstance(node, ast.AugAssign):
        turned = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        if type(node.op) in turned:
            yield "sign", other(op=turned[type(node.op)]())
        yield "term", ast.Assign([node.target], node.value)
        yield "term", ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) \
            and name_of(node.value) not in CHECKS:
        yield "term", ast.Pass()
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Subscript,
                                                                       ast.Attribute)):
        yield "term", ast.Pass()


def refuses(node):
    """Whether a statement is an `if` that only refuses an argument, or warns of it."""
    if not isinstance(node, ast.If):
        return False
    first = node.body[0]
    return isinstance(first, ast.Raise) or (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Call)
        and name_of(first.value) in CHECKS | {"warn"})


def in_context(node, new, parent):
    """(before, after) as text: of the expression around a number, which alone says little."""
    if isinstance(node, ast.Constant) and isinstance(parent, (ast.expr, ast.keyword, ast.Slice)):
        for name, value in ast.iter_fields(parent):
            twin = copy.copy(parent)
            if value is node:
                setattr(twin, name, new)
            elif isinstance(value, list) and any(item is node for item in value):
                setattr(twin, name, [new if item is node else item for item in value])
            else:
                continue
            texts = ast.unparse(parent), ast.unparse(ast.fix_missing_locations(twin))
            if len(texts[0]) < 60:
                return texts
    return ast.unparse(node), ast.unparse(ast.fix_missing_locations(new))


def mutants_of(file, source):
    """All mutants of one file."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    seen = {}
    found = []

    def visit(node, parent, scope):
        if isinstance(node, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.arg)) \
                or isinstance(node, ast.keyword) and node.arg == "stacklevel":  # of a warning
            return
        if isinstance(node, ast.Call) and name_of(node) in ONLY_SPEED or isinstance(
                node, ast.Assign) and getattr(node.targets[0], "id", "") in ONLY_SPEED:
            return
        if refuses(node):
            for child in node.orelse:
                visit(child, node, scope)
            return
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if node.name in NOT_GRADIENTS:
                return
            scope = f"{scope}.{node.name}" if scope else node.name
        if isinstance(node, (ast.expr, ast.stmt)):
            for kind, new in changes(node):
                text = ast.unparse(ast.fix_missing_locations(new))
                before, after = in_context(node, new, parent)
                nth = seen[before, after, scope] = seen.get((before, after, scope), 0) + 1
                found.append(Mutant(
                    file, scope, node.lineno, kind, before, after, nth,
                    starts[node.lineno - 1] + node.col_offset,
                    starts[node.end_lineno - 1] + node.end_col_offset,
                    f"({text})" if isinstance(node, ast.expr) else text))
        for child in ast.iter_child_nodes(node):
            # any negative number is the same to reshape
            if not (isinstance(node, ast.Call) and name_of(node) == "reshape"
                    and ast.unparse(child) == "-1"):
                visit(child, node, scope)

    visit(ast.parse(source), None, "")
    return [mutant for mutant in found if mutant.before != mutant.after]


def rank(seed, mutant):
    return hashlib.sha256(f"{seed}:{mutant.key}".encode()).digest()


def chosen(seed, count, only):
    """`count` mutants, from each file its share, at least AT_LEAST; equivalent ones not counted."""
    files = sorted(str(path.relative_to(ROOT)) for pattern in CODE for path in ROOT.glob(pattern))
    every = {}
    for file in files:
        candidates = sorted(mutants_of(file, (ROOT / file).read_text(encoding="utf-8")),
                            key=lambda mutant: rank(seed, mutant))
        if candidates:
            every[file] = candidates
    total = sum(map(len, every.values()))
    stale = set(EQUIVALENT) - {mutant.known for found in every.values() for mutant in found}
    for entry in sorted(stale):
        print(f"EQUIVALENT: no such mutant any more: {entry}", file=sys.stderr)
    found, equivalent = [], 0
    for file, candidates in every.items():
        if only not in file:
            continue
        share = max(AT_LEAST, round(count * len(candidates) / total))
        taken = candidates[:share]
        found += [mutant for mutant in taken if mutant.known not in EQUIVALENT]
        equivalent += sum(mutant.known in EQUIVALENT for mutant in taken)
    # in the order of their hashes, so that a run that is stopped has seen a bit of everything
    return sorted(found, key=lambda mutant: rank(seed, mutant)), equivalent, total


# -- running checks, in a child that imports numgan from the copy ----------------------------------


def in_child(tree, seconds, work):
    """Run ``work()`` in a forked process, in the directory `tree`, with at most `seconds` of CPU.

    Returns (what it returned, or None if it was killed or raised; the output's last lines).
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setsid()
                os.chdir(tree)
                # ignored in the background of a shell, and there are tests that press Ctrl-C
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for stream in sys.stdout, sys.stderr:
                    os.dup2(output.fileno(), stream.fileno())
                sys.path.insert(0, str(tree))
                sys.dont_write_bytecode = True
                os.environ.update(PYTHONPATH=str(tree), PYTHONDONTWRITEBYTECODE="1")
                resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
                resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
                answer.write(json.dumps(work()).encode())
                answer.flush()
                status = 0
            finally:
                sys.stdout.flush()
                os._exit(status)
        limit = time.monotonic() + 30 * seconds  # of a machine that is busy with other things
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.02)
            if time.monotonic() > limit:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                break
        with contextlib.suppress(ProcessLookupError):  # what a test started and left
            os.killpg(child, signal.SIGKILL)
        answer.seek(0)
        output.seek(0)
        text = answer.read()
        return (json.loads(text) if text else None,
                output.read().decode(errors="replace")[-2000:])


def run_pytest(files, names=None, known=(), plugins=()):
    """Run tests of `files`; of those in `known` only the ones in `names`, in that order."""
    import pytest

    class Chosen:
        failed = None

        def pytest_collection_modifyitems(self, items):
            if names is not None:
                place = {name: number for number, name in enumerate(names)}
                items[:] = sorted((item for item in items
                                   if item.nodeid in place or item.nodeid not in known),
                                  key=lambda item: place.get(item.nodeid, -1))

        def pytest_runtest_logreport(self, report):
            if report.failed and self.failed is None:
                self.failed = report.nodeid

    plugin = Chosen()
    code = pytest.main(["-q", "-x" if names is not None else "-q", "-p", "no:cacheprovider",
                        "--hypothesis-seed=0", *files], plugins=[plugin, *plugins])
    return {"failed": plugin.failed or (f"pytest ended with {code}" if code not in (0, 5) else "")}


def run_gradcheck(names):
    """Run the gradient checks of these names; the first that fails."""
    warnings.simplefilter("error", RuntimeWarning)
    try:
        from numgan.gradcheck.cases import cases
        checks = dict(cases())
    except Exception as error:
        return {"failed": f"numgan.gradcheck: {type(error).__name__}"}
    for name in names:
        try:
            checks.get(name, int)()
        except Exception:
            return {"failed": f"numgan.gradcheck: {name}"}
    return {"failed": ""}


# -- which checks reach which function -------------------------------------------------------------


class Watch:
    """A pytest plugin that notes which functions of the code each test calls."""

    def __init__(self, tree):
        self.tree, self.tests, self.called = f"{tree}/numgan/", {}, set()

    def see(self, frame, event, argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self.tree):
            self.called.add((code.co_filename[len(self.tree) - len("numgan/"):],
                             code.co_firstlineno))

    def around(self, name, work):
        self.called = set()
        start = time.process_time()
        sys.settrace(self.see)
        try:
            work()
        finally:
            sys.settrace(None)
        self.tests[name] = [time.process_time() - start, sorted(self.called)]

    def pytest_runtest_protocol(self, item, nextitem):
        from _pytest.runner import runtestprotocol
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = []
        self.around(item.nodeid, lambda: reports.extend(runtestprotocol(item, nextitem=nextitem)))
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if any(report.outcome != "passed" for report in reports):
            self.tests[item.nodeid][1] = []  # failed or skipped, it says nothing about mutants
        return True


def watch_tests(tree, file):
    watch = Watch(tree)
    run_pytest([file], plugins=[watch])
    return watch.tests


def watch_gradcheck(tree):
    from numgan.gradcheck.cases import cases
    watch = Watch(tree)
    for name, check in cases():
        watch.around(name, check)
    return watch.tests


def scopes_by_line(source):
    """[(first line with decorators, last line, name of the function)], the inner ones later."""
    found = []

    def visit(node, scope):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            scope = f"{scope}.{node.name}" if scope else node.name
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                found.append((first, node.end_lineno, scope))
        for child in ast.iter_child_nodes(node):
            visit(child, scope)

    visit(ast.parse(source), "")
    return found


def reach(tree, path):
    """{test file: {test: [seconds, [file::function, ...]]}}, kept in the file `path`.

    A test file is run again if it changed, or if a function that it reached is there no more.
    """
    kept = json.loads(path.read_text()) if path.exists() else {}
    files = sorted({str(file.relative_to(tree)) for file in tree.glob("tests/test_*.py")}
                   - LEFT_OUT)
    sources = {file: (tree / file).read_bytes() for file in files}
    sources[GRADCHECK] = b"".join(file.read_bytes() for file in
                                  sorted(tree.glob("numgan/gradcheck/*.py")))
    scopes = {str(file.relative_to(tree)): scopes_by_line(file.read_text(encoding="utf-8"))
              for file in tree.glob("numgan/**/*.py")}
    known = {f"{file}::{name}" for file, found in scopes.items() for _, _, name in found}
    for number, (file, source) in enumerate(sources.items(), 1):
        digest = hashlib.sha256(source).hexdigest()
        before = kept.get(file, {"digest": "", "tests": {}})
        if before["digest"] == digest and all(known.issuperset(names) for _, names
                                              in before["tests"].values()):
            continue
        print(f"which functions does {file} reach ({number} of {len(sources)})", flush=True)
        tests, output = in_child(tree, 1800, lambda: (
            watch_gradcheck(tree) if file == GRADCHECK else watch_tests(tree, file)))
        if tests is None:
            raise SystemExit(f"{file} fails as it is:\n{output}")
        for entry in tests.values():
            names = set()
            for code, line in entry[1]:
                names.update([f"{code}::{name}" for first, last, name in scopes[code]
                              if first <= line <= last][-1:])
            entry[1] = sorted(names)
        kept[file] = {"digest": digest, "tests": tests}
        write_json(path, kept)
    return {file: kept[file]["tests"] for file in sources}


# -- the run ---------------------------------------------------------------------------------------


def write_json(path, content):
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, path)


def copy_tree(where):
    """A copy to change. Compiled files in it are trusted by their source's hash, not its date."""
    tree = pathlib.Path(where).resolve() / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(
        ".git", "__pycache__", "out", "*.egg-info", ".hypothesis", "*.gif", "*.html"))
    for name in "numgan", "demos":
        subprocess.run([sys.executable, "-m", "compileall", "-q", "--invalidation-mode",
                        "checked-hash", str(tree / name)], check=True)
    return tree


def rounds(mutant, reached):
    """The checks that reach a mutant, as (kind, [names], seconds), the quick ones first."""
    place = f"{mutant.file}::{mutant.scope}"
    # what is inside of a function may run in another thread, where nobody watches
    places = {place, place.rpartition(".")[0]}
    tests, cases = [], []
    inside = any(not places.isdisjoint(scopes) for found in reached.values()
                 for _, scopes in found.values())
    for file, found in reached.items():
        for name, (seconds, scopes) in found.items():
            # what stands outside of functions is met by all that use the file
            if not places.isdisjoint(scopes) or file == EVERYWHERE or not inside and any(
                    scope.startswith(f"{mutant.file}::") for scope in scopes):
                (cases if file == GRADCHECK else tests).append((seconds, name))
    result = []
    for kind, found in (GRADCHECK, sorted(cases)), ("pytest", sorted(tests)):
        quick, rest, spent = [], [], 0.0
        for seconds, name in found:
            spent += seconds
            (quick if spent < QUICK else rest).append((seconds, name))
        result += [(0, kind, quick), (1, kind, rest)]
    return [(kind, [name for _, name in found], sum(seconds for seconds, _ in found))
            for _, kind, found in sorted(result, key=lambda item: item[0]) if found]


def judge(mutant, tree, reached, passes):
    """(what killed it, or "" ; seconds). passes {test: whether it does without a mutant}: one that
    does not kills nothing. It is filled with what was asked."""
    start = time.monotonic()
    path = tree / mutant.file
    source = path.read_bytes()
    changed = source[:mutant.start] + mutant.text.encode() + source[mutant.stop:]
    for kind, names, seconds in rounds(mutant, reached):
        while True:
            path.write_bytes(changed)
            try:
                killer = run_round(kind, names, seconds, tree, reached, passes)
            finally:
                path.write_bytes(source)
            if "::" not in killer or passes_alone(killer, tree, passes):
                break
        if killer:
            return killer, time.monotonic() - start
    return "", time.monotonic() - start


def run_round(kind, names, seconds, tree, reached, passes):
    if kind == GRADCHECK:
        found, _ = in_child(tree, 30 + 5 * seconds, lambda: run_gradcheck(names))
    else:
        files = sorted({name.split("::")[0] for name in names})
        broken = {name for name, good in passes.items() if not good}
        known = broken.union(*(reached.get(file, ()) for file in files))
        wanted = [name for name in names if name not in broken]
        found, _ = in_child(tree, 30 + 5 * seconds, lambda: run_pytest(files, wanted, known))
    return f"no end, or a crash, in {kind}" if found is None else found["failed"]


def passes_alone(test, tree, passes):
    if test not in passes:
        found, _ = in_child(tree, 600, lambda: run_pytest([test]))
        # 4: there is no test of that name, as what a mutant is called can stand in it
        passes[test] = found is not None and found["failed"] in ("", "pytest ended with 4")
        if not passes[test]:
            print(f"left out, as it fails without a mutant: {test}", flush=True)
    return passes[test]


def preload():
    """Import what takes long, and is not changed, once for all children."""
    import hypothesis, matplotlib.pyplot, numpy, pytest  # noqa: E401, F401
    import scipy.sparse.linalg, sklearn.datasets, sklearn.linear_model, tqdm  # noqa: E401, F401


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python tests/mutants.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="mutants to make, in all files")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--only", default="", metavar="TEXT", help="files with TEXT in their path")
    parser.add_argument("--again", action="store_true", help="run those that survived once more")
    parser.add_argument("--list", action="store_true", help="list the mutants, run nothing")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out" / "mutants",
                        help="directory of the results")
    options = parser.parse_args(arguments)
    mutants, equivalent, total = chosen(options.seed, options.count, options.only)
    if options.list:
        for mutant in sorted(mutants):
            print(mutant)
        print(f"{len(mutants)} of {total}, {equivalent} equivalent ones left out")
        return 0
    os.environ.update(OPENBLAS_NUM_THREADS="1", MPLBACKEND="Agg")
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"seed{options.seed}.json"
    done = json.loads(path.read_text(encoding="utf-8"))["mutants"] if path.exists() else {}
    preload()
    with tempfile.TemporaryDirectory() as where:
        tree = copy_tree(where)
        reached, passes = reach(tree, options.out / "reach.json"), {}
        for number, mutant in enumerate(mutants, 1):
            before = done.get(mutant.key)
            if before is None or options.again and not before["killer"]:
                killer, seconds = judge(mutant, tree, reached, passes)
                done[mutant.key] = {"file": mutant.file, "line": mutant.line, "kind": mutant.kind,
                                    "scope": mutant.scope, "before": mutant.before,
                                    "after": mutant.after, "killer": killer,
                                    "seconds": round(seconds, 1)}
                print(f"{number}/{len(mutants)} {'killed' if killer else 'SURVIVED'} {mutant}  "
                      f"[{killer}]", flush=True)
                write_json(path, report(options, mutants, equivalent, done))
    result = report(options, mutants, equivalent, done)
    write_json(path, result)
    print(f"\nkilled {result['killed']} of {result['of']} ({result['killed'] / result['of']:.1%}); "
          f"{equivalent} more are equivalent; {len(result['survivors'])} survived")
    for text in result["survivors"]:
        print(f"  {text}")
    return 0


def report(options, mutants, equivalent, done):
    ran = [mutant for mutant in mutants if mutant.key in done]
    alive = [mutant for mutant in ran if not done[mutant.key]["killer"]]
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return {"command": f"python tests/mutants.py --seed {options.seed} --count {options.count}",
            "date": datetime.date.today().isoformat(), "commit": commit,
            "killed": len(ran) - len(alive), "of": len(ran), "chosen": len(mutants),
            "equivalent": equivalent, "survivors": [str(mutant) for mutant in alive],
            "mutants": done}


if __name__ == "__main__":
    sys.exit(main())
