from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from refalt.errors import UserError
from refalt.models.base import Asked
from refalt.models.motif import Motif, MotifSection
from refalt.sources.fasta import genome_from_sequences
from refalt.studies.study import ScoreSection

SCORE = ScoreSection.model_validate({"name": "m", "model": "motif"})
#: A consensus site of CTCF in neutral surroundings; the site begins at position 601.
SITE = "CCACCAGGGGGC"
FLANK = "AT" * 300
GENOME = genome_from_sequences({"chr1": FLANK + SITE + FLANK + "A" * 400, "chr2": "ACGT" * 400}, "simulated-motif")
#: Rows of 100 bases around the site, REF intact.
CARRIED = ("AT" * 22 + SITE + "AT" * 22)[:100]


def _asked(
    rows: list[tuple[str | None, int | None, str | None, str | None]], sequences: pl.DataFrame | None = None
) -> Asked:
    ids = [f"{chrom}:{pos}:{ref}>{alt}" for chrom, pos, ref, alt in rows]
    names = {
        "asked_id": ids,
        "made_for": ids,
        "input_id": ids,
        "target_id": [None] * len(rows),
        "context_id": [None] * len(rows),
    }
    places = {key: [row[i] for row in rows] for i, key in enumerate(("chrom", "pos", "ref", "alt"))}
    types = {"pos": pl.Int64, **dict.fromkeys(("chrom", "ref", "alt", "target_id", "context_id"), pl.String)}
    return Asked(pl.DataFrame({**names, **places}, schema_overrides=types), GENOME, sequences)


def _answers(asked: Asked, **settings: object) -> tuple[dict[int, float], dict[int, str]]:
    values: dict[int, float] = {}
    errors: dict[int, str] = {}
    for batch in Motif(MotifSection.model_validate(settings)).predict(asked, SCORE):
        values |= dict(zip(batch.row.tolist(), batch.raw[:, 0].tolist(), strict=True))
        errors |= dict(batch.errors)
    return values, errors


def test_motif__breaking_a_site_loses_binding_and_making_it_gains_as_much() -> None:
    values, errors = _answers(_asked([("chr1", 606, "A", "T")]), factors=("CTCF",))
    assert not errors
    assert values[0] < -2
    broken = genome_from_sequences({"chr1": FLANK + SITE[:5] + "T" + SITE[6:] + FLANK + "A" * 400}, "simulated-motif")
    back = Asked(_asked([("chr1", 606, "T", "A")]).rows, broken)
    assert _answers(back, factors=("CTCF",))[0][0] == pytest.approx(-values[0], abs=1e-4)


def test_motif__a_deletion_of_the_site_loses_more_than_one_beside_it() -> None:
    values, _ = _answers(_asked([("chr1", 604, "CCAG", "C"), ("chr1", 660, "TATA", "T")]), factors=("CTCF",))
    assert values[0] < -2
    assert abs(values[1]) < abs(values[0])


def test_motif__a_carried_sequence_goes_before_the_genome_and_gives_the_same_answer() -> None:
    sequences = pl.DataFrame(
        {
            "asked_id": ["chr1:606:A>T"],
            "ref_sequence": [CARRIED],
            "alt_sequence": [CARRIED[:49] + "T" + CARRIED[50:]],
            "offset": [49],
        }
    )
    carried, errors = _answers(_asked([("chr1", 606, "A", "T")], sequences))
    assert not errors
    assert carried[0] == pytest.approx(_answers(_asked([("chr1", 606, "A", "T")]))[0][0], abs=1e-4)


def test_motif__a_carried_sequence_that_holds_other_letters_fails_by_itself() -> None:
    ids = ["chr1:606:A>T", "chr1:607:G>C"]
    sequences = pl.DataFrame(
        {"asked_id": ids[:1], "ref_sequence": [CARRIED], "alt_sequence": [CARRIED], "offset": [49]}
    )
    values, errors = _answers(_asked([("chr1", 606, "A", "T"), ("chr1", 607, "G", "C")], sequences))
    assert list(values) == [1]
    assert "do not hold REF and ALT at the declared offset" in errors[0]


def test_motif__carried_sequences_may_differ_in_length() -> None:
    ids = ["chr1:604:CCAG>C", "chr1:606:A>T"]
    sequences = pl.DataFrame(
        {
            "asked_id": ids,
            "ref_sequence": [CARRIED, CARRIED[:80]],
            "alt_sequence": [CARRIED[:48] + CARRIED[51:], CARRIED[:49] + "T" + CARRIED[50:80]],
            "offset": [47, 49],
        }
    )
    asked = _asked([("chr1", 604, "CCAG", "C"), ("chr1", 606, "A", "T")], sequences)
    values, errors = _answers(asked, factors=("CTCF",))
    assert not errors
    assert values[0] < 0 > values[1]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("chr9", 5, "A", "C"), "the genome holds no contig chr9"),
        (("chr1", 5, None, None), "no alleles are stated"),
        (("chr1", 5, "A", "-"), "without an anchor base"),
    ],
)
def test_motif__what_cannot_be_scored_is_one_failure(row: tuple[str, int, str | None, str | None], why: str) -> None:
    values, errors = _answers(_asked([row, ("chr2", 700, "T", "C")]))
    assert list(values) == [1]
    assert why in errors[0]


def test_motif__every_row_ends_in_one_answer_or_one_error() -> None:
    rng = np.random.default_rng(2)
    rows = [("chr2", int(pos), "ACGT"[(pos - 1) % 4], "ACGT"[pos % 4]) for pos in rng.integers(1, 1600, 50)]
    values, errors = _answers(_asked([*rows, ("chr9", 1, "A", "C")]))  # type: ignore[list-item]
    assert sorted([*values, *errors]) == list(range(51))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"window": 10}, "too short for the motif model.*got 10"),
        ({"method": "element"}, "does not make method = 'element'"),
    ],
)
def test_check__refuses_what_it_cannot_make(change: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Motif(MotifSection()).check(SCORE.model_copy(update=change))


def test_section__limits_to_expressed_factors() -> None:
    motif = Motif(MotifSection(factors=("CTCF",)))
    assert set(motif.motifs.names) == {"CTCF"}
    values, _ = _answers(_asked([("chr1", 606, "A", "T")]), factors=("CTCF",))
    assert values[0] < -2
