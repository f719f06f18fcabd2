import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.sequences import (
    decode,
    encode,
    encode_alleles,
    encode_many,
    one_hot,
    reference_matches,
    reverse_complement,
    reverse_complement_letters,
    variant_windows,
    windows,
)

dna = st.text("ACGT", min_size=1, max_size=40)
dna_with_n = st.text("ACGTNacgtn", min_size=1, max_size=60)


def test_encode__gives_the_documented_codes_in_either_case() -> None:
    assert encode("ACGTNacgtn").tolist() == [0, 1, 2, 3, 4] * 2
    assert encode(b"GAT").tolist() == [2, 0, 3]
    assert encode("").size == 0


@pytest.mark.parametrize(
    ("sequence", "letter", "position"), [("ACRT", "R", 3), ("-A", "-", 1), ("ACG T", " ", 4), ("ACGé", "é", 4)]
)
def test_encode__names_a_bad_letter_and_where_it_is(sequence: str, letter: str, position: int) -> None:
    with pytest.raises(UserError, match=f"letter {position}: '{letter}' is not a DNA letter"):
        encode(sequence)


@settings(deadline=None)
@given(dna_with_n)
def test_decode__undoes_encode(sequence: str) -> None:
    assert decode(encode(sequence)) == sequence.upper()


def test_encode_many__gives_a_row_for_each_sequence() -> None:
    assert encode_many(["ACG", "tnT"]).tolist() == [[0, 1, 2], [3, 4, 3]]
    assert encode_many([]).shape == (0, 0)


def test_encode_many__refuses_sequences_of_different_lengths() -> None:
    with pytest.raises(UserError, match="row 3: sequences differ in length") as error:
        encode_many(["ACG", "ACG", "AC"])
    assert error.value.expected == "3 letters, as in row 1"


def test_encode_alleles__names_the_row_and_letter_that_are_wrong() -> None:
    with pytest.raises(UserError, match="row 2, letter 3: 'X' is not a DNA letter"):
        encode_alleles(["A", "CGX", "T"])
    with pytest.raises(UserError, match="row 2: an allele is empty"):
        encode_alleles(["A", "", "T"])


@settings(deadline=None)
@given(st.lists(dna, max_size=8))
def test_encode_alleles__keeps_each_sequence_apart(sequences: list[str]) -> None:
    packed = encode_alleles(sequences)
    bounds = zip(packed.offsets[:-1], packed.offsets[1:], strict=True)
    assert [decode(packed.codes[first:last]) for first, last in bounds] == sequences
    assert packed.lengths.tolist() == [len(sequence) for sequence in sequences]


@settings(deadline=None)
@given(dna_with_n)
def test_reverse_complement__is_biopythons_and_undoes_itself(sequence: str) -> None:
    seq = pytest.importorskip("Bio.Seq")
    codes = encode(sequence)
    assert decode(reverse_complement(codes)) == str(seq.Seq(sequence.upper()).reverse_complement())
    assert np.array_equal(reverse_complement(reverse_complement(codes)), codes)


def test_reverse_complement__turns_each_row_of_a_batch() -> None:
    assert reverse_complement(encode_many(["AAC", "GNT"])).tolist() == encode_many(["GTT", "ANC"]).tolist()


@settings(deadline=None)
@given(st.lists(dna_with_n, max_size=6))
def test_reverse_complement_letters__is_biopythons_and_keeps_case(sequences: list[str]) -> None:
    seq = pytest.importorskip("Bio.Seq")
    assert reverse_complement_letters(sequences) == [str(seq.Seq(text).reverse_complement()) for text in sequences]


def test_reverse_complement_letters__names_a_bad_letter() -> None:
    with pytest.raises(UserError, match="row 2, letter 1: 'R'"):
        reverse_complement_letters(["A", "R"])


@settings(deadline=None)
@given(dna, st.lists(st.integers(-70, 70), max_size=6), st.integers(1, 30))
def test_windows__are_the_slices_of_a_contig_that_is_n_beyond_its_ends(
    contig: str, starts: list[int], length: int
) -> None:
    endless = "N" * 100 + contig + "N" * 200
    cut, outside = windows(encode(contig), starts, length)
    assert [decode(row) for row in cut] == [endless[100 + start : 100 + start + length] for start in starts]
    assert outside.tolist() == [start < 0 or start + length > len(contig) for start in starts]


