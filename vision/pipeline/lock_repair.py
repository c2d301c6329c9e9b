"""Put back what a killed DVC left cut short; `make repro` begins with it: `python -m vision.pipeline.lock_repair`.

DVC rewrites dvc.lock, and its own table of who reads what, in place. Killed in that moment it leaves a part of the
file, and every later command of DVC ends there. What its run cache holds is not computed again after this.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

RECORD, TABLE = Path("dvc.lock"), Path(".dvc/tmp/rwlock")
CONFLICT = b"<<<<<<< "
LAST_LINE = re.compile(rb"\n +(size|nfiles|isexec): \w+\n\Z")  # of an output


def main() -> None:
    """Mend both files, unless another DVC is at work here: then its next line says so."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo, repo.lock:  # DVC writes both files under this lock
            mend_table()
            mend_record(repo)
    except (DvcException, OSError) as error:
        print(f"warning: {RECORD} not looked at ({' '.join(str(error).split())})", file=sys.stderr)


def mend_table() -> None:
    """Remove the table of readers and writers if it is cut short; without any other DVC it has nothing to say."""
    try:
        json.loads(TABLE.read_bytes())
    except FileNotFoundError:
        return
    except ValueError:
        TABLE.unlink()
        print(f"{TABLE} was cut short, as by a kill: removed")


def mend_record(repo: object) -> None:
    """Put back the committed dvc.lock, or none, where the file is cut short; a merge conflict is left to its reader."""
    if is_whole(repo) or CONFLICT in RECORD.read_bytes():
        return
    committed = subprocess.run(["git", "show", f"HEAD:./{RECORD}"], capture_output=True)
    if committed.returncode == 0:
        RECORD.write_bytes(committed.stdout)
    if committed.returncode or not is_whole(repo):
        RECORD.unlink()
    how = "put back as committed" if RECORD.exists() else "removed, as no whole one is committed"
    print(f"{RECORD} was cut short, as by a kill: {how}; DVC's run cache has the rest")


def is_whole(repo: object) -> bool:
    """Whether DVC reads dvc.lock, and its last entry has an end: half a checksum would run that stage again."""
    from dvc.dvcfile import Lockfile
    from dvc.exceptions import DvcException

    try:
        Lockfile(repo, str(RECORD)).load()
    except DvcException:
        return False
    return not RECORD.exists() or LAST_LINE.search(RECORD.read_bytes()) is not None


if __name__ == "__main__":
    main()
