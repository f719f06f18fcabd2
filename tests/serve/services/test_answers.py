from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from alphagenome import tensor_utils
from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2

from refalt.serve.services import answers
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.services.requests import Wanted
from refalt.serve.services.world import World
from refalt.serve.simulation.gene_scores import GeneRow
from refalt.serve.simulation.scene import Variant, Window, reference_codes
from refalt.serve.simulation.scores import Scores

WINDOW = Window("chr1", 10_000, 16_384)
CHUNKED = TensorFormat("float32", "none", 1_000)


@pytest.fixture(scope="module")
def seen(world: World) -> tuple[Any, Any]:
    predictor = world.predictor("human", "ALL_FOLDS")
    return predictor, predictor.profile(reference_codes(world.genome, WINDOW))


def test_stream__announces_before_it_sends() -> None:
    header = dna_model_pb2.Output(output_type=dna_model_pb2.OUTPUT_TYPE_ATAC)
    kind = dna_model_service_pb2.PredictVariantResponse
    first, *rest = answers.stream(kind, "alternate_output", (header, [{"data": b"x"}, {"data": b"y"}]))
    assert first.alternate_output == header
    assert [message.tensor_chunk.data for message in rest] == [b"x", b"y"]


@pytest.mark.parametrize(("output", "shape"), [("CHIP_TF", (128, 2)), ("CONTACT_MAPS", (8, 8, 2))])
def test_prediction__sends_the_tracks_wanted_in_chunks(seen: Any, output: str, shape: tuple[int, ...]) -> None:
    predictor, profile = seen
    wanted = Wanted(output, np.array([3, 1]))
    header, chunks = answers.prediction(wanted, profile, predictor, window=WINDOW, tensors=CHUNKED)
    assert header.track_data.values.chunk_count == len(chunks) == -(-np.prod(shape) * 4 // 1_000)
    assert tensor_utils.unpack_proto(header.track_data.values, chunks).shape == shape
    names = [predictor.tracks.by_output[output][i].name for i in (3, 1)]
    assert [track.name for track in header.track_data.metadata] == names
    assert (header.track_data.interval.start, header.track_data.interval.end) == (WINDOW.start, WINDOW.end)


def test_prediction__of_a_sequence_that_lies_nowhere_has_no_interval(seen: Any) -> None:
    predictor, profile = seen
    header, _ = answers.prediction(Wanted("DNASE", np.array([0])), profile, predictor, window=None, tensors=CHUNKED)
    assert not header.track_data.HasField("interval")


def test_junction_prediction__has_the_whole_introns_in_the_window(seen: Any, world: World) -> None:
    predictor, profile = seen
    wanted = Wanted("SPLICE_JUNCTIONS", np.array([0, 2]))
    keywords: dict[str, Any] = {"annotation": world.annotation, "tensors": CHUNKED}
    header, chunks = answers.junction_prediction(wanted, profile, predictor, window=WINDOW, **keywords)
    values = tensor_utils.unpack_proto(header.junction_data.values, chunks)
    listed = [(one.start, one.end, one.strand) for one in header.junction_data.junctions]
    # The gene from 12,000 on is whole; of the one from 22,000 on the window holds the introns up to 26,384.
    forward, reverse = dna_model_pb2.STRAND_POSITIVE, dna_model_pb2.STRAND_NEGATIVE
    assert listed == [
        (12_400, 13_500, reverse),
        (13_700, 15_000, reverse),
        (15_300, 17_000, reverse),
        (22_400, 23_500, forward),
        (23_700, 25_000, forward),
    ]
    assert values.shape == (5, 2)
    nowhere, chunks = answers.junction_prediction(wanted, profile, predictor, window=None, **keywords)
    assert tensor_utils.unpack_proto(nowhere.junction_data.values, chunks).shape == (0, 2)


def test_scores__carry_rows_columns_and_what_they_are_of(seen: Any, world: World) -> None:
    predictor, _ = seen
    tracks = predictor.tracks.by_output["SPLICE_SITES"]
    genes = tuple(map(GeneRow, world.annotation.overlapping("chr1", 0, 20_000)))
    scores = Scores(np.ones((1, 2, 4), dtype=np.float32), tracks, genes)
    variant, _ = answers.variant_scores(scores, Variant("chr1", 5, "A", "C"), CHUNKED)
    interval, chunks = answers.interval_scores(scores, WINDOW, CHUNKED)
    assert variant.variant_data.metadata.variant.position == 5
    assert interval.interval_data.metadata.interval.start == WINDOW.start
    assert tensor_utils.unpack_proto(interval.interval_data.values, chunks).shape == (1, 2, 4)
    for metadata in (variant.variant_data.metadata, interval.interval_data.metadata):
        assert [gene.gene_id for gene in metadata.gene_metadata] == [row.gene.gene_id for row in genes]
        assert [track.name for track in metadata.track_metadata] == [track.name for track in tracks]


def test_output_metadata__junctions_have_a_field_of_their_own(seen: Any) -> None:
    predictor, _ = seen
    assert answers.output_metadata("SPLICE_JUNCTIONS", predictor).WhichOneof("payload") == "junctions"
    assert answers.output_metadata("DNASE", predictor).WhichOneof("payload") == "tracks"
