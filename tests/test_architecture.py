"""Imports go down and never in a circle, and each stage of dvc.yaml declares exactly what can change its numbers."""

import ast
import functools
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from vision.pipeline.schema.models import Headline

ROOT = Path(__file__).parent.parent
MODULES = sorted(path.relative_to(ROOT) for folder in ("vision", "stages") for path in (ROOT / folder).rglob("*.py"))
STAGE_SCRIPTS = [path for path in MODULES if path.parts[0] == "stages" and path.stem != "__init__"]
LAYERS = [
    {"pipeline"},
    {"data"},
    {"scores"},
    {"nets"},
    {"classifiers", "embedding", "explain", "features", "training"},
    {"studies"},
    {"figures"},
    {"evidence"},
    {"document_errors"},
    {"stages"},
]
# By name these import the modules beside them, one at a time; what is built so is named in dvc.yaml by its module.
REGISTRIES = {Path(f"vision/{name}/__init__.py") for name in ("nets", "classifiers", "features")}
NUMBERLESS = "vision/pipeline/"
WITHOUT_FLAG = {"data/checked.txt", "params.yaml"}  # what puts one stage before another; what the runner reads
# What a stage imports itself where it computes in its own process: then the number of threads changes bits.
COMPUTES = re.compile(
    r"vision\.(training|embedding|explain|studies|document_errors)\.|vision\.(classifiers|features)\.make$|"
    r"vision\.nets\.inference\.(predict|capture_activations)$"
)
IN_WORKERS_ALONE = {  # of one thread each, whatever `threads` says
    "train_subsets", "replicate", "from_scratch"
}  # fmt: skip
DISPATCH = {"plot": "vision/figures/studies/study_{}.py", "document_errors": "vision/document_errors/document_{}.py"}
STUDIES = {"plot", "claims", "document_errors"}  # they get the roots of all files, and params as the study needs them
ACCESSORS = {
    "recipe": set(Headline.model_fields), "title": {"titles"}, "replication": {"replications"},
    "models_of": set(), "study_of": {"studies"}, "dataset": {"datasets"}, "headings": {"titles", "datasets"},
}  # fmt: skip


@functools.cache
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


@functools.cache
def neighbours(path: Path) -> set[Path]:
    own = {path, path.parent / "__init__.py"}
    return {found for name in imports(path) if (found := module_path(name))} - own


@functools.cache
def all_imports(path: Path) -> set[Path]:
    """Every project file that a file imports, directly or not."""
    seen, todo = set(), [path]
    while todo:
        new = neighbours(todo.pop()) - seen
        seen |= new
        todo += new
    return seen


def package(path: Path) -> str:
    """vision/nets/convnet.py is in the package nets; every stage script is in stages."""
    return path.parts[0] if path.parts[0] == "stages" else path.parts[1]


def plugins(registry: Path) -> set[Path]:
    """The modules that a registry knows by name."""
    names = {"nets": "NETS", "classifiers": "ESTIMATORS", "features": "REPRESENTATIONS"}[package(registry)]
    hyper = __import__("vision.pipeline.schema.hyper", fromlist=[names])
    return {registry.parent / f"{key}.py" for key in getattr(hyper, names)}


@functools.cache
def stages() -> dict[str, dict]:
    """The stages of dvc.yaml by name, foreach unrolled to its body."""
    return {
        name: stage.get("do", stage)
        for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
    }


def script_of(stage: dict) -> Path:
    words = stage["cmd"].split()
    assert words[:2] == ["python", "-m"]
    return Path(*words[2].split(".")).with_suffix(".py")


def test_imports_go_down_and_never_in_a_circle():
    layer = {name: number for number, names in enumerate(LAYERS) for name in names}
    for path in MODULES:
        for other in all_imports(path):
            if package(other) != package(path):
                assert layer[package(other)] < layer[package(path)], f"{path} imports {other}, which is not below it"
            assert package(path) != "stages" or package(other) != "stages", f"{path} imports another stage"
            assert other not in REGISTRIES or path not in plugins(other), f"{path} imports the registry that names it"
            assert path not in all_imports(other), f"{path} and {other} import each other"


