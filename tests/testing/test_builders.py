from __future__ import annotations

import numpy as np
import pytest

from refalt.testing.builders import (
    build_checks,
    build_clusters,
    build_estimates,
    build_inputs,
    build_joined,
    build_measurements,
    build_predictions,
    snv_alleles,
)


def test_snv_alleles__are_two_thirds_transitions() -> None:
    ref, alt = snv_alleles(6000, rng=np.random.default_rng(0))
    pairs = [a + b for a, b in zip(ref, alt, strict=True)]
    assert all(a != b for a, b in zip(ref, alt, strict=True))
    assert np.isin(pairs, ["AG", "GA", "CT", "TC"]).mean() == pytest.approx(2 / 3, abs=0.02)


def test_build_measurements__names_variants_by_what_is_set() -> None:
    rows = build_measurements(2, pos=7, ref="A", alt=["C", "T"], maf=0.2).frame
    assert rows["variant_id"].to_list() == ["chr1:7:A>C", "chr1:7:A>T"]
    assert (rows["source_pos"].to_list(), rows["maf"].to_list()) == ([7, 7], [0.2, 0.2])
    assert build_measurements(1, ref=None, alt=None, pos=7).frame["variant_id"].to_list() == ["chr1:7"]


def test_build_measurements__makes_elements_without_a_place() -> None:
    rows = build_measurements(2, elements=["a", "b"]).frame
    assert rows["kind"].to_list() == ["element", "element"]
    assert rows["pos"].null_count() == 2
    assert rows["variant_id"].null_count() == 2


def test_build_checks__turns_swapped_variants() -> None:
    checks = build_checks(
        build_measurements(2, pos=7, ref="A", alt=["C", "T"]), orientation=["as_given", "swapped"]
    ).frame
    assert checks["asked_id"].to_list() == ["chr1:7:A>C", "chr1:7:T>A"]
    assert checks["sign"].to_list() == [1, -1]


def test_build_inputs__hold_both_alleles_at_the_offset() -> None:
    rows = build_measurements(20)
    inputs = build_inputs(rows, flank=4).frame
    assert inputs["ref_sequence"].str.slice(4, 1).to_list() == rows.frame["ref"].to_list()
    assert inputs["alt_sequence"].str.slice(4, 1).to_list() == rows.frame["alt"].to_list()
    assert inputs["ref_sequence"].str.len_bytes().unique().to_list() == [9]


def test_build_joined__holds_every_row_and_adds_up() -> None:
    rows = build_measurements(12)
    joined = build_joined(rows, score=np.arange(12.0))
    assert joined.comparison.frame["effect"].to_list() == rows.frame["beta"].to_list()
    assert joined.removed.is_empty()
    assert set(joined.attrition.frame["n_rows"]) == {12}


def test_build_predictions_clusters_and_estimates__take_what_is_given() -> None:
    assert build_predictions(["a", "b"], [1, 2]).frame["raw"].to_list() == [[1.0], [2.0]]
    assert build_clusters(build_measurements(2), ["x", "y"]).ids["cluster_id"].to_list() == ["x", "y"]
    estimates = build_estimates({"value": 0.5}, {"metric": "pearson_r"}).frame
    assert estimates["metric"].to_list() == ["spearman_rho", "pearson_r"]
    assert estimates["value"].to_list() == [0.5, None]
