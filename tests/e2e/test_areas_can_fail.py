"""The proof that the checks of each area can fail, and name the guilty part: a part is stopped,
stands still or does not come back, and another hand forges what KubeStellar makes. For the examples
see `test_scenarios_can_fail`.

Edits of KubeStellar's source that do the same: tests/mutants.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.sabotage import VARIABLE
from tests.support.child import run_child

pytestmark = pytest.mark.timeout(900)
MANAGER, TRANSPORT = "kubestellar-controller-manager", "transport-controller"
NOBODY = "no component; someone else has changed what the test reported for a virtual WEC"


@dataclass(frozen=True)
class Case:
    """A sabotage of one check; ``hop`` is where it has to stop ("": no path), ``guilty`` begins the
    text of who is responsible.
    """

    file: str
    test: str
    what: str
    hop: str
    guilty: str

    @property
    def name(self) -> str:
        test, bracket, row = self.test.partition("[")
        return f"{test}[{self.what}-{row}" if bracket else f"{test}[{self.what}]"


BINDING = "binding/test_cluster_selectors.py"
CRITERIA = "binding/test_object_criteria.py"
SCHEMA = "validation/test_policy_schema.py"
COLLECTORS = "validation/test_collectors_transforms_bindings.py"
LABELS = "validation/test_label_selectors.py"
ROWS = "status_collectors/test_aggregation.py"
FILTERS = "status_collectors/test_select_and_filter.py"
EXAMPLES = "status_collectors/test_documented_examples.py"
COLLECTOR = "status_collectors/test_collector_errors.py"
OUTAGES = "resilience/test_controller_outages.py"
WORKS = "transport/test_manifest_works.py"
PROPERTIES = "transforming/test_template_properties.py"
SINGLETON = "status/test_singleton.py"
JOINING = "setup/test_wecs_that_join_and_change.py"
METRICS = "observability/test_metrics.py"
RIGHTS = "authorization/test_work_agent_rights.py"
SELECTED = "test_a_policy_selects_the_wecs_that_match_and_no_others[one label]"
NUMBERS = "test_numbers_from_all_wecs_are_aggregated[integers]"
CEASES = "test_what_ceases_to_match_while_the_controller_manager_is_down_is_withdrawn"
CASES = [
    Case(BINDING, SELECTED, f"stop:wds/{MANAGER}", "Binding", f"{MANAGER} (stopped"),
    Case(BINDING, SELECTED, "stray-work:", "ManifestWork", f"{TRANSPORT} (running"),
    Case(
        CRITERIA,
        "test_object_selectors_select_by_labels[one label]",
        f"pause:wds/{TRANSPORT}",
        "ManifestWork",
        f"{TRANSPORT} (paused",
    ),
    Case(
        CRITERIA,
        "test_group_and_resources_select_kinds[one resource]",
        f"pause:wds/{MANAGER}",
        "Binding",
        f"{MANAGER} (paused",
    ),
    Case(
        SCHEMA,
        "test_a_malformed_policy_is_refused_with_a_reason[a field of no spec]",
        "admit-all:bindingpolicies",
        "",
        f"{MANAGER}, which installs",
    ),
    Case(
        COLLECTORS,
        "test_an_incomplete_status_collector_is_refused[select without def]",
        "admit-all:statuscollectors",
        "",
        f"{MANAGER}, which installs",
    ),
    Case(
        COLLECTORS,
        "test_an_aggregate_that_is_not_one_is_refused_or_reported[COUNT with a subject]",
        f"stop:wds/{MANAGER}",
        "StatusCollector",
        f"{MANAGER} (stopped",
    ),
    Case(
        LABELS,
        "test_a_good_cluster_selector_is_accepted[In]",
        f"pause:wds/{MANAGER}",
        "BindingPolicy",
        f"{MANAGER} (paused",
    ),
    Case(ROWS, NUMBERS, f"pause:wds/{MANAGER}", "Binding", f"{MANAGER} (paused"),
    Case(ROWS, NUMBERS, "other-report:", "WorkStatus", NOBODY),
    Case(
        ROWS,
        "test_grouping_over_no_wec_gives_no_row",
        f"stop:wds/{TRANSPORT}",
        "ManifestWork",
        f"{TRANSPORT} (stopped",
    ),
    Case(
        FILTERS,
        "test_a_filter_keeps_the_rows_for_which_it_is_true",
        "other-report:",
        "WorkStatus",
        NOBODY,
    ),
    Case(EXAMPLES, "test_number_of_wecs", f"pause:wds/{MANAGER}", "Binding", f"{MANAGER} (paused"),
    Case(
        COLLECTOR,
        "test_an_expression_that_does_not_parse_is_reported[a filter]",
        f"stop:wds/{MANAGER}",
        "StatusCollector",
        f"{MANAGER} (stopped",
    ),
    Case(OUTAGES, CEASES, f"never-start:wds/{MANAGER}", "Binding", f"{MANAGER} (stopped"),
    Case(OUTAGES, CEASES, "stray-work:", "ManifestWork", f"{TRANSPORT} (running"),
    Case(
        OUTAGES,
        "test_changes_made_while_the_transport_controller_is_down_are_applied_on_its_return",
        f"never-start:wds/{TRANSPORT}",
        "ManifestWork",
        f"{TRANSPORT} (stopped",
    ),
    Case(
        WORKS,
        "test_a_manifest_work_says_where_it_comes_from",
        f"pause:wds/{TRANSPORT}",
        "ManifestWork",
        f"{TRANSPORT} (paused",
    ),
    Case(
        PROPERTIES,
        "test_annotations_of_the_inventory_object_are_properties",
        f"pause:wds/{TRANSPORT}",
        "ManifestWork",
        f"{TRANSPORT} (paused",
    ),
    Case(
        SINGLETON,
        "test_the_whole_status_of_the_only_wec_returns",
        f"pause:wds/{MANAGER}",
        "Binding",
        f"{MANAGER} (paused",
    ),
    Case(
        JOINING,
        "test_a_wec_that_is_registered_and_labelled_last_gets_the_workload",
        f"stop:wds/{MANAGER}",
        "Binding",
        f"{MANAGER} (stopped",
    ),
    Case(
        METRICS,
        "test_the_controller_manager_serves_metrics_without_authentication",
        f"stop:wds/{MANAGER}",
        "",
        f"{MANAGER}, which serves",
    ),
    Case(
        RIGHTS,
        "test_kinds_that_can_be_delivered_by_default[a Secret]",
        f"stop:wds/{TRANSPORT}",
        "ManifestWork",
        f"{TRANSPORT} (stopped",
    ),
]


def test_checks_fail_and_name_the_guilty_part(tmp_path: Path) -> None:
    """One platform for all of them."""
    words = json.dumps([(case.what, case.test) for case in CASES])
    files = dict.fromkeys(f"scenarios/{case.file}" for case in CASES)
    ended = run_child(
        tmp_path / "run",
        "-p",
        "tests.e2e.sabotage",
        "--ks-slow=0.5",
        *files,
        env={VARIABLE: words},
        limit=870,
    )
    assert ended.status == 1, ended.output
    assert len(ended.record["tests"]) == len(CASES), ended.output
    for case in CASES:
        check = ended.check(case.name)
        message = check["message"]
        assert check["verdict"] == "deviates", (case, message)
        stops = [
            line.split()[1] for line in message.splitlines() if line.lstrip().startswith("STOP")
        ]
        assert stops == ([case.hop] if case.hop else []), message
        [guilty] = [line for line in message.splitlines() if line.startswith("responsible: ")]
        assert case.guilty in guilty, message
        assert len(message.splitlines()) <= 30, message
