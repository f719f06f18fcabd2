"""From the messages of one answer to arrays, with every check that an answer can be held to.

An `output` message describes its values and its tracks, and exactly the announced number of `tensor_chunk` messages
follows it. The service does not say which scorer an output is for: the order of the request says it, and the number
and names of the tracks must be those of the scorer's output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alphagenome.protos import tensor_pb2
from alphagenome.protos.v1 import dna_model_pb2

from refalt.models.alphagenome.answers import GeneLine, Part
from refalt.models.alphagenome.described import Descriptions
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import Scorer
from refalt.models.alphagenome.tensors import read_tensor
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.alphagenome.troubles import RefusedError, TransientError

_STRANDS: Final = {1: "+", 2: "-", 3: "."}


def next_chunk(messages: Iterator[Any]) -> tensor_pb2.TensorChunk:
    """The tensor chunk that must come now.

    Raises:
        TransientError: the answer ended.
        RefusedError: something else came.
    """
    message = next(messages, None)
    if message is None:
        raise TransientError("the answer was cut short: a part of its values did not come")
    if message.WhichOneof("payload") != "tensor_chunk":
        raise RefusedError("the answer has a description where values were announced")
    chunk: tensor_pb2.TensorChunk = message.tensor_chunk
    return chunk


def decode_scores(
    messages: Iterator[Any],
    request: VariantRequest,
    descriptions: Descriptions,
    *,
    offered: Mapping[str, TrackTable],
) -> tuple[Part, ...]:
    """The answer to a ScoreVariant request: one part a scorer, in the order of the request.

    Args:
        messages: ScoreVariantResponse messages, read by `unread_answer`.
        request: What was asked.
        descriptions: Reads what the values are for.
        offered: Output -> the tracks the service says it has; an output that is not in it is not checked.

    Raises:
        TransientError: the answer is cut short.
        RefusedError: the answer is for something else than was asked, or contradicts itself.
    """
    parts: list[Part] = []
    for message in messages:
        if message.WhichOneof("payload") != "output":
            raise RefusedError("the answer has values that were not announced")
        if len(parts) == len(request.scorers):
            raise RefusedError(f"the answer has more than the {len(request.scorers)} scores asked for")
        scored = message.output.variant_data
        scorer = request.scorers[len(parts)]
        variant, table, genes = descriptions.read(scored.metadata)
        check_echo(variant, request)
        values = read_tensor(scored.values, lambda: next_chunk(messages))
        part = Part(values, table, tuple(gene_line(gene) for gene in genes))
        check_part(part, scorer, offered.get(scorer.output))
        parts.append(part)
    if len(parts) < len(request.scorers):
        raise TransientError(f"the answer was cut short: {len(parts)} of {len(request.scorers)} scores came")
    return tuple(parts)


def check_part(part: Part, scorer: Scorer, offered: TrackTable | None) -> None:
    """Hold one score against its own description and against what the service says it has.

    Raises:
        RefusedError: the numbers of planes, lines or tracks contradict each other, or the tracks are not those of
            the scorer's output.
    """
    shape = part.values.shape
    if len(shape) != 3 or shape[0] not in (1, 2):
        raise RefusedError(f"the answer to {scorer} has shape {shape}, not [1 or 2, lines, tracks]")
    if shape[2] != len(part.table):
        raise RefusedError(f"the answer to {scorer} has {shape[2]} values a line and {len(part.table)} tracks")
    n_lines = len(part.lines) if scorer.by_gene else 1
    if shape[1] != n_lines:
        raise RefusedError(f"the answer to {scorer} has {shape[1]} lines where {n_lines} are described")
    # Scores by gene come with strands merged, so their tracks are not those of the output.
    if offered is None or scorer.by_gene or part.table.content == offered.content:
        return
    if part.table.names != offered.names:
        raise RefusedError(
            f"the answer to {scorer} has {len(part.table)} tracks that are not the {len(offered)} of {scorer.output}"
        )


def check_echo(echoed: dna_model_pb2.Variant, request: VariantRequest) -> None:
    """Hold the variant an answer names against the one asked for.

    Raises:
        RefusedError: they differ.
    """
    named = (echoed.chromosome, echoed.position, echoed.reference_bases, echoed.alternate_bases)
    if named != (request.chrom, request.pos, request.ref, request.alt):
        raise RefusedError(f"asked for {request.place}, the answer is for {named[0]}:{named[1]}:{named[2]}>{named[3]}")


def gene_line(gene: dna_model_pb2.GeneScorerMetadata) -> GeneLine:
    """What one line of a score by gene is about."""
    return GeneLine(
        gene.gene_id,
        gene.name if gene.HasField("name") else None,
        _STRANDS.get(gene.strand) if gene.HasField("strand") else None,
        gene.type if gene.HasField("type") else None,
        gene.junction_start if gene.HasField("junction_start") else None,
        gene.junction_end if gene.HasField("junction_end") else None,
    )
