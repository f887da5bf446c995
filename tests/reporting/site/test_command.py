"""``ks-conformance report``, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance import cli
from tests.support.run_records import GREEN, at, promise, record, write_run

ROW = "- {id: BIND-01, requirement: r, source: BD 2, check: c, upstream: none, rig: C}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a suite of one promise and a run."""
    promises = tmp_path / "scenarios" / "promises"
    promises.mkdir(parents=True)
    (promises / "binding.yaml").write_text(ROW)
    (promises / "sources.yaml").write_text("- {code: BD, page: docs/binding.md}\n")
    write_run(tmp_path / "run" / "one" / "report", record())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _refuses(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert cli.main(["report", *args]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_the_last_run_becomes_a_site(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report"]) == 0
    index = here / "reports" / "site" / "index.html"
    assert f"written: {index} and " in capsys.readouterr().out
    assert "<h1>KubeStellar 0.30.0 on embedded</h1>" in index.read_text()
    assert "PARTIAL" not in index.read_text()
    source = 'docs/binding.md" rel="noreferrer">binding.md</a> 2'
    assert source in (index.parent / "requirement" / "BIND-01.html").read_text()


def test_a_partial_run_says_so_on_every_page(here: Path) -> None:
    part = record(complete=False, selection={"why_partial": ["only scenarios/binding"]})
    write_run(here / "part", part)
    assert cli.main(["report", "part", "--out", "site"]) == 0
    pages = list((here / "site").rglob("*.html"))
    assert len(pages) > 5
    for page in pages:
        assert "PARTIAL RUN.</strong> " in page.read_text()
        assert "only scenarios/binding" in page.read_text()


def test_a_record_without_its_end_is_partial(here: Path) -> None:
    cut_off = {name: value for name, value in record().items() if name in ("schema", "tests")}
    write_run(here / "cut", cut_off)
    assert cli.main(["report", "cut", "--out", "site"]) == 0
    assert "the record has no end: the run was cut off" in (here / "site/index.html").read_text()


def test_a_record_that_ends_in_the_middle_is_partial(here: Path) -> None:
    path = write_run(here / "cut", record())
    whole = path.read_text()
    path.write_text(whole[: whole.index('"tests": ') + 900])
    assert cli.main(["report", "cut", "--out", "site"]) == 0
    page = (here / "site" / "index.html").read_text()
    assert "PARTIAL RUN" in page
    assert "KubeStellar 0.30.0 on embedded" in page


def test_records_of_several_machines_are_columns_of_a_matrix(here: Path) -> None:
    for name, release, platform in (("a", "0.30.0", "kind"), ("b", "0.9.0", "embedded")):
        write_run(here / name, record(release=release, platform={"name": platform}, begun=at(9)))
    assert cli.main(["report", "one", "a", "b/run.json", "--out", "site"]) == 0
    rows = (here / "site" / "requirements.html").read_text()
    heads = [
        rows.index(f">{head}</th>") for head in ("0.9.0 embedded", "0.30.0 embedded", "0.30.0 kind")
    ]
    assert heads == sorted(heads)
    assert (here / "site" / "0.30.0-kind" / "index.html").is_file()


@pytest.mark.parametrize(
    "text",
    [
        '{"timeline": [1]}',
        '{"timeline": [{"at": 5}]}',
        '{"writes": [{"object": null}]}',
        '{"waits": [{"seen": {"cluster1": [[0.0]]}}]}',
        '{"timeline": 7}',
        "[]",
        '{"writes": [',
        "[" * 9000,
        '{"timeline": ' + "[" * 150 + "]" * 150 + "}",
    ],
)
def test_damaged_evidence_leaves_the_rest_of_the_site(here: Path, text: str) -> None:
    path = write_run(here / "odd", record())
    for file in (path.parent / "evidence").iterdir():
        file.write_text(text)
    assert cli.main(["report", "odd", "--markdown", "md"]) == 0
    story = (here / "md" / "0.30.0-embedded" / "scenario-4-singleton-status.md").read_text()
    assert "Ask for it" in story
    assert "replicas" not in story


@pytest.mark.parametrize("name", ["../../../pwn", "", "x" * 300])
def test_a_promise_of_any_name_has_its_page_in_the_site(here: Path, name: str) -> None:
    rows = [promise(name, "binding", "holds", GREEN), promise("BIND-01", "binding", "holds")]
    write_run(here / "odd", record(promises=rows))
    for option, suffix in (("--out", "html"), ("--markdown", "md")):
        assert cli.main(["report", "odd", option, suffix]) == 0
        pages = {path.relative_to(here / suffix).parts for path in here.rglob(f"*.{suffix}")}
        found = [page for page in pages if page[0] == "requirement"]
        assert len(found) == 2
        assert ("requirement", f"BIND-01.{suffix}") in found


def test_evidence_that_was_not_copied_is_no_obstacle(here: Path) -> None:
    path = write_run(here / "bare", record())
    for file in (path.parent / "evidence").iterdir():
        file.unlink()
    assert cli.main(["report", "bare", "--out", "site"]) == 0


def test_an_earlier_site_is_replaced_and_nothing_else(here: Path) -> None:
    other = record(promises=[promise("OLD-01", "old", "holds")], platform={"name": "kind"})
    write_run(here / "other", other)
    assert cli.main(["report", "other", "--out", "site"]) == 0
    assert (here / "site" / "0.30.0-kind").is_dir()
    mine = [here / "site" / name for name in (".git/config", "CNAME", "requirement/mine.html")]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    for _ in range(2):
        assert cli.main(["report", "--out", "site"]) == 0
    assert [path.read_text() for path in mine] == ["mine"] * 3
    assert not (here / "site" / "requirement" / "OLD-01.html").exists()
    assert not (here / "site" / "0.30.0-kind").exists()
    assert (here / "site" / "requirement" / "BIND-01.html").is_file()


def test_a_folder_without_a_site_is_left_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("mine")
    assert "has files that no report wrote" in _refuses(capsys, "--out", "mine")
    assert [path.name for path in (here / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["requirement/BIND-01.html", "requirement"])
def test_a_file_in_the_way_of_a_page_stays(
    here: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    older = record(promises=[], tests=[], known_deviations=[])
    write_run(here / "older", older)
    assert cli.main(["report", "older", "--out", "site"]) == 0
    path = here / "site" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    capsys.readouterr()
    assert f"{path}: no report wrote it" in _refuses(capsys, "--out", "site")
    assert path.read_text() == "mine"


def test_a_link_out_of_the_site_is_not_followed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", "--out", "site"]) == 0
    (here / "site" / "requirement").rename(here / "elsewhere")
    (here / "site" / "requirement").symlink_to(here / "elsewhere")
    capsys.readouterr()
    assert "BIND-01.html would be outside of it" in _refuses(capsys, "--out", "site")
    assert (here / "elsewhere" / "BIND-01.html").is_file()


@pytest.mark.parametrize("option", ["--out", "--markdown"])
def test_a_site_of_a_version_that_listed_no_files(
    here: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert cli.main(["report", option, "site"]) == 0
    marker = here / "site" / ".ks-conformance-site"
    listed = marker.read_text()
    marker.write_text("")
    (here / "site" / "CNAME").write_text("mine")
    capsys.readouterr()
    assert "site: has CNAME, and no list of what a report wrote" in _refuses(capsys, option, "site")
    assert marker.read_text() == ""
    (here / "site" / "CNAME").unlink()
    assert cli.main(["report", option, "site"]) == 0
    assert marker.read_text() == listed


@pytest.mark.parametrize("folders", [("d", "d"), ("d", "d/site"), ("d/pages", "d")])
def test_the_two_forms_have_folders_of_their_own(
    here: Path, capsys: pytest.CaptureFixture[str], folders: tuple[str, str]
) -> None:
    markdown, out = folders
    said = _refuses(capsys, "--markdown", markdown, "--out", out)
    assert said.endswith("give two folders, neither of them inside the other")
    assert not (here / "d").exists()


def test_bad_input_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is neither a run" in _refuses(capsys, "nowhere")
    assert "is given twice" in _refuses(capsys, "one", "one")
    (here / "broken.json").write_text("a note")
    assert "broken.json: is not JSON" in _refuses(capsys, "broken.json")
    (here / "file").touch()
    assert "is not a folder" in _refuses(capsys, "--out", "file")
