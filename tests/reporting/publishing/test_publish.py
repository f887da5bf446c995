"""Publishing a ConformanceReport: what is written, what is refused, and what is committed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.errors import Unfit
from kubestellar_conformance.reporting.marks import read_marks
from kubestellar_conformance.reporting.publishing.again import command
from kubestellar_conformance.reporting.publishing.page import reports_page
from kubestellar_conformance.reporting.publishing.published import published
from kubestellar_conformance.reporting.suite_digest import suite_identity
from tests.support.run_records import EXAMPLE, FAILED, GREEN, result
from tests.support.whole_records import MACHINE, whole, written

ROOT = Path(__file__).parents[3]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a suite of one test."""
    promises = tmp_path / "scenarios" / "promises"
    promises.mkdir(parents=True)
    row = "- {id: A-1, requirement: r, source: s, check: c, upstream: none, rig: C}\n"
    (promises / "a.yaml").write_text(row)
    (promises.parent / "test_it.py").write_text('@promises("A-1")\ndef test_a(): ...\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of_this_suite(here: Path, **fields: Any) -> dict[str, Any]:
    """A record of a whole run of the suite in ``here``, with the tests of `whole`."""
    suite = here / "scenarios"
    marks = read_marks(suite, here)
    own = suite_identity(suite, "scenarios", marks) | {"tests": [GREEN.partition("[")[0]]}
    content = whole(
        harness={"version": "0.1.0", "commit": COMMIT},
        options={"arguments": ["-n", "6"], "values": {}},
        **fields,
    )
    content["platform"] |= {"started": True}
    return content | {"suite": own}


def publish(here: Path, content: dict[str, Any], *args: str) -> int:
    path = written(here / "run.json", content)
    return cli.main(["publish", str(path), *args])


def test_a_whole_run_is_published_and_listed(here: Path) -> None:
    message = "not supported: platform embedded lacks the capability pods"
    tests = [
        *whole()["tests"],
        result("scenarios/x.py::t", "not supported", "X-1", message=message),
    ]
    assert publish(here, of_this_suite(here, tests=tests)) == 0
    report = here / "reports" / "0.30.0" / "embedded.yaml"
    assert cli.main(["verify", str(report)]) == 0
    page = (here / "reports" / "README.md").read_text()
    row = "| 0.30.0 | [embedded](0.30.0/embedded.yaml) | 2026-11-26 | the whole suite | 5 | 2 | 1 | 1 |"
    assert row in page
    assert "| binding | core | 3 | 1 | 1 | 1 |" in page
    assert "| KD-1 | BIND-02 | 1 | a `&lt;b>` | none. | the &lt;cause> " in page
    assert f"| `{FAILED.replace('<', '&lt;')}` | BIND-03 | deviates |" in page
    assert "| no `pods` | X-1 | 1 |" in page
    assert page.endswith(f"```sh\ngit checkout {COMMIT}\nmake scenarios\nmake publish\n```\n")


def _partial(content: dict[str, Any]) -> None:
    content["selection"] = {"why_partial": ["-k story"]}


def _unexpected(content: dict[str, Any]) -> None:
    content["tests"] = [test for test in content["tests"] if test["nodeid"] != GREEN]


def _broken(content: dict[str, Any]) -> None:
    content["tests"].append(result("scenarios/x.py::test_x", "broken", "BIND-01"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_partial, "-k story"),
        (_unexpected, f"not executed of the suite: {GREEN} (1)"),
        (_broken, "1 broken: scenarios/x.py::test_x"),
        (lambda content: content.update(exit_status=2), "it ended with exit status 2"),
    ],
    ids=["selected", "lost", "broken", "interrupted"],
)
def test_a_partial_run_is_published_under_a_name_that_says_so(
    here: Path, capsys: pytest.CaptureFixture[str], change: Any, why: str
) -> None:
    content = of_this_suite(here)
    change(content)
    assert publish(here, content) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert f"is not published: it judges only a part of the suite: {why}: run " in line
    assert not (here / "reports").exists()
    assert publish(here, content, "--partial") == 0
    assert [path.name for path in (here / "reports" / "0.30.0").iterdir()] == [
        "embedded.partial.yaml"
    ]
    assert cli.main(["verify", "reports/0.30.0/embedded.partial.yaml"]) == 13
    page = (here / "reports" / "README.md").read_text()
    assert "| **a part of the suite** |" in page
    assert f"\n- {why.replace('<', '&lt;')}\n" in page
    assert "**A partial run**: " in page
    assert "make publish ARGS=--partial" in page


def test_a_partial_report_does_not_verify_and_lists_what_it_lacks(here: Path) -> None:
    content = of_this_suite(here)
    _unexpected(content)
    publish(here, content, "--partial")
    assert cli.main(["verify", "reports/0.30.0/embedded.partial.yaml"]) == 13
    page = (here / "reports" / "README.md").read_text()
    assert "**A partial run**: 3 of the suite's 1 test functions" in page
    assert f"- not executed of the suite: {GREEN} (1)" in page


def test_a_partial_report_under_the_name_of_a_whole_one_is_refused(here: Path) -> None:
    content = of_this_suite(here)
    _broken(content)
    publish(here, content, "--partial")
    path = here / "reports" / "0.30.0" / "embedded.partial.yaml"
    path.rename(path.with_name("embedded.yaml"))
    with pytest.raises(
        Unfit, match=r"embedded\.yaml: is unaltered, but of a partial run: 1 broken"
    ):
        published(here / "reports")


