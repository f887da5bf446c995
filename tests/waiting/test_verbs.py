"""`eventually` and `stays`, on real API servers."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from kubestellar_conformance.conditions import (
    available,
    contains,
    gone,
    has,
    meets,
    none_of,
    same_objects,
    that_of,
    without,
)
from kubestellar_conformance.conditions.cleaning import cleaned
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.spaces import Event, Feed, Obj, Ref, Space, Spaces, Workload
from kubestellar_conformance.spaces.refs import CONFIG_MAP, MARKER_PREFIX, uid
from kubestellar_conformance.waiting import Contracts, messages
from kubestellar_conformance.waiting.marker import Marker
from tests.support.calm import busy
from tests.support.servers import ApiServer
from tests.support.three_spaces import Carrier, ThreeSpaces, config_map

SECONDS = 60.0


class Later:
    """Does something in another thread after a while, and tells what went wrong there."""

    def __init__(self, seconds: float, what: Callable[[], object]) -> None:
        self._timer = threading.Timer(seconds, what)
        self._timer.start()

    def done(self) -> None:
        self._timer.join(10)


class Meanwhile:
    """Does something in another thread when a wait has looked for the first time."""

    def __init__(self, three: ThreeSpaces, what: Callable[[], object]) -> None:
        self._thread = threading.Thread(target=what)
        three.system.abort = self._begin  # a wait asks for it after its first look

    def _begin(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    def done(self) -> None:
        self._thread.join(SECONDS)


def copied(three: ThreeSpaces, workload: Workload) -> None:
    """Put what is in the WDS into the WEC."""
    for ref in workload.refs:
        live = three.wds.get(ref)
        assert live is not None
        three.wec.apply(cleaned(live))


def watched(three: ThreeSpaces, workload: Workload) -> None:
    """List everything, so that a wait looks at once and not after something more has happened."""
    for space in (three.wds, three.wec):
        assert all(space.watch(ref.kind).ready(SECONDS) for ref in workload.refs)


def status(replicas: int, generation: int = 1) -> Obj:
    return {
        "replicas": replicas,
        "updatedReplicas": replicas,
        "availableReplicas": replicas,
        "readyReplicas": replicas,
        "observedGeneration": generation,
    }


def test_eventually_gives_the_live_objects(three: ThreeSpaces, nginx: Workload) -> None:
    three.wds.apply(nginx)
    watched(three, nginx)
    later = Meanwhile(three, lambda: copied(three, nginx))
    namespace, deployment = three.wec.eventually(has(nginx), within="restart")
    later.done()
    assert uid(namespace) == uid(three.wec.get(nginx.namespace) or {})
    assert uid(deployment) == uid(three.wec.get(nginx.deployment) or {})
    [told] = three.waits.told()
    assert (told.verb, told.contract, told.outcome) == ("eventually", "restart", "held")
    assert told.taken < 5 * busy()
    assert [text for _, text in told.seen["cluster1"]][-1] == "present as in the WDS"
    assert told.seen["cluster1"][0][1].endswith("absent")
    [use] = three.terms.uses()
    assert (use.contract, use.allowed, use.outcome) == ("restart", 15, "held")


def test_a_spec_that_differs_is_not_what_the_wds_has(three: ThreeSpaces, nginx: Workload) -> None:
    three.wds.apply(nginx)
    copied(three, nginx)
    three.wds.scale(nginx.deployment, 2)
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(has(nginx))
    message = str(caught.value)
    assert f"{nginx.deployment} in cluster1: expected to exist with the WDS's spec" in message
    assert re.search(r"within 0\.5 s \(downsync\); after \d+\.\d s:", message), message
    assert "differs: spec.replicas: 1, the WDS has 2" in message
    three.wec.scale(nginx.deployment, 2)
    three.wec.eventually(has(nginx))


def test_the_states_seen_over_time_are_reported(three: ThreeSpaces) -> None:
    made = config_map(n="0")
    ref = Ref.of(three.wec.apply(made)[0])
    assert three.wec.watch(CONFIG_MAP).ready(SECONDS)
    three.terms.change("downsync", min(15.0, 5 * busy()))
    later = Meanwhile(
        three, lambda: [three.wec.patch(ref, {"data": {"n": str(n)}}) for n in range(1, 30)]
    )
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(contains(ref, {"data": {"n": "never"}}))
    later.done()
    lines = str(caught.value).splitlines()
    assert re.match(r"seen: \+\d\.\d s data\.n: 0, expected never", lines[1]), lines[1]
    assert any("more changes" in line for line in lines)
    assert any("data.n: 29, expected never" in line for line in lines)
    assert len(lines) <= 30


def test_absence_and_going(three: ThreeSpaces) -> None:
    ref = Ref.of(three.wec.apply(config_map())[0])
    with pytest.raises(Deviation, match=r"expected to be absent within 0\.5 s .*: present \(uid "):
        three.wec.eventually(without(ref))
    later = Later(0.1, lambda: three.wec.delete(ref))
    three.wec.eventually(gone(ref), within="withdrawal")
    later.done()


def test_an_object_that_is_being_deleted_is_not_gone_yet(three: ThreeSpaces) -> None:
    made = config_map()
    made["metadata"]["finalizers"] = ["test/hold"]
    ref = Ref.of(three.wec.apply(made)[0])
    three.wec.delete(ref)
    with pytest.raises(Deviation, match="being deleted"):
        three.wec.eventually(gone(ref))
    three.wec.patch(ref, {"metadata": {"finalizers": None}})
    three.wec.eventually(gone(ref), within="withdrawal")


def test_available_means_all_replicas_of_this_generation(
    three: ThreeSpaces, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    copied(three, nginx)
    with pytest.raises(Deviation, match="0 of 1 replicas available"):
        three.wec.eventually(available(nginx))
    three.wec.update_status(nginx.deployment, status(1))
    three.wec.patch(nginx.namespace, {"metadata": {"labels": {"x": "y"}}})
    three.wec.update_status(nginx.namespace, {"phase": "Active"})
    three.wec.eventually(available(nginx))
    three.wec.scale(nginx.deployment, 2)
    with pytest.raises(Deviation, match="status is of generation 1, not 2"):
        three.wec.eventually(available(nginx))


def test_the_whole_status_of_a_wec(three: ThreeSpaces, nginx: Workload) -> None:
    three.wds.apply(nginx)
    copied(three, nginx)
    three.wec.update_status(nginx.deployment, status(1))
    with pytest.raises(
        Deviation, match="expected to have the whole status that it has in cluster1"
    ):
        three.wds.eventually(nginx.deployment, status=that_of(three.wec), within="downsync")
    later = Later(0.1, lambda: three.wds.update_status(nginx.deployment, status(1)))
    three.wds.eventually(nginx.deployment, status=that_of(three.wec), within="restart")
    later.done()
    three.wec.scale(nginx.deployment, 2)
    with pytest.raises(Deviation, match="is of an older generation"):
        three.wds.eventually(nginx.deployment, status=that_of(three.wec), within="downsync")
    three.wds.eventually(nginx.deployment, status={"availableReplicas": 1})


def test_no_status_anywhere_is_not_a_returned_status(three: ThreeSpaces) -> None:
    made = config_map()
    Spaces([three.wds, three.wec]).apply(made)
    with pytest.raises(Deviation, match="no status in cluster1 either"):
        three.wds.eventually(made, status=that_of(three.wec))


def test_a_write_is_not_judged_by_what_was_before_it(three: ThreeSpaces) -> None:
    """Right after a change, a condition that held before it must not pass by the old state."""
    made = config_map(n="0")
    Spaces([three.wds, three.wec]).apply(made)
    three.wec.eventually(has(made))
    three.terms.change("downsync", 0.05)
    for n in range(1, 10):
        three.wds.patch(made, {"data": {"n": str(n)}})
        with pytest.raises(Deviation):
            three.wec.eventually(has(made))
        three.wec.patch(made, {"data": {"n": str(n)}})
        three.wec.eventually(has(made), within="restart")


def test_a_group_has_one_deadline_and_names_the_others(three: ThreeSpaces) -> None:
    made = config_map()
    three.its.apply(made)
    began = time.monotonic()
    with pytest.raises(Deviation) as caught:
        Spaces([three.its, three.wds, three.wec]).eventually(contains(made, {"data": {"a": "1"}}))
    assert time.monotonic() - began < 5 * busy()
    message = str(caught.value)
    assert message.startswith(f"{Ref.of(made)} in its1:")
    assert "also in wds1: absent" in message
    assert "also in cluster1: absent" in message


def test_nothing_is_said_of_what_was_never_looked_at(three: ThreeSpaces) -> None:
    """A contract that is over before the first listing is there."""
    made = config_map()
    three.wec.apply(made)
    three.terms.change("downsync", 0.000001)
    three.wec.eventually(contains(made, {"kind": "ConfigMap"}))
    with pytest.raises(Deviation, match="absent"):
        three.its.eventually(contains(config_map(), {"kind": "ConfigMap"}))


def test_none_of_a_kind(three: ThreeSpaces) -> None:
    made = config_map(color="red")

    def red(obj: Obj) -> bool:
        return (obj.get("data") or {}).get("color") == "red"

    three.wds.apply(made)
    with pytest.raises(
        Deviation,
        match=r"red ones in wds1: expected none to exist .*: 1, the first is ConfigMap",
    ):
        three.wds.eventually(none_of(CONFIG_MAP, red, called="red ones"))
    three.wds.delete(made)
    three.wds.eventually(none_of(CONFIG_MAP, red, called="red ones"))


def test_a_part_that_died_ends_a_wait_at_once(three: ThreeSpaces) -> None:
    three.terms.change("downsync", 300)
    dead: list[Exception] = []
    three.system.abort = lambda: dead[0] if dead else None

    def die() -> None:
        dead.append(Broken("its1/kube-apiserver exited"))
        three.system.record.wake()

    later = Later(0.2, die)
    began = time.monotonic()
    with pytest.raises(Broken, match="its1/kube-apiserver exited"):
        three.wec.eventually(has(config_map()))
    assert time.monotonic() - began < 60
    later.done()
    assert three.waits.told()[-1].outcome == "broken"


def test_an_error_in_a_condition_reaches_the_test(three: ThreeSpaces) -> None:
    made = config_map()
    three.wds.apply(made)
    later = Later(0.2, lambda: three.wds.patch(made, {"data": {"a": "1"}}))
    with pytest.raises(ZeroDivisionError):
        three.wds.eventually(
            meets(made, "to divide", lambda obj: bool("data" in obj and 1 / 0)), within="restart"
        )
    later.done()


def test_a_space_that_cannot_be_reached_is_broken_not_deviating(
    three: ThreeSpaces, wec_server: ApiServer
) -> None:
    ref = Ref.of(three.wec.apply(config_map())[0])
    there = contains(ref, {"kind": "ConfigMap"})
    three.wec.eventually(there)
    wec_server.stop()
    try:
        with three.system.record.changed:
            feed = three.wec.watch(CONFIG_MAP)
            assert three.system.record.changed.wait_for(lambda: not feed.live, 10)
        with pytest.raises(Broken, match=r"the API server of cluster1 cannot be reached"):
            three.wec.eventually(there)
    finally:
        wec_server.start()
    three.wec.eventually(there, within="restart")


def test_a_path_that_cannot_be_shown_does_not_hide_what_was_seen(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise LookupError("no such hop")

    monkeypatch.setattr(messages, "walk", fails)
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(contains(Ref.of(made := config_map()), made))
    first, *_, last = str(caught.value).splitlines()
    assert first.startswith(f"{Ref.of(made)} in cluster1: expected ")
    assert last == "its path cannot be shown: LookupError: no such hop"


def test_misuse_is_one_line(three: ThreeSpaces) -> None:
    made = config_map()
    with pytest.raises(UserError, match="unknown time contract 'soon'"):
        three.wds.eventually(made, within="soon")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="goes with an object or a workload"):
        three.wds.eventually(has(made), status=that_of(three.wec))
    with pytest.raises(UserError, match="expected a workload, an object or a reference"):
        three.wds.eventually("nginx")  # type: ignore[arg-type]


@pytest.mark.usefixtures("carrier")
def test_stays_passes_after_the_marker_and_a_while(three: ThreeSpaces) -> None:
    three.terms.change("downsync", 10)
    ref = Ref.of(config_map())
    began = time.monotonic()
    three.wec.stays(without(ref))
    assert time.monotonic() - began >= 0.3
    marker, stays = three.waits.told()
    assert marker.subject == "a marker in cluster1"
    assert (stays.verb, stays.contract, stays.outcome) == ("stays", "quiet", "held")


@pytest.mark.usefixtures("carrier")
def test_a_marker_can_be_sent_again_and_is_cleaned_up(three: ThreeSpaces) -> None:
    three.terms.change("downsync", 10)

    def ours() -> list[str]:
        found = [one["metadata"]["name"] for one in three.wds.list(CONFIG_MAP, namespace="default")]
        return [name for name in found if name.startswith("conformance-marker-")]

    three.wec.stays(without(config_map()))
    three.wec.stays(without(config_map()))
    assert len(ours()) == 1
    three.waits.close()
    assert ours() == []


def test_a_marker_that_could_not_be_sent_has_its_policy_the_next_time(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else no later one of this process would arrive, and innocent tests would deviate."""
    marker, applied = Marker(three.wds, [three.wec]), []

    def away(*_: Obj) -> None:
        raise Broken("the WDS is away")

    monkeypatch.setattr(three.wds, "apply", away)
    with pytest.raises(Broken):
        marker.send()
    monkeypatch.setattr(three.wds, "apply", lambda *objects: applied.append(objects))
    for _ in range(2):
        marker.send()
    assert [[obj["kind"] for obj in objects] for objects in applied] == [
        ["ConfigMap", "BindingPolicy"],
        ["ConfigMap"],
    ]


