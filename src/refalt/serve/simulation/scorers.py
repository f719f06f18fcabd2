"""Which scorers there are.

The kinds, their outputs, widths and aggregations are those of the official client
(`alphagenome.models.v1.variant_scorers`, `interval_scorers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

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
class Kind:
    """What scorers of one kind may look at, and how."""

    outputs: frozenset[str]
    widths: frozenset[int | None] = frozenset({None})
    aggregations: frozenset[str] = frozenset({""})


VARIANT_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "center_mask": Kind(_AT_BASES | {"CHIP_HISTONE", "CHIP_TF"}, _MASK_WIDTHS, AGGREGATIONS),
        "contact_map": Kind(frozenset({"CONTACT_MAPS"})),
        "gene_mask": Kind(_AT_BASES),
        "gene_mask_active": Kind(_AT_BASES),
        "gene_mask_splicing": Kind(_SPLICING, _SPLICING_WIDTHS),
        "pa_qtl": Kind(frozenset({"RNA_SEQ"})),
        "splice_junction": Kind(frozenset({"SPLICE_JUNCTIONS"})),
    }
)
INTERVAL_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "gene_mask": Kind(
            (_AT_BASES - {"PROCAP"}) | {"CHIP_HISTONE", "CHIP_TF"}, _MASK_WIDTHS, frozenset({"MEAN", "SUM"})
        )
    }
)
#: Output of the kinds whose request does not name one.
OWN_OUTPUT: Final = MappingProxyType(
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
