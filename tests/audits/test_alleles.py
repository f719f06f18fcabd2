from __future__ import annotations

import polars as pl
import pytest

from refalt.audits.alleles import AllelesFitTheAssembly, AmbiguousStrandsAreFew, SwappedAllelesAreResolved
from refalt.audits.base import Finding, Outcome, Severity
from refalt.tables import AlleleChecks
from refalt.testing.builders import build_checks, build_declared, build_measurements

from .conftest import Audited


def fit(*parts: tuple[int, str]) -> Finding:
    orientation = [name for count, name in parts for _ in range(count)]
    rows = build_measurements(len(orientation))
    return AllelesFitTheAssembly().check(checks=build_checks(rows, orientation=orientation), measurements=rows)


@pytest.mark.parametrize(
    "parts",
    [
        [(100, "as_given")],
        [(66, "as_given"), (34, "swapped")],
        [(50, "as_given"), (50, "complement")],
        [(70, "complement"), (30, "complement_swapped")],
        [(995, "as_given"), (5, "unresolved")],
        [(19, "as_given"), (1, "unresolved")],
    ],
)
def test_al001__clear_of_swapped_or_turned_alleles(parts: list[tuple[int, str]]) -> None:
    assert fit(*parts).outcome is Outcome.CLEAR


@pytest.mark.parametrize("n", [10, 100, 1000])
def test_al001__finds_alleles_that_lie_at_random(n: int) -> None:
    found = fit((n, "as_given"), (n, "swapped"), (n, "complement"), (n, "complement_swapped"))
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert (found.n_affected, found.n_examined, found.statistic) == (n, 4 * n, 0.75)


def test_al001__skips_a_table_that_nothing_was_held_against() -> None:
    rows = build_measurements(5, ref=None, alt=None)
    empty = build_checks(rows).frame.clear()
    checks = type(build_checks(rows))(empty)
    assert AllelesFitTheAssembly().check(checks=checks, measurements=rows).outcome is Outcome.SKIPPED


DSQTL = """
[dataset]
name = "table"
file = "dsqtl/degner2012_lcl_dsqtl.tsv"
assembly = "{assembly}"
effect = {{ column = "beta", of = "alt", source = "header" }}
columns = {{ chrom = "chrom", pos = "pos_hg18", ref = "ref", alt = "alt", label = "label", p_value = "p" }}
recorded = {{ deltasvm = {{ column = "deltasvm_lee2015" }} }}
{sequences}
"""
CARRIED = 'sequences = { ref = "ref_seq_100bp", alt = "alt_seq_100bp", offset = 49 }'


def test_al001__clear_of_real_carried_sequences(audited: Audited) -> None:
    found = audited(DSQTL.format(assembly="hg18", sequences=CARRIED))["AL001"]
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.CLEAR, 0, 5668)


def test_al001__finds_a_shifted_offset(audited: Audited) -> None:
    """One base beside the variant, the carried sequence holds whatever stands there."""
    found = audited(DSQTL.format(assembly="hg18", sequences=CARRIED.replace("49", "50")))["AL001"]
    assert found.outcome is Outcome.FOUND
    assert 0.6 < (found.statistic or 0) < 0.9


def resolved(*parts: tuple[int, str]) -> Finding:
    orientation = [name for count, name in parts for _ in range(count)]
    rows = build_measurements(len(orientation))
    return SwappedAllelesAreResolved().check(checks=build_checks(rows, orientation=orientation), measurements=rows)


def test_al003__clear_of_swapped_rows_that_were_turned() -> None:
    found = resolved((66, "as_given"), (34, "swapped"))
    assert found.outcome is Outcome.CLEAR
    assert "34 of 100" in found.message
    assert found.examples[0].startswith("row 67:")


@pytest.mark.parametrize(("n_lost", "outcome"), [(2, Outcome.CLEAR), (10, Outcome.FOUND)])
def test_al003__finds_rows_that_fit_neither_way(n_lost: int, outcome: Outcome) -> None:
    found = resolved((200 - n_lost, "swapped"), (n_lost, "unresolved"))
    assert (found.outcome, found.severity, found.n_affected) == (outcome, Severity.FATAL, n_lost)


def strands(n_ambiguous: int, *, anchor: str = "as_published", **columns: object) -> Finding:
    alt = ["T"] * n_ambiguous + ["G"] * (100 - n_ambiguous)
    rows = build_measurements(100, ref="A", alt=alt, **columns)
    flags = [["strand_ambiguous"] if base == "T" else [] for base in alt]
    checks = AlleleChecks(
        build_checks(rows).frame.with_columns(pl.lit(anchor).alias("anchor"), pl.Series("flags", flags))
    )
    return AmbiguousStrandsAreFew().check(checks=checks, measurements=rows, declared=build_declared())


def test_al004__clear_where_they_are_few_or_a_genome_or_a_frequency_settles_them() -> None:
    assert strands(1).outcome is Outcome.CLEAR
    assert strands(15, anchor="genome").outcome is Outcome.CLEAR
    assert strands(15, maf=0.1).outcome is Outcome.CLEAR


def test_al004__finds_doubtful_strands() -> None:
    assert (strands(15).outcome, strands(15).severity, strands(15).n_affected) == (Outcome.FOUND, Severity.NOTE, 15)
    assert strands(15, maf=0.45).outcome is Outcome.FOUND
