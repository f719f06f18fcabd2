from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.sampling import DifferentThingsAreDifferentInputs, JoinsAreOneToOne, RepeatsAreClustered
from refalt.evaluation.join import Joined
from refalt.tables import Comparison, Inputs
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


def collisions(beta: list[float], **columns: object) -> Finding:
    rows = build_measurements(len(beta), beta=beta, **columns)
    (found,) = JoinsAreOneToOne().check(measurements=rows)
    return found


REPEATED = {"pos": 5, "ref": "A", "alt": "C", "target_id": "g"}


def test_sa004__clear_of_repeats_that_say_the_same_or_are_told_apart() -> None:
    twice = {"reason": [None, "duplicate_row"]}
    assert collisions([0.5, 0.5], **REPEATED, **twice).outcome is Outcome.CLEAR
    assert collisions([0.5, 0.7], **REPEATED, context_id=["K562", "HepG2"]).outcome is Outcome.CLEAR


def test_sa004__finds_a_key_with_two_effects() -> None:
    found = collisions([0.5, 0.7, 0.9], **REPEATED, reason=[None, "duplicate_row", "duplicate_row"])
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 3)


def missing(lost: np.ndarray) -> Finding:
    rows = build_measurements(lost.size)
    joined = build_joined(rows)
    frame = joined.comparison.frame
    removed = frame.filter(pl.Series(lost)).with_columns(reason=pl.lit("no_score"))
    kept = Comparison(frame.filter(~pl.Series(lost)))
    (found,) = JoinsAreOneToOne().check(measurements=rows, joined=Joined(kept, removed, joined.attrition))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("portion", [0.01, 0.2, 0.7])
def test_sa004__clear_of_rows_missing_here_and_there(seed: int, portion: float) -> None:
    assert missing(np.random.default_rng(seed).random(2000) < portion).outcome is Outcome.CLEAR


def test_sa004__clear_when_nothing_or_everything_is_missing() -> None:
    assert missing(np.zeros(50, dtype=bool)).outcome is Outcome.CLEAR
    assert missing(np.ones(50, dtype=bool)).outcome is Outcome.CLEAR


def test_sa004__finds_a_block_that_a_resumed_run_lost() -> None:
    lost = np.zeros(3720, dtype=bool)
    lost[:100] = True
    lost[[500, 900, 1300]] = True
    found = missing(lost)
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.FOUND, 103, 3720)
    assert "source rows 1 to 100" in found.message
