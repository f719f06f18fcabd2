from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.prose import DifferencesAreTested, ProseIsInTables, p_of_correlation, prints_as
from refalt.studies.claims import Claim
from refalt.tables import Comparisons
from refalt.testing.builders import as_table, build_estimates, build_study

#: A published table: Spearman and Pearson of 3,271 caQTLs, and the p-value of the first.
R, N, P = "0.4032", 3_271, "3.68e-128"


@pytest.mark.parametrize(
    ("value", "printed", "same"),
    [
        (0.404999, "0.40", True),
        (0.405001, "0.40", False),
        (0.405001, "0.4", True),
        (0.125, "0.12", True),
        (0.125, "0.13", True),
        (-0.0005, "-0.0005", True),
        (0.0005, "-0.0005", False),
        (3.684e-128, "3.68e-128", True),
        (3.69e-128, "3.68e-128", False),
        (1003.0, "1e3", True),
    ],
)
def test_prints_as__goes_to_the_last_printed_digit(value: float, printed: str, same: bool) -> None:
    assert prints_as(value, printed) is same


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.999, 0.999), st.integers(5, 100_000))
def test_p_of_correlation__is_that_of_scipy(r: float, n: int) -> None:
    t = r * math.sqrt((n - 2) / (1 - r * r))
    expected = 2 * stats.t.sf(abs(t), n - 2)
    assume(expected > 1e-280)
    assert p_of_correlation(r, n) == pytest.approx(expected, rel=1e-9)


def estimate(value: float, **more: Any) -> dict[str, Any]:
    return {"metric": "pearson_r", "value": value, "n": 200} | more


def stated(*claims: dict[str, Any], rows: list[dict[str, Any]] | None = None, name: str = "said") -> Finding:
    rows = rows or [estimate(0.41237, score_name=name)]
    usual = {"score": name, "metric": "pearson_r"}
    return ProseIsInTables().check(
        claims=[Claim.model_validate(usual | claim) for claim in claims], estimates=build_estimates(*rows)
    )


def p_of(r: float, n: int) -> str:
    t = r * math.sqrt((n - 2) / (1 - r * r))
    return f"{2 * stats.t.sf(abs(t), n - 2):.6e}"


@pytest.mark.parametrize("name", ["said", "another.score"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rc004__clear_of_numbers_that_are_in_the_tables(name: str, seed: int) -> None:
    r = float(np.random.default_rng(seed).uniform(-0.9, 0.9))
    rows = [estimate(r, score_name=name), estimate(r / 2, score_name=name, stratum="chrom=chr1", n=50)]
    found = stated(
        {"value": f"{r:.4f}", "n": 200, "p": p_of(r, 200)},
        {"value": f"{r / 2:.3e}", "stratum": "chrom=chr1", "p": p_of(r / 2, 50)},
        rows=rows,
        name=name,
    )
    assert (found.outcome, found.n_examined) == (Outcome.CLEAR, 2)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"value": "0.4125"}, "the table holds 0.41237"),
        ({"value": "0.4124", "n": 201}, "n is said to be 201 and is 200"),
        ({"value": "0.4124", "p": p_of(0.4124, 200)}, "of n = 200 rows it is 1.29998"),
        ({"value": "0.4124", "metric": "spearman_rho"}, "no table holds it"),
        ({"value": "0.4124", "stratum": "chrom=chr2"}, "no table holds it"),
        ({"value": "0.4124", "score": "else"}, "no table holds it"),
        ({"value": "0.4124", "score": "else", "p": "0.01"}, "p cannot be recomputed without n"),
    ],
)
def test_rc004__finds_the_digit_the_n_and_the_p_that_are_not(claim: Mapping[str, Any], words: str) -> None:
    found = stated(dict(claim))
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 1)
    assert words in found.message


def test_rc004__finds_a_number_that_is_withheld() -> None:
    rows = [estimate(math.nan, reason="withheld by EF005: unknown allele")]
    assert "withheld by EF005" in stated({"value": "0.41"}, rows=rows).message


def test_rc004__a_p_that_no_rounding_of_its_r_allows_is_found_without_a_table() -> None:
    held = {"score": "else", "value": R, "n": N}
    (line,) = stated(held | {"p": P}).examples
    assert "p is said" not in line
    (line,) = stated(held | {"p": "3.68e-120"}).examples
    assert "p is said to be 3.68e-120, and of n = 3,271 rows it is between" in line


def test_rc004__skips_claims_of_comparisons() -> None:
    assert stated({"than": "other"}).outcome is Outcome.SKIPPED


