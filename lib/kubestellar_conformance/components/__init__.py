"""The components of the system under test: which they are, where they come from, and how they are
built.

`provision_all` is the way in; `provision` the same with everything said explicitly.
"""

from kubestellar_conformance.components.cache import BuildCache, CacheEntry
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
    PublishedVersion,
    Source,
    parse_override,
)

__all__ = [
    "Binary",
    "BuildCache",
    "Built",
    "CacheEntry",
    "Catalogue",
    "Checkout",
    "Component",
    "Override",
    "Progress",
    "Provisioned",
    "PublishedVersion",
    "Silent",
    "Source",
    "load_catalogue",
    "parse_override",
    "progress_on",
    "provision",
    "provision_all",
]
