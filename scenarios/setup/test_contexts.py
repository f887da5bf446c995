"""The ways to a kubeconfig that has a context for each ControlPlane (the page "KubeStellar Core
Chart", "Kubeconfig files and contexts for Control Planes").
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import Contexts, Make, Ref, Space, case, needs, promises, step

# Exclusive, since the tests beside may add ControlPlanes, which have no access at first.
pytestmark = [pytest.mark.exclusive, needs("documented-names")]
Way = Callable[[Contexts], None]


@promises("SETUP-29")
@pytest.mark.parametrize(
    "take",
    [
        case("by kflex", lambda contexts: contexts.by_blocks("kflex")),
        case("by kubectl", lambda contexts: contexts.by_blocks("kubectl")),
        case("by the script", lambda contexts: contexts.by_script("--merge")),
    ],
)
def test_each_documented_way_gives_a_context_per_control_plane(
    contexts: Contexts, host: Space, its: Space, wds: Space, make: Make, take: Way
) -> None:
    """Each leads to the space of its name. That of the hosting cluster stays."""
    in_its, in_wds = make.namespace("in-its"), make.namespace("in-wds")
    with step("There is a Namespace in the ITS, and another in the WDS"):
        its.apply(in_its)
        wds.apply(in_wds)
    with step("Take the documented way: each ControlPlane has a context of its name"):
        take(contexts)
        assert contexts.names == sorted([host.context, its.name, wds.name])
    with step("Each lists the Namespaces of its space, and not those of the other"):
        for context, listed, absent in (its, in_its, in_wds), (wds, in_wds, in_its):
            assert contexts.lists(context.name, Ref.of(listed))
            assert not contexts.lists(context.name, Ref.of(absent))


@promises("SETUP-29")
@pytest.mark.parametrize(
    ("flags", "stay"),
    [
        case("into the present contexts", ["--merge"], True),
        case("in place of the present contexts", [], False),
    ],
)
def test_the_script_imports_the_control_planes_that_it_is_told(
    contexts: Contexts, host: Space, wds: Space, make: Make, flags: list[str], stay: bool
) -> None:
    """One of two."""
    with step("Import the WDS alone"):
        contexts.by_script("--context", host.context, "--names", wds.name, "--silent", *flags)
    with step("It has a context, which lists its Namespaces, and the ITS has none"):
        assert contexts.names == sorted([wds.name, *([host.context] if stay else [])])
        wds.apply(listed := make.namespace())
        assert contexts.lists(wds.name, Ref.of(listed))
