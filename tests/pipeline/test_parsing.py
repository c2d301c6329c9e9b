"""Reading YAML: as DVC reads it, value by value; what is not YAML is one line with its place."""

import pytest
from dvc.utils.serialize import load_yaml

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import read_yaml

# Values that YAML 1.1 and 1.2 read differently, among others.
SCALARS = [
    "010", "0o10", "0x1F", "0b11", "1_000", "1:30", "1e-05", "1.0e-05", ".5", ".inf", "yes", "on", "true", "null", "",
    "2020-12-31", "'010'", '"1e-05"', "!!str 010", "[010, yes, 1_0]", "{a: 010, b: on}",
]  # fmt: skip
DOCUMENTS = ["%YAML 1.1\n---\na: 010\n", "base: &base {lr: 1e-3}\nother:\n  <<: *base\n", "\ufeffa: 1\n", "a: 'café'\n"]


@pytest.mark.parametrize("text", ["\n".join(f"v{n}: {scalar}" for n, scalar in enumerate(SCALARS)), *DOCUMENTS])
def test_read_yaml_reads_what_dvc_reads(text, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert repr(read_yaml(path)) == repr(load_yaml(path))  # with the types


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: 1\nb: 2020-13-45", "month must be in 1..12"),
        (b"a: 1\nb: 2\na: 3", 'line 3: found duplicate key "a"'),
        (b"a: !!python/object/apply:os.mkdir [made]", "line 1: could not determine a constructor"),
        (b"a: [", "line 2: did not find expected node content"),
        (b"lr: \xff\xfe", "'utf-8' codec can't decode"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_not_yaml_is_one_line_with_its_place(content, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}: not YAML ({words}")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "made").exists()
