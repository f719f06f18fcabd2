"""Posterior inclusion probabilities of fine-mapping, published in a file of their own beside the associations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from refalt.errors import UserError, shown
from refalt.sources.delimited import ReadTable, read_table
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import Filled, Section

ROLE = "fine_mapping"
PIP = "pip"


class FineMappingSection(Section):
    """A table of PIPs: its columns for variant, target and probability, and the context to keep of several."""

    file: Filled
    variant: Filled = "variant_id"
    target: Filled = "gene_id"
    pip: Filled = "pip"
    context_column: Filled | None = None
    context: Filled | None = None

    @property
    def needed_file(self) -> NeededFile:
        """The file."""
        return NeededFile(ROLE, self.file)


def with_pip(read: ReadTable, path: Path, declared: FineMappingSection, *, on: Sequence[str]) -> ReadTable:
    """Add the column `pip` to associations; null where a pair is not in the table of PIPs.

    Args:
        read: Associations.
        path: The table of PIPs.
        declared: Its columns.
        on: The columns of `read` that name the variant and the target, spelled as the table of PIPs spells them.

    Raises:
        UserError: a column is missing, or one pair has two probabilities.
    """
    names = [declared.variant, declared.target]
    wanted = {**dict.fromkeys(names, pl.String), declared.pip: pl.Float64}
    if declared.context_column:
        wanted[declared.context_column] = pl.String
    table = read_table(path, wanted).frame
    if declared.context_column:
        table = table.filter(pl.col(declared.context_column) == declared.context)
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
    frame = read.frame.join(table, left_on=on, right_on=names, how="left", maintain_order="left", validate="m:1")
    return ReadTable(frame, read.unparsable, read.examples)
