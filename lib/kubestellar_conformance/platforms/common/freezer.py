"""Whether a process is frozen: ``docker pause``, ``systemctl freeze`` or an administrator stops a
whole cgroup, which no signal undoes and which the state of a process does not show.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath

UNIFIED = ""
"""What /proc/<pid>/cgroup has for cgroup v2 in place of a controller (cgroups(7))."""
_FREEZER = "freezer"
_ESCAPED = re.compile(r"\\([0-7]{3})")  # proc(5): white space in paths


def is_frozen(pid: int) -> bool:
    """Whether a cgroup of that process is frozen. False where that cannot be seen."""
    own, its = _cgroups("self"), _cgroups(pid)
    return any(
        path != own.get(controller) and _frozen(controller, path)
        for controller, path in its.items()
    )


def _cgroups(pid: int | str) -> dict[str, str]:
    """The paths of a process's cgroups that may freeze it, by controller."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return {}
    found = (line.split(":", 2) for line in lines)
    return {
        controllers: path for _, controllers, path in found if controllers in (UNIFIED, _FREEZER)
    }


def _frozen(controller: str, path: str) -> bool:
    folder = _folder(controller, path)
    name, said = ("cgroup.events", "frozen 1") if controller == UNIFIED else ("freezer.state", "FR")
    try:
        lines = (folder / name).read_text().splitlines() if folder else []
    except OSError:
        return False
    return any(line.startswith(said) for line in lines)  # FREEZING comes before FROZEN


def _folder(controller: str, path: str) -> Path | None:
    """Where that cgroup is mounted, None if it is not in sight."""
    root, place = _mounts().get(controller, ("", None))
    if place is None or not PurePosixPath(path).is_relative_to(root):
        return None
    return place / PurePosixPath(path).relative_to(root)


@cache
def _mounts() -> dict[str, tuple[str, Path]]:
    """The root and the mount point of the two hierarchies, by controller."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mounted, _, of = line.partition(" - ")
        root, place = (_plain(field) for field in mounted.split()[3:5])
        kind, _, options = of.split(" ", 2)
        if kind == "cgroup2":
            found[UNIFIED] = (root, Path(place))
        elif kind == "cgroup" and _FREEZER in options.split(","):
            found[_FREEZER] = (root, Path(place))
    return found


def _plain(field: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), field)
