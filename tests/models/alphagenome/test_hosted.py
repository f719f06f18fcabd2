"""Requests and answers against the official client: the same bytes out, the same numbers and tracks in."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc
import numpy as np
import pandas as pd
import polars as pl
import pytest

from refalt.models.alphagenome.address import parse_address
from refalt.models.alphagenome.answers import Part
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.local import official_scorer
from refalt.models.alphagenome.requests import Reduction, SequenceRequest, VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.alphagenome.transport import Line
from refalt.serve.server import serve
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.services.world import World
from refalt.sources.fasta import Genome
from refalt.testing.faulty_server import FaultyGate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.data import genome as data_genome
    from alphagenome.models.v1 import dna_client, dna_output

POS = 20_000
ALL = tuple(RECOMMENDED_SCORERS.values())
#: Columns of the official table of tracks that have another name here.
RENAMED = {"assay": "Assay title"}
RequestAt = Callable[..., VariantRequest]


def official_answer(client: Any, request: VariantRequest) -> list[Any]:
    return list(
        client.score_variant(
            data_genome.Interval(request.chrom, request.start, request.end),
            data_genome.Variant(request.chrom, request.pos, request.ref, request.alt),
            [official_scorer(scorer) for scorer in request.scorers],
        )
    )


def assert_same(part: Part, official: Any) -> None:
    """Values, quantiles, tracks and genes of one scorer, bit for bit."""
    assert part.values[0].tobytes() == np.ascontiguousarray(official.X).tobytes()
    assert part.values[0].dtype == official.X.dtype
    assert part.values[1].tobytes() == np.ascontiguousarray(official.layers["quantiles"]).tobytes()
    assert_same_tracks(part.table, official.var)
    genes = [] if official.obs.empty else official.obs.to_dict("records")
    assert len(genes) == len(part.lines)
    for line, gene in zip(part.lines, genes, strict=True):
        assert line.gene_id == gene["gene_id"]
        assert (line.name, line.strand, line.biotype) == (gene["gene_name"], gene["strand"], gene["gene_type"])
        assert (line.junction_start, line.junction_end) == (gene.get("junction_Start"), gene.get("junction_End"))


def assert_same_tracks(table: TrackTable, official: pd.DataFrame) -> None:
    ours = table.frame.rename({name: RENAMED.get(name, name) for name in table.frame.columns})
    empty = [name for name in ours.columns if ours[name].null_count() == ours.height]
    assert set(ours.columns) - set(empty) == set(official.columns)
    theirs = pl.from_pandas(official.reset_index(drop=True), nan_to_null=True).select(
        [name for name in ours.columns if name in official.columns]
    )
    assert ours.drop(empty).rows() == theirs.rows()


def test_hosted__answers_every_recommended_scorer_like_the_official_client_bit_for_bit(
    hosted: Hosted, official: Any, request_at: RequestAt
) -> None:
    request = request_at(POS, *ALL)
    parts = hosted.answer(request, timeout_s=60)
    answers = official_answer(official, request)
    assert len(parts) == len(answers) == 19
    for part, answer in zip(parts, answers, strict=True):
        assert_same(part, answer)
    assert any(len(part.lines) for part in parts)


def test_hosted__finds_tables_of_tracks_again_and_still_answers_alike(
    hosted: Hosted, official: Any, request_at: RequestAt
) -> None:
    for pos in (POS, POS + 3, POS + 900):
        request = request_at(pos, *ALL)
        parts = hosted.answer(request, timeout_s=60)
        for part, answer in zip(parts, official_answer(official, request), strict=True):
            assert_same(part, answer)
    again = hosted.answer(request, timeout_s=60)
    assert all(part.table is other.table for part, other in zip(parts, again, strict=True))


@pytest.mark.parametrize(
    "tensors",
    [
        TensorFormat("bfloat16", "zstd", 64),
        TensorFormat("float16", "none", 0),
        TensorFormat("float32", "none", 40),
    ],
    ids=str,
)
def test_hosted__answers_like_the_official_client_however_tensors_travel(
    world: World, request_at: RequestAt, tensors: TensorFormat
) -> None:
    scorers = tuple(RECOMMENDED_SCORERS[name] for name in ("DNASE", "RNA_SEQ", "CHIP_HISTONE_ACTIVE"))
    with serve(DnaModelService(replace(world, tensors=tensors))) as running:
        line = Line(parse_address(running.address), key="none")
        with grpc.insecure_channel(running.address) as channel:
            request = request_at(POS, *scorers)
            parts = Hosted(line, organism="human", revision="ALL_FOLDS").answer(request, timeout_s=60)
            answers = official_answer(dna_client.DnaClient(channel=channel), request)
        line.close()
    for part, answer in zip(parts, answers, strict=True):
        assert_same(part, answer)


def test_hosted__sends_the_bytes_that_the_official_client_sends(
    world: World, genome: Genome, request_at: RequestAt
) -> None:
    gate = FaultyGate()
    letters = "".join("ACGTN"[code] for code in genome.codes("chr1")[:16_384])
    with serve(DnaModelService(world), gate=gate) as running:
        line = Line(parse_address(running.address), key="none")
        ours = Hosted(line, organism="human", revision="FOLD_2")
        with grpc.insecure_channel(running.address) as channel:
            theirs = dna_client.DnaClient(channel=channel, model_version=dna_client.ModelVersion.FOLD_2)
            request = request_at(POS, *ALL)
            ours.answer(request, timeout_s=60)
            official_answer(theirs, request)
            codes = genome.codes("chr1")[:16_384]
            terms = ("EFO:0002067", "CL:0000624")
            ours.answer(SequenceRequest(codes, "DNASE", terms, Reduction(0, 16_384, 5)), timeout_s=60)
            dnase = [dna_output.OutputType.DNASE]
            theirs.predict_sequence(letters, requested_outputs=dnase, ontology_terms=terms)
        line.close()
    assert sorted(gate.asked.values()) == [2, 2]
