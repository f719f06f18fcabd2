"""Predictions and scores as the messages that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alphagenome.protos.v1 import dna_model_pb2

from refalt.serve.methods import Message
from refalt.serve.services import encoding
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.services.requests import Wanted
from refalt.serve.simulation.genes import Annotation
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.profile import Profile
from refalt.serve.simulation.scene import Variant, Window
from refalt.serve.simulation.scores import Scores
from refalt.serve.simulation.tracks import RESOLUTIONS

#: An announcing message and the chunks that follow it.
Announced = tuple[Message, list[Message]]


def stream(kind: Any, part: str, announced: Announced) -> Iterator[Message]:
    """Answer messages of class `kind`: the announcement in its field `part`, then each chunk."""
    header, chunks = announced
    yield kind(**{part: header})
    for chunk in chunks:
        yield kind(tensor_chunk=chunk)


def prediction(
    wanted: Wanted, profile: Profile, predictor: Predictor, *, window: Window | None, tensors: TensorFormat
) -> Announced:
    """One output of one sequence that is not of junctions.

    Args:
        wanted: The output and which of its tracks.
        profile: Of the sequence.
        predictor: What predicts.
        window: Where the sequence lies, if anywhere.
        tensors: How arrays travel.
    """
    if wanted.output == "CONTACT_MAPS":
        values = predictor.contact_map(profile, wanted.tracks)
    else:
        values = predictor.values(profile, wanted.output, chosen=wanted.tracks)
    tensor, chunks = tensors.encode(values)
    table = predictor.tracks.by_output[wanted.output]
    carried = dna_model_pb2.TrackData(
        values=tensor,
        metadata=[encoding.track_message(table[i]) for i in wanted.tracks],
        resolution=RESOLUTIONS[wanted.output],
        interval=None if window is None else encoding.interval_message(window),
    )
    return dna_model_pb2.Output(output_type=_output_type(wanted.output), track_data=carried), chunks


def junction_prediction(
    wanted: Wanted,
    profile: Profile,
    predictor: Predictor,
    *,
    window: Window | None,
    annotation: Annotation,
    tensors: TensorFormat,
) -> Announced:
    """Read counts of the annotated introns in a window; of none where the sequence lies nowhere."""
    genes = [] if window is None else annotation.overlapping(window.contig, window.start, window.end)
    introns = [
        (Window(window.contig, start, end - start), gene.strand)
        for gene in genes
        for start, end in gene.introns
        if window is not None and start >= window.start and end <= window.end
    ]
    first = 0 if window is None else window.start
    places = [(intron.start - first, intron.end - first) for intron, _ in introns]
    tensor, chunks = tensors.encode(
        predictor.junctions(profile, places, [strand for _, strand in introns], wanted.tracks)
    )
    table = predictor.tracks.by_output[wanted.output]
    carried = dna_model_pb2.JunctionData(
        values=tensor,
        metadata=[encoding.junction_message(table[i]) for i in wanted.tracks],
        junctions=[encoding.interval_message(intron, strand) for intron, strand in introns],
        interval=None if window is None else encoding.interval_message(window),
    )
    return dna_model_pb2.Output(output_type=_output_type(wanted.output), junction_data=carried), chunks


def variant_scores(scores: Scores, variant: Variant, tensors: TensorFormat) -> Announced:
    """What one scorer says of one variant."""
    tensor, chunks = tensors.encode(scores.values)
    metadata = dna_model_pb2.VariantMetadata(variant=encoding.variant_message(variant), **_rows_and_columns(scores))
    carried = dna_model_pb2.VariantData(values=tensor, metadata=metadata)
    return dna_model_pb2.ScoreVariantOutput(variant_data=carried), chunks


def interval_scores(scores: Scores, window: Window, tensors: TensorFormat) -> Announced:
    """What one scorer says of one window."""
    tensor, chunks = tensors.encode(scores.values)
    metadata = dna_model_pb2.IntervalMetadata(interval=encoding.interval_message(window), **_rows_and_columns(scores))
    carried = dna_model_pb2.IntervalData(values=tensor, metadata=metadata)
    return dna_model_pb2.ScoreIntervalOutput(interval_data=carried), chunks


def output_metadata(output: str, predictor: Predictor) -> Message:
    """The tracks of one output, for `GetMetadata`."""
    tracks = predictor.tracks.by_output[output]
    message = dna_model_pb2.OutputMetadata(output_type=_output_type(output))
    if output == "SPLICE_JUNCTIONS":
        message.junctions.metadata.extend(map(encoding.junction_message, tracks))
    else:
        message.tracks.metadata.extend(map(encoding.track_message, tracks))
    return message


def _rows_and_columns(scores: Scores) -> dict[str, list[Message]]:
    return {
        "track_metadata": [encoding.track_message(track) for track in scores.tracks],
        "gene_metadata": [encoding.gene_message(row) for row in scores.genes],
    }


def _output_type(output: str) -> int:
    number: int = dna_model_pb2.OutputType.Value(f"OUTPUT_TYPE_{output}")
    return number
