from __future__ import annotations

import polars as pl
import pytest

from refalt.alleles import check_alleles
from refalt.scoring.plan import plan
from refalt.studies.sections import FlanksSection
from refalt.studies.study import ScoreSection
from refalt.tables import AlleleChecks, Inputs, Measurements

RECORDED = ScoreSection.model_validate({"name": "x", "model": "recorded"})
MODEL = ScoreSection.model_validate({"name": "m", "model": "motif"})


def _tables() -> tuple[Measurements, AlleleChecks, Inputs]:
    """Two published names of one change, a row that was not lifted, and one excluded row."""
    rows = pl.DataFrame(
        {
            "source_row": [1, 2, 3, 4],
            "kind": ["variant"] * 4,
            "variant_id": ["chr1:5:A>C", "chr1:5:C>A", "hg18:chr1:9:G>T", "chr1:7:A>N"],
            "chrom": ["chr1", "chr1", None, "chr1"],
            "pos": [5, 5, None, 7],
            "beta": [1.0, -1.0, 2.0, 3.0],
            "reason": [None, None, "not_lifted", "bad_allele"],
            "flags": [[], [], [], []],
            "recorded.x": [0.1, -0.1, None, 0.3],
        },
        schema_overrides={"flags": pl.List(pl.String)},
    )
    checks = pl.DataFrame(
        {
            "variant_id": ["chr1:5:A>C", "chr1:5:C>A", "hg18:chr1:9:G>T"],
            "asked_id": ["chr1:5:A>C", "chr1:5:A>C", "hg18:chr1:9:G>T"],
            "orientation": ["as_given", "swapped", "as_given"],
            "sign": [1, -1, 1],
            "flags": [[], [], []],
        },
        schema_overrides={"sign": pl.Int8, "flags": pl.List(pl.String)},
    )
    inputs = pl.DataFrame(
        {
            "source_row": [1],
            "variant_id": ["chr1:5:A>C"],
            "ref_sequence": ["TTATT"],
            "alt_sequence": ["TTCTT"],
            "offset": [2],
        }
    )
    return Measurements(rows), AlleleChecks(checks), Inputs(inputs)


def test_plan__a_model_is_asked_each_change_once_and_only_what_has_a_place() -> None:
    measurements, checks, inputs = _tables()
    asked = plan(MODEL, measurements, checks, inputs=inputs, genome=None).rows
    assert asked.select("asked_id", "made_for", "ref", "alt", "pos").rows() == [
        ("chr1:5:A>C", "chr1:5:A>C", "A", "C", 5)
    ]


def test_plan__a_carried_sequence_needs_no_place_in_the_genome() -> None:
    measurements, checks, inputs = _tables()
    carried = inputs.frame.with_columns(source_row=pl.lit(3, pl.Int64), variant_id=pl.lit("hg18:chr1:9:G>T"))
    asked = plan(MODEL, measurements, checks, inputs=Inputs(carried), genome=None).rows
    assert asked.get_column("asked_id").to_list() == ["chr1:5:A>C", "hg18:chr1:9:G>T"]


def test_plan__a_recorded_score_is_passed_on_for_every_published_name() -> None:
    measurements, checks, inputs = _tables()
    asked = plan(RECORDED, measurements, checks, inputs=inputs, genome=None).rows
    assert asked.select("made_for", "value").rows() == [
        ("chr1:5:A>C", 0.1),
        ("chr1:5:C>A", -0.1),
        ("hg18:chr1:9:G>T", None),
    ]


def test_plan__no_measured_effect_reaches_a_model() -> None:
    measurements, checks, inputs = _tables()
    asked = plan(MODEL, measurements, checks, inputs=inputs, genome=None)
    assert not {"beta", "label", "p_value", "effect", "recorded.x"} & set(asked.rows.columns)


def test_plan__what_the_model_sees_is_named_by_the_letters_it_carries() -> None:
    measurements, checks, inputs = _tables()
    names = plan(RECORDED, measurements, checks, inputs=inputs, genome=None).rows.get_column("input_id").to_list()
    assert names[0] == names[1] != "chr1:5:A>C"
    assert names[2] == "hg18:chr1:9:G>T"


