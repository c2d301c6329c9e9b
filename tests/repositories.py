"""Commands in a scratch repository with DVC and git: for the tests of the whole pipeline."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

from tests.running import end, files, start

TINY = {
    "threads": 1,  # other tests run beside
    "epochs": 2,
    "subsets": {"fractions": [0.5, 0.6, 0.7], "seeds": [0, 1]},
    "tsne": {"iterations": 300},
    "evaluation": {"resamples": 100},
    "models": {
        "softmax": {"epochs": 3, "search": {"score_epochs": 2}},
        "tanh_mlp": {
            "epochs": 2,
            "search": {
                "rounds": [{"lr": [0.1], "batch_size": [32], "hidden": [[10], [20]]}, {"weight_decay": [0.01, 0.1]}],
                "score_epochs": 1,
            },
        },
        "relu_mlp": {"epochs": 3},
        "scattering_linear": {"epochs": 2},
        "colour_scattering_linear": {"epochs": 2},
        "colour_resnet18": {"epochs": 1},
        "vgg16_frozen": {"epochs": 2},
    },
    "from_scratch": {"epochs": 4, "checkpoints": [2, 4]},
    "finetuned": {
        name: {"frozen": {"epochs": 1}, "unfrozen": {"epochs": 1}}
        for name in ("resnet18", "resnet18_document", "vgg16")
    },
    "benchmark": {"softmax": {"epochs": 2}, "trees": 10},
    "maximisation": {"batches": 100, "steps": 10},
    "explanations": {"iterations": 10, "sanity_images": 10, "steps": 4},
    "replications": {
        "relu_mlp": {"epochs": 2, "seeds": [0, 1]},
        "softmax_document": {"epochs": 3, "seeds": [0, 1]},
        "softmax": {"epochs": 2, "seeds": [0, 1]},
        "tanh_mlp_document": {"epochs": 2, "seeds": [0, 1]},
        "softmax_lambdas": {
            "epochs": 3,
            "seeds": [0, 1],
            "weight_decay": [0.1, 0.01],
            "convergence_epoch": 1,
            "last_epochs": 2,
        },
    },
}
# What tests/digits.yaml leaves out, made small.
COMPLETE = {
    "embeddings": {"resnet18_head": {"layers": ["pooled", "hidden", "hidden_norm", "logits"]}},
    "models": {
        name: {"epochs": 1} for name in ("fashion_softmax", "fashion_tanh_mlp", "fashion_relu_mlp", "fashion_convnet")
    },
}
MADE = ("data", "models", "metrics", "plots", "dvc.lock")


def start_dvc(folder: Path, *words: str, **options: object) -> subprocess.Popen:
    """Start dvc, which starts stages in the shell that the environment names."""
    return start([sys.executable, "-m", "dvc", *words], folder, **options)


def dvc(folder: Path, *words: str) -> str:
    """Run dvc to its end and return its output."""
    status, out, errors = end(start_dvc(folder, *words), seconds=3000)
    assert status == 0, out + errors
    return out


def git(folder: Path, *words: str) -> str:
    """Run git and return its output."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def ran(output: str) -> list[str]:
    """The stages that ran, by what dvc printed."""
    return re.findall(r"^Running stage '(.*)':$", output, re.MULTILINE)


def sums(folder: Path) -> dict[str, str]:
    """Checksums of all files that the pipeline makes."""
    made = sorted(name for name in files(folder) if name.split("/")[0] in MADE and not name.endswith(".gitignore"))
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in made}
