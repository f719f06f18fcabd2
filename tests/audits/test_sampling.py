from __future__ import annotations

import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.sampling import DifferentThingsAreDifferentInputs, RepeatsAreClustered
from refalt.tables import Inputs
from refalt.testing.builders import as_table, build_checks, build_clusters, build_joined, build_measurements


def inputs_of_a_score(n: int, n_inputs: int, *, name: str = "said") -> Finding:
    rows = build_measurements(n, elements=[f"e{i}" for i in range(n)])
    joined = build_joined(rows, score_name=name, input_id=[f"i{i % n_inputs}" for i in range(n)])
    (found,) = DifferentThingsAreDifferentInputs().check(measurements=rows, joined=joined)
    return found


@pytest.mark.parametrize(("n", "n_inputs"), [(10, 10), (1000, 900), (6963, 6963)])
def test_sa001__clear_of_one_input_each(n: int, n_inputs: int) -> None:
    found = inputs_of_a_score(n, n_inputs)
    assert (found.outcome, found.subject) == (Outcome.CLEAR, "said")


@pytest.mark.parametrize("name", ["dnase-mean", "other"])
def test_sa001__finds_eighteen_inputs_for_thousands(name: str) -> None:
    found = inputs_of_a_score(6963, 18, name=name)
    assert (found.outcome, found.severity, found.subject) == (Outcome.FOUND, Severity.FATAL, name)
    assert found.message.startswith("18 distinct inputs stand for 6,963")
    assert found.statistic == pytest.approx(18 / 6963)


def test_sa001__clear_of_one_variant_in_many_rows() -> None:
    """Fourteen genes of one variant are one measured change: SA002's matter."""
    rows = build_measurements(40, pos=1000, ref="A", alt="C", target_id=[f"g{i}" for i in range(40)])
    (found,) = DifferentThingsAreDifferentInputs().check(measurements=rows, joined=build_joined(rows))
    assert (found.outcome, found.n_examined) == (Outcome.CLEAR, 1)


def carried(n: int, n_sequences: int) -> Finding:
    rows = build_measurements(n)
    inputs = Inputs(
        as_table(
            Inputs,
            {
                "source_row": rows.frame.get_column("source_row").to_list(),
                "variant_id": rows.frame.get_column("variant_id").to_list(),
                "ref_sequence": ["ACGT" * (1 + i % n_sequences) for i in range(n)],
            },
        )
    )
    (found,) = DifferentThingsAreDifferentInputs().check(measurements=rows, inputs=inputs)
    return found


def test_sa001__finds_shared_sequences_before_anything_is_predicted() -> None:
    assert carried(100, 100).outcome is Outcome.CLEAR
    assert carried(100, 15).outcome is Outcome.FOUND


def test_sa001__skips_without_sequences_and_predictions() -> None:
    (found,) = DifferentThingsAreDifferentInputs().check(measurements=build_measurements(3))
    assert found.outcome is Outcome.SKIPPED


def repeats(ids: list[str], **columns: object) -> Finding:
    rows = build_measurements(len(ids), target_id=[f"g{i}" for i in range(len(ids))], **columns)
    return RepeatsAreClustered().check(measurements=rows, clusters=build_clusters(rows, ids))


@pytest.mark.parametrize("seed", [1, 2])
def test_sa002__clear_of_repeats_within_a_cluster(seed: int) -> None:
    assert repeats(["a"] * 3 + ["b"], pos=[5, 5, 5, 9], ref="A", alt="C", seed=seed).outcome is Outcome.CLEAR
    assert repeats(["a", "b", "c"], seed=seed).outcome is Outcome.CLEAR


@pytest.mark.parametrize("seed", [1, 2])
def test_sa002__finds_repeats_across_clusters(seed: int) -> None:
    found = repeats(["a", "b", "a", "c"], pos=[5, 5, 5, 9], ref="A", alt="C", seed=seed)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 3)
    assert found.examples == ("chr1:5:A>C: 3 rows in 2 clusters",)


def test_sa002__finds_a_variant_repeated_with_swapped_alleles() -> None:
    rows = build_measurements(2, pos=5, ref=["A", "C"], alt=["C", "A"])
    audit, clusters = RepeatsAreClustered(), build_clusters(rows)
    assert audit.check(measurements=rows, clusters=clusters).outcome is Outcome.CLEAR
    checks = build_checks(rows, orientation=["as_given", "swapped"])
    assert audit.check(measurements=rows, clusters=clusters, checks=checks).outcome is Outcome.FOUND


def test_sa002__clear_of_repeats_that_a_filter_left_out() -> None:
    rows = build_measurements(2, pos=5, ref="A", alt="C", target_id=["a", "b"], reason=[None, "filtered"])
    assert RepeatsAreClustered().check(measurements=rows, clusters=build_clusters(rows)).outcome is Outcome.CLEAR
    assert isinstance(rows.frame, pl.DataFrame)
