from __future__ import annotations

from typing import Any

import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.carried import (
    DifferentNamesAreDifferentSequences,
    InputsAreRealSequence,
    SequencesStayAligned,
    VariantIsWhereTheWindowSays,
)
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection
from refalt.tables import Inputs, Measurements
from refalt.testing.builders import build_inputs, build_measurements

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


def names(sequences: list[str], elements: list[str]) -> Finding:
    rows = build_measurements(len(sequences), elements=elements, context_id=[f"c{i}" for i in range(len(sequences))])
    inputs = build_inputs(rows, ref_sequence=sequences)
    return DifferentNamesAreDifferentSequences().check(inputs=inputs, measurements=rows)


def test_sq004__clear_of_replicates_under_one_name() -> None:
    assert names(["ACGT", "ACGT", "AAAA"], ["a", "a", "b"]).outcome is Outcome.CLEAR


def test_sq004__finds_one_sequence_under_two_names() -> None:
    found = names(["ACGT", "ACGT", "AAAA"], ["enhancer-0x", "scrambled", "b"])
    assert (found.outcome, found.severity, found.n_affected, found.n_examined) == (
        Outcome.FOUND,
        Severity.SERIOUS,
        2,
        3,
    )
    assert found.examples == ("enhancer-0x, scrambled",)


def test_sq004__skips_variants() -> None:
    rows = build_measurements(5)
    found = DifferentNamesAreDifferentSequences().check(inputs=build_inputs(rows), measurements=rows)
    assert found.outcome is Outcome.SKIPPED
