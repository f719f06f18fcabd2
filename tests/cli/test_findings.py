from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.cli.findings import as_json, as_sarif, as_text, lines_of
from refalt.columns import Reason
from refalt.datasets.bindings import Bound
from refalt.datasets.guessing import Guess
from refalt.pipeline.check import Checked
from refalt.pipeline.which_assembly import WhichAssembly


def finding(code: str, outcome: Outcome, severity: Severity = Severity.SERIOUS, **fields: Any) -> Finding:
    return Finding(code, "dataset", outcome, severity, "All is well.", **fields)


@pytest.fixture
def checked() -> Checked:
    """One finding of each outcome, of a table with an identifier."""
    guess = Guess(
        (Bound("identifier", "v", "by its values", "chr1_5_A_G"), Bound("effect", "beta", "by its name", "0.1")),
        ("chrom", "pos"), "slope", 0.0, "alt", "", None, False, "natural", {}, None, ("", "a", "b"), (),
    )  # fmt: skip
    findings = [
        finding("AL002", Outcome.CLEAR, message="fine"),
        finding("EF001", Outcome.FOUND, Severity.FATAL, message="Bad.", remedy="Mend it."),
        finding("EF003", Outcome.WAIVED, message="One sign.", reason="by design"),
        finding("SA002", Outcome.SKIPPED, reason="needs the clusters of the rows"),
        finding("SA003", Outcome.SKIPPED, reason="needs the clusters of the rows"),
        finding("AL004", Outcome.FOUND, Severity.NOTE, message="Some."),
    ]
    which = WhichAssembly("GRCh38", "open", "not declared")
    path = Path("my folder/a.tsv")
    oriented = {"as_published": 9, "swapped": 1, "dropped": 2}
    return Checked(path, 12, {Reason.BAD_ALLELE: 2}, findings, which, guess, "slope for ALT", ("mind this",), oriented)


def test_lines_of__what_is_said_of_several_scores_alike_is_said_once() -> None:
    def of(subject: str, message: str, outcome: Outcome = Outcome.FOUND) -> Finding:
        return Finding("MD002", subject, outcome, Severity.SERIOUS, "All is well.", message=message, remedy="Mend it.")

    found = [
        *(of(name, f"{name} reads expression.") for name in ("cage", "rna")),
        *(of(name, f"{name}: no tracks.") for name in ("a", "b")),
        of("dataset", "The dataset's cell is another."),
        of("quiet", "quiet reads expression.", Outcome.CLEAR),
    ]
    assert list(lines_of(found)) == [
        "SERIOUS MD002 cage, rna: reads expression. Remedy: Mend it.",
        "SERIOUS MD002 a, b: no tracks. Remedy: Mend it.",
        "SERIOUS MD002 dataset: The dataset's cell is another. Remedy: Mend it.",
    ]


def test_as_text__says_how_it_was_read_worst_finding_first_and_what_was_not_looked_at(checked: Checked) -> None:
    lines = as_text(checked).splitlines()
    assert lines[:5] == [
        "a.tsv: 12 rows",
        "read as",
        "  identifier  v     by its values  chr1_5_A_G  (gives chrom, pos)",
        "  effect      beta  by its name    0.1  (slope for ALT)",
        "  not read: (no name), a, b",
    ]
    assert lines[5] == "assembly: not declared"
    assert lines[6].startswith("set aside: 2 rows, bad_allele: an allele holds a letter")
    assert lines[7] == "alleles and signs: 9 as published, 1 swapped, 2 dropped"
    assert lines[8] == "mind: mind this"
    assert lines[10:12] == ["FATAL   EF001 dataset: Bad. Remedy: Mend it.", "NOTE    AL004 dataset: Some."]
    assert lines[13:] == [
        "WAIVED  EF003 dataset: One sign. Because: by design",
        "clear: AL002",
        "skipped: SA002 SA003: needs the clusters of the rows",
        "1 fatal, 0 serious, 1 note; `refalt explain CODE` says more of each",
    ]


def test_as_json__names_no_assembly_that_is_only_taken(checked: Checked) -> None:
    said = json.loads(json.dumps(as_json(checked, exit_code=2)))
    assert said["assembly"] == {"name": None, "how": "open", "words": "not declared"}
    assert said["set_aside"] == {"bad_allele": 2}
    assert said["read_as"]["identifier"] == {"column": "v", "why": "by its values"}
    assert [found["code"] for found in said["findings"]] == ["AL002", "EF001", "EF003", "SA002", "SA003", "AL004"]


def test_as_sarif__has_a_rule_for_each_result_and_suppresses_what_is_waived(checked: Checked) -> None:
    (run,) = as_sarif(checked)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["AL004", "EF001", "EF003"]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
        ("EF001", "error"),
        ("EF003", "warning"),
        ("AL004", "note"),
    ]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert run["results"][0]["message"]["text"] == "Bad. Remedy: Mend it."
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "my%20folder/a.tsv"
    assert run["results"][1]["suppressions"] == [{"kind": "external", "justification": "by design"}]
    assert "suppressions" not in run["results"][0]
