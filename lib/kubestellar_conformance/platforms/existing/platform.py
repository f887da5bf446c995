"""The platform ``existing``: an installation of the user, used with care and left unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from kubestellar_conformance.capabilities import Capability
from kubestellar_conformance.errors import Broken, NotSupported
from kubestellar_conformance.files import write_private
from kubestellar_conformance.fleet import lacking
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.base import Platform, full_name
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.existing import end_of_run
from kubestellar_conformance.platforms.existing.access import open_spaces, write_access
from kubestellar_conformance.platforms.existing.doctor import examine, wrong_release
from kubestellar_conformance.platforms.existing.doctor_its import foreign_wec
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.existing.leftovers import LABEL, check_id
from kubestellar_conformance.platforms.existing.options import STOP_COMPONENTS
from kubestellar_conformance.platforms.existing.runfile import RunFile
from kubestellar_conformance.platforms.workloads.before import altered_parts
from kubestellar_conformance.platforms.workloads.parts import Part
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import Waiting

_OWNED = "the spaces of an existing installation are the user's, so none is added or removed"
_INSTALLED = "an existing installation is neither installed nor taken apart by a run"
_NOT_ALLOWED = f"it may not be stopped here without --ks-allow {STOP_COMPONENTS}"


class ExistingPlatform(Platform):
    """See `kubestellar_conformance.platforms.base.Platform`.

    ``settings.options``: ``installation`` (its JSON), ``run`` (the run's id), ``owner`` (pid of the
    process that owns the run), ``allow`` (what tests may do to the installation, comma-separated)
    and ``expected_release`` (the release whose known deviations are expected if the user names
    none).
    """

    name = "existing"

    def __init__(self, settings: PlatformSettings) -> None:
        super().__init__(settings)
        self.installation = Installation.from_json(settings.options["installation"])
        self.run = check_id(settings.options["run"])
        self._owner = int(settings.options["owner"])
        self._expected_release = settings.options.get("expected_release", "")
        allowed = filter(None, settings.options.get("allow", "").split(","))
        self.capabilities = frozenset(Capability(name) for name in allowed)
        self.why_not: dict[Capability, str] = {
            Capability.STOP_COMPONENTS: "parts of an existing installation are stopped only with "
            f"--ks-allow {STOP_COMPONENTS}",
            Capability.PAUSE_COMPONENTS: "a part of an existing installation cannot be paused",
            Capability.TOPOLOGIES: _OWNED,
            Capability.CORE_CHART: _OWNED,
            Capability.AGENT_RIGHTS: _OWNED,
            Capability.ENDPOINTS: "the ports of an existing installation's pods are not reached "
            "from here",
            Capability.DOCUMENTED_NAMES: "objects of the documentation's names may be the user's "
            "own here",
            **dict.fromkeys(
                (
                    Capability.HOSTING_PODS,
                    Capability.VCLUSTER,
                    Capability.STATUS_ADD_ON,
                    Capability.PUBLIC_IMAGES,
                    Capability.ARGO_CD,
                ),
                _INSTALLED,
            ),
            Capability.HELM: "what helm creates has no label by which it is known as this run's",
        }
        self._file: RunFile | None = None

    # Start.

    def up(self) -> None:
        """Examine everything, create nothing. `UserError` with all problems if the installation
        cannot be used.
        """
        runs.demand_free(self.folder)
        folder = end_of_run.credentials(self.run_dir)
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
            self.installation, end_of_run.credentials(self.run_dir), file.report["selectors"]
        )
        self._use(System(spaces, components=self, waits=Waiting, labels={LABEL: self.run}))
        if (reason := lacking(self.system.its)) is None:
            self.capabilities |= {Capability.VIRTUAL_WECS}
        else:
            self.why_not[Capability.VIRTUAL_WECS] = reason
        if (foreign := foreign_wec(self.system.its, self.installation, self.run)) is None:
            self.capabilities |= {Capability.WHOLE_INVENTORY}
        else:
            self.why_not[Capability.WHOLE_INVENTORY] = (
                f"the ITS has the ManagedCluster {foreign}, which is none of the given WECs"
            )

    # Use.

    def component(self, name: str) -> Part:
        """The part of that name. `NotSupported` if it is not a documented part, or cannot be
        seen.
        """
        known = self.installation.parts()
        part = known[full_name(known, name, unknown=NotSupported)]
        served = self.system[part.serves] if part.serves else None
        refusal = "" if STOP_COMPONENTS in self.capabilities else _NOT_ALLOWED
        return Part(part, self.system[part.space], self.run_dir, served, refusal=refusal).demand()

    def components(self) -> Sequence[Part]:
        """The parts that this run has stopped or changed: all others are as the user wants them."""
        return [self.component(name) for name in altered_parts(self.run_dir)]

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
            **self.abilities(),
            "contexts": {place.name: place.context for place in self.installation.places()},
            "kubernetes": report.get("versions", {}),
            "components": [{"name": name, "version": version} for name, version in seen.items()],
            "status_reporter": f"the OCM status add-on {', '.join(sorted(set(reporters.values())))}"
            if reporters
            else "the installation's own, which cannot be seen from here",
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
        """Do nothing: the installation belongs to the user in any case."""

    # Stop.

    def down(self) -> None:
        """Start the parts that this run has stopped, remove the objects that it has made, delete
        its credentials.
        """
        self.detach()
        if runs.is_anothers(self.folder, self._owner):
            return  # the run was refused because of it
        end_of_run.end(self.installation, self.run, self.run_dir)
