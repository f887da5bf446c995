"""Every condition that a story can expect, for the second import line of a scenario."""

from kubestellar_conformance.conditions import *  # noqa: F403
from kubestellar_conformance.conditions import __all__ as __all__
