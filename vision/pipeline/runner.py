"""The stage runner: flags from the signature, validated parameters, fixed seeds and threads, one line per error."""

import hashlib
import inspect
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import click

from vision.pipeline.errors import UserError
from vision.pipeline.files import way_back
from vision.pipeline.params import load_params
from vision.pipeline.parsing import one_line, read_yaml
from vision.pipeline.process import fix_seeds_and_threads, only_copy

PARAMS, RECORD = Path("params.yaml"), Path("dvc.lock")
TIMINGS = Path("timings.csv")
LOCKS = Path(".dvc/tmp/stages")
ROOT = Path(__file__).parents[2]
LONGEST_REASON = 300  # characters of an error that a library words


def run(main: Callable[..., None]) -> None:
    """Run `main(params, *, <flags>)` as a program: each keyword-only argument, a Path or a str, is a flag.

    A flag is required unless its argument may be None. Inputs come before outputs.
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
    script = Path(inspect.getfile(main)).stem
    doc = inspect.getmodule(main).__doc__
    sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to fail

    def call(**values: Path | str | None) -> None:
        _run(script, main, {flag.name: values[flag.name] for flag in flags})

    click.Command(script, params=flags, help=doc, callback=call)()


Flags = dict[str, Path | str | None]
_FLAG_TYPES = {Path: click.Path(path_type=Path), Path | None: click.Path(path_type=Path), str: click.STRING}


def _run(script: str, main: Callable[..., None], values: Flags) -> None:
    name, lock = _name(script, values), _lock(script, values)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see stages/__init__.py
    try:
        params = load_params(PARAMS)  # before anything is made here: it may be no place for that
        with only_copy(lock, name):
            start = time.perf_counter()
            fix_seeds_and_threads(seed=params.seed, threads=params.threads)
            _check_device(params.device)
            main(params, **values)
            _record(name, time.perf_counter() - start)
    except KeyboardInterrupt:
        _fail(name, "interrupted; run `dvc repro` to go on from the last finished stage", 130)
    except UserError as error:
        _fail(name, str(error), 1)
    except OSError as error:
        _fail(name, f"{error.filename or 'input or output'}: {error.strerror or error}", 1)
    except Exception as error:
        if _is_want_of_memory(error):
            _fail(name, f"out of memory ({_one_line(error)}); run again with less else running", 1)
        if changed := next(_changed_inputs(script, values), None):
            why = f"{type(error).__name__} in {_place(error)}: {_one_line(error)}"
            _fail(name, f"{changed}: is not what dvc.lock records, and does not do ({why}); {way_back(changed)}", 1)
        raise  # a mistake of ours


def _name(script: str, values: Flags) -> str:
    """What a run is called: by DVC's name of the stage; by hand, by the script and its item or its last output."""
    items = [value for value in values.values() if isinstance(value, str)]
    last = _last_output(values)
    items = items or ([last.parent.name, last.stem] if last else [])
    return os.environ.get("DVC_STAGE") or "-".join([script, *filter(None, items)])


def _lock(script: str, values: Flags) -> Path:
    """The lock of a run: the same for all that write the same last output, through DVC or by hand."""
    last = _last_output(values)
    output = os.path.relpath(last).replace(os.sep, "-") if last else ""
    return LOCKS / f"{script}-{output[-150:]}.lock"  # of a name only so much, as a file's name is limited


def _last_output(values: Flags) -> Path | None:
    return next((value for value in reversed(values.values()) if isinstance(value, Path)), None)


def _is_want_of_memory(error: Exception) -> bool:
    told = ("can't allocate memory", "out of memory")  # by torch: of the machine, of an accelerator
    by_torch = isinstance(error, RuntimeError) and any(text in str(error) for text in told)
    return by_torch or isinstance(error, MemoryError)


def _changed_inputs(script: str, values: Flags) -> Iterator[Path]:
    """The files given to a stage that are no longer what dvc.lock says the stage before it wrote.

    A stage that stumbles over such a file has no bug to show. What the script itself wrote is no input.
    """
    try:
        stages = read_yaml(RECORD)["stages"].values()
        others = [stage for stage in stages if f"stages.{script} " not in stage["cmd"]]
        recorded = {Path(out["path"]): out["md5"] for stage in others for out in stage.get("outs", [])}
    except (UserError, KeyError, TypeError, AttributeError):  # nothing is recorded
        return
    given = {value for value in values.values() if isinstance(value, Path)}
    for path, md5 in recorded.items():
        if given & {path, *path.parents} and path.is_file() and hashlib.md5(path.read_bytes()).hexdigest() != md5:
            yield path


def _place(error: Exception) -> str:
    """Where in this repository an error came up, as file:line."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(ROOT)]
    return f"{Path(own[-1].filename).relative_to(ROOT)}:{own[-1].lineno}" if own else "a library"


def _one_line(error: Exception) -> str:
    return one_line(str(error))[:LONGEST_REASON] or type(error).__name__


def _check_device(device: str) -> None:
    torch = sys.modules.get("torch")
    available = torch is None or device == "cpu" or getattr(torch, "cuda" if device == "cuda" else "mps").is_available()
    if not available:
        raise UserError(f"device is {device!r}, and this machine has none that torch can use; set device: cpu")


def _record(name: str, wall_seconds: float) -> None:
    """Add a line to timings.csv, which stays out of git and of every hash; without it the work is done all the same."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # the kernel counts bytes there, KiB elsewhere
    own, workers = (
        resource.getrusage(who).ru_maxrss / unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    try:
        with TIMINGS.open("a", encoding="utf-8") as file:
            if file.tell() == 0:
                file.write("stage,wall_seconds,peak_mebibytes,largest_worker_mebibytes\n")
            file.write(f"{name},{wall_seconds:.1f},{own:.0f},{workers:.0f}\n")
    except OSError as error:
        reason = error.strerror or error
        print(f"warning in stage {name}: {TIMINGS} not written ({reason})", file=sys.stderr, flush=True)


def _fail(name: str, message: str, status: int) -> NoReturn:
    print(f"error in stage {name}: {message}", file=sys.stderr, flush=True)
    # Not sys.exit, which would wait for worker processes; they end by themselves when this process has gone.
    os._exit(status)
