"""Reading YAML: as DVC reads it, value by value, and what neither can read is one line with the path."""

import pytest
from dvc.utils.serialize import load_yaml

from tests.scratch import ROOT
from vision.pipeline.errors import UserError
from vision.pipeline.parsing import read_yaml

SCALARS = [
    "010", "0o10", "08", "0x1F", "0b11", "1_000", "+7", "1:30", "190:20:30", "1e-05", "1e5", "1.0e-05", ".5", "5.",
    "1e400", ".inf", "-.inf", "yes", "no", "on", "true", "True", "~", "null", "", "2020-12-31", "2020-12-31 10:00:00",
    "'010'", '"1e-05"', "!!str 010", "!!float 1", "!!int '010'", "!!binary aGk=", "[010, yes, 1_0]", "{a: 010, b: on}",
    "|\n  two\n  lines\n", "!!set {x, y}",
]  # fmt: skip
DOCUMENTS = [
    "%YAML 1.1\n---\na: 010\n",
    "%YAML 1.2\n---\na: 010\n",
    "base: &base {lr: 1e-3}\nother:\n  <<: *base\n  epochs: 010\n",
    "\ufeffa: 1\n",
    "a: 1\r\nb: 010\r\n",
    "? [1, 2]\n: 3\n",
    "# a comment\na: 'café'\n",
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


@pytest.mark.parametrize("text", [f"value: {scalar}" for scalar in SCALARS] + DOCUMENTS)
def test_we_read_what_dvc_reads(text, path):
    path.write_text(text, encoding="utf-8")
    ours, dvcs = read_yaml(path), load_yaml(path)
    assert repr(ours) == repr(dvcs)  # with the types


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "documents/000.yaml"])
def test_the_projects_own_files_are_read_as_dvc_reads_them(name):
    assert read_yaml(ROOT / name) == load_yaml(ROOT / name)


def test_a_leading_zero_is_no_octal_number(path):
    path.write_text("epochs: 010")
    assert read_yaml(path) == {"epochs": 10}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2020-13-45", "line 2: not a timestamp: month must be in 1..12"),
        ("a: !!int abc", "line 1: not a int: invalid literal"),
        ("a: !!float abc", "line 1: not a float: could not convert"),
        ("a: !!bool abc", "line 1: not a bool: 'abc'"),
        ("a: !!timestamp abc", "line 1: failed to construct timestamp"),
        ("a:\n  - " + "9" * 5000, "line 2: not a int: Exceeds the limit"),
        ("a: " + "[" * 101 + "]" * 101, "line 1: nested more than 100 deep"),
        ("a: " + "[" * 100_000, "line 1: nested more than 100 deep"),
        ("{a: " * 100_000, "line 1: nested more than 100 deep"),
        ("a: 1\nb: 2\na: 3", 'line 3: found duplicate key "a"'),
        ("a: {b: 1, b: 1}", 'line 1: found duplicate key "b"'),
        ("a: !!python/object/apply:os.mkdir [sprung]", "line 1: could not determine a constructor"),
        ("a: !foo 3", "line 1: could not determine a constructor"),
        ("a: *b", "line 1: found undefined alias"),
        ("? {a: 1}\n: 3", "line 1: found unhashable key"),
        ("a: 1\n---\nb: 2", "line 2: but found another document"),
        ("a: [", "line 2: did not find expected node content"),
        ("a: 1\n\tb: 2", "line 2: found a tab character that violates indentation"),
        ("a: \x00", "unacceptable character"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_yaml_is_one_line_with_its_place(text, words, path, monkeypatch):
    monkeypatch.chdir(path.parent)
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}: not YAML ({words}")
    assert "\n" not in str(caught.value)
    assert not (path.parent / "sprung").exists()


def test_bytes_that_are_no_text_are_one_line(path):
    path.write_bytes(b"lr: \xff\xfe")
    with pytest.raises(UserError, match=r"^\S+: not YAML \('utf-8' codec can't decode"):
        read_yaml(path)


def test_a_file_that_is_missing_is_named(path):
    with pytest.raises(UserError, match=r"params.yaml: no such file; run from the top of the repository$"):
        read_yaml(path)