@pytest.mark.parametrize(
    ("library", "allowed"),
    [("matplotlib", {"figures"}), ("ruamel", {"pipeline"}), ("json", {"evidence", "pipeline"})],
)
def test_library_is_imported_by_these_packages_alone(library, allowed):
    users = {package(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users
    assert users <= allowed


@pytest.mark.parametrize("registry", sorted(REGISTRIES), ids=str)
def test_registry_finds_its_modules_by_name(registry):
    """It imports none of them, so that a new one changes nothing for the others."""
    assert not neighbours(registry) & plugins(registry)
    assert all((ROOT / path).is_file() for path in plugins(registry))


@pytest.mark.parametrize("name", stages())
def test_deps_are_the_modules_that_can_change_a_number(name):
    stage = stages()[name]
    script = script_of(stage)
    imported = all_imports(script) | {script}
    if script.stem in DISPATCH:  # it imports the module of its document by number
        study = Path(DISPATCH[script.stem].format(name[-3:]))
        imported |= all_imports(study) | {study}
    declared = {dep for dep in stage["deps"] if dep.startswith(("stages/", "vision/")) and dep != "stages/templates"}
    by_name = {dep for dep in declared if "${" in dep}
    for registry in imported & REGISTRIES:
        chosen = {path for path in plugins(registry) if {str(path), str(path.parent)} & declared}
        if pattern := {dep for dep in by_name if Path(dep).parent == registry.parent}:
            chosen = plugins(registry)  # whichever the entry names
            by_name -= pattern
        elsewhere = any(
            f"vision/{package(registry)}/" in str(one["deps"]) for one in stages().values() if script_of(one) == script
        )
        assert chosen or elsewhere, f"{name} builds by name what {registry} knows: name its module in deps"
        imported |= chosen.union(*(all_imports(path) for path in chosen))
    assert not by_name, "deps with a name that no registry of this stage knows"
    needed = {str(path) for path in imported - REGISTRIES if not str(path).startswith(NUMBERLESS)}
    exact = {dep for dep in declared if "${" not in dep}
    covered = {code: [dep for dep in exact if code == dep or code.startswith(f"{dep}/")] for code in needed}
    plugged = {str(path) for registry in REGISTRIES for path in plugins(registry)}
    missing = {code for code, deps in covered.items() if not deps and code not in plugged}
    if script.stem == "represent":  # it imports what features or layers need, where they need it
        missing.discard("vision/nets/inference.py")
    assert not missing, "can change a number and is not among the deps"
    idle = exact - {dep for deps in covered.values() for dep in deps}
    assert not idle, "among the deps and not imported"


def folder_of(path: str) -> str:
    """A prepared dataset's folder, as flags give it, of one of its files."""
    return re.sub(r"/(train|test)\.npz$", "", path)


@pytest.mark.parametrize("name", stages())
def test_flags_are_the_declared_files(name):
    stage = stages()[name]
    outs = {
        next(iter(out)) if isinstance(out, dict) else out
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, [])
    }
    deps = {folder_of(dep) for dep in stage["deps"] if not dep.startswith(("stages/", "vision/"))} - WITHOUT_FLAG
    words = stage["cmd"].split()
    values = {value for flag, value in pairwise(words) if flag.startswith("--")}
    assert len([word for word in words if word.startswith("--")]) <= 6
    if script_of(stage).stem in {*STUDIES, "report", "one_vs_rest"}:
        assert outs <= values
        roots = tuple(re.sub(r"\$\{(document|study)\}", name[-3:], value) for value in values - outs)
        assert all(dep.startswith(roots) for dep in deps)
    else:
        assert {value for value in values if "/" in value or value in deps} == outs | deps


@pytest.mark.parametrize("script", STAGE_SCRIPTS, ids=str)
def test_declared_params_are_the_ones_read(script):
    """Each stage's `params:` are exactly the top-level keys that its script reads, with the runner's own."""
    read = set()
    for node in ast.walk(ast.parse((ROOT / script).read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "params":
            read |= ACCESSORS.get(node.attr, {node.attr})
    used = {name: stage for name, stage in stages().items() if script_of(stage) == script}
    if script.stem in {*STUDIES, "report", "represent"}:  # the template reads them; of features and of layers
        return
    assert used, f"no stage runs {script}"
    for name, stage in used.items():
        if "params.yaml" in stage["deps"]:
            continue  # all of it is read
        items = [item if isinstance(item, dict) else {"params.yaml": [item]} for item in stage.get("params", [])]
        keys = [key for item in items for key in item["params.yaml"] or ()]  # or all, which is none by name
        declared = {key.split(".")[0] for key in keys}
        of_convnet = name in ("train_convnet", "train_subsets")
        section = "pretrained" if name == "pretrain" else "models"
        entry = {*Headline.model_fields, "dropout", "defaults"} if of_convnet else {section, "defaults"}
        needed = (read | entry) - {"network"} if "network" in read else read
        of_runner = {"threads", "numerics"}
        assert declared - of_runner == needed - of_runner
        computes = any(COMPUTES.match(found) for found in imports(script))
        assert ("numerics" in declared) == computes
        assert ("threads" in declared) == (computes and script.stem not in IN_WORKERS_ALONE)


def test_no_training_stage_reads_the_test_images():
    readers = {
        name
        for name, stage in stages().items()
        if any(re.search(r"/test\.npz$|^data/prepared/[^/]*$", dep) for dep in stage["deps"])
    }
    assert "evaluate" in readers
    training = {"train", "train_convnet", "train_subsets", "pretrain", "finetune", "from_scratch", "replicate"}
    assert not readers & training


def test_no_square_root_is_taken_by_torch():
    """Its own are MKL's, whose last bits differ between makers of processors; those of fused Adam do not."""
    for path in MODULES:
        text = (ROOT / path).read_text()
        assert not re.search(r"torch\.r?sqrt|\.r?sqrt_?\(\)", text), path
        adam = [line for line in text.splitlines() if re.search(r"optim\.(Adam|RMSprop|Adagrad)\(", line)]
        assert all("fused=True" in line for line in adam), path


def test_makefile_names_existing_stages_for_each_document():
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    described = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    lists = re.findall(r"^STAGES_(\d+) := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [number for number, _ in lists] == ["000", "001", "002", "003", "004"]
    for _, words in lists:
        for stage in words.split():
            name, _, item = stage.partition("@")
            known = described[name].get("foreach", [])  # a stage without a part is all of its parts
            if isinstance(known, str):
                known = functools.reduce(dict.get, known[2:-1].split("."), params)
            assert not item or item in known, f"{stage} is no stage of dvc.yaml"
