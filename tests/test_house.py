"""The house holds: floors, one place for each thing, and a dvc.yaml that names all that its stages use."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
MODULES = sorted(path.relative_to(ROOT) for folder in ("vision", "stages") for path in (ROOT / folder).rglob("*.py"))
STAGE_SCRIPTS = [path for path in MODULES if path.parts[0] == "stages" and path.stem != "__init__"]
FLOORS = [
    {"errors", "files", "process"},
    {"params"},
    {"datasets", "nets", "scores"},
    {"fetching", "training", "subsets", "sweeps", "searches", "features", "explain", "baselines"},
    {"results", "figures", "pull_request"},
    {"evaluation", "verdicts"},
    {"stage"},
    {"stages"},
]
IN_WORKERS_ALONE = {"train_subsets"}  # of one thread each, whatever `threads` says
ROOMS_WITHOUT_ARROWS = {"datasets", "nets", "scores"}


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, at any depth of its code; `from a import b` gives a and a.b."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_path(name: str) -> Path | None:
    """The project file of a dotted name, if it is one."""
    stem = Path(*name.split("."))
    found = [path for path in (stem.with_suffix(".py"), stem / "__init__.py") if (ROOT / path).is_file()]
    return found[0] if found else None


def all_imports(path: Path) -> set[Path]:
    """Every project file that a file imports, directly or not."""
    seen, todo = set(), [path]
    while todo:
        new = {found for name in imports(todo.pop()) if (found := module_path(name))} - seen
        seen |= new
        todo += new
    return seen


def room(path: Path) -> str:
    """vision/nets/convnet.py is in the room nets; every stage script is in the room stages."""
    return path.parts[0] if path.parts[0] == "stages" else Path(path.parts[1]).stem


def in_declared_folder(path: Path) -> str:
    """What dvc.yaml names a project file by: the networks by their folder, so that one more needs no line there."""
    return "vision/nets" if path.parts[:2] == ("vision", "nets") else str(path)


def stages() -> dict[str, dict]:
    """The stages of dvc.yaml by name, foreach unrolled to its body."""
    return {
        name: stage.get("do", stage)
        for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
    }


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_down_only(path):
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    for other in all_imports(path):
        if room(other) != room(path):
            assert floor[room(other)] <= floor[room(path)], f"{path} imports {other}, which is above it"
            assert not {room(path), room(other)} <= ROOMS_WITHOUT_ARROWS, f"{path} imports {other} beside it"
        assert room(path) != "stages" or room(other) != "stages", f"{path} imports another stage"


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("matplotlib", {"figures"}),
        ("yaml", {"stage"}),
        ("json", {"results", "pull_request"}),
    ],
)
def test_one_place_for_each_thing(word, allowed):
    users = {room(path) for path in MODULES if any(name.split(".")[0] == word for name in imports(path))}
    assert users <= allowed
    assert users, f"nothing imports {word}: this test holds nothing any more"


@pytest.mark.parametrize("name", stages())
def test_deps_name_every_module_and_every_file_read(name):
    stage = stages()[name]
    words = stage["cmd"].split()
    assert words[:2] == ["python", "-m"]
    script = Path(*words[2].split(".")).with_suffix(".py")
    code = {in_declared_folder(path) for path in all_imports(script) | {script}}
    declared = {dep for dep in stage["deps"] if dep.startswith(("stages/", "vision/")) and not dep.endswith(".jinja")}
    assert declared == code
    outs = {
        next(iter(out)) if isinstance(out, dict) else out
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, [])
    }
    flags = {value for flag, value in pairwise(words) if flag.startswith("--") and "/" in value}
    assert flags == outs | {dep for dep in stage["deps"] if not dep.startswith(("stages/", "vision/"))}


@pytest.mark.parametrize("script", STAGE_SCRIPTS, ids=str)
def test_declared_params_are_those_read(script):
    """Each stage's `params:` are exactly the top-level keys that its script reads, with the runner's own."""
    recipe = next(
        {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}
        for node in ast.parse((ROOT / "vision/params.py").read_text()).body
        if isinstance(node, ast.ClassDef) and node.name == "Recipe"
    )
    read = set()
    for node in ast.walk(ast.parse((ROOT / script).read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "params":
            read |= {"recipe": recipe, "compared": {"models", "baselines"}}.get(node.attr, {node.attr})
    used = [stage for stage in stages().values() if stage["cmd"].split()[2] == ".".join(script.with_suffix("").parts)]
    assert used, f"no stage runs {script}"
    for stage in used:
        declared = {key.split(".")[0] for key in stage.get("params", [])}
        entry = recipe | {"dropout"} if "--model convnet" in stage["cmd"] else {"models"}
        needed = (read | entry) - {"network"} if "network" in read else read
        assert declared - {"threads"} == needed - {"threads"}
        # Where numbers are computed in the stage's own process, the number of threads changes bits.
        computes = {"training", "features", "baselines"} & {room(path) for path in all_imports(script)}
        assert ("threads" in declared) == bool(computes and script.stem not in IN_WORKERS_ALONE)


def test_the_test_split_is_read_by_judging_stages_alone():
    readers = {name for name, stage in stages().items() if any("_test.npz" in dep for dep in stage["deps"])}
    assert readers
    assert not [name for name in readers if name.startswith("train")]
