"""Files that several processes share: written whole or not at all, and changed under a lock."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from kubestellar_conformance.errors import UserError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM)


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner can read (mode 0600), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _write(path, content, 0o600)


def write_private_json(path: Path, content: Any) -> Path:
    """Write JSON that only its owner can read (mode 0600), whole or not at all."""
    return write_private(path, json.dumps(content, indent=1))


def write_json(path: Path, content: Any) -> Path:
    """Write JSON for whoever may read the folder, whole or not at all."""
    return write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, content: str) -> Path:
    """Write a text for whoever may read the folder, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return _write(path, content, 0o666)


def _write(path: Path, content: str | bytes, mode: int) -> Path:
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk is one of several
        temporary.unlink(missing_ok=True)  # half a credential would outlive the run
        raise
    return path


@contextmanager
def locked(
    file: Path, *, shared: bool = False, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock of a file, which need not exist; it is a file of its own beside it.

    Waits in the kernel; ``waiting`` is called before that if another process or thread holds the
    lock. The lock ends with its process at the latest. `UserError` on a file system without locks.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with _lock_file(file) as lock:
        try:
            _flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is not None:
                waiting()
            _flock(lock, how)
        yield


def claimed(file: Path) -> IO[bytes] | None:
    """The lock of a file, held until what is returned is closed; None if it is held already."""
    lock = _lock_file(file)
    try:
        _flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    except BaseException:
        lock.close()
        raise
    return lock


def _flock(lock: IO[bytes], how: int) -> None:
    try:
        fcntl.flock(lock, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise UserError(
            f"{Path(lock.name).parent} is on a file system without locks ({error.strerror}), as "
            "NFS without its lock service is: choose a local folder (--ks-run-dir for a run's "
            "folder, --ks-cache-dir for the cache)"
        ) from None


def _lock_file(file: Path) -> IO[bytes]:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.with_name(f"{file.name}.lock").open("ab")
