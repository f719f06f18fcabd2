from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.alleles import ANCHOR_COLUMNS, LEFT_CONTEXT, VARIANT_COLUMNS, check_alleles, reverse_complement

_SCHEMA = {
    "variant_id": pl.String,
    "chrom": pl.String,
    "pos": pl.Int64,
    "ref": pl.String,
    "alt": pl.String,
    "lift_strand": pl.Int8,
    "ref_sequence": pl.String,
    "alt_sequence": pl.String,
    "offset": pl.Int64,
    "genome_ref": pl.String,
    "genome_alt": pl.String,
    "genome_left": pl.String,
}
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def _row(pos: int | None, ref: str | None, alt: str | None, **anchor: object) -> dict[str, object]:
    name = f"chr1:{pos}" if ref is None else f"chr1:{pos}:{ref}>{alt}"
    chrom = None if pos is None else "chr1"
    return {"variant_id": name, "chrom": chrom, "pos": pos, "ref": ref, "alt": alt} | anchor


def _genomic(sequence: str, pos: int, ref: str, alt: str, *, strand: int | None = None) -> dict[str, object]:
    """A row with what a genome of this one contig holds around `pos`."""
    held = {
        f"genome_{name}": sequence[pos - 1 : pos - 1 + max(len(allele.replace("-", "")), 1)]
        for name, allele in (("ref", ref), ("alt", alt))
    }
    left = sequence[max(0, pos - 1 - LEFT_CONTEXT) : pos - 1]
    return _row(pos, ref, alt, **held, genome_left=left, lift_strand=strand)


def _checked(*rows: dict[str, object], has_genome: bool = False) -> pl.DataFrame:
    frame = pl.DataFrame([{name: row.get(name) for name in _SCHEMA} for row in rows], schema=_SCHEMA, orient="row")
    return check_alleles(frame, has_genome=has_genome).frame


def _turned(text: str) -> str:
    return text.translate(_COMPLEMENT)[::-1]


def test_columns__are_those_the_tests_build() -> None:
    assert (*VARIANT_COLUMNS, *ANCHOR_COLUMNS) == tuple(_SCHEMA)


@pytest.mark.parametrize(
    ("ref", "alt", "orientation", "sign", "asked"),
    [
        ("G", "A", "as_given", 1, "chr1:4:G>A"),
        ("A", "G", "swapped", -1, "chr1:4:G>A"),
        ("C", "T", "complement", 1, "chr1:4:G>A"),
        ("T", "C", "complement_swapped", -1, "chr1:4:G>A"),
        ("A", "T", "unresolved", 1, "chr1:4:A>T"),
    ],
)
def test_check_alleles__orients_a_substitution_to_the_genome(
    ref: str, alt: str, orientation: str, sign: int, asked: str
) -> None:
    found = _checked(_genomic("ACCGTTA", 4, ref, alt), has_genome=True).row(0, named=True)
    assert (found["orientation"], found["sign"], found["asked_id"]) == (orientation, sign, asked)
    assert found["anchor"] == "genome"
    assert found["reason"] == ("ref_mismatch" if orientation == "unresolved" else None)


def test_check_alleles__the_carried_sequence_goes_before_the_genome() -> None:
    row = _genomic("ACCGTTA", 4, "A", "G") | {"ref_sequence": "CCATT", "alt_sequence": "CCGTT", "offset": 2}
    found = _checked(row, has_genome=True).row(0, named=True)
    assert (found["anchor"], found["orientation"], found["asked_id"]) == ("carried_sequence", "as_given", "chr1:4:A>G")


def test_check_alleles__without_an_anchor_everything_stays_as_published() -> None:
    found = _checked(_row(4, "G", "A"), _row(9, "A", "-"), _row(12, None, None))
    assert found.get_column("asked_id").to_list() == ["chr1:4:G>A", "chr1:9:A>-", "chr1:12"]
    assert found.get_column("anchor").unique().to_list() == ["as_published"]
    assert found.get_column("reason").null_count() == 3
    assert found.get_column("flags").to_list() == [[], ["unanchored_indel"], ["position_only"]]


def test_check_alleles__says_where_the_genome_has_no_such_place() -> None:
    found = _checked(_row(4, "G", "A"), has_genome=True).row(0, named=True)
    assert (found["reason"], found["anchor"]) == ("no_contig", "as_published")


def test_check_alleles__a_carried_sequence_that_holds_neither_allele_is_a_mismatch() -> None:
    row = _row(4, "G", "C", ref_sequence="CCTCC", alt_sequence="CCCCC", offset=2)
    assert _checked(row).row(0, named=True)["reason"] == "sequence_mismatch"


