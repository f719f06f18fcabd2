from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.carried import (
    InputsAreRealSequence,
    SequencesStayAligned,
    VariantIsWhereTheWindowSays,
    shared_ends,
)
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection
from refalt.tables import Inputs, Measurements
from refalt.testing.builders import build_inputs, build_measurements

from .conftest import Audited
from .test_real_tables import TABLES

FLANK = 30


def at_offset(offset: int, *, n: int = 200, seed: int = 0, **columns: Any) -> Finding:
    rows = build_measurements(n, seed=seed, **columns)
    inputs = build_inputs(rows, flank=FLANK, seed=seed, offset=offset)
    return VariantIsWhereTheWindowSays().check(inputs=inputs, measurements=rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_sq001__clear_at_the_right_offset(seed: int) -> None:
    assert at_offset(FLANK, seed=seed).outcome is Outcome.CLEAR


def test_sq001__clear_of_swapped_and_of_reverse_sequences() -> None:
    rows = build_measurements(100)
    inputs = build_inputs(rows, flank=FLANK)
    swapped = Inputs(inputs.frame.rename({"ref_sequence": "alt_sequence", "alt_sequence": "ref_sequence"}))
    audit = VariantIsWhereTheWindowSays()
    assert audit.check(inputs=swapped, measurements=rows).outcome is Outcome.CLEAR
    other = {"A": "T", "C": "G", "G": "C", "T": "A"}
    turned = build_measurements(
        100, ref=[other[base] for base in rows.frame["ref"]], alt=[other[base] for base in rows.frame["alt"]]
    )
    assert audit.check(inputs=inputs, measurements=turned).outcome is Outcome.CLEAR


@pytest.mark.parametrize("shift", [1, -1, 12])
def test_sq001__finds_a_shifted_offset_and_the_right_one(shift: int) -> None:
    found = at_offset(FLANK + shift)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.FATAL)
    side = "before" if shift > 0 else "after"
    assert f"200 hold it {abs(shift)} bases {side} it" in found.message


def pairs(rows: Measurements, **columns: Any) -> Finding:
    return SequencesStayAligned().check(inputs=build_inputs(rows, flank=FLANK, **columns), measurements=rows)


def test_sq002__clear_of_substitutions_and_whole_indels() -> None:
    assert pairs(build_measurements(50)).outcome is Outcome.CLEAR
    assert pairs(build_measurements(50, ref=["CA", "C"] * 25, alt=["C", "CTTT"] * 25)).outcome is Outcome.CLEAR


def test_sq002__finds_indels_trimmed_or_padded_on_the_right() -> None:
    rows = build_measurements(50, ref="CATG", alt="C")
    whole = build_inputs(rows, flank=FLANK).frame["alt_sequence"]
    trimmed = pairs(rows, alt_sequence=[text + "ACG" for text in whole])
    assert (trimmed.outcome, trimmed.severity, trimmed.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 50)
    padded = pairs(rows, alt_sequence=[text + "NNN" for text in whole])
    assert "50 have N in ALT only" in padded.message


def test_sq002__finds_substitutions_that_change_other_bases() -> None:
    rows = build_measurements(40)
    whole = build_inputs(rows, flank=FLANK).frame["alt_sequence"]
    other = ["".join(reversed(text)) for text in whole]
    assert pairs(rows, alt_sequence=other).n_affected == 40


def real_sequence(sequences: list[str], **columns: Any) -> Finding:
    rows = build_measurements(len(sequences), elements=[f"e{i}" for i in range(len(sequences))], **columns)
    inputs = build_inputs(rows, ref_sequence=sequences)
    return InputsAreRealSequence().check(inputs=inputs, measurements=rows)


def test_sq003__clear_of_sequence_from_end_to_end() -> None:
    assert real_sequence(["ACGT" * 50, "ACGTT" * 40]).outcome is Outcome.CLEAR
    assert real_sequence(["ACGT" * 50, "ACGTN" + "ACGTT" * 40]).outcome is Outcome.CLEAR


@pytest.mark.parametrize("sequence", ["N" * 90 + "ACGT" * 5 + "N" * 90, "ACGTTN", "ACGTACGTNNACGTACGT"])
def test_sq003__finds_padding_and_unknown_bases(sequence: str) -> None:
    found = real_sequence([sequence, "ACGT" * 10])
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)


