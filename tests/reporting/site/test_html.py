"""Every page of the site: well formed, usable without a mouse, complete without a network."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from kubestellar_conformance.reporting.site.story_pages import by_number
from tests.support.html_pages import Html


@pytest.fixture(scope="module")
def pages(site_folder: Path) -> dict[Path, Html]:
    return {path: Html(path.read_text()) for path in sorted(site_folder.rglob("*.html"))}


def _faults(pages: dict[Path, Html], found: dict[str, object]) -> dict[str, object]:
    assert len(pages) > 5
    return {name: fault for name, fault in found.items() if fault}


def test_pages_are_well_formed(pages: dict[Path, Html]) -> None:
    assert _faults(pages, {str(path): page.faults for path, page in pages.items()}) == {}


def test_links_lead_to_pages_and_places_that_exist(pages: dict[Path, Html]) -> None:
    dead = {}
    for path, page in pages.items():
        for link in page.links:
            address, _, place = link.partition("#")
            if address.startswith("https://"):
                continue
            target = (path.parent / unquote(address)).resolve() if address else path
            if target not in pages or (
                place and "=" not in place and place not in pages[target].ids
            ):
                dead[f"{path}: {link}"] = True
    assert _faults(pages, dict(dead)) == {}


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Html], site_folder: Path) -> None:
    loaded = {
        address: str(path)
        for path, page in pages.items()
        for address in page.loaded
        if address != "data:," and not (path.parent / address).is_file()
    }
    assert _faults(pages, dict(loaded)) == {}
    for name in ("site.css", "site.js"):
        text = (site_folder / "assets" / name).read_text()
        assert not any(word in text for word in ("http:", "https:", "@import", "url("))


def test_links_out_of_the_site_lead_to_kubestellar_alone(pages: dict[Path, Html]) -> None:
    away = {link for page in pages.values() for link in page.links if "://" in link}
    assert {"/".join(link.split("/")[:4]) for link in away} <= {"https://github.com/kubestellar"}


def test_each_page_has_a_title_landmarks_and_headings_in_order(pages: dict[Path, Html]) -> None:
    for path, page in pages.items():
        assert page.title, path
        assert {"header", "nav", "main", "footer"} <= set(page.landmarks), path
        assert page.levels.count(1) == 1, path
        steps = zip(page.levels, page.levels[1:], strict=False)
        assert all(after <= before + 1 for before, after in steps), (path, page.levels)


def test_tables_have_heads_and_fields_have_labels(pages: dict[Path, Html]) -> None:
    assert (
        _faults(pages, {str(path): page.tables_without_heads for path, page in pages.items()}) == {}
    )
    assert _faults(pages, {str(path): page.unlabelled for path, page in pages.items()}) == {}
    assert any(page.ids.count("words") for page in pages.values())


def test_ids_are_unique(pages: dict[Path, Html]) -> None:
    twice = {str(path): len(page.ids) - len(set(page.ids)) for path, page in pages.items()}
    assert _faults(pages, dict(twice)) == {}


def test_text_of_the_record_is_text(site_folder: Path) -> None:
    page = (site_folder / "requirement" / "BIND-02.html").read_text()
    assert "The <code>&lt;field&gt;</code> of BIND-02 is a *value* &amp; no_more." in page
    assert "The &lt;cause&gt;" in page
    assert "<cause>" not in page


def test_what_was_seen_is_on_the_page_of_its_promise_alone(site_folder: Path) -> None:
    page = (site_folder / "requirement" / "BIND-01.html").read_text()
    assert "which &lt;one&gt; wins</th><td><code>[&#34;a|b&#34;, 2]</code></td>" in page
    assert "which &lt;one&gt;" not in (site_folder / "requirement" / "BIND-02.html").read_text()


def test_the_list_of_failures_has_new_deviations_first(site_folder: Path) -> None:
    page = (site_folder / "failures.html").read_text()
    heads = re.findall(r"<h3>([^<]*) <span class=\"number\">(\d+)</span></h3>", page)
    assert heads == [("New deviations", "1"), ("Known deviations", "1")] * 2
    assert (
        page.index("Fails: &lt;row&gt;</a>") < page.index("<h5>KD-1</h5>") < page.index("Known</a>")
    )


def test_the_overview_counts_known_deviations_by_area_and_leads_to_them(site_folder: Path) -> None:
    page = (site_folder / "0.30.0-embedded" / "index.html").read_text()
    assert "1 test showed 1 known deviation of release 0.30.0." in page
    place = "known-deviation-0.30.0-embedded-binding"
    assert f'<a href="../failures.html#{place}">Binding <span class="number">1</span></a>' in page
    assert f'<h4 id="{place}">Binding</h4>' in (site_folder / "failures.html").read_text()
    assert "KD-1" not in page


def test_a_verdict_that_no_requirement_has_takes_no_column(site_folder: Path) -> None:
    page = (site_folder / "0.30.0-embedded" / "index.html").read_text()
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)[:6]
    assert heads == ["Area", "All", "Holds", "Known deviation", "New deviation", "No check yet"]


def test_known_deviations_are_listed_by_number() -> None:
    names = ["KD-0.30.0-BIND-10", "KD-0.30.0-BIND-2", "KD-0.30.0-3", ""]
    assert sorted(names, key=by_number) == names[::-1]


def test_a_failure_page_shows_where_the_path_stopped(site_folder: Path) -> None:
    [path] = (site_folder / "0.30.0-embedded" / "failed").glob("test-fails-*.html")
    page = path.read_text()
    assert '<li class="stop"><span class="mark">stopped</span> <strong>Binding</strong>' in page
    assert "+0.0 s &lt;absent&gt;" in page


def test_a_scenario_page_tells_the_story_in_order(site_folder: Path) -> None:
    page = (site_folder / "0.30.0-embedded" / "scenario-4-singleton-status.html").read_text()
    order = [
        "<h1>Scenario 4: singleton status</h1>",
        "Spaces involved",
        "Ask for it",
        "kubectl --context wds1 apply -f deployment-web.yaml",
        "note: &lt;b&gt; &amp; |",
        "It is &lt;there&gt;",
        "expected to exist",
        "Teardown",
        "delete deployment web",
        "Timeline",
    ]
    places = [page.index(text) for text in order]
    assert places == sorted(places)
