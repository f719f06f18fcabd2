"""Which scorers there are, and reading them from requests.

The kinds, their outputs, widths and aggregations are those of the official client
(`alphagenome.models.v1.variant_scorers`, `interval_scorers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from alphagenome.protos.v1 import dna_model_pb2

from refalt.serve.methods import Message, invalid

#: Scorers that one request may ask for.
MOST_SCORERS: Final = 20
DIFFERENCES: Final = frozenset({"DIFF_MEAN", "DIFF_SUM", "DIFF_SUM_LOG2", "DIFF_LOG2_SUM"})
AGGREGATIONS: Final = DIFFERENCES | {"L2_DIFF", "L2_DIFF_LOG1P", "ACTIVE_MEAN", "ACTIVE_SUM"}

_AT_BASES: Final = frozenset({"ATAC", "CAGE", "DNASE", "PROCAP", "RNA_SEQ", "SPLICE_SITES", "SPLICE_SITE_USAGE"})
_SPLICING: Final = frozenset({"SPLICE_SITES", "SPLICE_SITE_USAGE"})
_MASK_WIDTHS: Final = frozenset({None, 501, 2001, 10_001, 100_001, 200_001})
_SPLICING_WIDTHS: Final = frozenset({None, 101, 1_001, 10_001})


@dataclass(frozen=True)
class Scorer:
    """One scorer of variants or of intervals.

    Attributes:
        kind: Name of its field in the request, as "center_mask".
        output: Output that it looks at.
        width: Bases of its mask; None for no mask of its own.
        aggregation: How the mask's values become one; "" where the kind leaves no choice.
    """

    kind: str
    output: str
    width: int | None = None
    aggregation: str = ""

    @property
    def is_signed(self) -> bool:
        """Whether a score's sign is that of ALT minus REF."""
        return self.kind == "gene_mask" or self.aggregation in DIFFERENCES

    @property
    def of_genes(self) -> bool:
        """Whether there is one row of scores a gene, not one in all."""
        return self.kind not in ("center_mask", "contact_map")


@dataclass(frozen=True)
class _Kind:
    """What one kind of scorer may ask for."""

    outputs: frozenset[str]
    widths: frozenset[int | None] = frozenset({None})
    aggregations: frozenset[str] = frozenset({""})


_VARIANT_KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        "center_mask": _Kind(_AT_BASES | {"CHIP_HISTONE", "CHIP_TF"}, _MASK_WIDTHS, AGGREGATIONS),
        "contact_map": _Kind(frozenset({"CONTACT_MAPS"})),
        "gene_mask": _Kind(_AT_BASES),
        "gene_mask_active": _Kind(_AT_BASES),
        "gene_mask_splicing": _Kind(_SPLICING, _SPLICING_WIDTHS),
        "pa_qtl": _Kind(frozenset({"RNA_SEQ"})),
        "splice_junction": _Kind(frozenset({"SPLICE_JUNCTIONS"})),
    }
)
_INTERVAL_KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        "gene_mask": _Kind(
            (_AT_BASES - {"PROCAP"}) | {"CHIP_HISTONE", "CHIP_TF"}, _MASK_WIDTHS, frozenset({"MEAN", "SUM"})
        )
    }
)
#: Output of the kinds whose request does not name one.
_OWN_OUTPUT: Final = MappingProxyType(
    {"contact_map": "CONTACT_MAPS", "pa_qtl": "RNA_SEQ", "splice_junction": "SPLICE_JUNCTIONS"}
)


def _local(output: str, aggregation: str) -> Scorer:
    return Scorer("center_mask", output, 2001 if output == "CHIP_HISTONE" else 501, aggregation)


