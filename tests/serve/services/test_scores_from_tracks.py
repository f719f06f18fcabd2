"""Scores against the tracks that the same server predicts: the official client asks for both."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from alphagenome.data import genome as official
from alphagenome.models.v1 import dna_client, interval_scorers, variant_scorers, variant_scoring_utils

from refalt.serve.services.world import World

LENGTH = 16_384
CENTER = variant_scorers.BaseVariantScorer.CENTER_MASK
VariantMaker = Callable[..., Any]
_ALLELES = {"snv": (None, 1), "deletion": ("A", 4), "insertion": ("GATTACA", 1)}
_CASES = [
    *((output, "snv") for output in variant_scorers.SUPPORTED_OUTPUT_TYPES[CENTER]),
    *itertools.product((dna_client.OutputType.DNASE, dna_client.OutputType.CHIP_TF), ("deletion", "insertion")),
]


def _recomputed(ref: np.ndarray, alt: np.ndarray, aggregation: str) -> np.ndarray:
    """The client's documentation of each aggregation, written out."""
    ref, alt = ref.astype(np.float64), alt.astype(np.float64)
    return {
        "DIFF_MEAN": lambda: alt.mean(0) - ref.mean(0),
        "DIFF_SUM": lambda: alt.sum(0) - ref.sum(0),
        "DIFF_SUM_LOG2": lambda: (np.log2(1 + alt) - np.log2(1 + ref)).sum(0),
        "DIFF_LOG2_SUM": lambda: np.log2((1 + alt.sum(0)) / (1 + ref.sum(0))),
        "L2_DIFF": lambda: np.linalg.norm(alt - ref, axis=0),
        "L2_DIFF_LOG1P": lambda: np.linalg.norm(np.log1p(alt) - np.log1p(ref), axis=0),
        "ACTIVE_MEAN": lambda: np.fmax(alt.mean(0), ref.mean(0)),
        "ACTIVE_SUM": lambda: np.fmax(alt.sum(0), ref.sum(0)),
    }[aggregation]()


