from __future__ import annotations

import numpy as np
import pytest

from refalt.audits.allele_kinds import AllelesAreReal, IndelsAreAnchored, OneRowOneChange, SignsAreNotReferenceBiased
from refalt.audits.base import Finding, Outcome, Severity
from refalt.testing.builders import build_checks, build_declared, build_measurements

from .conftest import Audited

SEEDS = pytest.mark.parametrize("seed", range(5))


def real(n: int, seed: int, *, design: str = "natural", **columns: object) -> Finding:
    rows = build_measurements(n, seed=seed, **columns)
    return AllelesAreReal().check(measurements=rows, declared=build_declared(design=design))


def random_alternatives(ref: list[str], seed: int) -> list[str]:
    rng = np.random.default_rng([seed, 1])
    return [str(rng.choice([base for base in "ACGT" if base != allele])) for allele in ref]


@SEEDS
@pytest.mark.parametrize("n", [60, 2000])
def test_al002__clear_of_natural_alleles(seed: int, n: int) -> None:
    assert real(n, seed).outcome is Outcome.CLEAR


@SEEDS
def test_al002__clear_of_every_change_in_a_mutagenesis(seed: int) -> None:
    ref = np.random.default_rng(seed).choice(list("ACGT"), 400).tolist()
    found = real(400, seed, design="mutagenesis", ref=ref, alt=random_alternatives(ref, seed))
    assert found.outcome is Outcome.CLEAR


@SEEDS
@pytest.mark.parametrize("design", ["natural", "mutagenesis"])
def test_al002__finds_alternatives_made_from_the_reference(seed: int, design: str) -> None:
    ref = np.random.default_rng(seed).choice(list("ACGT"), 200).tolist()
    made = {"A": "C", "C": "G", "G": "T", "T": "A"}
    found = real(200, seed, design=design, ref=ref, alt=[made[base] for base in ref])
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    assert (found.statistic or 9) <= 2.0


@SEEDS
def test_al002__finds_alternatives_drawn_at_random(seed: int) -> None:
    ref = np.random.default_rng(seed).choice(list("ACGT"), 400).tolist()
    found = real(400, seed, ref=ref, alt=random_alternatives(ref, seed))
    assert found.outcome is Outcome.FOUND
    assert found.statistic == pytest.approx(0.5, abs=0.15)


def test_al002__finds_alleles_that_are_n() -> None:
    assert real(100, 0, alt=["N"] * 50 + ["A"] * 50, ref="C").outcome is Outcome.FOUND
    assert real(100, 0, ref="A", alt="A", reason="ref_equals_alt").n_affected == 100


def test_al002__clear_of_edits_and_of_rows_without_alleles() -> None:
    assert real(200, 0, design="base_editor", ref="C", alt="T").outcome is Outcome.CLEAR
    assert real(200, 0, ref=None, alt=None).outcome is Outcome.SKIPPED


SATMUT = """
[dataset]
name = "table"
file = "satmut/kircher_elements.tsv.gz"
assembly = "GRCh38"
design = "{design}"
effect = {{ column = "Coefficient", of = "alt", source = "header" }}
columns = {{ chrom = "Chrom", pos = "Pos", ref = "Ref", alt = "Alt", p_value = "pValue", target_id = "Element" }}
recorded = {{ barcodes = {{ column = "Barcodes" }} }}
[filter]
keep = [{{ column = "Release", op = "==", value = "GRCh38" }}]
"""


def test_al002__clear_of_real_saturation_mutagenesis_unless_called_natural(audited: Audited) -> None:
    clear = audited(SATMUT.format(design="mutagenesis"))["AL002"]
    assert (clear.outcome, round(clear.statistic or 0, 2)) == (Outcome.CLEAR, 3.58)
    found = audited(SATMUT.format(design="natural"))["AL002"]
    assert (found.outcome, found.statistic) == (Outcome.FOUND, pytest.approx(0.5017, abs=1e-4))


