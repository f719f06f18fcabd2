"""GTEx pairs with a model's predictions beside them, in the layout in which comparisons of the two are exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
from pydantic import model_validator

from refalt.columns import Reason
from refalt.datasets.base import Card, Published
from refalt.datasets.gtex_eqtl import GtexEqtl, GtexSection
from refalt.datasets.reading import with_reason
from refalt.sources.delimited import read_table
from refalt.studies.sections import RecordedSection, RowFilter

_SCORES: Final = ("ref_score", "alt_score", "delta_pred")
#: Printed to six digits, a difference may be off by this much of what it was taken from.
_ROUNDING: Final = 1e-5


class GtexPredictionsSection(GtexSection):
    """`[dataset]` of such a table. The recorded score `delta` is alt_score - ref_score, as the table states it."""

    recorded: dict[str, RecordedSection] = {"delta": RecordedSection(column="delta_pred", of="alt")}

    @model_validator(mode="before")
    @classmethod
    def _file_of_the_tissue(cls, given: dict[str, Any]) -> dict[str, Any]:
        """No tissue names the file here: the study does."""
        return given


class GtexPredictions(GtexEqtl):
    """One row a variant and gene, with the score of either allele and their difference."""

    card = Card(
        title="GTEx eQTLs with predictions",
        measures="Change in normalised expression of a gene per copy of the alternate allele, beside a model's scores "
        "of the reference and of the alternate sequence.",
        citation=GtexEqtl.card.citation,
        url="a file of yours",
        licence="unstated",
        effect_direction_source=GtexEqtl.card.effect_direction_source,
    )
    section = GtexPredictionsSection
    declared: GtexPredictionsSection

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the pairs; a row whose difference is not that of its two scores is `unparsable`."""
        found = super().read(files, keep=keep)
        scores = read_table(files["dataset"], dict.fromkeys(_SCORES, pl.Float64)).frame
        ref, alt, delta = (pl.col(name) for name in _SCORES)
        off = (alt - ref - delta).abs() > _ROUNDING * (ref.abs() + alt.abs())
        contradicted = scores.select(off.fill_null(value=False).alias("off")).to_series()
        if not contradicted.any():
            return found
        row = contradicted.arg_true()[0]
        remark = (
            f"{contradicted.sum()} rows have a delta_pred that is not alt_score - ref_score: row {row + 1}, "
            f"{scores['alt_score'][row]:g} - {scores['ref_score'][row]:g} is not {scores['delta_pred'][row]:g}"
        )
        rows = with_reason(found.rows.with_columns(contradicted), pl.col("off"), Reason.UNPARSABLE).drop("off")
        return Published(rows, found.sequences, (*found.remarks, remark))
