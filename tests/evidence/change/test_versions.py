"""Two versions are read from git alone, by what their files hold."""

import os

import pytest

from tests.repositories import git
from tests.studies import commit, make_study, write_metrics
from vision.evidence.change.versions import origin, revision, working_tree
from vision.pipeline.errors import UserError


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet"]))
    return tmp_path


def test_a_version_is_what_the_commit_held_and_the_other_what_is_here(study):
    write_metrics(study, "convnet", {"a": 2})
    write_metrics(study, "new", {"b": 3})
    (study / "plots/convnet/tsne.png").unlink()
    base, here = revision("main"), working_tree()
    assert base.metrics("metrics/convnet.json")["parameters"] == 1000
    assert here.metrics("metrics/convnet.json") == {"a": 2}
    assert here.metrics("metrics/new.json") == {"b": 3}  # not committed yet
    assert base.metrics("metrics/new.json") == {}
    assert base.yaml("params.yaml")["lr"] == 0.1
    assert base.table("plots/models/convnet/errors.csv")[0] == {
        "image": "0", "label": "0", "predicted": "1", "probability": "1.0",
    }  # fmt: skip
    assert base.table("plots/no.csv") is None
    assert "plots/convnet/tsne.png" in base.blobs.keys() - here.blobs.keys()


def test_the_hashes_of_what_is_here_are_gits(study):
    assert revision("HEAD").blobs == working_tree().blobs
    (study / "metrics/convnet.json").write_text("{}")
    expected = git(study, "hash-object", "metrics/convnet.json").strip()
    assert working_tree().blobs["metrics/convnet.json"] == expected


def test_what_git_ignores_and_links_are_not_read(study):
    (study / ".gitignore").write_text("/metrics/ignored.json\n")
    write_metrics(study, "ignored", {"a": 1})
    os.symlink("/etc/hostname", study / "metrics/link.json")
    assert not {"metrics/ignored.json", "metrics/link.json"} & working_tree().blobs.keys()
    commit(study)
    assert "metrics/link.json" not in revision("HEAD").blobs


def test_names_of_files_may_be_anything(study):
    for name in ("a b", "größe", 'quo"te', "line\nend", "tab\t"):
        write_metrics(study, name, {"a": 1})
        assert working_tree().metrics(f"metrics/{name}.json") == {"a": 1}
    commit(study)
    assert revision("HEAD").blobs == working_tree().blobs
    assert revision("HEAD").metrics("metrics/line\nend.json") == {"a": 1}


def test_a_file_is_linked_at_a_commit_that_holds_it(study):
    first = git(study, "rev-parse", "HEAD").strip()
    assert revision("main").commit("metrics/convnet.json") == working_tree().commit("metrics/convnet.json") == first
    write_metrics(study, "convnet", {"a": 1})
    assert working_tree().commit("metrics/convnet.json") is None


def test_in_a_merge_the_branchs_own_commit_is_linked(study):
    git(study, "checkout", "--quiet", "-b", "branch")
    write_metrics(study, "new", {"a": 1})
    branch = commit(study)
    git(study, "checkout", "--quiet", "main")
    write_metrics(study, "other", {"a": 1})
    commit(study)
    git(study, "merge", "--quiet", "--no-edit", "branch")
    merge = git(study, "rev-parse", "HEAD").strip()
    assert working_tree().commit("metrics/new.json") == branch
    assert working_tree().commit("metrics/other.json") == merge


@pytest.mark.parametrize("name", ["no-such", "", "-h", "--all", "main; touch X", "main\0", "a\nb", "main:params.yaml"])
def test_what_is_no_revision_is_one_line(name, study):
    with pytest.raises(UserError, match="no revision") as error:
        revision(name)
    assert repr(name) in str(error.value)
    assert "BASE=" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (study / "X").exists()


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("metrics/convnet.json", b'{"a": 1', ["delimiter"]),
        ("metrics/convnet.json", b"\xff\xfe", ["not text"]),
        ("metrics/convnet.json", b"[1]", ["not a section"]),
        ("metrics/convnet.json", b"[" * 100_000, ["recursion"]),
        ("params.yaml", b"lr: [", ["not YAML", "line"]),
        ("plots/models/convnet/errors.csv", b"", ["not a table"]),
        ("plots/models/convnet/errors.csv", b"image,label\n1\n", ["not a table"]),
    ],
)
def test_a_broken_file_is_one_line_with_its_version(path, content, words, study):
    (study / path).write_bytes(content)
    commit(study)
    for version in (revision("main"), working_tree()):
        read = {"json": version.metrics, "yaml": version.yaml, "csv": version.table}[path.rpartition(".")[2]]
        with pytest.raises(UserError) as error:
            read(path)
        for word in [path, f"of {version.name}", *words]:
            assert word in str(error.value)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 300


def test_nothing_but_git_is_needed(study, monkeypatch, tmp_path_factory):
    """Without any remote, cache, DVC or network: a folder of programs that holds git alone."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "git").symlink_to(next(p for d in os.environ["PATH"].split(":") if os.path.exists(p := f"{d}/git")))
    monkeypatch.setenv("PATH", str(programs))
    assert origin() == ""
    assert revision("main").blobs == working_tree().blobs != {}
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="git"):
        working_tree()
