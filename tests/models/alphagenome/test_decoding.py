"""Every way in which an answer can contradict the question, or itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from refalt.models.alphagenome.answers import Part
from refalt.models.alphagenome.decoding import check_part, decode_scores
from refalt.models.alphagenome.described import Descriptions, unread_answer
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.alphagenome.troubles import RefusedError, TransientError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2

    from refalt.models.alphagenome.address import parse_address
    from refalt.models.alphagenome.transport import Line

POS = 20_000
ALL = tuple(RECOMMENDED_SCORERS.values())
#: Columns of the official table of tracks that have another name here.
RENAMED = {"assay": "Assay title"}


RequestAt = Callable[..., VariantRequest]


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
