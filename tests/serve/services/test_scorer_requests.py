from __future__ import annotations

import itertools
from typing import Any

import pytest
from alphagenome.models.v1 import dna_output, interval_scorers, variant_scorers
from alphagenome.protos.v1 import dna_model_pb2

from refalt.serve.methods import RefusedError
from refalt.serve.services import scorer_requests
from refalt.serve.simulation.scorers import RECOMMENDED, Scorer

BASE = variant_scorers.BaseVariantScorer
DNASE = variant_scorers.RECOMMENDED_VARIANT_SCORERS["DNASE"].to_proto()


def _every_official_scorer() -> list[Any]:
    outputs = variant_scorers.SUPPORTED_OUTPUT_TYPES
    return [
        *itertools.starmap(
            variant_scorers.CenterMaskScorer,
            itertools.product(
                outputs[BASE.CENTER_MASK],
                variant_scorers.SUPPORTED_WIDTHS[BASE.CENTER_MASK],
                variant_scorers.SUPPORTED_AGGREGATIONS[BASE.CENTER_MASK],
            ),
        ),
        *map(variant_scorers.GeneMaskLFCScorer, outputs[BASE.GENE_MASK_LFC]),
        *map(variant_scorers.GeneMaskActiveScorer, outputs[BASE.GENE_MASK_ACTIVE]),
        *itertools.starmap(
            variant_scorers.GeneMaskSplicingScorer,
            itertools.product(
                outputs[BASE.GENE_MASK_SPLICING], variant_scorers.SUPPORTED_WIDTHS[BASE.GENE_MASK_SPLICING]
            ),
        ),
        variant_scorers.ContactMapScorer(),
        variant_scorers.PolyadenylationScorer(),
        variant_scorers.SpliceJunctionScorer(),
    ]


def test_variant_scorers__reads_every_scorer_that_the_official_client_can_make() -> None:
    for scorer in _every_official_scorer():
        (read,) = scorer_requests.variant_scorers([scorer.to_proto()], "human")
        assert read.output == scorer.requested_output.name
        assert read.width == getattr(scorer, "width", None)
        assert read.aggregation == getattr(getattr(scorer, "aggregation_type", None), "name", "")
        assert read.is_signed == scorer.is_signed


def test_variant_scorers__knows_the_recommended_set_under_its_names() -> None:
    official = variant_scorers.RECOMMENDED_VARIANT_SCORERS
    read = scorer_requests.variant_scorers([scorer.to_proto() for scorer in official.values()], "human")
    assert dict(zip(official, read, strict=True)) == dict(RECOMMENDED)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (dna_model_pb2.VariantScorer(), "no kind"),
        (
            dna_model_pb2.VariantScorer(center_mask={"requested_output": 11, "width": 501, "aggregation_type": 5}),
            "CONTACT",
        ),
        (
            dna_model_pb2.VariantScorer(center_mask={"requested_output": 3, "width": 500, "aggregation_type": 5}),
            "width 500",
        ),
        (dna_model_pb2.VariantScorer(center_mask={"requested_output": 3, "width": 501}), "aggregation UNSPECIFIED"),
        (dna_model_pb2.VariantScorer(center_mask={"requested_output": 99}), "99 is no value of OutputType"),
        (dna_model_pb2.VariantScorer(gene_mask={"requested_output": 5}), "CHIP_HISTONE"),
        (dna_model_pb2.VariantScorer(gene_mask_splicing={"requested_output": 7, "width": 501}), "width 501"),
    ],
)
def test_variant_scorers__refuses_what_there_is_not(message: Any, said: str) -> None:
    with pytest.raises(RefusedError, match=said) as caught:
        scorer_requests.variant_scorers([DNASE, message], "human")
    assert caught.value.code == "INVALID_ARGUMENT"


def test_variant_scorers__refuses_none_one_twice_and_more_than_twenty() -> None:
    protos = [scorer.to_proto() for scorer in _every_official_scorer()]
    assert len(scorer_requests.variant_scorers(protos[:20], "human")) == 20
    for messages, said in (([], "No scorer"), ([DNASE, DNASE], "twice"), (protos[:21], "at most 20")):
        with pytest.raises(RefusedError, match=said):
            scorer_requests.variant_scorers(messages, "human")


def test_variant_scorers__polyadenylation_is_for_human_only() -> None:
    message = variant_scorers.PolyadenylationScorer().to_proto()
    assert scorer_requests.variant_scorers([message], "human") == (Scorer("pa_qtl", "RNA_SEQ"),)
    with pytest.raises(RefusedError, match="human only"):
        scorer_requests.variant_scorers([message], "mouse")


def test_interval_scorers__reads_every_scorer_that_the_official_client_can_make() -> None:
    gene_mask = interval_scorers.BaseIntervalScorer.GENE_MASK
    for output, width, aggregation in itertools.product(
        interval_scorers.SUPPORTED_OUTPUT_TYPES[gene_mask],
        interval_scorers.SUPPORTED_WIDTHS[gene_mask],
        interval_scorers.IntervalAggregationType,
    ):
        message = interval_scorers.GeneMaskScorer(output, width, aggregation).to_proto()
        read = scorer_requests.interval_scorers([message], 2**20)
        assert read == (Scorer("gene_mask", output.name, width, aggregation.name),)


def test_interval_scorers__refuses_a_mask_wider_than_the_interval() -> None:
    mean = interval_scorers.IntervalAggregationType.MEAN
    message = interval_scorers.GeneMaskScorer(dna_output.OutputType.RNA_SEQ, 100_001, mean).to_proto()
    with pytest.raises(RefusedError, match=r"100001.*16384"):
        scorer_requests.interval_scorers([message], 16_384)