def compared(*rows: dict[str, Any]) -> Comparisons:
    usual: dict[str, Any] = {
        "dataset": "built", "label_name": "effect", "metric": "spearman_rho", "stratum": "all", "first": "a",
        "second": "b", "difference": 0.1, "lower": 0.02, "upper": 0.18, "level": 0.95, "method": "given", "n": 100,
        "n_clusters": 100, "first_own_n": 100, "second_own_n": 100,
    }  # fmt: skip
    names = dict.fromkeys(name for row in (usual, *rows) for name in row)
    return Comparisons(as_table(Comparisons, {name: [{**usual, **row}.get(name) for row in rows] for name in names}))


def pairs(comparisons: Comparisons, *claims: dict[str, Any], scores: tuple[str, ...] = ("a", "b")) -> list[Finding]:
    rows = [{"score_name": name, "value": 0.3, "lower": 0.2, "upper": 0.4} for name in scores]
    rows.append({"score_name": "maf", "model": "baseline", "value": 0.1})
    return list(
        DifferencesAreTested().check(
            estimates=build_estimates(*rows),
            comparisons=comparisons,
            study=build_study(),
            claims=[Claim.model_validate({"metric": "spearman_rho"} | claim) for claim in claims],
        )
    )


@pytest.mark.parametrize("scores", [("a", "b"), ("b", "a")])
def test_in004__clear_where_all_pairs_have_a_paired_test(scores: tuple[str, str]) -> None:
    (found,) = pairs(compared({"first": scores[0], "second": scores[1]}), scores=scores)
    assert (found.outcome, found.n_examined) == (Outcome.CLEAR, 1)


def test_in004__skips_a_single_score() -> None:
    (found,) = pairs(compared({}), scores=("a",))
    assert found.outcome is Outcome.SKIPPED


def test_in004__notes_pairs_that_no_test_covers() -> None:
    few = compared({"lower": math.nan, "upper": math.nan, "reason": "4 clusters: no interval under 10"})
    (found,) = pairs(few, scores=("a", "b", "c"))
    assert (found.outcome, found.severity, found.n_affected, found.n_examined) == (Outcome.FOUND, Severity.NOTE, 3, 3)
    assert found.examples == ("a, b: 4 clusters: no interval under 10", "a, c: no table holds both",
                              "b, c: no table holds both")  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "row"),
    [
        ({"score": "a", "than": "b"}, {}),
        ({"score": "b", "than": "a", "says": "different"}, {}),
        ({"score": "b", "than": "a"}, {"difference": -0.1, "lower": -0.18, "upper": -0.02}),
        ({"score": "a", "than": "b", "says": "same"}, {"difference": 0.0, "lower": -0.04, "upper": 0.05}),
    ],
)
def test_in004__clear_of_comparisons_that_a_paired_test_bears_out(claim: dict[str, Any], row: dict[str, Any]) -> None:
    found = pairs(compared(row), claim)[1]
    assert (found.outcome, found.subject) == (Outcome.CLEAR, "claims")


@pytest.mark.parametrize(
    ("claim", "row", "words"),
    [
        ({"score": "b", "than": "a"}, {}, "-0.1000, from -0.1800 to -0.0200: it is not above 0"),
        ({"score": "a", "than": "b"}, {"lower": -0.01}, "it is not above 0"),
        ({"score": "a", "than": "b", "says": "different"}, {"lower": -0.01}, "holds 0"),
        ({"score": "a", "than": "b", "says": "same"}, {}, "beyond the margin of 0.1"),
        ({"score": "a", "than": "c"}, {}, "no table holds both"),
        ({"score": "a", "than": "b", "metric": "pearson_r"}, {}, "no table holds both"),
    ],
)
def test_in004__finds_comparisons_that_were_made_by_size(
    claim: dict[str, Any], row: dict[str, Any], words: str
) -> None:
    found = pairs(compared(row), claim)[1]
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 1)
    assert words in found.message


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in004__a_claim_by_size_on_real_differences(seed: int) -> None:
    """Two equally good scores: one is 'better' by size always, and by the paired test one time in forty."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=400)
    one, other = (effect + rng.normal(size=400) * 2 for _ in range(2))
    gap = stats.spearmanr(effect, one).statistic - stats.spearmanr(effect, other).statistic
    error = 0.06
    row = {"difference": gap, "lower": gap - 1.96 * error, "upper": gap + 1.96 * error}
    better = ("a", "b") if gap > 0 else ("b", "a")
    assert pairs(compared(row), {"score": better[0], "than": better[1]})[1].outcome is Outcome.FOUND
