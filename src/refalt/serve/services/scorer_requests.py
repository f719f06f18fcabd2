"""The scorers that a request asks for, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from alphagenome.protos.v1 import dna_model_pb2

from refalt.serve.methods import Message, invalid
from refalt.serve.simulation.scorers import INTERVAL_KINDS, OWN_OUTPUT, VARIANT_KINDS, Kind, Scorer

#: Scorers that one request may ask for.
MOST_SCORERS: Final = 20


def variant_scorers(messages: Iterable[Message], organism: str) -> tuple[Scorer, ...]:
    """The scorers of a request, in its order.

    Raises:
        RefusedError: none, too many, one twice, or one that there is not.
    """
    scorers = _read_all(messages, VARIANT_KINDS, dna_model_pb2.AggregationType, "AGGREGATION_TYPE_")
    if organism != "human" and any(scorer.kind == "pa_qtl" for scorer in scorers):
        raise invalid("The polyadenylation scorer is for human only.")
    return scorers


def interval_scorers(messages: Iterable[Message], length: int) -> tuple[Scorer, ...]:
    """As `variant_scorers`, for scorers of intervals of `length` bases, which a mask may not exceed."""
    prefix = "INTERVAL_AGGREGATION_TYPE_"
    scorers = _read_all(messages, INTERVAL_KINDS, dna_model_pb2.IntervalAggregationType, prefix)
    for scorer in scorers:
        if scorer.width is not None and scorer.width > length:
            raise invalid(f"A scorer's mask has {scorer.width} bases, the interval only {length}.")
    return scorers


def enum_name(enum: Any, number: int, prefix: str) -> str:
    """Name of a protobuf enum's value without its prefix.

    Raises:
        RefusedError: the number stands for nothing.
    """
    if number not in enum.values():
        raise invalid(f"{number} is no value of {enum.DESCRIPTOR.name}.")
    name: str = enum.Name(number)
    return name.removeprefix(prefix)


def _read_all(
    messages: Iterable[Message], kinds: Mapping[str, Kind], aggregations: Any, prefix: str
) -> tuple[Scorer, ...]:
    scorers = tuple(_read(message, kinds, aggregations, prefix) for message in messages)
    if not scorers:
        raise invalid("No scorer was asked for.")
    if len(scorers) > MOST_SCORERS:
        raise invalid(f"Too many scorers: {len(scorers)} were asked for, at most {MOST_SCORERS} may be.")
    if len(set(scorers)) < len(scorers):
        raise invalid("A scorer was asked for twice.")
    return scorers


def _read(message: Message, kinds: Mapping[str, Kind], aggregations: Any, prefix: str) -> Scorer:
    kind = message.WhichOneof("scorer")
    if kind not in kinds:
        raise invalid("A scorer of no kind that is known here was asked for.")
    settings = getattr(message, kind)
    names = settings.DESCRIPTOR.fields_by_name
    output = OWN_OUTPUT.get(kind) or enum_name(dna_model_pb2.OutputType, settings.requested_output, "OUTPUT_TYPE_")
    width = settings.width if "width" in names and settings.HasField("width") else None
    aggregation = enum_name(aggregations, settings.aggregation_type, prefix) if "aggregation_type" in names else ""
    _refuse_unsupported(kind, kinds[kind], Scorer(kind, output, width, aggregation))
    return Scorer(kind, output, width, aggregation)


def _refuse_unsupported(kind: str, allowed: Kind, scorer: Scorer) -> None:
    for what, value, known in (
        ("output", scorer.output, allowed.outputs),
        ("width", scorer.width, allowed.widths),
        ("aggregation", scorer.aggregation, allowed.aggregations),
    ):
        if value not in known:
            listed = ", ".join(sorted(map(str, known)))
            raise invalid(f"The {kind} scorer does not take the {what} {value}; it takes {listed}.")
