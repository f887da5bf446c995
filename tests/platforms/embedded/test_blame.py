"""Which replacement a program that failed comes from: that of its own component, never a name that
looks alike.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.platforms.embedded.blame import blamed
from tests.support.embedded import unbuilt

TRANSPORT = "kubestellar-transport-controller"


@pytest.fixture
def built(tmp_path: Path) -> Provisioned:
    """Components in a cache below a folder that has a module's name in its own, as the user's
    has.
    """
    return unbuilt(tmp_path / "kubestellar-conformance")


@pytest.mark.parametrize(
    ("program", "overrides", "expected"),
    [
        (TRANSPORT, [], None),
        (TRANSPORT, [f"{TRANSPORT}=/bin/false"], f"{TRANSPORT}=/bin/false"),
        (TRANSPORT, ["etcd=/bin/true", f"{TRANSPORT}=v1.2.3"], f"{TRANSPORT}=v1.2.3"),
        ("etcd", [f"{TRANSPORT}=/bin/false"], None),
        # The module's name is in the path of every component's program.
        ("etcd", ["kubestellar=v1.2.3"], None),
        (TRANSPORT, ["kubestellar=v1.2.3"], "kubestellar=v1.2.3"),
        (TRANSPORT, ["kubestellar=v1.2.3", f"{TRANSPORT}=/bin/false"], f"{TRANSPORT}=/bin/false"),
        ("ocm-registration-operator", ["ocm-registration=/bin/false"], None),
    ],
)
def test_who_is_to_blame(
    built: Provisioned, program: str, overrides: list[str], expected: str | None
) -> None:
    assert blamed(str(built[program].binary), overrides, built) == expected


def test_a_program_of_no_component_is_nobody_s(built: Provisioned) -> None:
    assert (
        blamed("/usr/bin/python3", [f"{TRANSPORT}=/bin/false", "kubestellar=v1.2.3"], built) is None
    )