def test_without_a_marker_that_arrives_nothing_is_proved(three: ThreeSpaces) -> None:
    watched = config_map()
    with pytest.raises(Deviation) as caught:
        three.wec.stays(without(watched))
    message = str(caught.value)
    headline, remark, *_ = message.splitlines()
    assert headline.startswith("a marker in cluster1: expected to arrive within 0.5 s (downsync)")
    assert remark.startswith("the marker is ConfigMap default/conformance-marker-")
    assert f"whether ConfigMap default/{watched['metadata']['name']} stays as it is" in remark
    assert "STOP  Binding" in message
    assert "none lists it, although it is selected by BindingPolicy conformance-marker-" in message
    assert "responsible: wds1/kubestellar-controller-manager (running)" in message
    assert [told.outcome for told in three.waits.told()] == ["failed", "failed"]


def test_stays_notices_what_comes_only_after_the_marker(
    three: ThreeSpaces, carrier: Carrier
) -> None:
    """A thing that is there when the marker has arrived, or later, and a thing that was there for a
    moment only.
    """
    three.terms.change("downsync", 10)
    three.terms.change("quiet", 300)
    late, markers = config_map(), SimpleQueue[str]()

    def flicker() -> None:
        three.wec.apply(late)
        three.wec.delete(late)

    def seen(event: Event | None, feed: Feed) -> None:
        if event and feed.space == "cluster1" and event.ref.name.startswith(MARKER_PREFIX):
            markers.put(event.ref.name)

    def follow() -> None:
        markers.get(timeout=SECONDS)
        flicker()

    assert three.wec.watch(CONFIG_MAP).ready(SECONDS)  # with the markers of earlier tests
    three.system.record.observe(seen)
    later = threading.Thread(target=follow)
    later.start()
    began = time.monotonic()
    with pytest.raises(
        Deviation,
        match=r"expected to be absent throughout; no longer so at \+\d+\.\d s: present",
    ):
        three.wec.stays(without(late))
    assert time.monotonic() - began < 60, "noticed when it happens"
    later.join(SECONDS)
    del carrier


