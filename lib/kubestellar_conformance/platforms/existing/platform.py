"""The platform ``existing``: an installation that the user has, used with care and left as it
was.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from kubestellar_conformance.errors import Broken, HarnessError, NotSupported
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder, write_private
from kubestellar_conformance.platforms.existing import leaving
from kubestellar_conformance.platforms.existing.access import open_spaces, write_access
from kubestellar_conformance.platforms.existing.doctor import examine, wrong_release
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.existing.leftovers import LABEL, check_id
from kubestellar_conformance.platforms.existing.options import STOP_COMPONENTS
from kubestellar_conformance.platforms.existing.runfile import RunFile
from kubestellar_conformance.platforms.workloads.before import altered_parts
from kubestellar_conformance.platforms.workloads.parts import Part
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import Waiting

_ALWAYS = frozenset({"workload-controllers", "returned-status"})
_OWNED = "the spaces of an existing installation are the user's, so none is added or removed"
_NOT_ALLOWED = f"it may not be stopped here without --ks-allow {STOP_COMPONENTS}"


class ExistingPlatform:
    """See `kubestellar_conformance.platforms.api.Platform`.

    ``settings.options``: ``installation`` (its JSON), ``run`` (the run's id), ``owner`` (pid of the
    process that owns the run), ``allow`` (what tests may do beyond what is theirs, words with
    commas between) and ``expected_release`` (whose known deviations are expected although the user
    did not say so).
    """

    name = "existing"

    def __init__(self, settings: PlatformSettings) -> None:
        self.run_dir = settings.run_dir
        self.installation = Installation.from_json(settings.options["installation"])
        self.run = check_id(settings.options["run"])
        self._owner = int(settings.options["owner"])
        self._expected_release = settings.options.get("expected_release", "")
        self._allowed = frozenset(filter(None, settings.options.get("allow", "").split(",")))
        self.capabilities = _ALWAYS | self._allowed
        self.why_not: Mapping[str, str] = {
            STOP_COMPONENTS: "parts of an existing installation are stopped only with "
            f"--ks-allow {STOP_COMPONENTS}",
            "pause-components": "a part of an existing installation cannot be paused",
            "topologies": _OWNED,
            "core-chart": _OWNED,
        }
        self._file: RunFile | None = None
        self._system: System | None = None

    # Coming up.

    def up(self) -> None:
        """Look at everything, create nothing. `UserError` with all problems when it is not fit to
        be used.
        """
        runs.demand_free(RunFolder(self.run_dir))
        folder = leaving.credentials(self.run_dir)
        try:
            write_access(self.installation, folder)
            spaces = open_spaces(self.installation, folder)
            try:
                report = examine(self.installation, spaces)
            finally:
                for space in spaces:
                    space.close()
            if self._expected_release:
                report.add(wrong_release(report, self._expected_release))
            write_private(self.run_dir / "doctor.txt", report.text() + "\n")
            report.demand_green()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._file = RunFile.of(self.run, self._owner, self.installation, report.to_dict())
        self._file.write(self.run_dir)
        self._open(self._file)

    def attach(self) -> None:
        self._file = RunFile.read(self.run_dir)
        if self._file is None:
            raise Broken(
                f"the run folder {self.run_dir} is not that of a run on an existing installation"
            )
        self._open(self._file)

    def _open(self, file: RunFile) -> None:
        spaces = open_spaces(
            self.installation, leaving.credentials(self.run_dir), file.report["selectors"]
        )
        self._system = System(spaces, components=self, waits=Waiting, labels={LABEL: self.run})

    # Being used.

    @property
    def system(self) -> System:
        if self._system is None:
            raise Broken("the existing platform is not opened")
        return self._system

    def component(self, name: str) -> Part:
        """By full name, or by the part behind the slash. `NotSupported` when nothing like it can be
        seen.
        """
        known = self.installation.parts()
        found = [part for full, part in known.items() if name in (full, full.partition("/")[2])]
        if len(found) != 1:
            what = "several parts are" if found else "no part is"
            raise NotSupported(
                f"{what} called {name!r} in an existing installation: there are {', '.join(known)}"
            )
        served = self.system[found[0].serves] if found[0].serves else None
        refusal = "" if STOP_COMPONENTS in self._allowed else _NOT_ALLOWED
        return Part(
            found[0], self.system[found[0].space], self.run_dir, served, refusal=refusal
        ).demand()

    def components(self) -> Sequence[Part]:
        """Those that this run has stopped or changed: all others are as the user wants them."""
        return [self.component(name) for name in altered_parts(self.run_dir)]

    def dead(self) -> Sequence[Part]:
        """None: the cluster itself starts a part again that dies."""
        return []

    def add_its(self, name: str, *, hosted: bool = False) -> Space:
        raise NotSupported(f"ITS {name} (hosted: {hosted}): {_OWNED}")

    def add_wds(self, name: str, *, its: str, hosted: bool = False, charted: bool = False) -> Space:
        raise NotSupported(f"WDS {name} on {its} (hosted: {hosted}, charted: {charted}): {_OWNED}")

    def add_wec(self, name: str, *, its: str) -> Space:
        raise NotSupported(f"WEC {name} in {its}: {_OWNED}")

    def remove(self, name: str) -> None:
        raise NotSupported(f"{name}: {_OWNED}")

    def record(self) -> dict[str, Any]:
        report = self._file.report if self._file else {}
        seen: dict[str, str] = report.get("components", {})
        reporters = {
            name: version for name, version in seen.items() if name.endswith("/status-agent")
        }
        return {
            "platform": self.name,
            "run": self.run,
            "label": f"{LABEL}={self.run}",
            "capabilities": sorted(self.capabilities),
            "contexts": {place.name: place.context for place in self.installation.places()},
            "kubernetes": report.get("versions", {}),
            "components": [{"name": name, "version": version} for name, version in seen.items()],
            "status_reporter": f"the OCM status add-on {', '.join(sorted(set(reporters.values())))}"
            if reporters
            else "the installation's own; which one cannot be seen from here",
            "preflight": report.get("findings", []),
            "run_folder": str(self.run_dir),
        }

    def variables(self) -> dict[str, str]:
        return self.installation.variables()

    def usage(self) -> str:
        return (
            "The installation is as it was; what a run made there carries the label "
            f"{LABEL}={self.run}."
        )

    def keep(self) -> None:
        """It is the user's in any case."""

    # Going down.

    def detach(self) -> None:
        system, self._system = self._system, None
        if system is not None:
            try:
                system.close()
            except (HarnessError, AssertionError):
                return  # what it could not remove, `down` finds by the label

    def down(self) -> None:
        """Start again what this run has stopped, remove what it has made and not removed, forget
        its credentials.
        """
        self.detach()
        if runs.is_anothers(RunFolder(self.run_dir), self._owner):
            return  # the run was refused because of it
        leaving.leave(self.installation, self.run, self.run_dir)
