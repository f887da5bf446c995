"""The options of a run. All are checked before anything starts: bad input is one clear line and
exit status 4.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import kubestellar_conformance
from kubestellar_conformance import catalogue, paths
from kubestellar_conformance.components.catalogue import load_catalogue
from kubestellar_conformance.components.sources import PublishedVersion, parse_override, resolve
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms import PLATFORMS, PlatformSettings
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import by_hand
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.platforms.existing import options as existing_options
from kubestellar_conformance.platforms.existing import settings as existing_settings
from kubestellar_conformance.platforms.kind import options as kind_options
from kubestellar_conformance.plugin.identity import identity
from kubestellar_conformance.plugin.mistakes import another_suite, path_apart
from kubestellar_conformance.plugin.run import KEY, Run, role_of, scenario_folder, worker_input
from kubestellar_conformance.reporting.checkout import harness_commit
from kubestellar_conformance.reporting.evidence import now
from kubestellar_conformance.reporting.known import load_known
from kubestellar_conformance.reporting.marks import DECLARED
from kubestellar_conformance.reporting.promises import Promises
from kubestellar_conformance.reporting.record import RunRecord
from kubestellar_conformance.reporting.selection import Selection
from kubestellar_conformance.reporting.session_folder import SessionFolder
from kubestellar_conformance.waiting import contracts

_PRODUCT = "kubestellar-controller-manager"
"""The component whose version is the release under test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kubestellar", "KubeStellar conformance")
    add = group.addoption
    add(
        "--ks-platform",
        metavar="NAME",
        default="embedded",
        help="platform that provides the clusters: embedded, kind or existing "
        "(default: %(default)s)",
    )
    add(
        "--ks-component",
        metavar="NAME=SOURCE",
        action="append",
        default=[],
        help="replace a component by another version (v0.30.0), a checkout or a binary; "
        "repeat it to replace several",
    )
    add(
        "--ks-keep",
        action="store_true",
        help="leave the platform up at the end, and print how to use it",
    )
    add(
        "--ks-run-dir",
        metavar="DIR",
        help="folder of the run (default: run/<time>-<pid> below the root folder)",
    )
    add(
        "--ks-cache-dir",
        metavar="DIR",
        help="folder of built components and snapshots (default: in the user's cache folder)",
    )
    add(
        "--ks-slow",
        metavar="FACTOR",
        help="multiply every time contract by FACTOR on a slow machine (default: $KS_SLOW or 1)",
    )
    add(
        "--ks-impatient",
        action="store_true",
        help="give each wait a multiple of the time that it took in earlier green runs, so that a "
        "red run is short",
    )
    add(
        "--ks-no-snapshot",
        action="store_true",
        help="start from nothing: neither use nor leave a snapshot",
    )
    add(
        "--ks-release",
        metavar="VERSION",
        help="release whose known deviations are expected (default: the release under test)",
    )
    add(
        "--ks-report",
        metavar="DIR",
        help="folder of the run's record (default: report in the run's folder)",
    )
    existing = parser.getgroup(
        "kubestellar-existing", "KubeStellar conformance: --ks-platform existing"
    )
    for flag, details in (*existing_options.OPTIONS, existing_options.ALLOW):
        existing.addoption(flag, **details)
    kind = parser.getgroup("kubestellar-kind", "KubeStellar conformance: --ks-platform kind")
    for flag, details in kind_options.OPTIONS:
        kind.addoption(flag, **details)
    parser.addini(
        "ks_scenarios", "folder of the suite, relative to the root folder", default="scenarios"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for mark in DECLARED:
        config.addinivalue_line("markers", mark)
    try:
        config.stash[KEY] = _run(config)
        contracts.set_factor(config.stash[KEY].slow)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the run's identity on to a worker (xdist calls this in the controller)."""
    run = node.config.stash[KEY]  # type: ignore[attr-defined]
    node.workerinput["ks"] = {  # type: ignore[attr-defined]
        "id": run.id,
        "owner": os.getpid(),
        "run_dir": str(run.folder.path),
        "report": str(run.folder.report),
        "reuse": run.settings.options.get("reuse", ""),
    }


def _run(config: pytest.Config) -> Run:
    option, given = config.option, worker_input(config).get("ks", {})
    name: str = option.ks_platform
    if name not in PLATFORMS:
        raise UserError(
            f"--ks-platform {name!r}: unknown platform: use one of {', '.join(sorted(PLATFORMS))}"
        )
    suite = scenario_folder(config)
    if (wrong := path_apart(config) or another_suite(config)) is not None:
        raise UserError(wrong)
    if suite.is_dir():
        if option.noconftest:
            raise UserError("--noconftest: the scenarios need their conftest.py: leave it out")
        paths.demand_text(config.rootpath, "the root folder")
    base = config.invocation_params.dir
    run_id = given.get("id") or f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    run_dir = _folder(base, given.get("run_dir") or option.ks_run_dir, "--ks-run-dir")
    if run_dir is None:
        run_dir = config.rootpath / "run" / run_id
        if not option.collectonly and scenario_folder(config).is_dir():
            paths.writable_folder(run_dir, f"default of --ks-run-dir, {run_dir}")
    report = (
        _folder(base, given.get("report") or option.ks_report, "--ks-report") or run_dir / "report"
    )
    extra = kind_options.settings(option, name)
    if name == EmbeddedPlatform.name and extra.pop("reuse", ""):
        extra["reuse"] = given.get("reuse") or str(by_hand.kept().root)
        kept = by_hand.facts(RunFolder(Path(extra["reuse"])))
    else:
        kept = kind_options.reused(extra)
    overrides = tuple(option.ks_component)
    sources = resolve([parse_override(text) for text in overrides], load_catalogue())
    scenarios = str(config.getini("ks_scenarios")).strip("/")
    source = suite if suite.is_dir() else catalogue.FOLDER
    folder = source / "promises"
    promises = Promises.load(folder) if folder.exists() else Promises(())
    product = _kept_product(kept) or sources[_PRODUCT]
    known = load_known(
        source / "known_deviations",
        option.ks_release or _release(product),
        promises,
        suite=scenarios,
        must_exist=option.ks_release is not None,
    )
    if name == existing_options.NAME:
        extra = _existing(option, base, known.release)
    else:
        _demand_none_of_existing(option, name)
    settings = PlatformSettings(
        run_dir=run_dir,
        components=overrides,
        cache_dir=_folder(base, option.ks_cache_dir, "--ks-cache-dir"),
        keep=option.ks_keep,
        snapshot=not option.ks_no_snapshot,
        options={"owner": str(given.get("owner") or os.getpid()), "run": run_id, **extra},
    )
    return Run(
        role=role_of(config),
        worker=worker_input(config).get("workerid"),
        id=run_id,
        folder=SessionFolder(run_dir, report),
        platform_name=name,
        settings=settings,
        scenarios=scenarios if suite.is_dir() else None,
        catalogue=folder,
        promises=promises,
        known=known,
        slow=_factor(option.ks_slow),
        record=RunRecord(
            harness=_versions(config),
            begun=now(),
            platform_name=name,
            promises=promises,
            known=known,
            selection=Selection(),
            run=run_id,
            **identity(config, promises),
            overrides=tuple(kept.get("overrides", overrides)),
        ),
    )


def _demand_none_of_existing(option: object, platform: str) -> None:
    """`UserError` for an option that describes an existing installation, which this run is not on:
    whoever gives one believes that it is.
    """
    given = [*existing_options.given(option)]
    given += ["allow"] if getattr(option, "ks_allow", None) else []
    if given:
        flag = f"--ks-{given[0].replace('_', '-')}"
        raise UserError(
            f"{flag} is for --ks-platform {existing_options.NAME}, but this run is on {platform}: "
            "leave it out, or give that platform"
        )


def _existing(option: object, base: Path, release: str) -> dict[str, str]:
    """The settings that only the platform ``existing`` has. `UserError` for an option that makes no
    sense there.
    """
    for flag, why in existing_options.SENSELESS.items():
        if getattr(option, flag.removeprefix("--").replace("-", "_")):
            raise UserError(f"{flag}: {why}")
    installation = existing_settings.resolve(existing_options.given(option), base, os.environ)
    allowed: list[str] = getattr(option, "ks_allow", None) or []
    unknown = [what for what in allowed if what != existing_options.STOP_COMPONENTS]
    if unknown:
        raise UserError(f"--ks-allow {unknown[0]!r}: use {existing_options.STOP_COMPONENTS}")
    told = {} if getattr(option, "ks_release", None) else {"expected_release": release}
    return {"installation": installation.to_json(), "allow": ",".join(allowed), **told}


def _versions(config: pytest.Config) -> dict[str, str]:
    own = {"version": kubestellar_conformance.__version__, "python": platform.python_version()}
    commit = None if role_of(config) == "worker" else harness_commit()
    if commit is not None:
        own["commit"] = commit
    return own | {name: metadata.version(name) for name in ("pytest", "kubernetes")}


def _folder(base: Path, text: str | None, option: str) -> Path | None:
    if text is None:
        return None
    what = f"{option} {text!r}"
    return paths.writable_folder(paths.given(text, base, what), what)


def _factor(text: str | None) -> float:
    name, value = (
        ("--ks-slow", text) if text is not None else ("KS_SLOW", os.environ.get("KS_SLOW") or "1")
    )
    try:
        factor = float(value)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise UserError(f"{name} {value!r}: expected a positive number, for example 2")
    return factor


def _kept_product(facts: Mapping[str, Any]) -> PublishedVersion | None:
    """The release that a kept platform with these facts runs; None if it runs another build."""
    components = facts.get("components", ())
    found = [
        one
        for one in components
        if one["name"] == _PRODUCT and one.get("source") == PublishedVersion.kind
    ]
    return PublishedVersion(found[0]["version"]) if found else None


def _release(product: object) -> str:
    """The release whose known deviations are expected of the component under test."""
    if isinstance(product, PublishedVersion):
        return product.version
    return load_catalogue()[_PRODUCT].version
