"""Scores of predicted tracks: how they are written, and what they compute."""

from __future__ import annotations

import numpy as np
import pytest

from refalt.errors import UserError
from refalt.models.alphagenome.requests import Reduction
from refalt.models.alphagenome.sequence_scores import SequenceScore, parse_sequence_score


def test_parse_sequence_score__reads_both_forms() -> None:
    parsed = parse_sequence_score("Sequence(DNASE, 501, MEAN, LOG2_RATIO)", "sequence", window=16_384)
    assert parsed == SequenceScore("DNASE", "MEAN", 501, "LOG2_RATIO")
    assert parse_sequence_score("Element(CAGE,MAX)", "element", window=16_384) == SequenceScore("CAGE", "MAX")
    whole = parse_sequence_score("Sequence(ATAC, None, CENTRE, DIFFERENCE)", "sequence", window=16_384)
    assert whole.width is None


@pytest.mark.parametrize(
    ("text", "method", "said"),
    [
        ("", "sequence", "Sequence(DNASE, 501, MEAN, LOG2_RATIO)"),
        ("Element(DNASE, MEAN)", "sequence", "Sequence(DNASE, 501, MEAN, LOG2_RATIO)"),
        ("Sequence(DNASE, MEAN)", "sequence", "needs its scorer"),
        ("Element(DNASE, MEAN, 5)", "element", "Element(DNASE, MEAN)"),
        ("Element(DNAS, MEAN)", "element", "did you mean 'DNASE'"),
        ("Element(CONTACT_MAPS, MEAN)", "element", "no output named"),
        ("Element(DNASE, MEDIAN)", "element", "did you mean 'MEAN'"),
        ("Sequence(DNASE, 501, MEAN, LOG_RATIO)", "sequence", "did you mean 'LOG2_RATIO'"),
        ("Sequence(DNASE, 500, MEAN, DIFFERENCE)", "sequence", "odd number of bases"),
        ("Sequence(DNASE, 20001, MEAN, DIFFERENCE)", "sequence", "up to 16384"),
        ("Sequence(DNASE, wide, MEAN, DIFFERENCE)", "sequence", "odd number of bases"),
    ],
)
def test_parse_sequence_score__says_what_is_wrong(text: str, method: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_sequence_score(text, method, window=16_384)
    assert said.lower() in str(caught.value).lower()


def test_of__two_sequences_differ_by_the_difference_or_the_log2_ratio_of_their_activities() -> None:
    ref, alt = np.array([1.0, 0.0, 2.0]), np.array([2.0, 0.0, 1.0])
    difference = SequenceScore("DNASE", "MEAN", None, "DIFFERENCE")
    np.testing.assert_array_equal(difference.of(alt) - difference.of(ref), [1, 0, -1])
    ratio = SequenceScore("DNASE", "MEAN", None, "LOG2_RATIO")
    expected = np.log2([2.001 / 1.001, 1, 1.001 / 2.001])
    np.testing.assert_allclose(ratio.of(alt) - ratio.of(ref), expected, rtol=1e-12)
    np.testing.assert_array_equal(SequenceScore("DNASE", "MEAN").of(ref), ref)


@pytest.mark.parametrize(
    ("width", "expected"), [(None, (0, 16)), (1, (7, 8)), (5, (5, 10)), (15, (0, 15)), (31, (0, 16))]
)
def test_reduction_at__is_the_width_around_the_centre_within_the_window(
    width: int | None, expected: tuple[int, int]
) -> None:
    score = SequenceScore("DNASE", "MEAN", width, "DIFFERENCE")
    assert score.reduction_at(7, window=16) == Reduction(*expected, 7)
