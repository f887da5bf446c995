"""The components of the system under test: which they are, where they come from, and how they are
built.

`provision_all` is the way in; `provision` the same with everything said explicitly.
"""

from kubestellar_conformance.components.cache import BuildCache, Entry
from kubestellar_conformance.components.catalogue import Catalogue, Component, load_catalogue
from kubestellar_conformance.components.progress import Progress, Silent, progress_on
from kubestellar_conformance.components.provision import (
    Built,
    Provisioned,
    provision,
    provision_all,
)
from kubestellar_conformance.components.sources import (
    Binary,
    Checkout,
    Override,
    Release,
    Source,
    parse_override,
)

__all__ = [
    "Binary",
    "BuildCache",
    "Built",
    "Catalogue",
    "Checkout",
    "Component",
    "Entry",
    "Override",
    "Progress",
    "Provisioned",
    "Release",
    "Silent",
    "Source",
    "load_catalogue",
    "parse_override",
    "progress_on",
    "provision",
    "provision_all",
]
