"""The official client, unmodified, against the server."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from alphagenome.data import genome as official
from alphagenome.interpretation import ism
from alphagenome.models.v1 import dna_client, variant_scorers
from alphagenome.protos.v1 import dna_model_service_pb2

from refalt.serve.methods import Call, encode_message
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World
from refalt.serve.simulation.tracks import RESOLUTIONS, synthetic_tracks

LENGTH = 16_384
OUTPUTS = list(dna_client.OutputType)
VariantMaker = Callable[..., Any]


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
    for variant, (one,) in zip(variants, scored, strict=True):
        if variant.position in (29_996, 30_004, 30_007):
            (alone,) = client.score_variant(interval, variant, dnase)
            np.testing.assert_array_equal(one.X, alone.X)


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


_ANSWER_DIGEST = """
import hashlib, sys
from alphagenome.protos.v1 import dna_model_service_pb2
from refalt.serve.methods import Call, encode_message
from refalt.serve.start import local_services
from refalt.sources.fasta import genome_from_sequences

service, _ = local_services(genome_from_sequences({"chr1": sys.stdin.read()}, "simulated"))
(method,) = (one for one in service.methods() if one.name == "ScoreVariant")
request = dna_model_service_pb2.ScoreVariantRequest.FromString(bytes.fromhex(sys.argv[1]))
messages = method.answer(Call("ScoreVariant", request, {}, lambda _: False))
print(hashlib.sha256(b"".join(map(encode_message, messages))).hexdigest())
"""


def test_score_variant__bytes_are_the_same_in_another_process(genome: Any, world: World) -> None:
    variant = official.Variant("chr1", 33_300, "A", "C")
    request = dna_model_service_pb2.ScoreVariantRequest(
        interval=variant.reference_interval.resize(LENGTH).to_proto(),
        variant=variant.to_proto(),
        organism=dna_client.Organism.HOMO_SAPIENS.to_proto(),
        variant_scorers=[one.to_proto() for one in variant_scorers.RECOMMENDED_VARIANT_SCORERS.values()],
    )
    done = subprocess.run(
        [sys.executable, "-c", _ANSWER_DIGEST, request.SerializeToString().hex()],
        input=str(genome.bases_at(["chr1"], [1], genome.lengths["chr1"])[0]),
        env=os.environ | {"PYTHONHASHSEED": "123"},
        capture_output=True,
        text=True,
        check=True,
    )
    (method,) = (one for one in DnaModelService(world).methods() if one.name == "ScoreVariant")
    messages = list(method.answer(Call("ScoreVariant", request, {}, lambda _: False)))
    assert done.stdout.strip() == hashlib.sha256(b"".join(map(encode_message, messages))).hexdigest()
