"""The official client, unmodified, against the server; and scores against tracks that it predicts."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from alphagenome.data import genome as official
from alphagenome.interpretation import ism
from alphagenome.models.v1 import dna_client, interval_scorers, variant_scorers, variant_scoring_utils
from alphagenome.protos.v1 import dna_model_service_pb2

from refalt.serve.methods import Call, encode_message
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World, simulated_world
from refalt.serve.simulation.genes import SimulatedGenes
from refalt.serve.simulation.tracks import RESOLUTIONS, synthetic_tracks

LENGTH = 16_384
OUTPUTS = list(dna_client.OutputType)
CENTER = variant_scorers.BaseVariantScorer.CENTER_MASK
VariantMaker = Callable[..., Any]


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


_ALLELES = {"snv": (None, 1), "deletion": ("A", 4), "insertion": ("GATTACA", 1)}
_CASES = [
    *((output, "snv") for output in variant_scorers.SUPPORTED_OUTPUT_TYPES[CENTER]),
    *itertools.product((dna_client.OutputType.DNASE, dna_client.OutputType.CHIP_TF), ("deletion", "insertion")),
]


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


def test_score_variant__recommended_scorers_come_in_order_with_quantiles_and_tidy(
    client: Any, variant_at: VariantMaker
) -> None:
    variant = variant_at(35_000)
    scores = client.score_variant(variant.reference_interval.resize(LENGTH), variant)
    recommended = list(variant_scorers.RECOMMENDED_VARIANT_SCORERS.values())
    assert [one.uns["variant_scorer"] for one in scores] == recommended
    assert all(str(one.uns["variant"]) == str(variant) for one in scores)
    for one in scores:
        quantile = one.layers["quantiles"]
        assert quantile.shape == one.X.shape
        assert (np.abs(quantile) <= np.float32(0.99999)).all()
        assert (np.sign(quantile) == np.sign(one.X)).all()
    tidy = variant_scorers.tidy_scores([scores])
    assert set(tidy["output_type"]) >= {"ATAC", "RNA_SEQ", "CONTACT_MAPS", "SPLICE_SITE_USAGE"}
    assert np.isfinite(tidy["raw_score"]).all()


def test_score_variant__only_recommended_scorers_have_quantiles(client: Any, variant_at: VariantMaker) -> None:
    variant = variant_at(35_000)
    odd = variant_scorers.CenterMaskScorer(dna_client.OutputType.DNASE, 2001, variant_scorers.AggregationType.DIFF_MEAN)
    (scores,) = client.score_variant(variant.reference_interval.resize(LENGTH), variant, [odd])
    assert not scores.layers


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


def test_score_variants__a_batch_gives_what_single_requests_give(client: Any, variant_at: VariantMaker) -> None:
    variants = [variant_at(pos) for pos in (30_001, 30_002, 30_003)]
    intervals = [variant.reference_interval.resize(LENGTH) for variant in variants]
    dnase = [variant_scorers.RECOMMENDED_VARIANT_SCORERS["DNASE"]]
    batch = client.score_variants(intervals, variants, dnase, progress_bar=False)
    for interval, variant, (scores,) in zip(intervals, variants, batch, strict=True):
        (alone,) = client.score_variant(interval, variant, dnase)
        np.testing.assert_array_equal(scores.X, alone.X)
        assert str(scores.uns["variant"]) == str(variant)


def test_predict_interval__equals_the_prediction_of_its_sequence(client: Any, genome: Any) -> None:
    interval = official.Interval("chr1", 1_000, 1_000 + LENGTH)
    letters = str(genome.bases_at(["chr1"], [1_001], LENGTH)[0])
    outputs = [output for output in OUTPUTS if output.name != "SPLICE_JUNCTIONS"]
    by_interval = client.predict_interval(interval, requested_outputs=outputs, ontology_terms=None)
    by_sequence = client.predict_sequence(letters, requested_outputs=outputs, ontology_terms=None, interval=interval)
    for output in outputs:
        one, other = by_interval.get(output), by_sequence.get(output)
        assert one.resolution == RESOLUTIONS[output.name]
        np.testing.assert_array_equal(one.values, other.values)
        assert one.interval == other.interval == interval


def test_predict_interval__an_ontology_term_chooses_tracks_and_splice_sites_always_come(client: Any) -> None:
    interval = official.Interval("chr1", 1_000, 1_000 + LENGTH)
    outputs = [dna_client.OutputType.RNA_SEQ, dna_client.OutputType.SPLICE_SITES]
    everything = client.predict_interval(interval, requested_outputs=outputs, ontology_terms=None)
    lung = client.predict_interval(interval, requested_outputs=outputs, ontology_terms=["UBERON:0002048"])
    kept = (everything.rna_seq.metadata["ontology_curie"] == "UBERON:0002048").to_numpy()
    assert 0 < kept.sum() < len(kept)
    np.testing.assert_array_equal(lung.rna_seq.values, everything.rna_seq.values[:, kept])
    assert lung.splice_sites.num_tracks == 4


def test_predict_interval__bases_beyond_the_contig_are_n(client: Any, genome: Any) -> None:
    interval = official.Interval("chr1", -4_000, LENGTH - 4_000)
    letters = "N" * 4_000 + str(genome.bases_at(["chr1"], [1], LENGTH - 4_000)[0])
    dnase = [dna_client.OutputType.DNASE]
    by_interval = client.predict_interval(interval, requested_outputs=dnase, ontology_terms=None)
    by_sequence = client.predict_sequence(letters, requested_outputs=dnase, ontology_terms=None)
    np.testing.assert_array_equal(by_interval.dnase.values, by_sequence.dnase.values)


def test_predict_variant__writes_the_callers_ref_over_the_genome(client: Any, variant_at: VariantMaker) -> None:
    variant = variant_at(30_000)
    mistaken = official.Variant("chr1", 30_000, variant.alternate_bases, variant.reference_bases)
    interval = variant.reference_interval.resize(LENGTH)
    dnase = [dna_client.OutputType.DNASE]
    right = client.predict_variant(interval, variant, requested_outputs=dnase, ontology_terms=None)
    swapped = client.predict_variant(interval, mistaken, requested_outputs=dnase, ontology_terms=None)
    np.testing.assert_array_equal(swapped.reference.dnase.values, right.alternate.dnase.values)
    np.testing.assert_array_equal(swapped.alternate.dnase.values, right.reference.dnase.values)
    assert (right.reference.dnase.values != right.alternate.dnase.values).any()


def test_predict_sequence__the_other_strand_gives_mirrored_tracks_with_strands_swapped(
    client: Any, genome: Any
) -> None:
    letters = str(genome.bases_at(["chr1"], [1], LENGTH)[0])
    other = letters.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    outputs = [dna_client.OutputType.CAGE, dna_client.OutputType.CHIP_TF]
    one, mirrored = (
        client.predict_sequence(s, requested_outputs=outputs, ontology_terms=None) for s in (letters, other)
    )
    np.testing.assert_array_equal(mirrored.chip_tf.values, one.chip_tf.values[::-1])
    half = one.cage.num_tracks // 2
    np.testing.assert_array_equal(mirrored.cage.values[:, :half], one.cage.values[::-1, half:])
    assert (one.cage.values[:, :half] != one.cage.values[:, half:]).any()


def test_predict_sequences__the_longest_window_is_taken(client: Any) -> None:
    letters = "GATTACA".center(dna_client.SEQUENCE_LENGTH_1MB, "N")
    output = client.predict_sequence(
        letters, requested_outputs=[dna_client.OutputType.CHIP_TF], ontology_terms=["EFO:0002067"]
    )
    assert output.chip_tf.values.shape == (8_192, 6)
    assert not output.chip_tf.values[:4_000].any()


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


def test_score_ism_variants__every_change_of_every_base_scored_as_if_alone(
    client: Any, variant_at: VariantMaker
) -> None:
    middle = variant_at(30_000)
    interval = middle.reference_interval.resize(LENGTH)
    stretch = official.Interval("chr1", 29_995, 30_007)
    dnase = [variant_scorers.RECOMMENDED_VARIANT_SCORERS["DNASE"]]
    scored = client.score_ism_variants(interval, stretch, dnase, progress_bar=False)
    variants = [one.uns["variant"] for (one,) in scored]
    assert len({str(variant) for variant in variants}) == 3 * stretch.width
    matrix = ism.ism_matrix([float(one.X.mean()) for (one,) in scored], variants, interval=stretch)
    assert matrix.shape == (stretch.width, 4)
    (alone,) = client.score_variant(interval, variants[7], dnase)
    np.testing.assert_array_equal(scored[7][0].X, alone.X)


def test_score_ism_variants__a_variant_of_the_background_changes_the_scores(
    client: Any, variant_at: VariantMaker
) -> None:
    background = variant_at(30_005)
    interval = background.reference_interval.resize(LENGTH)
    stretch = official.Interval("chr1", 30_003, 30_005)
    dnase = [variant_scorers.RECOMMENDED_VARIANT_SCORERS["DNASE"]]
    plain = client.score_ism_variants(interval, stretch, dnase, progress_bar=False)
    changed = client.score_ism_variants(interval, stretch, dnase, interval_variant=background, progress_bar=False)
    by_name = {str(one.uns["variant"]): one.X for (one,) in plain}
    # The second base of the stretch is the background's own, so its REF differs.
    assert sum(str(one.uns["variant"]) in by_name for (one,) in changed) == 3
    assert all((by_name[name] != one.X).any() for (one,) in changed if (name := str(one.uns["variant"])) in by_name)


@pytest.mark.parametrize("organism", list(dna_client.Organism))
def test_output_metadata__is_the_synthetic_table(client: Any, organism: Any) -> None:
    metadata = client.output_metadata(organism)
    table = synthetic_tracks("human" if organism.name == "HOMO_SAPIENS" else "mouse")
    for output in OUTPUTS:
        assert metadata.get(output)["name"].tolist() == [track.name for track in table.by_output[output.name]]
    concatenated = metadata.concatenate()
    assert not concatenated["name"].str.contains("padding", case=False).any()
    assert concatenated["ontology_curie"].dropna().str.match(r"^(CL|CLO|EFO|UBERON):\d{7}$").all()


def test_score_variant__another_fold_gives_another_score(channel: Any, variant_at: VariantMaker) -> None:
    variant = variant_at(30_000)
    dnase = [variant_scorers.RECOMMENDED_VARIANT_SCORERS["DNASE"]]
    scores = {
        version: dna_client.DnaClient(channel=channel, model_version=version)
        .score_variant(variant.reference_interval.resize(LENGTH), variant, dnase)[0]
        .X
        for version in (None, dna_client.ModelVersion.ALL_FOLDS, dna_client.ModelVersion.FOLD_1)
    }
    every, named, first = scores.values()
    np.testing.assert_array_equal(every, named)
    assert (every != first).all()


def _answer_digest(world: World) -> str:
    variant = official.Variant("chr1", 33_300, "A", "C")
    request = dna_model_service_pb2.ScoreVariantRequest(
        interval=variant.reference_interval.resize(LENGTH).to_proto(),
        variant=variant.to_proto(),
        organism=dna_client.Organism.HOMO_SAPIENS.to_proto(),
        variant_scorers=[one.to_proto() for one in variant_scorers.RECOMMENDED_VARIANT_SCORERS.values()],
    )
    (method,) = (one for one in DnaModelService(world).methods() if one.name == "ScoreVariant")
    messages = method.answer(Call("ScoreVariant", request, {}, lambda _: False))
    return hashlib.sha256(b"".join(map(encode_message, messages))).hexdigest()


_IN_ANOTHER_PROCESS = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("asked", sys.argv[1]); asked = importlib.util.module_from_spec(spec)
spec.loader.exec_module(asked)
from refalt.serve.services.world import simulated_world
from refalt.serve.simulation.local_models import local_model
from refalt.sources.fasta import genome_from_sequences
genome = genome_from_sequences({"chr1": sys.stdin.read()}, "simulated")
print(asked._answer_digest(simulated_world(genome, local_model("motif"))))
"""


def test_score_variant__bytes_are_the_same_in_another_process(genome: Any, model: Any) -> None:
    letters = str(genome.bases_at(["chr1"], [1], genome.lengths["chr1"])[0])
    done = subprocess.run(
        [sys.executable, "-c", _IN_ANOTHER_PROCESS, __file__],
        input=letters,
        env=os.environ | {"PYTHONHASHSEED": "123"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = simulated_world(genome, model)
    assert done.stdout.strip() == _answer_digest(here)
    other_genes = dataclasses.replace(here, annotation=SimulatedGenes(lambda _: 0))
    assert _answer_digest(other_genes) != _answer_digest(here)
