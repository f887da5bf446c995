"""HTTP endpoints of a component: its metrics, its profiles and its probes.

Metrics have no watch, so a wait for one asks again and again. It is the only such wait.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import urllib3

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces.verbs import ContractName
from kubestellar_conformance.waiting.contracts import Outcome, Use, contracts

EndpointName = Literal["metrics", "pprof", "health-probe"]
"""An endpoint, as the flags of the controllers name it: ``--metrics-bind-address``."""
_PAUSE: Final = 0.25  # seconds between two looks at the metrics
_TIMEOUT: Final = 10.0  # seconds for one answer
_NAME: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE: Final = re.compile(rf"({_NAME})(?:\{{(.*)\}})?\s+(\S+)(?:\s+\d+)?")
_LABEL: Final = re.compile(rf'({_NAME})="((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Metric:
    """A metric by its name and some of its labels, with these values."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    minus: Metric | None = None
    """A metric whose value is taken off, for the observations between two buckets."""

    def __str__(self) -> str:
        labels = ", ".join(f'{key}="{value}"' for key, value in self.labels.items())
        name = f"{self.name}{{{labels}}}" if labels else self.name
        return f"{name} - {self.minus}" if self.minus else name


@dataclass(frozen=True)
class EndpointAnswer:
    """An answer of an endpoint."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


Sample = tuple[str, dict[str, str], float]
"""Name, labels and value."""


def samples(text: str) -> Iterator[Sample]:
    """Name, labels and value of every sample in Prometheus' text format.

    Raises `ValueError`, with the line, for a line that is none.
    """
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = _SAMPLE.fullmatch(line.strip())
        if not found:
            raise ValueError(f"not a sample in Prometheus' text format: {line[:200]!r}")
        name, labels, value = found.groups()
        yield name, {key: _plain(text) for key, text in _LABEL.findall(labels or "")}, float(value)


def value_in(served: Sequence[Sample], metric: Metric) -> float | None:
    """The sum of the metric's samples that have its labels, less that of ``minus``; None if no such
    sample is served.
    """
    found = [
        value
        for name, labels, value in served
        if name == metric.name and metric.labels.items() <= labels.items()
    ]
    if not found:
        return None
    return sum(found) - ((value_in(served, metric.minus) or 0) if metric.minus else 0)


class Endpoints:
    """The endpoints of one component. ``address`` gives the present ``host:port`` of one of them.
    ``abort`` gives the reason to stop a wait, if one exists. ``timeout``: seconds for one answer.
    """

    def __init__(
        self,
        component: str,
        address: Callable[[EndpointName], str],
        abort: Callable[[], BaseException | None],
        timeout: float = _TIMEOUT,
    ) -> None:
        self.component = component
        self._address, self._abort = address, abort
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout)

    def address(self, endpoint: EndpointName) -> str:
        """The present ``host:port`` of ``metrics``, ``pprof`` or ``health-probe``."""
        return self._address(endpoint)

    def get(self, endpoint: EndpointName, path: str) -> EndpointAnswer:
        """One request by plain HTTP, without any credential. `Deviation` if nothing answers."""
        url = f"http://{self._address(endpoint)}{path}"
        try:
            answer = self._pool.request("GET", url)
        except urllib3.exceptions.HTTPError as error:
            if (problem := self._abort()) is not None:
                raise problem from None
            raise self._deviation(
                f"{path} of {self.component} expected to answer at {url}: {error}"
            ) from None
        return EndpointAnswer(answer.status, answer.data)

    def serves(self, endpoint: EndpointName, path: str, *, saying: str = "") -> str:
        """The endpoint answers a request without credentials with 200 and a body in which the
        regular expression is found; the body as text. Raises `Deviation` when it does not.
        """
        answer = self.get(endpoint, path)
        if answer.status != 200 or not re.search(saying, answer.text):
            wanted = f"200 and {saying!r}" if saying else "200"
            raise self._deviation(
                f"{path} of {self.component} expected to answer {wanted}, and answered "
                f"{answer.status}: {answer.text[:300]!r}"
            )
        return answer.text

    def serves_not(self, endpoint: EndpointName, path: str) -> None:
        """The endpoint answers, and has nothing at the path (404); `Deviation` otherwise."""
        answer = self.get(endpoint, path)
        if answer.status != 404:
            raise self._deviation(
                f"{path} of {self.component} expected to be absent at its {endpoint} address, and "
                f"answered {answer.status}: {answer.text[:300]!r}"
            )

    def serves_profile(self, path: str) -> None:
        """The pprof endpoint answers with 200 and a profile, which is compressed by gzip. Raises
        `Deviation` when it does not.
        """
        answer = self.get("pprof", path)
        if answer.status != 200 or not answer.body.startswith(b"\x1f\x8b"):
            raise self._deviation(
                f"{path} of {self.component} expected to answer 200 and a compressed profile, and "
                f"answered {answer.status}: {answer.body[:100]!r}"
            )

    def has_metrics(self, *metrics: Metric) -> None:
        """Each metric has a sample with these labels. Raises `Deviation` that lists the others."""
        served = self._metrics()
        missing = [str(metric) for metric in metrics if value_in(served, metric) is None]
        if missing:
            raise self._deviation(
                f"the metrics of {self.component} expected to include "
                f"{', '.join(map(str, metrics))}; absent: {', '.join(missing)}"
            )

    def value(self, metric: Metric) -> float:
        """The present value, summed over all other labels; 0 if the metric has no such sample."""
        return value_in(self._metrics(), metric) or 0

    def eventually(
        self,
        metric: Metric,
        *,
        equal_to: float | None = None,
        at_least: float | None = None,
        within: ContractName,
    ) -> float:
        """Wait until the metric has this value, or at least this one; its value. A metric without
        such a sample has no value. Raises `Deviation` when time is up.
        """
        allowed, began, seen = contracts.seconds(within), time.monotonic(), None
        outcome: Outcome = "broken"
        wanted = f"at least {at_least:g}" if at_least is not None else f"{equal_to:g}"
        what = f"{metric} of {self.component}"
        try:
            while True:
                asked = time.monotonic()
                if (problem := self._abort()) is not None:
                    raise problem
                seen = value_in(self._metrics(), metric)
                if seen is not None and (
                    seen >= at_least if at_least is not None else seen == equal_to
                ):
                    outcome = "held"
                    return seen
                if asked - began > allowed:
                    outcome = "failed"
                    raise self._deviation(
                        f"{what} expected to be {wanted} within {allowed:g} s ({within}), and is "
                        f"{'absent' if seen is None else format(seen, 'g')}"
                    )
                time.sleep(_PAUSE)
        finally:
            taken = time.monotonic() - began
            contracts.used(Use(within, f"eventually {what}", allowed, taken, outcome))

    def _metrics(self) -> list[Sample]:
        text = self.serves("metrics", "/metrics")
        try:
            return list(samples(text))
        except ValueError as error:
            raise self._deviation(f"/metrics of {self.component}: {error}") from None

    def _deviation(self, text: str) -> Deviation:
        """A component serves its endpoints itself, so no other is responsible for them."""
        return Deviation(f"{text}\nresponsible: {self.component}, which serves the endpoint")


def address_in(component: str, arguments: Sequence[str], endpoint: EndpointName) -> str:
    """The ``host:port`` that a component's arguments give for the endpoint; `Broken` if none do."""
    flag = f"--{endpoint}-bind-address="
    for argument in reversed(arguments):
        if argument.startswith(flag):
            return argument.removeprefix(flag)
    raise Broken(f"{component} runs without {flag.rstrip('=')}, so its address is not known")


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
