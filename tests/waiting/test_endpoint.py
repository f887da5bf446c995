"""The endpoints of a component, against a server that answers as one does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.waiting import contracts, endpoint
from kubestellar_conformance.waiting.endpoint import Endpoints, Metric
from tests.support.serving import serving

TEXT = """\
# HELP calls how many
# TYPE calls counter
calls{space="wds",method="get",error=""} 3
calls{space="its",method="get",error="a \\"b\\", c=\\"d\\""} 4
size_bucket{le="2"} 1
size_bucket{le="5"} 7
size_bucket{le="+Inf"} 8
plain 1.5e+06
"""


class _Answers(BaseHTTPRequestHandler):
    metrics = TEXT

    def do_GET(self) -> None:
        known = {"/metrics": self.metrics.encode(), "/heap": b"\x1f\x8b...", "/text": b"no profile"}
        self.send_response(200 if self.path in known else 404)
        self.end_headers()
        self.wfile.write(known.get(self.path, b"absent"))

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[type[_Answers]]:
    class Own(_Answers):
        pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Own)) as server:
        Own.address = f"127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield Own


@pytest.fixture
def endpoints(served: type[_Answers]) -> Endpoints:
    return Endpoints("wds1/part", lambda _: served.address, lambda: None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric("calls"), 7),
        (Metric("calls", {"space": "its"}), 4),
        (Metric("calls", {"error": 'a "b", c="d"'}), 4),
        (Metric("calls", {"space": "wec"}), None),
        (Metric("call"), None),
        (Metric("plain"), 1.5e6),
        (Metric("size_bucket", {"le": "5"}, minus=Metric("size_bucket", {"le": "2"})), 6),
    ],
)
def test_a_metric_is_the_sum_of_the_samples_with_its_labels(
    metric: Metric, value: float | None
) -> None:
    assert endpoint.value_in(list(endpoint.samples(TEXT)), metric) == value


def test_a_line_that_is_not_a_sample_is_a_deviation(
    endpoints: Endpoints, served: type[_Answers]
) -> None:
    served.metrics = "<html>"
    with pytest.raises(Deviation, match=r"not a sample .*<html>"):
        endpoints.value(Metric("calls"))


def test_absent_metrics_are_named(endpoints: Endpoints) -> None:
    endpoints.has_metrics(Metric("plain"), Metric("calls", {"space": "its"}))
    with pytest.raises(Deviation, match=r'absent: calls\{space="wec"\}, other'):
        endpoints.has_metrics(Metric("plain"), Metric("calls", {"space": "wec"}), Metric("other"))


def test_an_answer_has_to_say_the_expected(endpoints: Endpoints) -> None:
    endpoints.serves("metrics", "/metrics", saying="(?m)^plain ")
    with pytest.raises(Deviation, match="answered 404"):
        endpoints.serves("metrics", "/healthz")
    with pytest.raises(Deviation, match="expected to answer 200 and 'nowhere'"):
        endpoints.serves("metrics", "/metrics", saying="nowhere")


def test_an_absent_path_and_a_present_one_are_told_apart(endpoints: Endpoints) -> None:
    endpoints.serves_not("metrics", "/healthz")
    with pytest.raises(Deviation, match="expected to be absent"):
        endpoints.serves_not("metrics", "/metrics")


def test_a_profile_is_compressed(endpoints: Endpoints) -> None:
    endpoints.serves_profile("/heap")
    with pytest.raises(Deviation, match="compressed profile"):
        endpoints.serves_profile("/text")


def test_a_wait_ends_when_the_metric_has_its_value(
    endpoints: Endpoints, served: type[_Answers]
) -> None:
    def change() -> None:
        served.metrics = TEXT.replace("plain 1.5e+06", "plain 2")

    timer = threading.Timer(0.3, change)
    timer.start()
    assert endpoints.eventually(Metric("plain"), equal_to=2, within="binding") == 2
    assert endpoints.eventually(Metric("calls"), at_least=6, within="binding") == 7
    timer.join()


@pytest.mark.parametrize(
    ("metric", "saw"), [(Metric("plain"), "1.5e"), (Metric("other"), "absent")]
)
def test_a_wait_that_fails_says_what_it_saw(
    endpoints: Endpoints, metric: Metric, saw: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contracts, "seconds", lambda _: 0.2)
    said = (
        rf"expected to be 2 within 0.2 s \(quiet\), and is {saw}.*\n"
        "responsible: wds1/part, which serves the endpoint$"
    )
    with pytest.raises(Deviation, match=said):
        endpoints.eventually(metric, equal_to=2, within="quiet")


def test_a_crash_ends_a_wait(served: type[_Answers]) -> None:
    crashed = Broken("the part crashed")
    address = served.address  # type: ignore[attr-defined]
    endpoints = Endpoints("wds1/part", lambda _: address, lambda: crashed)
    with pytest.raises(Broken, match="crashed"):
        endpoints.eventually(Metric("plain"), equal_to=2, within="quiet")


def test_a_component_that_does_not_listen_deviates() -> None:
    with pytest.raises(Deviation, match=r"expected to answer at http://127\.0\.0\.1:1/metrics"):
        Endpoints("wds1/part", lambda _: "127.0.0.1:1", lambda: None).value(Metric("plain"))


def test_the_address_is_the_last_one_among_the_arguments() -> None:
    arguments = ["--metrics-bind-address=a:1", "-v=2", "--metrics-bind-address=b:2"]
    assert endpoint.address_in("wds1/part", arguments, "metrics") == "b:2"
    with pytest.raises(Broken, match="without --pprof-bind-address"):
        endpoint.address_in("wds1/part", arguments, "pprof")
