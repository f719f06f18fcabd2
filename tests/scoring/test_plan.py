from __future__ import annotations

import polars as pl

from refalt.scoring.plan import plan
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