def test_stays_has_to_be_so_from_the_beginning(three: ThreeSpaces) -> None:
    made = config_map()
    three.wec.apply(made)
    with pytest.raises(Deviation, match=r"throughout; not so at \+0\.0 s: present"):
        three.wec.stays(without(made))


@pytest.mark.usefixtures("carrier")
def test_another_object_of_the_same_name_is_not_the_same(three: ThreeSpaces) -> None:
    three.terms.change("downsync", 10)
    made = config_map()
    three.wec.apply(made)
    before = three.wec.snapshot(made)
    three.wec.stays(same_objects(before))
    elsewhere = Space("cluster1", "wec", three.servers["cluster1"].kubeconfig)
    elsewhere.delete(made)
    elsewhere.apply(made)
    old = before.uids["cluster1"][Ref.of(made)]
    three.wec.eventually(meets(made, "to be new", lambda obj: uid(obj) != old), within="restart")
    with pytest.raises(
        Deviation,
        match=r"to be the same object as before, by UID .*: uid \w{8}, before it was \w{8}",
    ):
        three.wec.stays(same_objects(before))


def test_a_listener_hears_of_every_wait(three: ThreeSpaces) -> None:
    heard: list[str] = []
    three.waits.listeners.append(lambda told: heard.append(f"{told.verb} {told.outcome}"))
    three.wds.apply(made := config_map())
    three.wds.eventually(made)
    with pytest.raises(Deviation):
        three.wds.eventually(gone(made))
    assert heard == ["eventually held", "eventually failed"]
    assert isinstance(three.terms, Contracts)