_CARRIED = {
    "source_row": pl.Int64, "kind": pl.String, "variant_id": pl.String, "chrom": pl.String, "pos": pl.Int64,
    "ref": pl.String, "alt": pl.String, "lift_strand": pl.Int8, "beta": pl.Float64, "flags": pl.List(pl.String),
}  # fmt: skip


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize(
    ("ref", "alt", "offset"),
    [
        ("G", "C", 6),
        ("T", "-", 4),
        ("-", "T", 5),
        ("-", "TT", 3),
        ("TT", "T", 4),
        ("CTT", "C", 2),
        ("A", "-", 0),
        ("C", "-", 10),
    ],
)
def test_plan__the_carried_pair_holds_the_asked_alleles_at_the_offset_it_states(
    ref: str, alt: str, offset: int, strand: int
) -> None:
    sequence, bare = "ACCTTTGACAC", [ref.replace("-", ""), alt.replace("-", "")]
    pair = {
        "ref_sequence": sequence,
        "alt_sequence": sequence[:offset] + bare[1] + sequence[offset + len(bare[0]) :],
        "offset": offset,
    }
    row = dict(zip(_CARRIED, (1, "variant", "v", "chr1", 100, ref, alt, strand, 1.0, []), strict=True))
    measurements = Measurements(pl.DataFrame([row], schema=_CARRIED))
    nothing = dict.fromkeys(("genome_ref", "genome_alt", "genome_left"), pl.lit(None, pl.String))
    checks = check_alleles(
        measurements.frame.with_columns(**{k: pl.lit(v) for k, v in pair.items()}, **nothing), has_genome=False
    )
    inputs = Inputs(pl.DataFrame({"source_row": [1], "variant_id": ["v"], **{k: [v] for k, v in pair.items()}}))
    asked = plan(MODEL, measurements, checks, inputs=inputs, genome=None)
    assert asked.sequences is not None
    held, said = asked.sequences.row(0, named=True), asked.rows.row(0, named=True)
    at = held["offset"]
    for allele in ("ref", "alt"):
        assert held[f"{allele}_sequence"][at : at + len(said[allele])] == said[allele]
    assert held["ref_sequence"][at + len(said["ref"]) :] == held["alt_sequence"][at + len(said["alt"]) :]
    assert said["pos"] == int(said["asked_id"].split(":")[1])


def test_plan__what_its_anchor_refused_is_not_sent() -> None:
    measurements, checks, inputs = _tables()
    refused = checks.frame.with_columns(reason=pl.lit("ref_mismatch"))
    assert plan(MODEL, measurements, AlleleChecks(refused), inputs=inputs, genome=None).rows.is_empty()
    assert plan(RECORDED, measurements, AlleleChecks(refused), inputs=inputs, genome=None).rows.height == 3


def test_plan__shows_what_stood_around_a_carried_sequence_and_where_it_is_itself() -> None:
    measurements, checks, inputs = _tables()
    flanks = FlanksSection(left="ggc", right="AA")
    asked = plan(MODEL, measurements, checks, inputs=inputs, genome=None, flanks=flanks)
    assert asked.sequences is not None
    assert asked.sequences.drop("digest").rows(named=True) == [
        {
            "asked_id": "chr1:5:A>C",
            "ref_sequence": "GGCTTATTAA",
            "alt_sequence": "GGCTTCTTAA",
            "offset": 5,
            "insert_length": 5,
            "insert_start": 3,
        }
    ]
    turned = measurements.frame.with_columns(lift_strand=pl.lit(-1, pl.Int8))
    asked = plan(MODEL, Measurements(turned), checks, inputs=inputs, genome=None, flanks=flanks)
    assert asked.sequences is not None
    assert asked.sequences.select("ref_sequence", "offset", "insert_start").row(0) == ("TTAATAAGCC", 4, 2)
