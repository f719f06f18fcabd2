"""Answers against the official client, bit for bit; and every way in which an answer can contradict the question."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from refalt.models.alphagenome.answers import Part, pack, table_name, unpack
from refalt.models.alphagenome.decoding import check_part, decode_scores
from refalt.models.alphagenome.described import Descriptions, unread_answer
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.local import official_scorer
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.alphagenome.troubles import RefusedError, TransientError
from refalt.serve.server import serve
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.services.world import World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import grpc
    from alphagenome.data import genome as data_genome
    from alphagenome.models.v1 import dna_client
    from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2

    from refalt.models.alphagenome.address import parse_address
    from refalt.models.alphagenome.transport import Line

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


def test_pack__keeps_an_answer_whole(hosted: Hosted, request_at: RequestAt) -> None:
    parts = hosted.answer(request_at(POS, *ALL), timeout_s=60)
    payload, shared = pack(parts)
    tables = {name: TrackTable(content) for name, content in shared.items()}
    again = unpack(payload, lambda digest: tables[table_name(digest)])
    assert len(again) == len(parts)
    for part, other in zip(parts, again, strict=True):
        np.testing.assert_array_equal(part.values, other.values)
        assert part.lines == other.lines
        assert part.table.content == other.table.content
    assert pack(again) == (payload, shared)


@pytest.fixture
def messages(official: Any, request_at: RequestAt, server: Any) -> list[bytes]:
    """The bytes of the answer to DNASE."""
    request = request_at(POS, RECOMMENDED_SCORERS["DNASE"])
    line = Line(parse_address(server.address), key="a-key-for-tests-4711")
    hosted = Hosted(line, organism="human", revision="ALL_FOLDS")
    found = hosted._call(
        "ScoreVariant", hosted._score_variant(request), dna_model_service_pb2.ScoreVariantResponse, 60.0
    )
    content = [message.SerializeToString() for message in found]
    line.close()
    return content


def decoded(messages: list[bytes], request: VariantRequest, **offered: TrackTable) -> tuple[Part, ...]:
    read = [unread_answer().FromString(content) for content in messages]
    return decode_scores(iter(read), request, Descriptions(), offered=offered)


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    message = dna_model_service_pb2.ScoreVariantResponse.FromString(content)
    change(message)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize(
    ("field", "value"), [("chromosome", "chr2"), ("position", 1), ("reference_bases", "N"), ("alternate_bases", "AA")]
)
def test_decode_scores__refuses_an_answer_to_another_variant(
    messages: list[bytes], request_at: RequestAt, field: str, value: Any
) -> None:
    request = request_at(POS, RECOMMENDED_SCORERS["DNASE"])
    decoded(messages, request)
    other = changed(messages[0], lambda answer: setattr(answer.output.variant_data.metadata.variant, field, value))
    with pytest.raises(RefusedError, match="asked for chr1:20000"):
        decoded([other, *messages[1:]], request)


def test_decode_scores__refuses_tracks_that_are_not_those_of_the_scorers_output(
    messages: list[bytes], request_at: RequestAt, hosted: Hosted
) -> None:
    offered = hosted.offered()
    request = request_at(POS, RECOMMENDED_SCORERS["ATAC"])
    with pytest.raises(RefusedError, match=r"not the \d+ of ATAC"):
        decoded(messages, request, ATAC=offered["ATAC"])
    right = request_at(POS, RECOMMENDED_SCORERS["DNASE"])
    assert len(decoded(messages, right, DNASE=offered["DNASE"])) == 1


def test_decode_scores__refuses_fewer_tracks_than_values(messages: list[bytes], request_at: RequestAt) -> None:
    request = request_at(POS, RECOMMENDED_SCORERS["DNASE"])

    def drop(answer: Any) -> None:
        del answer.output.variant_data.metadata.track_metadata[-1]

    with pytest.raises(RefusedError, match=r"\d values a line and \d+ tracks"):
        decoded([changed(messages[0], drop), *messages[1:]], request)


def test_decode_scores__asks_again_when_the_answer_ends_early(messages: list[bytes], request_at: RequestAt) -> None:
    request = request_at(POS, RECOMMENDED_SCORERS["DNASE"])
    assert len(messages) > 1
    for kept in range(len(messages)):
        with pytest.raises(TransientError, match="cut short"):
            decoded(messages[:kept], request)
    with pytest.raises(TransientError, match="1 of 2 scores"):
        decoded(messages, replace(request, scorers=(*request.scorers, RECOMMENDED_SCORERS["ATAC"])))


def test_decode_scores__refuses_more_than_was_asked_for(messages: list[bytes], request_at: RequestAt) -> None:
    request = request_at(POS, RECOMMENDED_SCORERS["DNASE"])
    with pytest.raises(RefusedError, match="more than the 1 scores"):
        decoded([*messages, *messages], request)
    with pytest.raises(RefusedError, match="not announced"):
        decoded([*messages, messages[-1]], request)
    with pytest.raises(RefusedError, match="where values were announced"):
        decoded([messages[0], messages[0]], request)


def test_check_part__refuses_lines_that_nobody_describes() -> None:
    table = TrackTable(dna_model_pb2.TracksMetadata(metadata=[{"name": "a"}]).SerializeToString())
    part = Part(np.zeros((2, 3, 1), np.float32), table)
    with pytest.raises(RefusedError, match="3 lines where 1 are described"):
        check_part(part, RECOMMENDED_SCORERS["DNASE"], None)
    with pytest.raises(RefusedError, match="3 lines where 0 are described"):
        check_part(part, RECOMMENDED_SCORERS["RNA_SEQ"], None)
    with pytest.raises(RefusedError, match="has shape"):
        check_part(Part(np.zeros((3, 1, 1), np.float32), table), RECOMMENDED_SCORERS["DNASE"], None)
