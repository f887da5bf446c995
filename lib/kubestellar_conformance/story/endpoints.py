"""Metrics, profiles and probes of a component, as a story speaks of them."""

from __future__ import annotations

from kubestellar_conformance.platforms import ComponentHandle, Platform
from kubestellar_conformance.waiting.endpoint import Endpoints, Metric, address_in

__all__ = ["Endpoints", "Metric", "endpoints_of", "metric", "sized"]


def metric(name: str, /, **labels: str) -> Metric:
    """A metric by its name as served (``..._total``, ``..._count``), and the labels that matter."""
    return Metric(name, labels)


def sized(histogram: str, *, over: str, up_to: str) -> Metric:
    """How often a histogram has observed a value over the one bound and up to the other, which are
    bounds of its buckets as served: ``"2"``, ``"+Inf"``.
    """
    bucket = f"{histogram}_bucket"
    return Metric(bucket, {"le": up_to}, minus=Metric(bucket, {"le": over}))


def endpoints_of(platform: Platform, part: ComponentHandle) -> Endpoints:
    """The endpoints of a component, where its present flags put them. The platform needs the
    capability `endpoints`.
    """
    return Endpoints(
        part.name,
        lambda endpoint: address_in(part.name, part.arguments, endpoint),
        platform.system.abort,
    )
