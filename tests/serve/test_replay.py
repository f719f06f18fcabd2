from __future__ import annotations

from typing import Any

import grpc
import numpy as np
import pytest
from alphagenome.data import genome as official
from alphagenome.models.v1 import dna_client, variant_scorers

from refalt.serve.replay import ReplayService, record, start_replay
from refalt.serve.server import serve

SIZES = {"DNASE": 305, "RNA_SEQ": 7}
NAMES = ("DNASE", "RNA_SEQ", "SPLICE_JUNCTIONS")
SCORERS = [variant_scorers.RECOMMENDED_VARIANT_SCORERS[name] for name in NAMES]


@pytest.fixture(scope="module")
def replay() -> ReplayService:
    return record([scorer.to_proto() for scorer in SCORERS], latency=0.0, sizes=SIZES)


def _client(address: str) -> Any:
    return dna_client.DnaClient(channel=grpc.insecure_channel(address))


def test_replay__names_the_variant_that_was_asked_for_and_is_as_large_as_said(replay: ReplayService) -> None:
    variants = [official.Variant("chr7", pos, "A", "CT") for pos in (900_000, 900_001)]
    with serve(replay) as server:
        client = _client(server.address)
        assert len(client.output_metadata().dnase) == 305
        answers = [client.score_variant(v.reference_interval.resize(2**20), v, SCORERS) for v in variants]
    for variant, scores in zip(variants, answers, strict=True):
        assert [str(one.uns["variant"]) for one in scores] == [str(variant)] * len(SCORERS)
        assert [one.n_vars for one in scores] == [305, 4, 10]
        assert all(one.n_obs for one in scores)
        np.testing.assert_array_equal(scores[0].X, answers[0][0].X)
        assert scores[0].X.any()


def test_replay__refuses_a_scorer_that_was_not_recorded(replay: ReplayService) -> None:
    variant = official.Variant("chr7", 900_000, "A", "C")
    with serve(replay) as server, pytest.raises(grpc.RpcError, match="no recorded answer"):
        _client(server.address).score_variant(
            variant.reference_interval.resize(2**20), variant, [variant_scorers.RECOMMENDED_VARIANT_SCORERS["ATAC"]]
        )


def test_start_replay__answers_from_another_process_until_it_is_stopped() -> None:
    variant = official.Variant("chr7", 900_000, "A", "C")
    dnase = SCORERS[:1]
    with start_replay([dnase[0].to_proto()], latency=0.01, places=2, sizes={"DNASE": 3}) as process:
        (scores,) = _client(process.address).score_variant(variant.reference_interval.resize(2**20), variant, dnase)
        assert scores.shape == (1, 3)
    with pytest.raises(grpc.FutureTimeoutError), grpc.insecure_channel(process.address) as channel:
        grpc.channel_ready_future(channel).result(timeout=0.2)
