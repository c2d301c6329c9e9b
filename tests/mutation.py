"""Change single expressions in vision/ and count how many of these mutants the tests notice.

`python -m tests.mutation --seed 19 --mutants 120` draws a sample and prints one line a mutant. Each mutant meets the
fast test files that import its module, up to the first failure and for 30 seconds of processor time at most; the tests
that run dvc are left out. The same seed and the same vision/ give the same sample.
"""

import argparse
import ast
import copy
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 30
SWAPS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.Mod: ast.FloorDiv,
}  # fmt: skip
RUNS_DVC = re.compile(r"\b(start_)?dvc\(|\bminiature\b|def test_the_whole_pipeline|make_scratch\(")


def mutations(tree: ast.Module) -> Iterator[tuple[ast.AST, str, ast.AST]]:
    """Each place of a module that can be changed: the parent node, its field, and what to put there."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list"):
                continue
            for position, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST) and (changed := mutated(node)):
                    yield parent, field if position is None else f"{field}.{position}", changed


def mutated(node: ast.AST) -> ast.AST | None:
    """The changed copy of a node, if it is of a kind that is changed here."""
    if type(node) in SWAPS:
        return SWAPS[type(node)]()
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        return node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return ast.Constant(not node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return ast.Constant(node.value + 1)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.Pass()
    if isinstance(node, ast.If | ast.IfExp):
        negated = copy.copy(node)
        negated.test = ast.UnaryOp(ast.Not(), node.test)
        return negated
    return None


def mutant(path: Path, number: int) -> tuple[str, str]:
    """The text of a module with its mutation of that number, and what was changed."""
    tree = ast.parse((ROOT / path).read_text())
    parent, place, changed = list(mutations(tree))[number]
    field, _, position = place.partition(".")
    line = getattr(parent, "lineno", None) or getattr(changed, "lineno", 0)
    before = ast.unparse(parent).splitlines()[0]
    if position:
        getattr(parent, field)[int(position)] = changed
    else:
        setattr(parent, field, changed)
    text = ast.unparse(ast.fix_missing_locations(tree))
    after = ast.unparse(parent).splitlines()[0]
    what = f"{before[:70]} -> {after[:70]}" if before != after else type(changed).__name__
    return text, f"{path}:{line}: {what}"


def own_tests(path: Path, root: Path) -> list[str]:
    """The test files that import a module or bear its name and do not run dvc, those of its name first."""
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    parent, _, name = module.rpartition(".")
    imports = re.compile(
        rf"^\s*(from {module} import|import {module}\b|from {parent} import .*\b{name}\b)", re.MULTILINE
    )
    found = {
        test.relative_to(root)
        for test in (root / "tests").rglob("test_*.py")
        if (imports.search(test.read_text()) or test.stem == f"test_{name}") and not RUNS_DVC.search(test.read_text())
    }
    return [str(test) for test in sorted(found, key=lambda test: (name not in test.stem, test))]


def limit_time() -> None:
    """End a process by its processor time, which other processes do not change."""
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))


def verdict(path: Path, text: str, copies: SimpleQueue) -> str:
    """Run the tests of a mutant in a copy of the repository; say what became of it."""
    root = copies.get()
    try:
        tests = own_tests(path, root)
        if not tests:
            return "no tests"
        (root / path).write_text(text)
        options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
        words = [sys.executable, "-m", "pytest", *options, *tests]
        ended = subprocess.run(words, cwd=root, capture_output=True, preexec_fn=limit_time, timeout=10 * LIMIT_SECONDS)
        # 2: the tests cannot even be collected; 5: none is fast
        return {0: "survived", 1: "killed", 2: "killed", 5: "no tests"}.get(ended.returncode, "time out")
    except subprocess.TimeoutExpired:
        return "time out"
    finally:
        shutil.copy(ROOT / path, root / path)
        copies.put(root)


def main(seed: int, mutants: int, workers: int, under: list[str]) -> None:
    paths = sorted({path.relative_to(ROOT) for folder in under for path in (ROOT / folder).rglob("*.py")})
    places = [(p, n) for p in paths for n in range(len(list(mutations(ast.parse((ROOT / p).read_text())))))]
    sample = sorted(random.Random(seed).sample(places, mutants))
    copies = SimpleQueue()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        for root in (Path(folder) / str(worker) for worker in range(workers)):
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
            for name in ("vision", "tests"):  # as they are in the working tree
                shutil.rmtree(root / name)
                shutil.copytree(ROOT / name, root / name)
            copies.put(root)
        drawn = [mutant(*place) for place in sample]
        verdicts = pool.map(lambda place, one: verdict(place[0], one[0], copies), sample, drawn)
        total = {}
        for (_, what), word in zip(drawn, verdicts, strict=True):
            print(f"{word:9} {what}", flush=True)
            total[word] = total.get(word, 0) + 1
    killed = total.get("killed", 0)
    print(f"killed {killed} of {mutants} ({killed / mutants:.1%}), of {len(places)} places: {total}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--mutants", type=int, default=120)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--under", nargs="+", default=["vision"], help="folders whose modules are changed")
    main(**vars(parser.parse_args()))
