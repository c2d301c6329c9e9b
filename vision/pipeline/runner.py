"""The stage runner: flags from the signature, validated parameters, fixed seeds and threads, one line per error."""

import inspect
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from vision.pipeline.errors import UserError
from vision.pipeline.params import load_params
from vision.pipeline.process import only_copy, settle

TIMINGS = Path("timings.csv")
LOCKS = Path(".dvc/tmp/stages")


def run(main: Callable[..., None]) -> None:
    """Run `main(params, *, <flags>)` as a program: each keyword-only argument, a Path or a str, is a flag.

    A flag is required unless its argument may be None.
    """
    flags = [
        click.Option(
            [f"--{name.replace('_', '-')}"],
            required=parameter.annotation in (Path, str),
            type=_FLAG_TYPES[parameter.annotation],
        )
        for name, parameter in inspect.signature(main).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    name = Path(inspect.getfile(main)).stem
    doc = inspect.getmodule(main).__doc__
    click.Command(name, params=flags, help=doc, callback=lambda **values: _run(name, main, values))()


_FLAG_TYPES = {Path: click.Path(path_type=Path), Path | None: click.Path(path_type=Path), str: click.STRING}


def _run(name: str, main: Callable[..., None], values: dict[str, Path | str]) -> None:
    name = "-".join([name, *(value for value in values.values() if isinstance(value, str))])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see stages/__init__.py
    try:
        with only_copy(LOCKS / f"{name}.lock"):
            start = time.perf_counter()
            params = load_params(Path("params.yaml"))
            settle(seed=params.seed, threads=params.threads)
            _check_device(params.device)
            main(params, **values)
            _record(os.environ.get("DVC_STAGE", name), time.perf_counter() - start)
    except KeyboardInterrupt:
        _fail(name, "interrupted; run `dvc repro` to go on from the last finished stage", 130)
    except UserError as error:
        _fail(name, str(error), 1)
    except OSError as error:
        _fail(name, f"{error.filename or 'input or output'}: {error.strerror or error}", 1)


def _check_device(device: str) -> None:
    torch = sys.modules.get("torch")
    available = torch is None or device == "cpu" or getattr(torch, "cuda" if device == "cuda" else "mps").is_available()
    if not available:
        raise UserError(f"device is {device!r}, and this machine has none that torch can use; set device: cpu")


def _record(name: str, wall_seconds: float) -> None:
    """Add a line to timings.csv, which stays out of git and of every hash."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # the kernel counts bytes there, KiB elsewhere
    own, workers = (
        resource.getrusage(who).ru_maxrss / unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    with TIMINGS.open("a") as file:
        if file.tell() == 0:
            file.write("stage,wall_seconds,peak_mebibytes,largest_worker_mebibytes\n")
        file.write(f"{name},{wall_seconds:.1f},{own:.0f},{workers:.0f}\n")


def _fail(name: str, message: str, status: int) -> NoReturn:
    print(f"error in stage {name}: {message}", file=sys.stderr, flush=True)
    # Not sys.exit, which would wait for worker processes; they end by themselves when this process has gone.
    os._exit(status)
