"""What dvc.lock says of a version: the hash of every output."""

import re
from dataclasses import dataclass, field
from typing import Any

from vision.evidence.change.versions import Version
from vision.evidence.recorded import entries

LOCK = "dvc.lock"
IN_GIT = ("metrics/", "plots/")  # results that git holds, beside the others that DVC does


@dataclass(frozen=True)
class Lock:
    """What was made and from what.

    Attributes:
        outputs: the md5 of each output by path
        params: dotted names and values of the parameters that stages ran with, a name as often as stages have it
        inputs: paths and md5 of what stages read and none made, a path as often as stages have it
    """

    outputs: dict[str, str]
    params: list[tuple[str, Any]] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)

    def role(self, model: str) -> str | None:
        """The role whose images a model is judged on: the folder of its predictions."""
        found = (re.fullmatch(r"data/predictions/([a-z0-9_]+)/([^/]+)\.npz", path) for path in self.outputs)
        return next((match[1] for match in found if match and match[2] == model), None)

    def test_images(self, model: str) -> str | None:
        """The hash of the test images that a model is judged on; None if it is not known."""
        return self.outputs.get(images_path(self.role(model)))


def _is_known(path: str, outputs: dict[str, str]) -> bool:
    """Whether a path is an output or a folder of outputs, or holds the parameters, which are compared by name."""
    return path in outputs or path == "params.yaml" or any(output.startswith(f"{path}/") for output in outputs)


def images_path(role: str | None) -> str:
    """The prepared test images of a role."""
    return f"data/prepared/{role}_test.npz"


def read_lock(version: Version) -> Lock:
    """Read dvc.lock; no outputs if there is none.

    Raises:
        UserError: it is no lock file
    """
    try:
        found = entries(version.yaml(LOCK) or {"stages": {}}).values()
        params = [
            (name.removeprefix("params.yaml: "), value) for entry in found for name, value in entry.params.items()
        ]
        outputs = {path: md5 for entry in found for path, md5 in entry.outs.items()}
        # A stage whose results are gone, as of a removed model, says nothing of those that are here.
        kept = [
            entry for entry in found if all(path in version.blobs for path in entry.outs if path.startswith(IN_GIT))
        ]
        inputs = {(path, md5) for entry in kept for path, md5 in entry.deps.items() if not _is_known(path, outputs)}
        return Lock(outputs, params, sorted(inputs))
    except (AttributeError, KeyError, TypeError):
        raise version.damaged(LOCK, "not a lock file of DVC") from None
