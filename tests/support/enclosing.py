"""Whether this machine lets programs be enclosed, and a command that takes that away."""

from __future__ import annotations

import pytest

from kubestellar_conformance.platforms.embedded import enclosure

needs_enclosure = pytest.mark.skipif(
    bool(enclosure.obstacle()), reason="this machine allows no network namespace"
)

WITHOUT_NAMESPACES = (
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"',
    "sh",
)
"""Runs a command, given after it, where the kernel refuses every network namespace."""