_LOCAL_OUTPUTS: Final = ("ATAC", "DNASE", "CHIP_TF", "CHIP_HISTONE", "CAGE", "PROCAP")
#: The recommended set by name: the ones that have quantiles, and that the atlas holds.
RECOMMENDED: Final[Mapping[str, Scorer]] = MappingProxyType(
    {
        **{output: _local(output, "DIFF_LOG2_SUM") for output in _LOCAL_OUTPUTS},
        **{f"{output}_ACTIVE": _local(output, "ACTIVE_SUM") for output in _LOCAL_OUTPUTS},
        "CONTACT_MAPS": Scorer("contact_map", "CONTACT_MAPS"),
        "RNA_SEQ": Scorer("gene_mask", "RNA_SEQ"),
        "RNA_SEQ_ACTIVE": Scorer("gene_mask_active", "RNA_SEQ"),
        "SPLICE_SITES": Scorer("gene_mask_splicing", "SPLICE_SITES"),
        "SPLICE_SITE_USAGE": Scorer("gene_mask_splicing", "SPLICE_SITE_USAGE"),
        "SPLICE_JUNCTIONS": Scorer("splice_junction", "SPLICE_JUNCTIONS"),
        "POLYADENYLATION": Scorer("pa_qtl", "RNA_SEQ"),
    }
)


def variant_scorers(messages: Iterable[Message], organism: str) -> tuple[Scorer, ...]:
    """The scorers of a request, in its order.

    Raises:
        RefusedError: none, too many, one twice, or one that there is not.
    """
    scorers = _read_all(messages, _VARIANT_KINDS, dna_model_pb2.AggregationType, "AGGREGATION_TYPE_")
    if organism != "human" and any(scorer.kind == "pa_qtl" for scorer in scorers):
        raise invalid("The polyadenylation scorer is for human only.")
    return scorers


def interval_scorers(messages: Iterable[Message], length: int) -> tuple[Scorer, ...]:
    """As `variant_scorers`, for scorers of intervals of `length` bases, which a mask may not exceed."""
    prefix = "INTERVAL_AGGREGATION_TYPE_"
    scorers = _read_all(messages, _INTERVAL_KINDS, dna_model_pb2.IntervalAggregationType, prefix)
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
    messages: Iterable[Message], kinds: Mapping[str, _Kind], aggregations: Any, prefix: str
) -> tuple[Scorer, ...]:
    read: Callable[[Message], Scorer] = lambda message: _read(message, kinds, aggregations, prefix)  # noqa: E731
    scorers = tuple(map(read, messages))
    if not scorers:
        raise invalid("No scorer was asked for.")
    if len(scorers) > MOST_SCORERS:
        raise invalid(f"Too many scorers: {len(scorers)} were asked for, at most {MOST_SCORERS} may be.")
    if len(set(scorers)) < len(scorers):
        raise invalid("A scorer was asked for twice.")
    return scorers


def _read(message: Message, kinds: Mapping[str, _Kind], aggregations: Any, prefix: str) -> Scorer:
    kind = message.WhichOneof("scorer")
    if kind not in kinds:
        raise invalid("A scorer of no kind that is known here was asked for.")
    settings = getattr(message, kind)
    names = settings.DESCRIPTOR.fields_by_name
    output = _OWN_OUTPUT.get(kind) or enum_name(dna_model_pb2.OutputType, settings.requested_output, "OUTPUT_TYPE_")
    width = settings.width if "width" in names and settings.HasField("width") else None
    aggregation = enum_name(aggregations, settings.aggregation_type, prefix) if "aggregation_type" in names else ""
    _refuse_unsupported(kind, kinds[kind], Scorer(kind, output, width, aggregation))
    return Scorer(kind, output, width, aggregation)


def _refuse_unsupported(kind: str, allowed: _Kind, scorer: Scorer) -> None:
    for what, value, known in (
        ("output", scorer.output, allowed.outputs),
        ("width", scorer.width, allowed.widths),
        ("aggregation", scorer.aggregation, allowed.aggregations),
    ):
        if value not in known:
            listed = ", ".join(sorted(map(str, known)))
            raise invalid(f"The {kind} scorer does not take the {what} {value}; it takes {listed}.")
