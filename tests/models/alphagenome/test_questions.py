"""What rows ask: windows as they are cut elsewhere, carried sequences, elements, the other strand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.models.alphagenome.questions import SequenceDraft, variant_requests
from refalt.models.alphagenome.requests import Reduction, SequenceRequest, VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.alphagenome.sequence_scores import SequenceScore
from refalt.models.base import SHIFT, Asked, Probe
from refalt.sequences import decode, encode
from refalt.sources.fasta import Genome, genome_from_sequences

WINDOW = 16_384
Rows = Callable[..., pl.DataFrame]
DNASE = (RECOMMENDED_SCORERS["DNASE"],)


def variants(asked: Asked, **given: Any) -> list[tuple[int, str, Any]]:
    options = {"window": WINDOW, "lengths": {}, "snvs_only": False} | given
    return list(variant_requests(asked, DNASE, **options))


def test_variant_requests__one_a_row_in_their_order(rows: Rows) -> None:
    found = variants(Asked(rows([(9_000, "A", "C"), (9_001, "G", "T")])))
    assert [(row, part) for row, part, _ in found] == [(0, ""), (1, "")]
    assert found[0][2] == VariantRequest("chr1", 9_000 - 8_192, 9_000 + 8_192, 9_000, "A", "C", DNASE)


def test_variant_requests__left_aligns_an_indel_where_there_is_a_genome(rows: Rows) -> None:
    genome = genome_from_sequences({"chr1": "GGCACACACT"}, "simulated")
    asked = Asked(rows([(7, "CAC", "C"), (5, "CAC", "C")]), genome)
    first, second = (request for _, _, request in variants(asked))
    assert first == second
    assert (first.pos, first.ref, first.alt) == (2, "GCA", "G")
    # REF covers 0-based 1 to 4; the middle of that, rounded up, is 3.
    assert first.start == 3 - 8_192
    left_as_it_is = variants(Asked(asked.rows))[0][2]
    assert left_as_it_is.pos == 7


def test_variant_requests__says_why_a_row_is_not_asked(rows: Rows) -> None:
    genome = genome_from_sequences({"chr1": "ACGT"}, "simulated")
    found = variants(Asked(rows([(1, "C", "A"), (2, "C", "A")]), genome))
    assert found[0][2] == "REF is C, the genome holds A at chr1:1"
    assert isinstance(found[1][2], VariantRequest)
    assert variants(Asked(rows([(1, "CA", "C")])), snvs_only=True)[0][2].startswith("Atlas holds single-base changes")


def draft(score: SequenceScore | None = None, *, both: bool = False, window: int = 16) -> SequenceDraft:
    return SequenceDraft(score or SequenceScore("DNASE", "MEAN", 5, "DIFFERENCE"), window, (), both)


def test_requests__cuts_both_alleles_with_the_variant_before_the_middle(rows: Rows) -> None:
    letters = "ACGTTGCAAGATAAGCCAGT"
    asked = Asked(rows([(10, "G", "C"), (10, "GA", "G")]), genome_from_sequences({"chr1": letters}, "simulated"))
    found = list(draft().requests(asked))
    assert [(row, part) for row, part, _ in found] == [(0, "ref"), (0, "alt"), (1, "ref"), (1, "alt")]
    ref, alt = found[0][2], found[1][2]
    assert isinstance(ref, SequenceRequest)
    assert isinstance(alt, SequenceRequest)
    assert ref.letters == letters[2:18]
    assert alt.letters == letters[2:9] + "C" + letters[10:18]
    assert ref.letters[7] == "G"
    assert ref.reduction == Reduction(5, 10, 7)
    # Both rows have the same REF window, and so the same question.
    assert isinstance(found[2][2], SequenceRequest)
    assert found[2][2].letters == ref.letters


def test_requests__asks_the_other_strand_too_with_everything_mirrored(rows: Rows) -> None:
    genome = genome_from_sequences({"chr1": "ACGTTGCAAGATAAGCCAGT"}, "simulated")
    found = {part: request for _, part, request in draft(both=True).requests(Asked(rows([(10, "G", "C")]), genome))}
    assert list(found) == ["ref", "ref-reversed", "alt", "alt-reversed"]
    forward, backward = found["ref"], found["ref-reversed"]
    assert isinstance(forward, SequenceRequest)
    assert isinstance(backward, SequenceRequest)
    complement = str.maketrans("ACGT", "TGCA")
    assert backward.letters == forward.letters.translate(complement)[::-1]
    assert backward.reduction == Reduction(6, 11, 8)
    assert backward.letters[8] == "C"


def test_requests__in_a_moved_window_are_the_same_bases_further_on(genome: Genome, rows: Rows) -> None:
    ref = str(genome.bases_at(["chr1"], [30_000], 1)[0])
    asked = Asked(rows([(30_000, ref, "A" if ref != "A" else "C")]), genome)
    moved = replace(asked, probe=Probe.SHIFTED)
    (usual,), (further,) = variants(asked), variants(moved)
    assert further[2] == replace(usual[2], start=usual[2].start + SHIFT, end=usual[2].end + SHIFT)
    before, after = ([request for _, _, request in draft(window=WINDOW).requests(each)] for each in (asked, moved))
    for one, other in zip(before, after, strict=True):
        assert isinstance(one, SequenceRequest)
        assert isinstance(other, SequenceRequest)
        assert other.letters[:-SHIFT] == one.letters[SHIFT:]
        assert len(other.letters) == WINDOW
        kept = one.reduction
        assert other.reduction == Reduction(kept.first - SHIFT, kept.end - SHIFT, kept.centre - SHIFT)


def test_variant_requests__ref_against_itself_is_asked_by_its_probe_only(rows: Rows) -> None:
    asked = Asked(rows([(9_000, "A", "A")]))
    assert variants(asked)[0][2] == "REF and ALT are the same, A"
    assert isinstance(variants(replace(asked, probe=Probe.SAME))[0][2], VariantRequest)


def carried(*sequences: tuple[str, str | None, str | None, int | None]) -> pl.DataFrame:
    schema = {"asked_id": pl.String, "ref_sequence": pl.String, "alt_sequence": pl.String, "offset": pl.Int64}
    return pl.DataFrame(list(sequences), schema=schema, orient="row")


def test_requests__puts_carried_sequences_where_a_genomes_window_has_the_variant(rows: Rows) -> None:
    frame = rows([(10, "G", "C")])
    asked = Asked(frame, sequences=carried((frame.item(0, "asked_id"), "ACGTA", "ACCTA", 2)))
    found = {part: request for _, part, request in draft().requests(asked)}
    assert isinstance(found["ref"], SequenceRequest)
    assert isinstance(found["alt"], SequenceRequest)
    assert found["ref"].letters == "NNNNNACGTANNNNNN"
    assert found["alt"].letters == "NNNNNACCTANNNNNN"
    assert found["ref"].letters[7] == "G"


def test_elements__stand_in_the_middle_and_count_alone(rows: Rows) -> None:
    frame = rows([(10, "G", "C"), (11, "G", "C")])
    names = frame.get_column("asked_id").to_list()
    asked = Asked(frame, sequences=carried((names[0], "ACGTAC", None, None), (names[1], "ACGTACG", None, None)))
    even, odd = (request for _, _, request in draft(SequenceScore("DNASE", "MEAN")).elements(asked))
    assert isinstance(even, SequenceRequest)
    assert isinstance(odd, SequenceRequest)
    assert even.letters == "NNNNNACGTACNNNNN"
    assert even.reduction == Reduction(5, 11, 8)
    assert odd.letters == "NNNNACGTACGNNNNN"
    assert odd.reduction == Reduction(4, 11, 7)


def test_elements__stand_among_what_was_around_them_and_count_alone(rows: Rows) -> None:
    frame = rows([(10, "G", "C")])
    inserted = {"insert_start": 6, "insert_length": 6}
    sequence = carried((frame.item(0, "asked_id"), "GGGGGGACGTACTT", None, None)).with_columns(
        pl.lit(value).alias(name) for name, value in inserted.items()
    )
    ((_, _, found),) = draft(SequenceScore("DNASE", "MEAN")).elements(Asked(frame, sequences=sequence))
    assert isinstance(found, SequenceRequest)
    # As far as it goes: the flank before it is cut where the window begins, behind it nothing more is known.
    assert found.letters == "GGGGGACGTACTTNNN"
    assert found.reduction == Reduction(5, 11, 8)


def test_requests__cut_flanks_but_no_insert_at_the_end_of_the_window(rows: Rows) -> None:
    frame = rows([(10, "G", "C")])
    pair = carried((frame.item(0, "asked_id"), "T" * 20 + "ACGTA" + "C" * 20, "T" * 20 + "ACCTA" + "C" * 20, 22))
    inserted = pair.with_columns(insert_start=pl.lit(20), insert_length=pl.lit(5))
    found = {part: request for _, part, request in draft().requests(Asked(frame, sequences=inserted))}
    assert isinstance(found["alt"], SequenceRequest)
    assert found["alt"].letters == "TTTTTACCTACCCCCC"
    ((_, _, problem),) = draft().requests(Asked(frame, sequences=pair))
    assert "longer than the window" in problem


@pytest.mark.parametrize(
    ("sequence", "said"),
    [
        ((None, None), "there is no genome and the source carries none"),
        (("A" * 17, "A" * 17), "longer than the window"),
    ],
)
def test_requests__says_when_there_is_no_sequence(rows: Rows, sequence: tuple[Any, Any], said: str) -> None:
    frame = rows([(10, "G", "C")])
    asked = Asked(frame, sequences=carried((frame.item(0, "asked_id"), *sequence, 2)))
    ((_, _, problem),) = draft().requests(asked)
    assert isinstance(problem, str)
    assert said in problem
    ((_, _, without),) = draft().requests(Asked(frame))
    assert isinstance(without, str)


def test_requests__windows_are_those_of_the_shared_code(genome: Genome, rows: Rows) -> None:
    ref = str(genome.bases_at(["chr1"], [30_000], 1)[0])
    alt = "A" if ref != "A" else "C"
    found = list(draft(window=WINDOW).requests(Asked(rows([(30_000, ref, alt)]), genome)))
    request = found[1][2]
    assert isinstance(request, SequenceRequest)
    start = 30_000 - WINDOW // 2
    expected = genome.codes("chr1")[start : start + WINDOW].copy()
    expected[WINDOW // 2 - 1] = encode(alt)[0]
    np.testing.assert_array_equal(request.codes, expected)
    assert decode(request.codes) == request.letters