def test_sq003__finds_constructs_whose_edit_was_forgotten() -> None:
    found = real_sequence(["ACGT" * 10, "ACGT" * 10, "ACGA" * 10], wild_type_id="e0")
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 1)
    assert found.examples == ("row 2: e1",)


def in_window(flanks: dict[str, str], **asked: object) -> Finding:
    rows = build_measurements(3, elements=["a", "b", "c"])
    inputs = build_inputs(rows, ref_sequence=["ACGT" * 10, "ACCT" * 10, "AGGT" * 10])
    declared = DatasetSection.model_validate({"name": "table", "assembly": "simulated-x", "flanks": flanks})
    score = ScoreSection.model_validate({"name": "s", "model": "m", "window": 100, **asked})
    return InputsAreRealSequence().check(inputs=inputs, measurements=rows, declared=declared, scores=[score])


def test_sq003__finds_windows_that_are_mostly_padding() -> None:
    found = in_window({}, method="element")
    assert (found.outcome, found.n_affected) == (Outcome.FOUND, 3)
    assert "60 % of the window of s is N" in found.message
    short = in_window({"left": "ACGTACGTAC", "right": "A" * 100}, method="element")
    assert "20 % of the window of s is N" in short.message


def test_sq003__clear_of_windows_that_flanks_fill_or_that_are_cut_from_a_genome() -> None:
    assert in_window({"left": "A" * 30, "right": "C" * 30}, method="element").outcome is Outcome.CLEAR
    assert in_window({"left": "A" * 100, "right": "C" * 100}, method="sequence").outcome is Outcome.CLEAR
    assert in_window({}, method="variant").outcome is Outcome.CLEAR


def indels(n: int, *, seed: int, broken: int = 0, swapped: bool = False) -> Finding:
    """Deletions and insertions of one to four bases in random sequence; behind the first `broken` another change."""
    rng = np.random.default_rng(seed)
    alleles, sequences = [], []
    for i in range(n):
        left, long, right = ("".join(rng.choice(list("ACGT"), size)) for size in (20, 1 + rng.integers(1, 5), 50))
        pair = (long, long[0]) if i % 2 else (long[0], long)
        other = right[:30] + "TGCA"["ACGT".index(right[30])] + right[31:] if i < broken else right
        alleles.append(pair)
        sequences.append((left + pair[0] + right, left + pair[1] + other))
    rows = build_measurements(n, ref=[pair[0] for pair in alleles], alt=[pair[1] for pair in alleles])
    first, second = ([pair[at] for pair in sequences] for at in ((1, 0) if swapped else (0, 1)))
    inputs = build_inputs(rows, ref_sequence=first, alt_sequence=second, offset=20)
    return SequencesStayAligned().check(inputs=inputs, measurements=rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("swapped", [False, True])
def test_sq002__clear_of_indels_behind_which_both_sequences_go_on(seed: int, swapped: bool) -> None:
    assert indels(100, seed=seed, swapped=swapped).outcome is Outcome.CLEAR


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sq002__finds_indels_with_another_change_behind_them(seed: int) -> None:
    found = indels(100, seed=seed, broken=40)
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert "40 differ by more than one insertion or deletion" in found.message


def test_sq002__clear_of_the_indels_of_a_published_table(audited: Audited) -> None:
    found = audited(f'[dataset]\nname = "table"\n{TABLES["cagi4"]}')["SQ002"]
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.CLEAR, 0, 3_044)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text("ACGT", max_size=12), st.text("ACGT", max_size=12)), min_size=1, max_size=5))
def test_shared_ends__are_the_longest_common_prefix_and_suffix(pairs: list[tuple[str, str]]) -> None:
    first, second = (pl.Series(part, dtype=pl.String) for part in zip(*pairs, strict=True))
    starts, ends = shared_ends(first, second)
    assert starts.tolist() == [_shared(*pair) for pair in pairs]
    assert ends.tolist() == [_shared(one[::-1], other[::-1]) for one, other in pairs]


def _shared(one: str, other: str) -> int:
    alike = [a == b for a, b in zip(one, other, strict=False)]
    return alike.index(False) if False in alike else len(alike)
