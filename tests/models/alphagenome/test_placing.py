"""Windows and alignment against the official client, a toy genome, and what must hold whatever the variant."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.models.alphagenome.placing import WINDOWS, left_aligned, problems, window_start
from refalt.sequences import encode
from refalt.sources.fasta import genome_from_sequences

LETTERS = st.text("ACGT", min_size=1, max_size=6)


@given(pos=st.integers(1, 10**8), ref_length=st.integers(1, 60), window=st.sampled_from(WINDOWS))
def test_window_start__is_where_the_official_client_starts(pos: int, ref_length: int, window: int) -> None:
    from alphagenome.data import genome

    official = genome.Variant("chr1", pos, "A" * ref_length, "C").reference_interval.resize(window)
    start = window_start(pos, ref_length, window)
    assert (start, start + window) == (official.start, official.end)


@pytest.mark.parametrize("ref_length", [1, 2])
def test_window_start__puts_the_variant_base_before_the_middle(ref_length: int) -> None:
    assert 1_000_000 - 1 - window_start(1_000_000, ref_length, 16_384) == 16_384 // 2 - 1


@pytest.mark.parametrize(
    ("contig", "given_as", "expected"),
    [
        ("GGCACACACT", (7, "CAC", "C"), (2, "GCA", "G")),
        ("GGCACACACT", (9, "C", "CAC"), (2, "G", "GCA")),
        ("TTTTTA", (5, "TA", "A"), (1, "TT", "T")),
        ("ACGT", (2, "C", "G"), (2, "C", "G")),
        ("ACGT", (2, "CG", "TA"), (2, "CG", "TA")),
        ("GGAAAC", (2, "GAAA", "GA"), (2, "GAA", "G")),
        ("GGAAAC", (4, "A", "AA"), (2, "G", "GA")),
    ],
)
def test_left_aligned__rolls_an_indel_to_its_first_place(
    contig: str, given_as: tuple[int, str, str], expected: tuple[int, str, str]
) -> None:
    assert left_aligned(encode(contig), *given_as) == expected


@given(contig=st.text("AC", min_size=8, max_size=40), at=st.integers(0, 30), length=st.integers(1, 5), alt=LETTERS)
def test_left_aligned__is_the_same_change_and_cannot_go_further(contig: str, at: int, length: int, alt: str) -> None:
    at = min(at, len(contig) - 1)
    ref = contig[at : at + length]
    changed = contig[:at] + alt + contig[at + len(ref) :]
    pos, new_ref, new_alt = left_aligned(encode(contig), at + 1, ref, alt)
    assert contig[: pos - 1] + new_alt + contig[pos - 1 + len(new_ref) :] == changed
    assert contig[pos - 1 : pos - 1 + len(new_ref)] == new_ref
    assert left_aligned(encode(contig), pos, new_ref, new_alt) == (pos, new_ref, new_alt)
    if len(ref) != len(alt) and ref[-1] == alt[-1]:
        # Written anywhere to the right, the same change comes to the same place.
        assert pos <= at + 1 + min(len(ref), len(alt))


@given(contig=st.text("AC", min_size=12, max_size=40), at=st.integers(1, 8), size=st.integers(1, 3))
def test_left_aligned__gives_one_writing_to_every_writing_of_a_deletion(contig: str, at: int, size: int) -> None:
    deleted = contig[:at] + contig[at + size :]
    writings = {
        left_aligned(encode(contig), place, contig[place - 1 : place + size], contig[place - 1])
        for place in range(1, len(contig) - size)
        if contig[:place] + contig[place + size :] == deleted
    }
    assert len(writings) == 1


GENOME = genome_from_sequences({"chr1": "ACGTACGTAC"}, "simulated")


def rows(*variants: tuple[str | None, int | None, str | None, str | None]) -> pl.DataFrame:
    schema = {"chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String}
    return pl.DataFrame(list(variants), schema=schema, orient="row")


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        (("chr1", 1, "A", "C"), None),
        (("1", 1, "A", "C"), None),
        ((None, 1, "A", "C"), "no position"),
        (("chr1", None, "A", "C"), "no position"),
        (("chr1", 1, None, "C"), "alleles are not known"),
        (("chr1", 1, "A", "-"), "A, C, G, T, N; got A>-"),
        (("chr1", 1, "a", "C"), "A, C, G, T, N; got a>C"),
        (("chr1", 1, "A", "A"), "REF and ALT are the same, A"),
        (("chr1", 0, "A", "C"), "begin at 1; got 0"),
        (("chr1", -5, "A", "C"), "begin at 1; got -5"),
        (("chr1", 2, "A", "C"), "REF is A, the genome holds C at chr1:2"),
        (("chr1", 11, "A", "C"), "chr1:11 lies outside the genome"),
        (("chr1", 10, "CA", "C"), "chr1:10 lies outside the genome"),
        (("chr2", 1, "A", "C"), "on a contig that it lacks"),
        (("chr1", 1, "A", "C" * 9_000), "longer than half the window"),
    ],
)
def test_problems__names_what_cannot_be_asked(
    variant: tuple[str | None, int | None, str | None, str | None], said: str | None
) -> None:
    (found,) = problems(rows(variant), GENOME, window=16_384)
    assert found is None if said is None else found is not None and said in found


def test_problems__without_a_genome_knows_the_lengths_of_contigs() -> None:
    found = problems(rows(("chr1", 11, "A", "C"), ("chr9", 11, "A", "C")), None, window=16_384, lengths={"chr1": 10})
    assert found == ["chr1:11 lies beyond the contig's end", None]


def test_problems__of_no_rows_is_nothing() -> None:
    assert problems(rows(), GENOME, window=16_384) == []
