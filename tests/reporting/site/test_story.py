"""A test as a story: its writes and results in their steps, by hand, and what is left to remove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.reporting.evidence import Evidence as Written
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import columns
from kubestellar_conformance.reporting.site.evidence import Evidence, Write
from kubestellar_conformance.reporting.site.kubectl import by_hand
from kubestellar_conformance.reporting.site.naming import ShortNames
from kubestellar_conformance.reporting.site.picture import WIDTH, picture
from kubestellar_conformance.reporting.site.record import run_of
from kubestellar_conformance.reporting.site.spaces import Place, places
from kubestellar_conformance.reporting.site.stopped import Hop, stopped
from kubestellar_conformance.reporting.site.story import Story, story, title
from kubestellar_conformance.reporting.site.timeline import LEFT, PLOT
from kubestellar_conformance.reporting.suite import Suite
from tests.support.run_records import EXAMPLE, FAILED, KNOWN, at, evidence, record, write_run

NO_NAMES = ShortNames(())
ROOT = Path(__file__).parents[3]


def _story(nodeid: str, folder: Path, suite: Suite) -> Story:
    content = record()
    [column] = columns([run_of(write_run(folder, content), content)])
    return story(column, column.results[nodeid], Texts(suite))


@pytest.fixture
def example(tmp_path: Path, suite: Suite) -> Story:
    return _story(EXAMPLE, tmp_path / "run", suite)


def test_writes_and_results_are_in_their_steps(example: Story) -> None:
    first, second = example.parts
    assert [write.object for write, _ in first.writes] == [
        "BindingPolicy policy-xabcdef",
        "Deployment web-xabcdef/web-xabcdef",
    ]
    assert [(write.verb, wait.expected) for write, _ in second.writes for wait in second.waits] == [
        ("patch", "to exist")
    ]
    assert (first.waits, example.unplaced, example.before.writes, example.after.writes) == (
        (), (), (), (),
    )  # fmt: skip


def test_a_page_s_block_is_in_its_step(example: Story) -> None:
    first, second = example.parts
    assert [(block.line, block.result) for block in first.blocks] == [(344, "stumbles")]
    assert second.blocks == ()


def test_a_note_is_in_its_step(example: Story) -> None:
    first, second = example.parts
    assert first.notes == ()
    assert [(note.what, note.seen) for note in second.notes] == [("which <one> wins", ["a|b", 2])]


def test_names_lose_the_suffix_of_the_run(example: Story) -> None:
    hand = example.parts[0].writes[1][1]
    assert hand.command == "kubectl --context wds1 apply -f deployment-web.yaml"
    assert "xabcdef" not in hand.manifest
    assert hand.manifest.startswith(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"
    )


def test_names_with_several_suffixes_stay() -> None:
    names = ShortNames(["ConfigMap a-xabcdef", "ConfigMap a-xbcdefg", "ConfigMap b"])
    assert (names.suffix, names.plain("a-xabcdef")) == ("", "a-xabcdef")


def test_what_the_story_leaves_is_removed_in_reverse(example: Story) -> None:
    assert example.removals == (
        "kubectl --context wds1 delete deployment web --namespace web",
        "kubectl --context wds1 delete bindingpolicy policy",
    )


def test_a_wait_of_an_older_record_is_not_lost(tmp_path: Path, suite: Suite) -> None:
    content = record()
    path = write_run(tmp_path / "run", content)
    result = next(test for test in content["tests"] if test["nodeid"] == EXAMPLE)
    file = path.parent / result["evidence"]
    file.write_text(file.read_text().replace(f'"at": "{at(1.7)}", ', ""))
    [column] = columns([run_of(path, content)])
    found = story(column, column.results[EXAMPLE], Texts(suite))
    assert [wait.expected for wait in found.unplaced] == ["to exist"]


@pytest.mark.parametrize(
    ("verb", "what", "body", "command"),
    [
        ("delete", "ConfigMap ns/a", None, "delete configmap a --namespace ns"),
        ("create", "Namespace it's", {"kind": "Namespace"}, "create -f 'namespace-it'\"'\"'s.yaml'"),
        ("scale", "Deployment ns/a", {"spec": {"replicas": 0}}, "scale deployment a --namespace ns --replicas=0"),
        ("patch", "ConfigMap a", {"kind": "ConfigMap", "data": {"x": "1"}}, """patch configmap a --type=merge -p '{"data": {"x": "1"}}'"""),
        ("status", "Job a", {"kind": "Job", "status": {}}, """patch job a --subresource=status --type=merge -p '{"status": {}}'"""),
    ],
)  # fmt: skip
def test_each_verb_has_its_kubectl_form(verb: str, what: str, body: Any, command: str) -> None:
    hand = by_hand(Write(0, "wds1", verb, what, "done", body), NO_NAMES)
    assert hand.command == f"kubectl --context wds1 {command}"
    assert bool(hand.manifest) == (verb == "create")


def test_long_values_are_cut() -> None:
    body = {"kind": "ConfigMap", "data": {"text": "y" * 600_000, "list": [{"deep": "z" * 401}]}}
    hand = by_hand(Write(0, "wds1", "apply", "ConfigMap a", "done", body), NO_NAMES)
    assert len(hand.manifest) < 1000
    assert "... (600000 characters)" in " ".join(hand.manifest.split())
    patch = by_hand(Write(0, "wds1", "patch", "ConfigMap a", "done", body), NO_NAMES)
    assert len(patch.command) < 1000


def test_the_picture_has_the_spaces_in_the_order_of_the_path(example: Story) -> None:
    boxes = example.picture.boxes
    assert [(box.name, box.role) for box in boxes] == [
        ("wds1", "wds"), ("its1", "its"), ("cluster1", "wec"),
    ]  # fmt: skip
    assert boxes[0].lines == ("BindingPolicy policy", "Deployment web")
    assert boxes[1].lines == ("ManifestWork for cluster1",)
    assert boxes[0].y + boxes[0].height < boxes[1].y < boxes[2].y
    assert "wds1, workload description space, with BindingPolicy policy" in example.picture.words


def test_a_space_that_gets_nothing_is_in_the_picture() -> None:
    wait = {"verb": "stays", "seen": {"cluster2": [[0.0, "absent"]]}}
    [place] = places(Evidence.read({"waits": [wait]}), NO_NAMES)
    assert (place.name, place.role, place.objects) == ("cluster2", "wec", ())
    above = Place("its1", "its", ("ManifestWork",))
    assert picture([above, place]).arrows == ()
    assert picture([place]).words == (
        "cluster2, workload execution cluster, with no object of the story"
    )


def test_many_spaces_and_long_names_stay_inside_the_picture() -> None:
    row = {"at": at(1), "verb": "ADDED", "uid": "u", "object": f"ConfigMap default/{'n' * 60}"}
    rows = [{**row, "space": f"wec{number}"} for number in range(5)]
    found = picture(places(Evidence.read({"timeline": rows}), NO_NAMES))
    assert len({(box.x, box.y) for box in found.boxes}) == 5
    assert all(
        box.x + box.width <= WIDTH and len(line) < 30 for box in found.boxes for line in box.lines
    )
    assert max(box.y + box.height for box in found.boxes) <= found.height


def test_the_timeline_says_when_each_object_appeared_where(example: Story) -> None:
    line = example.timeline
    assert line is not None
    assert [(life.space, life.object, life.after, life.gone) for life in line.lives] == [
        ("wds1", "BindingPolicy policy", 10, None),
        ("wds1", "Deployment web/web", 10, 2.9),
        ("its1", "ManifestWork cluster1/0e0d7eeb…-wds1-a51bce7f…", 200, None),
        ("cluster1", "Deployment web/web", 20, 3.9),
    ]
    assert all(LEFT <= life.x <= life.end <= LEFT + PLOT for life in line.lives)
    assert len({life.y for life in line.lives} | {y for _, _, y in line.heads}) == 7
    assert [number for _, _, number in line.bands] == [1, 2]


def test_no_event_is_no_timeline(suite: Suite) -> None:
    content = {**record(), "tests": [{"nodeid": "scenarios/examples/test_x.py::test_x"}]}
    [column] = columns([run_of(Path("run.json"), content)])
    found = story(column, column.run.results[0], Texts(suite))
    assert (found.timeline, found.recorded, found.picture.boxes) == (None, False, ())


def test_a_failure_has_its_path_and_its_known_deviation(tmp_path: Path, suite: Suite) -> None:
    known = _story(KNOWN, tmp_path / "a", suite)
    assert known.known is not None
    assert known.known.cause.startswith("the <cause> ")
    failed = _story(FAILED, tmp_path / "b", suite)
    assert failed.known is None
    assert failed.failure is not None
    assert [(hop.mark, hop.name, hop.space) for hop in failed.failure.hops] == [
        ("ok", "BindingPolicy", "wds1"), ("STOP", "Binding", "wds1"),
    ]  # fmt: skip
    assert failed.failure.hops[1].text == "policy is absent"
    assert failed.failure.last_seen == "absent"
    assert failed.failure.seen == ("+0.0 s <absent>", "+2.5 s still absent")
    assert failed.failure.responsible == "wds1/kubestellar-controller-manager (running)"
    assert len(failed.failure.log) == 1
    assert failed.failure.rest == ""


def test_a_title_is_the_name_in_words() -> None:
    assert title("a.py::test_the_only_wec_s_status[a WEC]") == "The only WEC's status: a WEC"
    assert title("a.py::test_its_binding") == "Its binding"
    assert title("a.py::test_the_its_of_two_wdses") == "The ITS of two WDSes"
    assert title("a.py::test_argo_cd_syncs_from_git") == "Argo CD syncs from Git"
    assert title("a.py::test_kubestellar_s_log") == "KubeStellar's log"


def test_the_tests_of_a_file_have_the_order_of_its_source() -> None:
    texts = Texts(Suite.load(ROOT / "scenarios"))
    file = "scenarios/examples/test_scenario_5_resiliency.py"
    first = f"{file}::test_the_system_goes_on_after_an_outage_of_its_control_plane"
    second = f"{file}::test_what_changes_while_no_controller_runs_arrives"
    assert 0 < texts.place(first) < texts.place(second) == texts.place(f"{second}[a row]")
    assert texts.place(f"{file}::test_of_another_version") == 0


def test_a_failure_without_a_stop_says_why() -> None:
    message = """Binding a-xabcdef in wds1: expected to be absent; after 10.0 s: it exists
path:
  ok  Binding  wds1  a-xabcdef lists 1 object
every hop is in order now: it came late"""
    found = stopped(message).reworded(lambda text: text.replace("-xabcdef", ""))
    assert found.remark == "every hop is in order now: it came late"
    assert (found.headline[:17], found.rest) == ("Binding a in wds1", "")
    assert found.hops == (Hop("ok", "Binding", "wds1", "a lists 1 object"),)


def test_evidence_is_a_mapping_of_the_harness() -> None:
    """The evidence of these tests has the keys that the harness writes."""
    assert set(evidence()) == set(Written().to_dict()) - {"steps", "notes"}
