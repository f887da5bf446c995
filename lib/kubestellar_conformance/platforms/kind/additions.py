"""The spaces that were added to a platform, written down before they are made, so that any process
can remove them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import locked, write_private_json
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.spaces.space import Role

_ORDER: tuple[Role, ...] = ("wds", "wec", "its")
"""The order of the user guide's teardown."""


@dataclass(frozen=True)
class Addition:
    """A space that exists, or is about to exist, beside those that the platform started with.

    ``its`` is the ITS of a WDS or a WEC. ``run`` is the folder of the run that added it; ``pid``
    and ``created`` are the process that owns that run.
    """

    name: str
    role: Role
    its: str
    hosted: bool
    run: str
    pid: int
    created: int

    @property
    def abandoned(self) -> bool:
        """Whether its run has ended without removing it."""
        return not pidfd.alive(self.pid, self.created)


class Additions:
    """The additions to one platform, by any run that uses it."""

    def __init__(self, state: Path) -> None:
        self._file = state / "additions.json"

    def note(self, addition: Addition) -> None:
        """Note a space that is about to be made. `UserError` if the hosting cluster has that role
        already.
        """
        with locked(self._file):
            known = self.all()
            for other in known:
                if addition.hosted and (other.hosted, other.role) == (True, addition.role):
                    raise UserError(
                        f"{addition.name}: the hosting cluster is {other.role.upper()} "
                        f"{other.name} already, "
                        "and can be one at a time: remove that first"
                    )
            self._write([*known, addition])

    def forget(self, name: str) -> None:
        """Note that the space is gone."""
        with locked(self._file):
            self._write([one for one in self.all() if one.name != name])

    def all(self) -> list[Addition]:
        """The additions in the order in which they can be removed."""
        try:
            known = [Addition(**one) for one in json.loads(self._file.read_text())]
        except FileNotFoundError:
            return []
        return sorted(known, key=lambda one: _ORDER.index(one.role))

    def _write(self, known: list[Addition]) -> None:
        write_private_json(self._file, [asdict(one) for one in known])
