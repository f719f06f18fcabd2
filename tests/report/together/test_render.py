"""The page of several runs."""

import json
import re
import shutil

import polars as pl
import pytest

from refalt.report.together import render_together


@pytest.fixture(scope="module")
def rendered(several):
    return render_together(several)


def test_render_together__shows_every_section(rendered):
    text = rendered.read_text(encoding="utf-8")
    found = re.findall(r'<section id="([a-z]+)"', text)
    expected = ["windows", "leaderboard", "differences", "figures", "studies", "findings", "losses", "members"]
    assert found == expected


def test_render_together__keeps_hostile_text_as_text(rendered):
    text = rendered.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "<b id=injected>" not in text
    assert "&lt;b id=injected&gt;" in text


def test_render_together__has_no_number_outside_a_cell(rendered):
    from tests.report.test_tracing import Page

    page = Page()
    page.feed(rendered.read_text(encoding="utf-8"))
    assert [text for text in page.loose if any(letter.isdigit() for letter in text)] == []


def test_render_together__writes_its_tables_and_the_summary(rendered):
    folder = rendered.parent
    assert pl.read_csv(folder / "tables" / "window.tsv", separator="\t").get_column("window").to_list() == [128, 512]
    assert pl.read_csv(folder / "tables" / "comparisons.tsv", separator="\t").height == 2
    assert pl.read_csv(folder / "tables" / "studies.tsv", separator="\t").select("study", "score").rows() == [
        (name, score) for name in ("w128", "w512") for score in ("good", "poor")
    ]
    assert list(json.loads((folder / "refalt_mqc.json").read_text())["data"]) == ["w128: good", "w512: good"]


def test_render_together__gives_the_same_page_twice(rendered):
    before = rendered.read_bytes()
    assert render_together(rendered.parent).read_bytes() == before


def test_render_together__warns_of_a_changed_table(several, tmp_path):
    shutil.copytree(several, tmp_path / "copy")
    findings = tmp_path / "copy" / "w128-0a1b2c3d" / "findings.json"
    findings.write_text(findings.read_text() + "\n")
    text = render_together(tmp_path / "copy").read_text(encoding="utf-8")
    assert "Changed file." in text