@pytest.mark.parametrize(("output", "change"), _CASES)
def test_score_variant__center_masks_equal_what_the_predicted_tracks_give(
    client: Any, variant_at: VariantMaker, output: Any, change: str
) -> None:
    alt, bases = _ALLELES[change]
    variant = variant_at(30_003, alt, bases=bases)
    interval = variant_at(30_003).reference_interval.resize(LENGTH)
    predicted = client.predict_variant(interval, variant, requested_outputs=[output], ontology_terms=None)
    ref, alternate = predicted.reference.get(output), predicted.alternate.get(output)
    scorers = [
        variant_scorers.CenterMaskScorer(output, width, aggregation)
        for width, aggregation in itertools.product(
            variant_scorers.SUPPORTED_WIDTHS[CENTER], variant_scorers.SUPPORTED_AGGREGATIONS[CENTER]
        )
    ]
    parts = [scorers[begin : begin + 20] for begin in range(0, len(scorers), 20)]
    scored = [one for part in parts for one in client.score_variant(interval, variant, part)]
    center = (variant.start - interval.start) // ref.resolution
    for scorer, scores in zip(scorers, scored, strict=True):
        bins = len(ref.values) if scorer.width is None else -(-scorer.width // ref.resolution)
        rows = slice(None) if scorer.width is None else slice(max(center - bins // 2, 0), center - bins // 2 + bins)
        wanted = _recomputed(ref.values[rows], alternate.values[rows], scorer.aggregation_type.name)
        np.testing.assert_allclose(scores.X[0], wanted, rtol=2e-6, atol=1e-12, err_msg=str(scorer))


@pytest.mark.parametrize(("alt", "bases"), [(None, 1), ("A", 4), ("GATTACA", 1)], ids=["snv", "deletion", "insertion"])
def test_score_variant__gene_scores_equal_what_the_predicted_tracks_give(
    client: Any, variant_at: VariantMaker, world: World, alt: str | None, bases: int
) -> None:
    # Before an exon, so that an indel moves the exon in ALT.
    variant = variant_at(33_500, alt, bases=bases)
    interval = variant.reference_interval.resize(LENGTH)
    rna, usage = dna_client.OutputType.RNA_SEQ, dna_client.OutputType.SPLICE_SITE_USAGE
    predicted = client.predict_variant(interval, variant, requested_outputs=[rna, usage], ontology_terms=None)
    lfc, active, splicing = client.score_variant(
        interval,
        variant,
        [
            variant_scorers.GeneMaskLFCScorer(rna),
            variant_scorers.GeneMaskActiveScorer(rna),
            variant_scorers.GeneMaskSplicingScorer(usage, 1_001),
        ],
        merge_stranded_gene_tracks=False,
    )
    (gene,) = world.annotation.overlapping("chr1", variant.start, variant.end)
    exons = np.zeros(LENGTH, dtype=bool)
    for start, end in gene.exons:
        exons[start - interval.start : end - interval.start] = True
    before, after = predicted.reference.get(rna).values, _on_ref(predicted.alternate.get(rna).values, variant, interval)
    ref, alternate = before[exons].mean(0, dtype=np.float64), after[exons].mean(0, dtype=np.float64)
    own = np.isin(predicted.reference.get(rna).metadata["strand"], [gene.strand, "."])
    row = lfc.obs["gene_id"].tolist().index(gene.gene_id)
    assert np.isnan(lfc.X[row, ~own]).all()
    np.testing.assert_allclose(lfc.X[row, own], np.log((alternate + 1e-3) / (ref + 1e-3))[own], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(active.X[row, own], np.maximum(alternate, ref)[own], rtol=1e-6)
    around = np.abs(np.arange(LENGTH) - (variant.start - interval.start)) <= 500
    change = np.abs(
        _on_ref(predicted.alternate.get(usage).values, variant, interval) - predicted.reference.get(usage).values
    )
    own = np.isin(predicted.reference.get(usage).metadata["strand"], [gene.strand])
    np.testing.assert_allclose(splicing.X[0, own], change[around].max(0)[own], rtol=1e-6)


def _on_ref(values: np.ndarray, variant: Any, interval: Any) -> np.ndarray:
    """ALT's values, base by base on REF's places: 0 where bases were lost, the highest where bases were gained."""
    gained = len(variant.alternate_bases) - len(variant.reference_bases)
    last_shared = variant.start - interval.start + min(len(variant.alternate_bases), len(variant.reference_bases)) - 1
    rows = []
    for place in range(len(values)):
        moved = place + gained if place > last_shared else place
        if place == last_shared and gained > 0:
            rows.append(values[place : place + gained + 1].max(axis=0))
        elif (place > last_shared and moved <= last_shared) or moved >= len(values):
            rows.append(np.zeros(values.shape[1], dtype=values.dtype))
        else:
            rows.append(values[moved])
    return np.array(rows)


def test_score_variant__contact_map_and_junctions_equal_what_the_predictions_give(
    client: Any, variant_at: VariantMaker
) -> None:
    # In an intron of a protein-coding gene.
    variant = variant_at(33_490)
    interval = variant.reference_interval.resize(LENGTH)
    maps, junctions = dna_client.OutputType.CONTACT_MAPS, dna_client.OutputType.SPLICE_JUNCTIONS
    predicted = client.predict_variant(interval, variant, requested_outputs=[maps, junctions], ontology_terms=None)
    contact, junction = client.score_variant(
        interval, variant, [variant_scorers.ContactMapScorer(), variant_scorers.SpliceJunctionScorer()]
    )
    ref, alt = predicted.reference.contact_maps, predicted.alternate.contact_maps
    assert ref.resolution == 2048
    row = (variant.start - interval.start) // 2048
    np.testing.assert_allclose(contact.X[0], np.abs(alt.values - ref.values).mean(0)[row], rtol=1e-4, atol=1e-9)
    spans = {(one.start, one.end): i for i, one in enumerate(predicted.reference.splice_junctions.junctions)}
    listed = list(zip(junction.obs["junction_Start"], junction.obs["junction_End"], strict=True))
    rows = [spans[span] for span in listed]
    counts = [side.splice_junctions.values.astype(np.float64) for side in (predicted.reference, predicted.alternate)]
    change = np.abs(np.log(counts[1] + 1e-7) - np.log(counts[0] + 1e-7))
    np.testing.assert_allclose(junction.X, change[rows], rtol=1e-4, atol=1e-9)
    assert (junction.X.max(axis=0) > 0).all()


def test_score_interval__equals_what_the_predicted_tracks_give(client: Any, world: World) -> None:
    interval = official.Interval("chr1", 20_000, 20_000 + LENGTH)
    rna, histone = dna_client.OutputType.RNA_SEQ, dna_client.OutputType.CHIP_HISTONE
    mean, total = interval_scorers.IntervalAggregationType.MEAN, interval_scorers.IntervalAggregationType.SUM
    scores = client.score_interval(
        interval,
        [interval_scorers.GeneMaskScorer(rna, 10_001, mean), interval_scorers.GeneMaskScorer(histone, None, total)],
        merge_stranded_gene_tracks=False,
    )
    predicted = client.predict_interval(interval, requested_outputs=[rna, histone], ontology_terms=None)
    # The middle 10,001 bases, 23,191 to 33,192, hold no whole gene but the one from 22,000 to 28,000 does not fit.
    assert scores[0].n_obs == 0
    (gene,) = world.annotation.overlapping("chr1", 21_000, 29_000)
    exons = np.zeros(LENGTH, dtype=bool)
    for start, end in gene.exons:
        exons[start - interval.start : end - interval.start] = True
    bins = exons.reshape(-1, 128).any(axis=1)
    wanted = predicted.chip_histone.values[bins].sum(0, dtype=np.float64)
    np.testing.assert_allclose(scores[1].X[0], wanted, rtol=1e-6)
    assert scores[1].obs["gene_id"].tolist() == [gene.gene_id]


def test_score_variant__merged_gene_tracks_are_what_the_official_merging_makes_of_unmerged_ones(
    client: Any, variant_at: VariantMaker
) -> None:
    variant = variant_at(33_500)
    interval = variant.reference_interval.resize(LENGTH)
    chosen = variant_scorers.get_recommended_scorers(dna_client.Organism.HOMO_SAPIENS.to_proto())
    apart = client.score_variant(interval, variant, chosen, merge_stranded_gene_tracks=False)
    for one, merged in zip(apart, client.score_variant(interval, variant, chosen), strict=True):
        wanted = variant_scoring_utils.merge_stranded_gene_tracks(one)
        np.testing.assert_array_equal(merged.X, wanted.X)
        np.testing.assert_array_equal(merged.layers["quantiles"], wanted.layers["quantiles"])
        assert merged.var["name"].tolist() == wanted.var["name"].tolist()
        assert merged.var["strand"].tolist() == wanted.var["strand"].tolist()
