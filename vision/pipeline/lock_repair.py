"""Repair what a killed DVC cut short; `make repro` begins with it.

DVC rewrites dvc.lock, and its table of which process reads which file, in place. If it is killed meanwhile, the file
ends early, and every later DVC command fails. DVC's run cache restores the results of entries that are lost.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.repo import Repo

from vision.pipeline.parsing import one_line

RECORD, TABLE = Path("dvc.lock"), Path(".dvc/tmp/rwlock")
CONFLICT = b"<<<<<<< "
COMPLETE = re.compile(rb"\n +(size|nfiles|isexec): \w+\n\Z")  # the end of an output; half a checksum is none


def main() -> None:
    """Repair both files, unless another DVC runs here."""
    try:
        with Repo() as repo, repo.lock:  # DVC writes both files under this lock
            repair_table()
            repair_record()
    except (DvcException, OSError) as error:
        print(f"warning: {RECORD} not checked ({one_line(str(error))})", file=sys.stderr)


def repair_table() -> None:
    """Remove the table of readers and writers if it is cut short."""
    try:
        json.loads(TABLE.read_bytes() if TABLE.exists() else "{}")
    except ValueError:
        TABLE.unlink()
        print(f"{TABLE} was cut short by a kill: removed")


def repair_record() -> None:
    """Restore the committed dvc.lock, or remove it, if it is cut short; a merge conflict stays."""
    content = RECORD.read_bytes() if RECORD.exists() else CONFLICT
    if COMPLETE.search(content) or CONFLICT in content:
        return
    committed = subprocess.run(["git", "show", f"HEAD:./{RECORD}"], capture_output=True).stdout
    if COMPLETE.search(committed):
        RECORD.write_bytes(committed)
    else:
        RECORD.unlink()
    print(f"{RECORD} was cut short by a kill: {'restored as committed' if RECORD.exists() else 'removed'}")


if __name__ == "__main__":
    main()
