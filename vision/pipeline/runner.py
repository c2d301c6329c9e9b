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
import psutil

from vision.pipeline.errors import UserError
from vision.pipeline.params import load_params
from vision.pipeline.parsing import one_line
from vision.pipeline.process import fix_seeds_and_threads, stage_lock

PARAMS, TIMINGS = Path("params.yaml"), Path("timings.csv")
FLAG_TYPES = {Path: click.Path(path_type=Path), Path | None: click.Path(path_type=Path), str: click.STRING}


def run(main: Callable[..., None]) -> None:
    """Run `main(params, *, <flags>)` as a program: each keyword-only argument, a Path or a str, is a flag.

    A flag is required unless its argument may be None.
    """
    options = [
        click.Option(
            [f"--{name.replace('_', '-')}"],
            required=parameter.annotation in (Path, str),
            type=FLAG_TYPES[parameter.annotation],
        )
        for name, parameter in inspect.signature(main).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    script, doc = Path(inspect.getfile(main)).stem, inspect.getmodule(main).__doc__
    sys.stdout.reconfigure(errors="backslashreplace")  # for terminals that cannot show every character
    click.Command(script, params=options, help=doc, callback=lambda **values: _run(script, main, values))()


def _run(script: str, main: Callable[..., None], values: dict[str, Path | str | None]) -> None:
    name = os.environ.get("DVC_STAGE") or "-".join([script, *(item for item in values.values() if type(item) is str)])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see stages/__init__.py
    try:
        params = load_params(PARAMS)  # before the lock's file is written: this may be the wrong folder
        with stage_lock((value for value in values.values() if isinstance(value, Path)), name):
            fix_seeds_and_threads(seed=params.seed, threads=params.threads)
            _check_device(params.device)
            main(params, **values)
            _record(name, time.time() - psutil.Process().create_time())  # with the imports
    except KeyboardInterrupt:
        _fail(name, "interrupted; run `dvc repro` to go on from the last finished stage", 130)
    except UserError as error:
        _fail(name, str(error))
    except OSError as error:
        _fail(name, f"{error.filename or 'input or output'}: {error.strerror or error}")
    except (MemoryError, RuntimeError) as error:
        reason = one_line(str(error))
        by_torch = "can't allocate memory" in reason or "out of memory" in reason  # on the CPU, on a GPU
        if not by_torch and not isinstance(error, MemoryError):
            raise  # a bug, as every other exception
        _fail(name, f"out of memory ({reason[:300]}); stop other programs and run again")


def _check_device(device: str) -> None:
    torch = sys.modules.get("torch")
    available = torch is None or device == "cpu" or getattr(torch, "cuda" if device == "cuda" else "mps").is_available()
    if not available:
        raise UserError(f"device is {device!r}, and torch finds none on this machine; set device: cpu")


def _record(name: str, wall_seconds: float) -> None:
    """Add a line to timings.csv, which git and DVC ignore."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # of ru_maxrss: bytes there, KiB elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    with TIMINGS.open("a", encoding="utf-8") as file:
        if file.tell() == 0:
            file.write("stage,wall_seconds,peak_mebibytes\n")
        file.write(f"{name},{wall_seconds:.1f},{peak:.0f}\n")


def _fail(name: str, message: str, status: int = 1) -> NoReturn:
    print(f"error in stage {name}: {message}", file=sys.stderr, flush=True)
    os._exit(status)  # not sys.exit, which waits for workers; they end when this process has ended
