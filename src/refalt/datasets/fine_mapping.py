"""Posterior inclusion probabilities of fine-mapping, published in a file of their own beside the associations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import polars as pl
from pydantic import Field, model_validator

from refalt.datasets.samples import is_parquet
from refalt.errors import UserError, shown
from refalt.sources.archives import member_names
from refalt.sources.delimited import ReadTable, Source, read_table
from refalt.sources.fetch import NeededFile
from refalt.sources.streamed import StreamedText, is_archive
from refalt.studies.sections import Filled, Section

ROLE = "fine_mapping"
PIP = "pip"
#: Of a whole table of fine-mapping, of which one context is kept.
MOST_BYTES: Final = 200 << 30
LABEL = "\0label"
Probability = Annotated[float, Field(gt=0, le=1)]


class FineMappingSection(Section):
    """A table of PIPs: its columns for variant, target and probability, and the context to keep of several.

    `file` may be an archive, `member` is then the table in it. Only lines that hold the context are kept in memory, so
    that a table of many tissues may be larger than that. With `positive` and `negative`, rows of at least and of under
    so much probability are labelled 1 and 0, and rows in between, or of unknown probability, are left out.
    """

    file: Filled
    member: Filled | None = None
    variant: Filled = "variant_id"
    target: Filled = "gene_id"
    pip: Filled = "pip"
    context_column: Filled | None = None
    context: Filled | None = None
    positive: Probability | None = None
    negative: Probability | None = None

    @model_validator(mode="after")
    def _positives_are_above_negatives(self) -> FineMappingSection:
        if (self.positive is None) != (self.negative is None):
            raise ValueError("`positive` and `negative` together, or neither: a label needs both")
        if self.positive is not None and self.negative is not None and self.positive < self.negative:
            raise ValueError("`positive` is not below `negative`")
        return self

    @property
    def labels(self) -> bool:
        """Whether the probabilities make labels."""
        return self.positive is not None

    @property
    def needed_file(self) -> NeededFile:
        """The file."""
        return NeededFile(ROLE, self.file)

    def source(self, path: Path) -> Source:
        """The table in a file that was found.

        Raises:
            UserError: it is an archive, and no member is named.
        """
        if not is_archive(path):
            member = ""
        elif self.member:
            member = self.member
        else:
            raise UserError(
                "this is an archive, and nothing says which of its files holds the probabilities",
                where=str(path),
                got=shown(member_names(path)),
                remedy="name it with member in [dataset] fine_mapping",
            )
        if not member and (not self.context or is_parquet(path)):
            return path
        return StreamedText(path, member, containing=self.context or "", most_bytes=MOST_BYTES)


def with_pip(read: ReadTable, path: Path, declared: FineMappingSection, *, on: Sequence[str]) -> ReadTable:
    """Add the column `pip` to associations, and a label; null where a pair is not in the table of PIPs.

    Args:
        read: Associations.
        path: The table of PIPs.
        declared: Its columns.
        on: The columns of `read` that name the variant and the target, spelled as the table of PIPs spells them.

    Raises:
        UserError: a column is missing, no row is of the context, one pair has two probabilities, or none
            of the pairs is an association's.
    """
    names = [declared.variant, declared.target]
    wanted = {**dict.fromkeys(names, pl.String), declared.pip: pl.Float64}
    if declared.context_column:
        wanted[declared.context_column] = pl.String
    table = read_table(declared.source(path), wanted).frame
    if declared.context_column:
        table = table.filter(pl.col(declared.context_column) == declared.context)
        if table.is_empty():
            raise UserError(
                f"no row of the fine-mapping is of {declared.context!r}",
                where=f"{path}, column {declared.context_column!r}",
                remedy="correct context in [dataset] fine_mapping",
            )
    table = table.select(*names, pl.col(declared.pip).alias(PIP)).unique(maintain_order=True)
    torn = table.filter(pl.struct(names).is_duplicated())
    if not torn.is_empty():
        raise UserError(
            "a variant has several inclusion probabilities for one target",
            where=str(path),
            got=shown(
                torn.select(pl.concat_str(names, separator=" ")).to_series().unique(maintain_order=True).to_list()
            ),
            remedy="name the tissue or study to keep with context_column and context in [dataset] fine_mapping",
        )
    _require_some_shared(read.frame, table, on, names, path)
    frame = read.frame.join(table, left_on=on, right_on=names, how="left", maintain_order="left", validate="m:1")
    high, low = (pl.lit(edge, pl.Float64) for edge in (declared.positive, declared.negative))
    label = pl.when(pl.col(PIP) >= high).then(1).when(pl.col(PIP) < low).then(0)
    return ReadTable(frame.with_columns(label.cast(pl.Int64).alias(LABEL)), read.unparsable, read.examples)


def _require_some_shared(
    associations: pl.DataFrame, table: pl.DataFrame, on: Sequence[str], names: Sequence[str], path: Path
) -> None:
    """Refuse tables that have no pair in common: one of them spells variants or targets otherwise."""
    if associations.join(table, left_on=on, right_on=names, how="semi").is_empty():
        ours, theirs = (frame.select(keys).head(1).rows() for frame, keys in ((associations, on), (table, names)))
        raise UserError(
            "no pair of the associations stands in the fine-mapping",
            where=str(path),
            expected=f"pairs as the associations name them: {shown([*map(' '.join, _filled(ours))])}",
            got=shown([*map(" ".join, _filled(theirs))]),
            remedy="name the columns that hold the same identifiers in [dataset] fine_mapping",
        )


def _filled(rows: Sequence[tuple[str | None, ...]]) -> list[list[str]]:
    return [[cell or "(missing)" for cell in row] for row in rows]
