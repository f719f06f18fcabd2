"""Every number in the page is the text of a cell, and the cell holds what the page says."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from refalt.plots.words import written
from refalt.report import render
from refalt.report.numbers import ESTIMATE_KEY, FORMS, row_key
from refalt.tables import Comparison, Estimates

UNSEEN = {"style", "script", "head", "option", "noscript"}
VOID = {"meta", "link", "img", "input", "br", "hr"}


@dataclass
class Page(HTMLParser):
    """Collects cells (address, text, value) and the text that stands in no cell."""

    cells: list[tuple[str, str, str | None]] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    open: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("data-cell"):
            self.cells.append((str(named["data-cell"]), "", named.get("data-value")))
        if tag not in VOID:
            self.open.append((tag, named.get("data-cell"), named.get("data-value")))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if any(tag in UNSEEN for tag, _, _ in self.open):
            return
        if any(address for _, address, _ in self.open):
            address, before, value = self.cells[-1]
            self.cells[-1] = (address, before + text, value)
        elif text.strip():
            self.loose.append(text)


def read(run) -> Page:
    page = Page()
    page.feed(run.report.read_text(encoding="utf-8"))
    return page


class Tables:
    """What an address stands for, looked up in the run folder's own files."""

    def __init__(self, run) -> None:
        estimates = Estimates.read(run.estimates).frame
        rows = estimates.iter_rows(named=True)
        self.estimates = {row_key(*(row[name] for name in ESTIMATE_KEY)): row for row in rows}
        self.attrition = pl.read_csv(run.attrition, separator="\t").rows(named=True)
        self.findings = json.loads(run.findings.read_text())["findings"]
        self.lock = tomllib.loads(run.lock.read_text())
        self.provenance = json.loads(run.provenance.read_text())

    def value(self, address: str) -> Any:
        table, _, rest = address.partition(":")
        key, _, column = rest.rpartition(":")
        return getattr(self, f"_of_{table}")(key, column)

    def _of_estimates(self, key: str, column: str) -> Any:
        return self.estimates[key][column]

    def _of_attrition(self, key: str, column: str) -> Any:
        found = {row_key(row["stage"], row["score_name"], row["reason"]): row for row in self.attrition}
        if key in found:
            return found[key][column]
        rows = [row for row in self.attrition if row_key(row["stage"], row["score_name"]) == key]
        return sum(row["n_rows"] for row in rows) if column == "sum(n_rows)" else rows[0][column]

    def _of_findings(self, key: str, column: str) -> Any:
        if column == "count":
            wanted = dict(pair.split("=") for pair in key.split("&"))
            found = [one for one in self.findings if all(one[name] == value for name, value in wanted.items())]
            return len({one["code"] for one in found})
        rows = [one for one in self.findings if key in (row_key(one["code"], one["subject"]), one["code"])]
        return rows[0][column]

    def _of_lock(self, key: str, column: str) -> Any:
        kind, _, name = key.partition("|")
        if name:
            return next(item for item in self.lock[kind] if item["name"] == name)[column]
        return self.lock[kind][column] if kind else None

    def _of_provenance(self, key: str, column: str) -> Any:
        place = self.provenance[key] if key in ("versions", "clusters", "tables", "orientation") else self.provenance
        return place.get(column)

    def _of_figures(self, key: str, column: str) -> Any:
        return None


@pytest.fixture(scope="module")
def page(shared_run) -> Page:
    return read(shared_run)


def test_page__has_no_number_outside_a_cell(page):
    assert [text for text in page.loose if any(letter.isdigit() for letter in text)] == []


def test_page__has_no_number_outside_a_cell_whatever_the_banners(run_folder):
    study = {"pilot": 120, "as_published": True}
    run = run_folder(n=40, simulated=True, study=study, withhold={"spearman_rho": "withheld by EF005: why"})
    run.findings.write_text(run.findings.read_text() + "\n")
    render(run)
    assert [text for text in read(run).loose if any(letter.isdigit() for letter in text)] == []


def test_page__shows_in_each_numeric_cell_what_the_table_holds(page, shared_run):
    tables, checked = Tables(shared_run), 0
    for address, text, value in page.cells:
        if value is None:
            continue
        held = tables.value(address)
        assert float(value) == held, address
        assert text == written(held, FORMS.get(address.rpartition(":")[2], "text")), address
        checked += 1
    assert checked > 300


def test_page__shows_in_each_text_cell_what_the_table_holds(page, shared_run):
    tables, checked = Tables(shared_run), 0
    for address, text, value in page.cells:
        table = address.partition(":")[0]
        if value is not None or table not in ("estimates", "attrition", "findings"):
            continue
        held = tables.value(address)
        missing = held is None or (isinstance(held, float) and math.isnan(held))
        if isinstance(held, list):
            assert text in held or text == ", ".join(held)
        else:
            assert text == ("–" if missing else held), address
        checked += 1
    assert checked > 100


def test_page__notices_a_number_that_is_not_the_tables(page, shared_run):
    tables = Tables(shared_run)
    address = next(address for address, _, value in page.cells if value and address.endswith(":value"))
    tables.estimates[address.partition(":")[2].rpartition(":")[0]]["value"] += 0.01
    wrong = [one for one, _, value in page.cells if value and one == address and float(value) != tables.value(one)]
    assert wrong


def test_page__shows_in_the_explorer_what_comparison_holds(shared_run):
    text = shared_run.report.read_text(encoding="utf-8")
    start = text.index('id="explorer-rows">') + len('id="explorer-rows">')
    lists = json.loads(text[start : text.index("</script>", start)])
    frame = Comparison.read(shared_run.comparison).frame
    rows = {row_key(row["source_row"], row["score_name"]): row for row in frame.iter_rows(named=True)}
    shown = [row for score in lists.values() for part in score.values() for row in part]
    assert len(shown) > 200
    for row in shown:
        held = rows[row["key"]]
        assert row["score"] == [written(held["score"], "estimate"), held["score"]]
        assert row["effect"] == [written(held["effect"], "estimate"), held["effect"]]
        assert (row["variant"], row["cluster"]) == (held["variant_id"], held["cluster_id"])