@pytest.mark.parametrize(
    ("strand", "ref", "alt", "asked", "orientation"),
    [
        (-1, "C", "T", "chr1:4:G>A", "complement"),
        (-1, "T", "C", "chr1:4:G>A", "complement_swapped"),
        (1, "G", "A", "chr1:4:G>A", "as_given"),
    ],
)
def test_check_alleles__a_lift_onto_the_other_strand_complements_with_either_anchor(
    strand: int, ref: str, alt: str, asked: str, orientation: str
) -> None:
    genome = "ACCGTTA"
    source = _turned(genome) if strand == -1 else genome
    carried = {"ref_sequence": source, "alt_sequence": None, "offset": 3}
    by_genome = _checked(_genomic(genome, 4, ref, alt, strand=strand), has_genome=True)
    by_sequence = _checked(_genomic(genome, 4, ref, alt, strand=strand) | carried)
    for found in (by_genome.row(0, named=True), by_sequence.row(0, named=True)):
        assert (found["asked_id"], found["orientation"]) == (asked, orientation)


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "asked", "flags"),
    [
        (5, "T", "-", "chr1:3:CT>C", ["unanchored_indel", "not_left_aligned"]),
        (4, "T", "-", "chr1:3:CT>C", ["unanchored_indel"]),
        (5, "-", "T", "chr1:3:C>CT", ["unanchored_indel", "not_left_aligned"]),
        (3, "-", "T", "chr1:2:C>CT", ["unanchored_indel"]),
        (5, "TT", "T", "chr1:3:CT>C", ["not_left_aligned"]),
        (3, "CTT", "CT", "chr1:3:CT>C", []),
        (6, "T", "TT", "chr1:3:C>CT", ["not_left_aligned"]),
        (3, "CT", "CA", "chr1:4:T>A", []),
        (3, "CTT", "GAT", "chr1:3:CT>GA", []),
        (6, "TGA", "TAA", "chr1:7:G>A", []),
        (9, "CAC", "C", "chr1:7:GAC>G", ["not_left_aligned"]),
    ],
)
def test_check_alleles__indels_are_anchored_and_moved_left(
    pos: int, ref: str, alt: str, asked: str, flags: list[str]
) -> None:
    genome = "ACCTTTGACACT"
    by_genome = _checked(_genomic(genome, pos, ref, alt), has_genome=True).row(0, named=True)
    carried = _row(pos, ref, alt, ref_sequence=genome, offset=pos - 1)
    by_sequence = _checked(carried).row(0, named=True)
    for found in (by_genome, by_sequence):
        assert (found["asked_id"], found["orientation"], found["flags"]) == (asked, "as_given", flags)


@pytest.mark.parametrize(
    ("ref", "alt", "sequence", "strand", "asked"),
    [
        ("A", "-", "ACC", 1, "chr1:1:AC>C"),
        ("-", "T", "ACC", 1, "chr1:1:A>TA"),
        ("AA", "A", "AAC", 1, "chr1:1:AA>A"),
        ("C", "-", "AC", -1, "chr1:1:GT>T"),
        ("A", "-", "A", 1, "chr1:1:A>-"),
    ],
)
def test_check_alleles__without_a_base_before_it_an_indel_is_anchored_on_the_base_after(
    ref: str, alt: str, sequence: str, strand: int, asked: str
) -> None:
    offset = 0 if strand == 1 else len(sequence) - 1
    row = _row(1, ref, alt, ref_sequence=sequence, offset=offset, lift_strand=strand)
    assert _checked(row).row(0, named=True)["asked_id"] == asked


def test_check_alleles__an_insertion_where_alt_already_stands_is_as_published() -> None:
    found = _checked(_genomic("ACCGTTA", 2, "C", "CC"), has_genome=True).row(0, named=True)
    assert (found["orientation"], found["asked_id"]) == ("as_given", "chr1:1:A>AC")


@pytest.mark.parametrize(("ref", "alt"), [("A", "-"), ("C", "-")])
def test_check_alleles__a_missing_alt_does_not_fit_everywhere(ref: str, alt: str) -> None:
    found = _checked(_genomic("ACCGTTA", 4, ref, alt), has_genome=True).row(0, named=True)
    expected = ("unresolved", "ref_mismatch") if ref == "A" else ("complement", None)
    assert (found["orientation"], found["reason"]) == expected


@pytest.mark.parametrize(("ref", "alt"), [("-", "T"), ("C", "CT")])
def test_check_alleles__the_alt_sequence_tells_a_swapped_deletion_from_an_insertion(ref: str, alt: str) -> None:
    offset = 3 if ref == "-" else 2
    pair = {"ref_sequence": "ACCTGA", "offset": offset}
    deleted = _row(4, ref, alt, alt_sequence="ACCGA", **pair)
    inserted = _row(4, ref, alt, alt_sequence="ACCTTGA", **pair) | {"variant_id": "other"}
    assert _checked(deleted, inserted).get_column("orientation").to_list() == ["swapped", "as_given"]
    assert _checked(deleted).get_column("sign").item() == -1


