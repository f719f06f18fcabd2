from __future__ import annotations

import numpy as np
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.constructs import ConstructsDifferWhereTheyShould
from refalt.studies.study import ScoreSection
from refalt.testing.builders import build_inputs, build_measurements


def names(sequences: list[str], elements: list[str]) -> Finding:
    rows = build_measurements(len(sequences), elements=elements, context_id=[f"c{i}" for i in range(len(sequences))])
    inputs = build_inputs(rows, ref_sequence=sequences)
    (found,) = ConstructsDifferWhereTheyShould().check(inputs=inputs, measurements=rows)
    return found


def test_sq004__clear_of_replicates_under_one_name() -> None:
    assert names(["ACGT", "ACGT", "AAAA"], ["a", "a", "b"]).outcome is Outcome.CLEAR


@pytest.mark.parametrize("names_of_one", [("enhancer-0x", "scrambled"), ("a", "z")])
def test_sq004__finds_one_sequence_under_two_names(names_of_one: tuple[str, str]) -> None:
    found = names(["ACGT", "ACGT", "AAAA"], [*names_of_one, "b"])
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert (found.n_affected, found.n_examined) == (2, 3)
    assert found.examples == (", ".join(names_of_one),)


def test_sq004__skips_variants() -> None:
    rows = build_measurements(5)
    scores = [ScoreSection(name="s", model="m", method="sequence", scorer="Sequence(DNASE, 201, MEAN, DIFFERENCE)")]
    (found,) = ConstructsDifferWhereTheyShould().check(inputs=build_inputs(rows), measurements=rows, scores=scores)
    assert found.outcome is Outcome.SKIPPED


def edited(at: int, scorer: str, *, n: int = 60, seed: int = 1, method: str = "sequence") -> dict[str, Finding]:
    """Constructs of 1,000 bases with ten bases changed at `at` (0-based), shown around their middle."""
    rng = np.random.default_rng(seed)
    wild = ["".join(rng.choice(list("ACGT"), 1_000)) for _ in range(n)]
    swap = str.maketrans("ACGT", "TGCA")
    rows = build_measurements(n, chrom=None, pos=None, ref=None, alt=None, rsid=[f"construct {i}" for i in range(n)])
    changed = [one[:at] + one[at : at + 10].translate(swap) + one[at + 10 :] for one in wild]
    inputs = build_inputs(rows, ref_sequence=wild, alt_sequence=changed, offset=500)
    score = ScoreSection.model_validate({"name": "s", "model": "m", "method": method, "scorer": scorer})
    check = ConstructsDifferWhereTheyShould().check(inputs=inputs, measurements=rows, scores=[score])
    return {found.subject: found for found in check}


WIDTH_201 = "Sequence(DNASE, 201, MEAN, DIFFERENCE)"


@pytest.mark.parametrize("at", [391, 400, 495, 600])
@pytest.mark.parametrize("seed", [1, 2])
def test_sq004__clear_where_the_bases_that_count_hold_the_edit(at: int, seed: int) -> None:
    assert edited(at, WIDTH_201, seed=seed)["s"].outcome is Outcome.CLEAR


@pytest.mark.parametrize("at", [0, 390, 601, 980])
@pytest.mark.parametrize("scorer", [WIDTH_201, "CenterMask(DNASE, 201, DIFF_LOG2_SUM)"])
@pytest.mark.parametrize("seed", [1, 2])
def test_sq004__finds_edits_that_the_score_does_not_look_at(at: int, scorer: str, seed: int) -> None:
    found = edited(at, scorer, seed=seed)["s"]
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert (found.n_affected, found.n_examined) == (60, 60)
    assert f"start {at}, end {at + 10}" in found.examples[0]


@pytest.mark.parametrize(
    ("scorer", "method"), [("Sequence(DNASE, None, MEAN, DIFFERENCE)", "sequence"), ("Element(DNASE, MEAN)", "element")]
)
def test_sq004__scores_of_whole_windows_look_everywhere(scorer: str, method: str) -> None:
    assert "s" not in edited(0, scorer, method=method)
