"""The Markdown pages, and the check that committed ones are those of a run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.reporting.site.words import fence, plain, trimmed
from tests.support.run_records import FAILED, record, write_run

LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a suite of one promise, a run, and its Markdown in ``docs``."""
    (tmp_path / "scenarios" / "promises").mkdir(parents=True)
    write_run(tmp_path / "run" / "one" / "report", record())
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", "--markdown", "docs"]) == 0
    return tmp_path


def _differs(capsys: pytest.CaptureFixture[str], run: str) -> list[str]:
    """The pages that the check names for another run; empty if it is content."""
    capsys.readouterr()
    status = cli.main(["report", run, "--markdown", "docs", "--check"])
    said = capsys.readouterr()
    lines = said.out.splitlines()
    if status == 0:
        assert lines == [f"{Path.cwd() / 'docs'}: the pages are those of this run"]
        return []
    assert status == 1
    assert said.err.startswith(f"ks-conformance: {len(lines)} of the pages in ")
    return lines


def test_the_pages_are_those_of_the_site(here: Path) -> None:
    assert not (here / "reports").exists()
    assert cli.main(["report", "--markdown", "both", "--out", "site"]) == 0
    pages = [{path.relative_to(here / name).with_suffix("") for path in (here / name).rglob(f"*{suffix}")}
             for name, suffix in (("both", ".md"), ("site", ".html"))]  # fmt: skip
    assert pages[0] == pages[1]
    assert len(pages[0]) > 5


def test_links_and_drawings_resolve(here: Path) -> None:
    pages = list((here / "docs").rglob("*.md"))
    drawings = set()
    for page in pages:
        for link in LINK.findall(page.read_text()):
            address, _, place = link.partition("#")
            if not address.startswith("https://"):
                target = page.parent / address
                assert target.is_file(), f"{page}: {link}"
                assert not place or f'<a id="{place}"></a>' in target.read_text(), f"{page}: {link}"
                drawings |= {target.resolve()} if target.suffix == ".svg" else set()
    assert drawings == {path.resolve() for path in (here / "docs").rglob("*.svg")}
    for drawing in drawings:
        assert ElementTree.parse(drawing).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme: dark" in drawing.read_text()


def test_text_of_the_record_is_text(here: Path) -> None:
    page = (here / "docs" / "requirement" / "BIND-02.md").read_text()
    assert r"The `<field>` of BIND-02 is a \*value\* & no\_more." in page
    assert r"Cause: the \<cause\> " in page
    story = (here / "docs" / "0.30.0-embedded" / "scenario-4-singleton-status.md").read_text()
    assert (
        "```shell\nkubectl --context wds1 apply -f deployment-web.yaml\n```\n\n```yaml\napiVersion"
        in story
    )


def test_what_was_seen_is_on_the_page_of_its_promise(here: Path) -> None:
    page = (here / "docs" / "requirement" / "BIND-01.md").read_text()
    assert r'| which \<one\> wins | \["a\|b", 2\] | scenarios' in page


def test_pages_of_an_equal_run_do_not_differ(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _differs(capsys, "one") == []
    days = ("2026-11-26T06:55", "2027-01-02T11:01")
    later = json.dumps(record()).replace(*days)
    write_run(here / "later", json.loads(later.replace('"seconds": 2.0', '"seconds": 3.5')))
    for file in (here / "later" / "evidence").iterdir():
        text = file.read_text().replace("xabcdef", "xzyxwvu").replace(*days)
        file.write_text(
            text.replace('"taken": 0.3', '"taken": 4.5').replace("0e0d7eeb", "1e0d7eeb")
        )
    assert _differs(capsys, "later") == []


def test_another_verdict_differs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = record()
    other["promises"][0] |= {"state": "does not hold", "known": False}
    write_run(here / "other", other)
    assert _differs(capsys, "other") == [
        "index.md: differs", "requirement/BIND-01.md: differs", "requirements.md: differs",
    ]  # fmt: skip


def test_another_manifest_differs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(here / "other", record())
    for file in (here / "other" / "evidence").iterdir():
        file.write_text(file.read_text().replace('"replicas": 1', '"replicas": 3'))
    assert "0.30.0-embedded/scenario-4-singleton-status.md: differs" in _differs(capsys, "other")


def test_missing_and_superfluous_pages_differ(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = record()
    other["tests"] = [test for test in other["tests"] if test["nodeid"] != FAILED]
    write_run(here / "other", other)
    (here / "docs" / "requirements.md").unlink()
    found = _differs(capsys, "other")
    assert "requirements.md: is missing" in found
    assert [line for line in found if "/failed/" in line and line.endswith("is not made any more")]


def test_files_beside_the_pages_are_no_difference(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "docs" / "mynotes.md").write_text("mine")
    assert _differs(capsys, "one") == []
    (here / "docs" / ".ks-conformance-site").unlink()
    assert _differs(capsys, "one") == ["mynotes.md: is not made any more"]


def test_a_check_needs_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", "--check"]) == 4
    assert "give their folder with --markdown DIR" in capsys.readouterr().err


def test_a_check_writes_nothing(here: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    assert cli.main(["report", "--markdown", "docs", "--check"]) == 0
    assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before


def test_code_ends_where_it_ends() -> None:
    assert fence("a\n```\nb\n", "yaml") == "````yaml\na\n```\nb\n````"
    assert plain("a <b> `c_<d>`\n e|f") == r"a \<b\> `c_<d>` e\|f"
    code = "```text\na\n\n\n\nb\n```"
    assert trimmed(f"\n\n# a\n\n \n\n{code}\n\n\n\nend\n\n") == f"# a\n\n{code}\n\nend\n"


def test_a_page_s_block_is_a_paragraph_a_list_of_findings_and_a_fence(here: Path) -> None:
    [page] = here.glob("docs/**/scenario-4*.md")
    text = page.read_text()
    block = text[text.index("Stumbles: line 344") :]
    assert block.startswith(
        "Stumbles: line 344 of docs/a\\_page.md. The page promises: it shows `one` & two.\n\n"
        "- Finding: line 345: names \\<cluster1\\> itself\n\n"
        '```shell\nkubectl --context "$wds_context" get <one> | tail\n```\n'
    )
