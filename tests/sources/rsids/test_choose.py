from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.sources.rsids.base import RESOLVED
from refalt.sources.rsids.choose import CHOSEN, _shapes, choose

Alleles = tuple[str | None, str | None]
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
BASES = st.sampled_from("ACGT")


def _candidates(*places: tuple[str, int, str, str], genome: str | None = None, rsid: str = "rs1") -> pl.DataFrame:
    rows = [(rsid, *place, "GRCh38", "vcf", None, None, genome) for place in places]
    return pl.DataFrame(rows, schema=RESOLVED | {"genome_ref": pl.String}, orient="row")


def _asked(*alleles: Alleles, chrom: str | None = None, rsid: str | None = "rs1") -> pl.DataFrame:
    rows = [(i, rsid, chrom, *pair) for i, pair in enumerate(alleles)]
    schema = {"row": pl.Int64, "rsid": pl.String, "chrom": pl.String, "ref": pl.String, "alt": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _one(asked: pl.DataFrame, candidates: pl.DataFrame) -> object:
    """The chosen alleles, or the reason."""
    [row] = choose(asked, candidates).iter_rows(named=True)
    assert (row["reason"] is None) == (row["chosen_pos"] is not None) == (row["chosen_alt"] is not None)
    return row["reason"] or (row["chosen_ref"], row["chosen_alt"])


BIALLELIC = _candidates(("chr1", 100, "A", "G"))
TRIALLELIC = _candidates(("chr1", 100, "A", "G"), ("chr1", 100, "A", "T"))


def test_choose__takes_the_only_pair_when_the_study_states_no_alleles() -> None:
    assert _one(_asked((None, None)), BIALLELIC) == ("A", "G")


def test_choose__never_takes_the_first_of_several() -> None:
    assert _one(_asked((None, None)), TRIALLELIC) == "rsid_several_alleles"


@pytest.mark.parametrize(
    ("alleles", "expected"),
    [
        (("A", "G"), ("A", "G")),
        (("t", "a"), ("A", "T")),
        (("T", "C"), ("A", "G")),
        (("C", "T"), ("A", "G")),
        (("A", "C"), "rsid_alleles_disagree"),
        (("G", "T"), "rsid_alleles_disagree"),
        (("N", "G"), "rsid_alleles_disagree"),
        ((None, "G"), ("A", "G")),
        (("T", None), ("A", "T")),
        (("A", None), "rsid_several_alleles"),
        ((None, "C"), "rsid_alleles_disagree"),
    ],
)
def test_choose__lets_the_study_s_own_alleles_tell(alleles: Alleles, expected: object) -> None:
    assert _one(_asked(alleles), TRIALLELIC) == expected


def test_choose__tries_the_other_strand_last() -> None:
    both_strands = _candidates(("chr1", 100, "A", "C"), ("chr1", 100, "T", "G"))
    assert _one(_asked(("G", "T")), both_strands) == ("T", "G")


def test_choose__refuses_a_reference_that_the_genome_does_not_hold() -> None:
    assert _one(_asked(("A", "G")), _candidates(("chr1", 100, "A", "G"), genome="C")) == "rsid_ref_mismatch"
    assert _one(_asked(("A", "G")), _candidates(("chr1", 100, "A", "G"), genome="A")) == ("A", "G")


def test_choose__lets_the_genome_tell_between_places() -> None:
    two = pl.concat([_candidates(("chr1", 5, "A", "G"), genome="A"), _candidates(("chr2", 9, "C", "G"), genome="T")])
    assert _one(_asked((None, None)), two) == ("A", "G")


def test_choose__lets_the_study_s_chromosome_tell_between_places() -> None:
    two = _candidates(("chrX", 5, "A", "G"), ("chrY", 5, "A", "G"))
    assert _one(_asked(("A", "G")), two) == "rsid_several_positions"
    assert choose(_asked(("A", "G"), chrom="chrY"), two).get_column("chosen_chrom").to_list() == ["chrY"]
    assert _one(_asked(("A", "G"), chrom="chr7"), two) == "rsid_other_chromosome"


@pytest.mark.parametrize(("alleles", "expected"), [(("CA", "C"), "CAA"), (("-", "AA"), "CA"), (("AAA", "A"), "CA")])
def test_choose__compares_indels_by_what_they_add_or_take(alleles: Alleles, expected: str) -> None:
    repeat = _candidates(("chr1", 100, "CAA", "CA"), ("chr1", 100, "CA", "CAAA"))
    assert _one(_asked(alleles), repeat) == (expected, {"CAA": "CA", "CA": "CAAA"}[expected])


def test_choose__knows_an_insertion_at_another_place_of_its_repeat() -> None:
    several = _candidates(("chr1", 100, "-", "CAT"), ("chr1", 100, "-", "CAG"))
    assert _one(_asked(("T", "TATC")), several) == ("-", "CAT")
    # Both candidates turn into each other when shifted: only the one that is written so is the study's.
    assert _one(_asked(("-", "ATC")), _candidates(("chr1", 1, "-", "CAT"), ("chr1", 1, "-", "ATC"))) == ("-", "ATC")
    assert (
        _one(_asked(("-", "TCA")), _candidates(("chr1", 1, "-", "CAT"), ("chr1", 1, "-", "ATC")))
        == "rsid_several_alleles"
    )


def test_choose__keeps_rows_order_and_columns() -> None:
    asked = _asked(("A", "T"), ("A", "G"), ("A", "C"), ("A", "T"))
    found = choose(asked, TRIALLELIC)
    assert found.columns == [*asked.columns, *CHOSEN]
    assert found.select(asked.columns).equals(asked)
    assert found.get_column("chosen_alt").to_list() == ["T", "G", None, "T"]
    assert choose(asked.clear(), TRIALLELIC).is_empty()


def test_choose__passes_on_why_there_is_no_candidate() -> None:
    schema = RESOLVED | {"genome_ref": pl.String}
    missing = pl.DataFrame(
        [("rs1", *[None] * 4, "GRCh38", "vcf", None, "rsid_unmapped", None)], schema=schema, orient="row"
    )
    assert _one(_asked(("A", "G")), missing) == "rsid_unmapped"
    assert _one(_asked(("A", "G"), rsid=None), missing) == "not_an_rsid"
    assert _one(_asked(("A", "G"), rsid="rs2"), missing) == "rsid_not_found"


@settings(max_examples=40)
@given(ref=BASES, alts=st.sets(BASES, min_size=1, max_size=3), given_alleles=st.tuples(BASES, BASES))
def test_choose__does_not_depend_on_order_or_on_the_order_of_candidates(
    ref: str, alts: set[str], given_alleles: tuple[str, str]
) -> None:
    places = [("chr1", 100, ref, alt) for alt in sorted(alts - {ref})]
    if not places:
        return
    found = _one(_asked(given_alleles), _candidates(*places))
    assert found == _one(_asked(given_alleles[::-1]), _candidates(*places))
    assert found == _one(_asked(given_alleles), _candidates(*reversed(places)))
    if set(given_alleles) in [{ref, alt} for _, _, ref, alt in places]:
        assert isinstance(found, tuple)
        assert set(found) == set(given_alleles)
    elif isinstance(found, tuple):
        assert {allele.translate(_COMPLEMENT) for allele in found} == set(given_alleles)


@given(
    before=st.text("AC", max_size=6),
    unit=st.text("AC", min_size=1, max_size=3),
    copies=st.integers(1, 4),
    after=st.text("AC", max_size=6),
    data=st.data(),
)
def test_shapes__are_equal_for_every_way_to_write_the_same_insertion(
    before: str, unit: str, copies: int, after: str, data: st.DataObject
) -> None:
    sequence = before + unit * copies + after
    made = before + unit * (copies + 1) + after
    # Every way to write it: those bases put before that place, with any stretch of the sequence around it.
    ways = [
        (start, made[start : start + len(unit)])
        for start in range(len(sequence) + 1)
        if sequence[:start] + made[start : start + len(unit)] + sequence[start:] == made
    ]
    start, added = data.draw(st.sampled_from(ways))
    left, right = data.draw(st.integers(0, start)), data.draw(st.integers(start, len(sequence)))
    ref, alt = sequence[left:right], sequence[left:start] + added + sequence[start:right]
    assert _shapes(ref or "-", alt)[1] == _shapes("-", unit)[1]
    assert _shapes(alt, ref or "-") == _shapes(ref or "-", alt)


@pytest.mark.parametrize(
    ("place", "pos", "expected"),
    [
        (("chr1", 100, "A", "G"), 100, ("A", "G")),
        (("chr1", 100, "A", "G"), 101, "rsid_other_position"),
        (("chr1", 100, "A", "AG"), 120, ("A", "AG")),
        (("chr1", 100, "-", "G"), 401, "rsid_other_position"),
        (("chr2", 100, "A", "G"), 101, "rsid_other_chromosome"),
        (("chr1", 100, "A", "G"), None, ("A", "G")),
    ],
)
def test_choose__a_substitution_lies_where_the_row_says_and_an_indel_nearby(
    place: tuple[str, int, str, str], pos: int | None, expected: object
) -> None:
    asked = _asked((None, None), chrom="chr1").with_columns(pl.lit(pos, pl.Int64).alias("pos"))
    assert _one(asked, _candidates(place)) == expected


def test_choose__a_stated_position_tells_which_of_several_places_is_meant() -> None:
    places = _candidates(("chr1", 100, "A", "G"), ("chr1", 900, "A", "G"))
    assert _one(_asked((None, None), chrom="chr1"), places) == "rsid_several_positions"
    asked = _asked((None, None), chrom="chr1").with_columns(pos=pl.lit(900, pl.Int64))
    assert choose(asked, places).get_column("chosen_pos").to_list() == [900]
