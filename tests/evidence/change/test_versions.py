"""Two versions of the results: what a commit holds, and what lies in the working tree."""

import pytest

from tests.repositories import git
from tests.study import commit, write_metrics
from vision.evidence.change.versions import revision, working_tree
from vision.pipeline.errors import UserError


def test_revision_reads_the_commit_and_working_tree_reads_the_files(study):
    write_metrics(study, "convnet", {"a": 2})
    write_metrics(study, "new", {"b": 3})
    (study / "plots/convnet/tsne.png").unlink()
    base, here = revision("main"), working_tree()
    assert base.metrics("metrics/convnet.json")["parameters"] == 1000
    assert here.metrics("metrics/convnet.json") == {"a": 2}
    assert here.metrics("metrics/new.json") == {"b": 3}  # not committed yet
    assert base.metrics("metrics/new.json") == {}
    assert base.yaml("params.yaml")["lr"] == 0.1
    first = {"image": "0", "label": "0", "predicted": "1", "probability": "1.0"}
    assert base.table("plots/models/convnet/errors.csv")[0] == first
    assert base.table("plots/no.csv") is None
    assert "plots/convnet/tsne.png" in base.blobs.keys() - here.blobs.keys()


def test_hashes_of_the_working_tree_are_those_of_git_whatever_the_files_are_called(study):
    for name in ("a b", "größe", "line\nend"):
        write_metrics(study, name, {"a": 1})
    (study / "metrics/.gitignore").write_text("/ignored.json\n")
    write_metrics(study, "ignored", {"a": 1})
    (study / "metrics/link.json").symlink_to("/etc/hostname")
    here = working_tree()
    assert here.blobs["metrics/größe.json"] == git(study, "hash-object", "metrics/größe.json").strip()
    assert here.metrics("metrics/line\nend.json") == {"a": 1}
    assert not {"metrics/ignored.json", "metrics/link.json"} & here.blobs.keys()
    commit(study)
    assert revision("HEAD").blobs == here.blobs


@pytest.mark.parametrize("name", ["no-such", "", "--all", "main:params.yaml"])
def test_revision_that_does_not_exist_is_named(name, study):
    with pytest.raises(UserError, match="no revision") as error:
        revision(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("path", "content", "word"),
    [
        ("metrics/convnet.json", b'{"a": 1', "delimiter"),
        ("metrics/convnet.json", b"[1]", "not a section"),
        ("params.yaml", b"lr: [", "not YAML"),
        ("plots/models/convnet/errors.csv", b"image,label\n1\n", "not a table"),
    ],
)
def test_broken_file_is_named_with_its_version(path, content, word, study):
    (study / path).write_bytes(content)
    here = working_tree()
    read = {"json": here.metrics, "yaml": here.yaml, "csv": here.table}[path.rpartition(".")[2]]
    with pytest.raises(UserError, match=f"^{path} of here: .*{word}"):
        read(path)
