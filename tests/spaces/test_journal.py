"""What a journal hears of each write, on a real API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kubestellar_conformance.spaces import Refused, Unreachable, Workload, Write
from kubestellar_conformance.spaces.client import Client
from tests.support.three_spaces import ThreeSpaces, config_map


class Heard:
    def __init__(self) -> None:
        self.writes: list[Write] = []

    def about_to(self, write: Write) -> None:
        assert write.outcome == "no answer", "it is heard of before it is asked for"
        self.writes.append(write)


@pytest.fixture
def heard(three: ThreeSpaces) -> Iterator[Heard]:
    three.system.journal = made = Heard()
    yield made
    three.system.journal = None


def test_every_verb_is_heard_of_with_the_object_before_and_after(
    three: ThreeSpaces, heard: Heard, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    three.wds.scale(nginx.deployment, 3)
    three.wds.patch(nginx.deployment, {"metadata": {"labels": {"tier": "web"}}})
    three.wds.update_status(nginx.deployment, {"replicas": 3, "observedGeneration": 2})
    three.wds.delete(nginx.deployment)
    first, *rest = heard.writes[1:]
    verbs = [(write.verb, write.outcome, write.created) for write in rest]
    assert (first.verb, first.before, first.created) == ("apply", None, True)
    assert verbs == [(verb, "done", False) for verb in ("scale", "patch", "status", "delete")]
    assert {write.ref for write in heard.writes[1:]} == {nginx.deployment}
    replicas = [(write.before or {})["spec"]["replicas"] for write in rest]
    assert replicas == [1, 3, 3, 3]
    assert [(write.after or {})["metadata"]["labels"].get("tier") for write in rest[1:3]] == [
        "web",
        "web",
    ]
    three.wds.delete(nginx)


def test_an_apply_that_changes_an_object_is_told_from_one_that_makes_it(
    three: ThreeSpaces, heard: Heard
) -> None:
    thing = config_map(a="1")
    three.wds.apply(thing)
    three.wds.apply({**thing, "data": {"a": "2"}})
    three.wds.delete(thing)
    three.wds.apply(thing)
    assert [write.created for write in heard.writes] == [True, False, False, True]
    assert [(write.before or {}).get("data") for write in heard.writes[:3]] == [
        None,
        {"a": "1"},
        {"a": "2"},
    ]


def test_a_strict_create(three: ThreeSpaces, heard: Heard) -> None:
    thing = config_map(a="1")
    assert three.wds.create(thing)["data"] == {"a": "1"}
    with pytest.raises(Refused, match="409 AlreadyExists"):
        three.wds.create(thing)
    with pytest.raises(Refused, match=r'400 BadRequest: .*unknown field "dta"'):
        three.wds.create({**config_map(), "dta": {}})
    outcomes = [(write.outcome, write.created) for write in heard.writes]
    assert outcomes == [("done", True), ("refused", False), ("refused", False)]


def test_a_whole_status_replaces_the_one_before(
    three: ThreeSpaces, heard: Heard, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    three.wds.update_status(nginx.deployment, {"replicas": 3, "readyReplicas": 1})
    live = three.wds.update_status(nginx.deployment, {"replicas": 2}, whole=True)
    assert live["status"] == {"replicas": 2}
    assert heard.writes[-1].body == {"status": {"replicas": 2}}
    three.wds.delete(nginx)


def test_many_objects_of_a_kind_are_not_asked_for_one_by_one(
    three: ThreeSpaces, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answer = Client.answer

    def counted(self: Client, method: str, path: str, **how: object) -> object:
        asked.append(method)
        return answer(self, method, path, **how)  # type: ignore[arg-type]

    three.wds.apply(config_map())
    monkeypatch.setattr(Client, "answer", counted)
    three.wds.apply(Workload.config_maps(config_map()["metadata"]["name"], 20))
    assert asked == ["patch"] * 20
    assert len(heard.writes) == 21


def test_what_is_refused_and_what_is_not_answered(
    three: ThreeSpaces, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused):
        three.wds.apply({**config_map(), "data": {"not/a/key": "x"}})
    with monkeypatch.context() as patched:
        patched.setattr(three.wds.client._dynamic, "request", _no_answer)
        with pytest.raises(Unreachable):
            three.wds.apply(config_map())
    assert [write.outcome for write in heard.writes] == ["refused", "no answer"]


def _no_answer(*_: object, **__: object) -> None:
    raise OSError("connection reset")


def test_the_namespace_that_is_taken_is_named(three: ThreeSpaces, heard: Heard) -> None:
    thing = config_map()
    del thing["metadata"]["namespace"]
    three.wds.apply(thing)
    assert heard.writes[0].ref.namespace == "default"


def test_a_space_that_comes_later_is_heard_of(three: ThreeSpaces, heard: Heard) -> None:
    wec = three.system["cluster1"]
    three.system._spaces.pop("cluster1")
    wec.journal = None
    three.system.add(wec)
    wec.apply(config_map())
    assert len(heard.writes) == 1