@st.composite
def contig_and_variants(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    contig = draw(st.text("ACGT", min_size=1, max_size=60))
    variant = st.integers(1, len(contig)).flatmap(
        lambda pos: st.tuples(
            st.just(pos), st.integers(1, min(len(contig) - pos + 1, 8)), st.text("ACGT", min_size=1, max_size=8)
        )
    )
    return contig, draw(st.lists(variant, min_size=1, max_size=6))


@settings(deadline=None)
@given(contig_and_variants(), st.integers(2, 24))
def test_variant_windows__are_those_of_the_edited_chromosome(
    drawn: tuple[str, list[tuple[int, int, str]]], length: int
) -> None:
    contig, variants = drawn
    pos, ref_length, alt = (list(column) for column in zip(*variants, strict=True))
    made = variant_windows(encode(contig), pos, ref_length=ref_length, alt=encode_alleles(alt), length=length)
    for row, (at, n_ref, bases) in enumerate(variants):
        start = at - 1 - (length // 2 - 1)
        edited = contig[: at - 1] + bases + contig[at - 1 + n_ref :]
        both = ["N" * 50 + text + "N" * 50 for text in (contig, edited)]
        shown = [text[50 + start : 50 + start + length] for text in both]
        assert [decode(made.reference[row]), decode(made.alternate[row])] == shown
        assert made.start[row] == start
        assert made.padded[row] == (start < 0 or start + length > min(len(contig), len(edited)))


def test_variant_windows__keep_the_left_flank_and_shift_the_right_one() -> None:
    made = variant_windows(
        encode("AACCGGTTAACC"), [5, 5], ref_length=[3, 1], alt=encode_alleles(["G", "GTT"]), length=8
    )
    assert [decode(row) for row in made.reference] == ["ACCGGTTA", "ACCGGTTA"]
    assert [decode(row) for row in made.alternate] == ["ACCGTAAC", "ACCGTTGT"]
    assert not made.padded.any()


def test_variant_windows__compiled_kernel_agrees_with_numpy() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 5, 5000).astype(np.uint8)
    pos = rng.integers(300, 4700, 200)
    alt = encode_alleles("".join(rng.choice(list("ACGT"), n)) for n in rng.integers(1, 90, 200))
    asked = {"ref_length": rng.integers(1, 60, 200), "alt": alt, "length": 128}
    plain = variant_windows(codes, pos, **asked)
    fast = variant_windows(codes, pos, **asked, compiled=True)
    assert not plain.padded.any()
    assert np.array_equal(plain.reference, fast.reference)
    assert np.array_equal(plain.alternate, fast.alternate)


def test_variant_windows__compiled_pads_at_the_ends_too() -> None:
    asked = {"ref_length": [1, 1], "alt": encode_alleles(["A", "T"]), "length": 6}
    made = variant_windows(encode("TCGTACGA"), [1, 8], **asked, compiled=True)
    assert [decode(row) for row in made.alternate] == ["NNACGT", "CGTNNN"]
    assert made.padded.all()


@pytest.mark.parametrize("ref", ["A", "AC"])
@pytest.mark.parametrize("length", [16, 2048])
def test_variant_windows__put_the_variant_where_alphagenome_does(ref: str, length: int) -> None:
    genome = pytest.importorskip("alphagenome.data.genome")
    interval = genome.Variant("chr1", 3001, ref, "G").reference_interval.resize(length)
    made = variant_windows(
        np.zeros(8000, dtype=np.uint8), [3001], ref_length=[len(ref)], alt=encode_alleles(["G"]), length=length
    )
    assert made.start[0] == interval.start
    assert np.flatnonzero(made.alternate[0]).tolist() == [length // 2 - 1]


@settings(deadline=None)
@given(dna_with_n, st.lists(st.tuples(st.integers(-5, 70), dna), min_size=1, max_size=8))
def test_reference_matches__says_what_the_text_says(contig: str, variants: list[tuple[int, str]]) -> None:
    pos, ref = (list(column) for column in zip(*variants, strict=True))
    matches = reference_matches(encode(contig), pos, encode_alleles(ref))
    expected = [at >= 1 and contig.upper()[at - 1 : at - 1 + len(bases)] == bases for at, bases in variants]
    assert matches.tolist() == expected


def test_reference_matches__n_matches_nothing() -> None:
    assert reference_matches(encode("ANC"), [2, 1, 1], encode_alleles(["N", "AN", "A"])).tolist() == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
@pytest.mark.parametrize("compiled", [False, True])
def test_one_hot__has_a_one_for_each_base_and_none_for_n(dtype: type[np.generic], compiled: bool) -> None:
    codes = encode_many(["ACGTN", "TTNGA"])
    found = one_hot(codes, dtype, compiled=compiled)
    assert found.dtype == dtype
    assert found.shape == (2, 5, 4)
    assert np.array_equal(found, codes[..., np.newaxis] == np.arange(4))
