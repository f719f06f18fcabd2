"""Shapes, quantiles and masks; that scores equal what predicted tracks give is tested through the official client."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from refalt.serve.services.world import World
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.scene import Scene, Variant, Window, reference_codes
from refalt.serve.simulation.scorers import AGGREGATIONS, DIFFERENCES, RECOMMENDED, Scorer
from refalt.serve.simulation.scores import (
    aggregate,
    center_bins,
    quantiles,
    score_interval,
    score_variant,
    scored_tracks,
)
from refalt.serve.simulation.tracks import Track, synthetic_tracks

LENGTH = 16_384
WINDOW = Window("chr1", 25_000, LENGTH)
TRACKS = arrays.arrays(np.float32, (6, 2), elements=st.floats(0, 1000, width=32))


@pytest.fixture(scope="module")
def predictor(world: World) -> Predictor:
    return world.predictor("human", "ALL_FOLDS")


def _scene(world: World, predictor: Predictor, ref: str, alt: str) -> Scene:
    return world.scene(predictor, WINDOW, Variant("chr1", 33_490, ref, alt))


@pytest.mark.parametrize("name", RECOMMENDED)
@pytest.mark.parametrize("merge", [True, False])
def test_score_variant__has_scores_and_quantiles_a_row_and_track(
    world: World, predictor: Predictor, name: str, merge: bool
) -> None:
    scorer = RECOMMENDED[name]
    scores = score_variant(
        scorer, _scene(world, predictor, "A", "C"), predictor, annotation=world.annotation, merge_strands=merge
    )
    assert scores.values.dtype == np.float32
    assert scores.values.shape == (2, len(scores.genes) if scorer.of_genes else 1, len(scores.tracks))
    assert scores.tracks == scored_tracks(scorer, predictor.tracks.by_output[scorer.output], merge_strands=merge)
    assert np.isfinite(scores.values).all() or not merge
    assert scores.values.shape[1]


@pytest.mark.parametrize("name", sorted(set(RECOMMENDED) - {"POLYADENYLATION"}))
def test_score_variant__swapped_alleles_swap_the_sign_of_signed_scorers_only(
    world: World, predictor: Predictor, name: str
) -> None:
    scorer = RECOMMENDED[name]
    one, other = (
        score_variant(
            scorer, _scene(world, predictor, *alleles), predictor, annotation=world.annotation, merge_strands=True
        )
        for alleles in ("AC", "CA")
    )
    np.testing.assert_allclose(other.values, -one.values if scorer.is_signed else one.values, rtol=1e-6)


def test_score_variant__equal_alleles_change_nothing(world: World, predictor: Predictor) -> None:
    scene = _scene(world, predictor, "A", "A")
    for name, scorer in RECOMMENDED.items():
        scores = score_variant(scorer, scene, predictor, annotation=world.annotation, merge_strands=True)
        assert scores.values.any() == name.endswith("_ACTIVE")


def test_score_interval__is_one_plane(world: World, predictor: Predictor) -> None:
    scores = score_interval(
        Scorer("gene_mask", "RNA_SEQ", None, "MEAN"),
        WINDOW,
        predictor.profile(reference_codes(world.genome, WINDOW)),
        predictor=predictor,
        annotation=world.annotation,
        merge_strands=True,
    )
    assert scores.values.shape == (1, len(scores.genes), len(scores.tracks))
    assert [row.gene.start for row in scores.genes] == [32_000]


@pytest.mark.parametrize(
    ("offset", "width", "resolution", "wanted"),
    [
        (8_191, 501, 1, (7_941, 8_442)),  # 250 bases on either side
        (100, 501, 1, (0, 351)),
        (16_383, 501, 1, (16_133, 16_384)),
        (8_191, 501, 128, (61, 65)),  # 4 bins, bin 63 the third
        (8_191, 2001, 128, (55, 71)),
        (8_191, None, 128, (0, 128)),
        (8_191, 200_001, 1, (0, 16_384)),
    ],
)
def test_center_bins__mask_around_the_variant(
    offset: int, width: int | None, resolution: int, wanted: tuple[int, int]
) -> None:
    bins = center_bins(offset, LENGTH, width=width, resolution=resolution)
    assert (bins[0], bins[-1] + 1, bins.size) == (*wanted, wanted[1] - wanted[0])


@given(TRACKS, TRACKS, st.sampled_from(sorted(AGGREGATIONS)))
def test_aggregate__differences_change_sign_and_the_rest_never_falls_below_zero(
    ref: Any, alt: Any, aggregation: str
) -> None:
    score, swapped = aggregate(ref, alt, aggregation), aggregate(alt, ref, aggregation)
    assert score.shape == (2,)
    if aggregation in DIFFERENCES:
        np.testing.assert_allclose(swapped, -score)
    else:
        np.testing.assert_allclose(swapped, score)
        assert (score >= 0).all()


@given(st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=20))
def test_quantiles__rise_with_the_score_keep_its_sign_and_are_capped(raw: list[float]) -> None:
    tracks = synthetic_tracks().by_output["DNASE"][:1]
    ordered = np.sort(np.array(raw))[:, None]
    given_quantiles = quantiles(ordered, RECOMMENDED["DNASE"], tracks)
    assert (np.diff(given_quantiles[:, 0]) >= 0).all()
    assert (np.abs(given_quantiles) <= 0.99999).all()
    assert (given_quantiles * ordered >= 0).all()


def test_quantiles__are_nan_where_the_score_is_and_differ_between_tracks() -> None:
    tracks = synthetic_tracks().by_output["DNASE"][:3]
    given_quantiles = quantiles(np.array([[0.1, np.nan, 0.1]]), RECOMMENDED["DNASE"], tracks)
    assert np.isnan(given_quantiles[0, 1])
    assert given_quantiles[0, 0] != given_quantiles[0, 2]


def test_scored_tracks__merging_keeps_unstranded_tracks_that_no_stranded_one_is_named_as() -> None:
    tracks = (
        Track("RNA_SEQ", "a", "+"),
        Track("RNA_SEQ", "b", "+"),
        Track("RNA_SEQ", "a", "-"),
        Track("RNA_SEQ", "b", "-"),
        Track("RNA_SEQ", "a", "."),
        Track("RNA_SEQ", "c", "."),
    )
    merged = scored_tracks(RECOMMENDED["RNA_SEQ"], tracks, merge_strands=True)
    assert [(track.name, track.strand) for track in merged] == [("a", "."), ("b", "."), ("c", ".")]
    assert scored_tracks(RECOMMENDED["RNA_SEQ"], tracks, merge_strands=False) == tracks
    assert scored_tracks(RECOMMENDED["DNASE"], tracks, merge_strands=True) == tracks