def test_check_alleles__at_the_end_of_a_sequence_its_length_tells_a_deletion_from_an_insertion() -> None:
    row = _row(6, "-", "A", ref_sequence="ACCTGA", alt_sequence="ACCTG", offset=5)
    assert _checked(row).row(0, named=True)["orientation"] == "swapped"


def test_check_alleles__alt_sequences_cut_to_one_length_tell_as_well() -> None:
    row = _row(4, "-", "T", ref_sequence="ACCTGACC", alt_sequence="ACCGACCG", offset=3)
    assert _checked(row).row(0, named=True)["orientation"] == "swapped"


def test_check_alleles__says_when_a_repeat_goes_on_before_the_known_bases() -> None:
    row = _row(9, "A", "-", ref_sequence="AAAAAC", offset=4)
    found = _checked(row).row(0, named=True)
    assert found["asked_id"] == "chr1:5:AA>A"
    assert "repeat_beyond_context" in found["flags"]


def test_check_alleles__unplaced_variants_keep_their_name_and_swap_in_it() -> None:
    row = _row(None, "G", "A", ref_sequence="CCACC", offset=2) | {"variant_id": "hg18:chr1:4:G>A"}
    found = _checked(row).row(0, named=True)
    assert (found["asked_id"], found["sign"]) == ("hg18:chr1:4:A>G", -1)


def _applied(sequence: str, asked: str) -> str:
    pos, alleles = asked.split(":")[1:]
    ref, alt = alleles.replace("-", "").split(">")
    at = int(pos) - 1
    assert sequence[at : at + len(ref)] == ref
    return sequence[:at] + alt + sequence[at + len(ref) :]


def _leftmost(sequence: str, changed: str, length: int) -> int:
    """1-based anchor of the leftmost deletion (length < 0) or insertion that makes `changed`, by trying each."""
    for at in range(1, len(sequence) + 1):
        kept = sequence[:at] == changed[:at]
        rest = sequence[at - length :] == changed[at:] if length < 0 else sequence[at:] == changed[at + length :]
        if kept and rest:
            return at
    raise AssertionError("no such change")


@st.composite
def _changes(draw: st.DrawFn) -> tuple[str, int, str, str]:
    sequence = draw(st.text("AC", min_size=6, max_size=30))
    start = draw(st.integers(1, len(sequence) - 3))
    length = draw(st.integers(1, 3))
    bases = draw(st.text("AC", min_size=length, max_size=length))
    style = draw(st.sampled_from(["dash", "anchored"]))
    held = sequence[start : start + length]
    ref, alt = (held, "") if draw(st.booleans()) else ("", bases)
    if style == "anchored":
        return sequence, start, sequence[start - 1] + ref, sequence[start - 1] + alt
    return sequence, start + 1, ref or "-", alt or "-"


@given(_changes())
def test_check_alleles__an_aligned_indel_is_the_same_change_and_leftmost(change: tuple[str, int, str, str]) -> None:
    sequence, pos, ref, alt = change
    bare = ref.replace("-", ""), alt.replace("-", "")
    changed = sequence[: pos - 1] + bare[1] + sequence[pos - 1 + len(bare[0]) :]
    found = _checked(_genomic(sequence, pos, ref, alt), has_genome=True).row(0, named=True)
    assert _applied(sequence, found["asked_id"]) == changed
    length = len(bare[1]) - len(bare[0])
    assert int(found["asked_id"].split(":")[1]) == _leftmost(sequence, changed, length)


@given(_changes())
def test_check_alleles__the_other_strand_asks_for_the_same_variant(change: tuple[str, int, str, str]) -> None:
    source, pos, ref, alt = change
    genome = _turned(source)
    # Where the published bases lie in the genome: the base at pos, or all of REF.
    span = max(len(ref.replace("-", "")), 1)
    lifted = len(source) - (pos - 1) - span + 1
    row = _genomic(genome, lifted, ref, alt, strand=-1)
    row |= {"ref_sequence": source, "offset": pos - 1}
    asked = _checked(row).row(0, named=True)["asked_id"]
    bare = ref.replace("-", ""), alt.replace("-", "")
    changed = source[: pos - 1] + bare[1] + source[pos - 1 + len(bare[0]) :]
    assert _applied(genome, asked) == _turned(changed)


@given(st.text("ACGT", min_size=1, max_size=8))
def test_reverse_complement__twice_is_the_identity(bases: str) -> None:
    frame = pl.DataFrame({"a": [bases]})
    assert frame.select(reverse_complement(reverse_complement(pl.col("a")))).item() == bases
    assert frame.select(reverse_complement(pl.col("a"))).item() == _turned(bases)
