"""The harness's pytest plugin, which pytest finds through the package's entry point.

Each module holds the hooks of one concern. The fixtures of stories are in `fixtures`.
"""

from __future__ import annotations

_CONCERNS = (
    "options",
    "signals",
    "choosing",
    "collection",
    "apart",
    "distribution",
    "selecting",
    "patience",
    "evidence",
    "verdicts",
    "afterwards",
    "progress",
    "durations",
    "junit",
    "allure_results",
    "lifecycle",
    "capabilities",
    "surroundings",
    "record",
    "ending",
    "shortly",
    "abrupt",
)
_FIXTURES = (
    "spaces",
    "parts",
    "endpoints",
    "make",
    "documented",
    "topologies",
    "fleet",
    "agent_rights",
    "reader",
    "helm",
    "checker",
    "kflex",
    "argo_cd",
    "contexts",
)

pytest_plugins = [
    *(f"kubestellar_conformance.plugin.{name}" for name in _CONCERNS),
    *(f"kubestellar_conformance.fixtures.{name}" for name in _FIXTURES),
]
