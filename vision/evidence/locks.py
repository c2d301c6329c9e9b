"""What dvc.lock says of a version: the hash of every output."""

import re
from dataclasses import dataclass

from vision.evidence.versions import Version

LOCK = "dvc.lock"


@dataclass(frozen=True)
class Lock:
    """The md5 of each output by path."""

    outputs: dict[str, str]

    def role(self, model: str) -> str | None:
        """The role whose images a model is judged on: the folder of its predictions."""
        found = (re.fullmatch(r"data/predictions/([a-z0-9_]+)/([^/]+)\.npz", path) for path in self.outputs)
        return next((match[1] for match in found if match and match[2] == model), None)

    def test_images(self, model: str) -> str | None:
        """The hash of the test images that a model is judged on; None if it is not known."""
        return self.outputs.get(test_file(self.role(model)))


def test_file(role: str | None) -> str:
    """The prepared test images of a role."""
    return f"data/prepared/{role}_test.npz"


def read_lock(version: Version) -> Lock:
    """Read dvc.lock; no outputs if there is none.

    Raises:
        UserError: it is no lock file
    """
    try:
        stages = version.yaml(LOCK).get("stages", {})
        return Lock({out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])})
    except (AttributeError, KeyError, TypeError):
        raise version.damaged(LOCK, "not a lock file of DVC") from None