def test_a_whole_report_takes_the_place_of_a_partial_one(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = of_this_suite(here)
    _partial(part)
    assert publish(here, part, "--partial") == 0
    assert publish(here, of_this_suite(here)) == 0
    assert "removed: reports/0.30.0/embedded.partial.yaml" in capsys.readouterr().out
    assert publish(here, part, "--partial") == 4
    assert "reports/0.30.0/embedded.yaml is of the whole suite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"overrides": ["kubestellar=../k"]}, "tries other components than the release's: kube"),
        ({"harness": {"commit": f"{COMMIT}-dirty"}}, "the harness had uncommitted changes"),
        ({"suite": None}, "does not say which suite it is of"),
        ({"suite": whole()["suite"]}, "is of another version of the suite (promises) than the one"),
        ({"platform": {"name": "embedded", "started": False}}, "its platform did not start"),
    ],
    ids=["overrides", "uncommitted", "no-suite", "other-suite", "no-platform"],
)
def test_a_dirty_run_is_never_published(
    here: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, Any], why: str
) -> None:
    assert publish(here, of_this_suite(here) | fields, "--partial") == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert f"run.json: is not published: {why}" in line
    assert not (here / "reports").exists()


def test_a_damaged_or_misplaced_report_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(here, of_this_suite(here))
    path = here / "reports" / "0.30.0" / "embedded.yaml"
    path.rename(path.with_name("kind.yaml"))
    capsys.readouterr()
    assert publish(here, of_this_suite(here)) == 4
    assert "kind.yaml: is the report of 0.30.0/embedded.yaml: rename it" in capsys.readouterr().err


def test_nothing_is_written_beside_a_damaged_report(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(here, of_this_suite(here)) == 0
    old, page = here / "reports" / "0.30.0" / "embedded.yaml", here / "reports" / "README.md"
    before = page.read_text()
    old.write_text(old.read_text().replace("release: 0.30.0", "release: 0.30.1"))
    assert publish(here, of_this_suite(here, release="0.31.0")) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "reports/0.30.0/embedded.yaml: was altered" in line
    assert not (here / "reports" / "0.31.0").exists()
    assert page.read_text() == before
    assert publish(here, of_this_suite(here)) == 0  # the damaged one itself is replaced


@pytest.mark.parametrize("release", ["", "main", "../../outside", "0.30.0/../..", "0.30.0\n"])
def test_what_is_no_release_has_no_place(
    here: Path, capsys: pytest.CaptureFixture[str], release: str
) -> None:
    (here / "deep").mkdir()
    status = publish(here, of_this_suite(here, release=release), "--partial", "--out", "deep/out")
    assert status == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert f"run.json: is not published: the release is {release!r}: " in line
    assert [*here.rglob("*.yaml")] == [here / "scenarios" / "promises" / "a.yaml"]


@pytest.mark.parametrize("platform", ["", "..", "a/b", "embedded.partial"])
def test_what_is_no_platforms_name_has_no_place(
    here: Path, capsys: pytest.CaptureFixture[str], platform: str
) -> None:
    content = of_this_suite(here)
    content["platform"]["name"] = platform
    assert publish(here, content) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert f"run.json: is not published: the platform is {platform!r}: " in line
    assert not (here / "reports").exists()


def test_releases_are_listed_newest_first(here: Path) -> None:
    for release in ("0.9.0", "0.30.0", "0.10.1"):
        assert publish(here, of_this_suite(here, release=release)) == 0
    found = [one.release for one in published(here / "reports")]
    assert found == ["0.30.0", "0.10.1", "0.9.0"]


def test_a_merged_run_is_repeated_part_by_part(here: Path) -> None:
    part = {"begun": "b", "ended": "e", "exit_status": 0, "machine": MACHINE, "tests": 2}
    parts = [
        {**part, "run": f"part-{n}", "arguments": ["--ks-run-dir=x", "--splits=2", f"--group={n}"]}
        for n in (1, 2)
    ]
    assert publish(here, of_this_suite(here) | {"parts": parts}) == 0
    page = (here / "reports" / "README.md").read_text()
    assert page.endswith(
        "make .venv/.installed\n"
        ".venv/bin/python -m pytest --splits=2 --group=1 --ks-run-dir=run/part-1\n"
        ".venv/bin/python -m pytest --splits=2 --group=2 --ks-run-dir=run/part-2\n"
        ".venv/bin/ks-conformance merge run/part-1 run/part-2\n"
        "make publish ARGS=reports/merged\n```\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("-n 6", "make scenarios"),
        ("-n 6 -k it --alluredir x", "make scenarios ARGS='-k it'"),
        ("scenarios --ks-platform kind -n 2", "make kind"),
        (f"{EXAMPLE} --junitxml=x -x", f".venv/bin/python -m pytest {EXAMPLE} -x"),
    ],
)
def test_the_command_of_a_run_is_the_one_that_a_user_types(arguments: str, said: str) -> None:
    assert command(arguments.split()) == said


def test_the_reports_that_are_committed_here_verify_and_are_listed() -> None:
    found = published(ROOT / "reports")  # raises if one does not verify
    assert (ROOT / "reports" / "README.md").read_text() == reports_page(found), "call `make docs`"
