"""With ``--alluredir``: gives each scenario's result what Allure cannot know by itself: verdict,
promises, versions, diagnosis and evidence. Adds categories and environment to the folder.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import allure_commons
import pytest
from allure_commons.model2 import Attachment, Parameter, StatusDetails, TestResult
from allure_commons.types import AttachmentType

from kubestellar_conformance.files import write_json, write_text
from kubestellar_conformance.plugin.collection import ENTRY
from kubestellar_conformance.plugin.evidence import evidence_file
from kubestellar_conformance.plugin.promises import promises_of
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.verdicts import facts, outcome
from kubestellar_conformance.reporting.allure_results import (
    CATEGORIES_FILE,
    CONFIGURATION_FILE,
    ENVIRONMENT_FILE,
    STATUS,
    categories,
    configuration,
    environment,
    labels,
    links,
    told,
    version,
)
from kubestellar_conformance.reporting.known import KnownDeviation
from kubestellar_conformance.reporting.verdicts import Verdict

_PHASES = ("setup", "call", "teardown")
_VERSIONS = {
    "KubeStellar": "kubestellar-controller-manager",
    "KubeFlex": "kubeflex",
    "Kubernetes": "kube-apiserver",
}
"""Parameters of every result, and the component whose version each shows."""


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "allure_report_dir", None) and not config.option.collectonly:
        results = Results(run_of(config))
        config.pluginmanager.register(results, "ks-allure-results")
        allure_commons.plugin_manager.register(results)
        config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(results))


def finish(config: pytest.Config, record: Mapping[str, Any]) -> None:
    """Write categories and environment, in the process that owns the run. Raises `OSError`."""
    folder = getattr(config.option, "allure_report_dir", None)
    if folder:
        path = Path(folder).absolute()
        write_text(path / ENVIRONMENT_FILE, environment(record))
        write_json(path / CATEGORIES_FILE, categories())
        write_json(path / CONFIGURATION_FILE, configuration())


class Results:
    """Completes the results of one process on their way to the file."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._item: pytest.Item | None = None
        self._components: dict[str, Mapping[str, Any]] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._item = item if self._run.is_scenario(item.nodeid) else None
        return (yield)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: Any) -> None:
        """Called for each result before it is written."""
        item, self._item = self._item, None
        if item is None:
            return
        verdict, message = outcome(item)
        entry = item.stash.get(ENTRY, None)
        self._complete(result, item.nodeid, promises_of(item), verdict, message, entry)
        evidence = self._run.folder.report / evidence_file(item.nodeid)
        if evidence.is_file():
            source = _attached(result, "evidence", AttachmentType.JSON)
            with suppress(OSError):  # the run reports a full disk
                allure_commons.plugin_manager.hook.report_attached_file(
                    source=str(evidence), file_name=source
                )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the result of a test that crashed its worker, which wrote none."""
        crashed = facts(report) is None and report.failed and report.when not in _PHASES
        if not (crashed and self._run.owner and self._run.is_scenario(report.nodeid)):
            return
        nodeid, moment = report.nodeid, round(time.time() * 1000)
        path, _, name = nodeid.partition("::")
        full = f"{path.removesuffix('.py').replace('/', '.')}#{name.partition('[')[0]}"
        result = TestResult(
            uuid=str(uuid.uuid4()), name=name, fullName=full, start=moment, stop=moment
        )
        promises = self._run.record.check(nodeid).promises
        message = self._run.scrubber.text(str(report.longrepr))
        entry = self._run.known.of(nodeid)
        self._complete(result, nodeid, promises, Verdict.BROKEN, message, entry)
        with suppress(OSError):
            allure_commons.plugin_manager.hook.report_result(result=result)

    def _complete(
        self,
        result: Any,
        nodeid: str,
        promises: Sequence[str],
        verdict: Verdict,
        message: str,
        entry: KnownDeviation | None,
    ) -> None:
        run, seen = self._run, verdict in (Verdict.KNOWN, Verdict.FIXED)
        result.status = STATUS[verdict]
        if verdict is Verdict.CONFORMS:
            result.statusDetails = None
        else:
            result.statusDetails = StatusDetails(
                known=True if verdict is Verdict.KNOWN else None,
                flaky=True if seen and entry is not None and entry.intermittent else None,
                message=told(verdict, message),
                trace=getattr(result.statusDetails, "trace", None),
            )
        # By the id that is the same in every run; two platforms are no retries of each other.
        history = f"{nodeid} {run.platform_name}".encode()
        result.historyId = hashlib.md5(history, usedforsecurity=False).hexdigest()
        known = entry.id if entry is not None else None
        result.labels.extend(labels(run.promises, promises, verdict, known))
        issue = entry.issue if entry is not None else None
        result.links.extend(links(run.promises, promises, run.known.release, issue))
        result.parameters.extend(self._parameters())
        if verdict.red or verdict is Verdict.KNOWN:
            source = _attached(result, "diagnosis", AttachmentType.TEXT)
            with suppress(OSError):
                allure_commons.plugin_manager.hook.report_attached_data(
                    body=message, file_name=source
                )

    def _parameters(self) -> list[Parameter]:
        if not self._components and (started := self._run.folder.started()) is not None:
            self._components = {one["name"]: one for one in started.get("components", ())}
        versions = [
            Parameter(name=name, value=version(self._components[component]), excluded=True)
            for name, component in _VERSIONS.items()
            if component in self._components
        ]
        return [Parameter(name="platform", value=self._run.platform_name), *versions]


def _attached(result: Any, name: str, kind: AttachmentType) -> str:
    """Name a new attachment in the result. Returns the name of its file."""
    source = f"{uuid.uuid4()}-attachment.{kind.extension}"
    result.attachments.append(Attachment(name=name, source=source, type=kind.mime_type))
    return source
