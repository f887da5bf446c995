"""KubeFlex's CLI and the state that it hides in a kubeconfig (the known issue "Confusion due to
hidden state in your kubeconfig").
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Kflex, Space, case, kubeconfig_of, needs, promises, step

pytestmark = needs("documented-names")


@promises("LIMITS-10")
@pytest.mark.parametrize(
    "key",
    [
        case("under the page's key", "kflex-initial-ctx-name"),
        case("under the key of today", "hosting-cluster-ctx-name"),
    ],
)
def test_a_wrong_context_name_in_the_hidden_state_does_no_harm(
    kflex: Kflex, host: Space, wds: Space, key: str
) -> None:
    """The documented flags replace it, and then a context for the WDS can be made."""
    with step("The hidden state names a context that does not exist"):
        kflex.remember(key, "no-such-context")
    with step("Make the current context that of the hosting cluster"):
        kflex.ctx("--set-current-for-hosting")
        assert kflex.current[0] == host.context
    with step("Make a context for the WDS: it is the current one, and leads there"):
        kflex.ctx("--overwrite-existing-context", wds.name)
        name, server = kflex.current
        assert name == wds.name
        assert f"server: {server}\n" in kubeconfig_of(wds)