def changes(**columns: object) -> Finding:
    n = len(columns["rsid"])  # type: ignore[arg-type]
    return OneRowOneChange().check(measurements=build_measurements(n, target_id=[f"g{i}" for i in range(n)], **columns))


def test_al005__clear_where_alleles_are_stated_or_names_stand_for_one_change() -> None:
    assert changes(rsid=["rs1", "rs1"], pos=9, ref="A", alt=["C", "T"]).outcome is Outcome.CLEAR
    assert changes(rsid=["rs1", "rs1"], pos=9, ref=["A", None], alt=["C", None]).outcome is Outcome.CLEAR


@pytest.mark.parametrize("places", [{"pos": [9, 9, 9]}, {"pos": [9, 9, None], "chrom": ["chr1", "chr1", None]}])
def test_al005__finds_a_name_that_stands_for_two_changes(places: dict[str, object]) -> None:
    found = changes(rsid=["rs1", "rs1", "rs1"], ref=["A", "A", None], alt=["C", "T", None], **places)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 1)
    assert found.examples[0].startswith("row 3:")


def indels(ref: list[str], alt: list[str]) -> Finding:
    return IndelsAreAnchored().check(measurements=build_measurements(len(ref), ref=ref, alt=alt))


def test_al006__clear_of_anchored_indels_and_of_none() -> None:
    assert indels(["CA", "C"] * 30, ["C", "CTT"] * 30).outcome is Outcome.CLEAR
    assert indels(["C"], ["T"]).outcome is Outcome.CLEAR


@pytest.mark.parametrize(("ref", "alt"), [("C", "-"), ("-", "C"), ("AA", "A"), ("CAA", "CA"), ("A", "TA")])
def test_al006__finds_indels_written_otherwise(ref: str, alt: str) -> None:
    found = indels([ref] * 5 + ["CA"] * 20, [alt] * 5 + ["C"] * 20)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 5)


def test_al006__finds_indels_that_the_genome_does_not_hold() -> None:
    rows = build_measurements(30, ref="CA", alt="C")
    checks = build_checks(rows, orientation=["unresolved"] * 10 + ["as_given"] * 20)
    assert IndelsAreAnchored().check(measurements=rows, checks=checks).n_affected == 10


def bias(n_above: int, n_below: int, **effect: object) -> Finding:
    rows = build_measurements(n_above + n_below, beta=[0.6] * n_above + [0.4] * n_below)
    declared = build_declared(effect={"scale": "allelic_ratio", "null": 0.5} | effect)
    return SignsAreNotReferenceBiased().check(measurements=rows, declared=declared)


def test_al008__clear_of_even_signs_and_of_assays_that_are_not_allelic() -> None:
    assert bias(510, 490).outcome is Outcome.CLEAR
    assert bias(30, 25).outcome is Outcome.CLEAR
    assert bias(900, 100, scale="slope").outcome is Outcome.SKIPPED


def test_al008__finds_a_preferred_reference() -> None:
    found = bias(4354, 4939)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 585)
    assert found.statistic == pytest.approx(4354 / 9293 - 0.5)


def test_al008__clear_of_real_sites_that_are_surely_imbalanced(audited: Audited) -> None:
    table = """
[dataset]
name = "table"
file = "asca/udacha_k562_atac.tsv"
assembly = "GRCh38"
effect = { column = "comb_es", of = { column = "pref_allele" }, source = "header" }
columns = { chrom = "#chr", start = "start", ref = "ref", alt = "alt", p_value = "comb_pval" }
recorded = { cover = { column = "max_cover" } }
[filter]
keep = [{ column = "fdr_comb_pval", op = "<", value = 0.05 }]
"""
    found = audited(table)["AL008"]
    assert found.outcome is Outcome.CLEAR
    assert found.message.startswith("ALT is preferred in 255 rows and REF in 217")
