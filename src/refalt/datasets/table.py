"""Any table of variants with a header: its columns are named in the study file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import model_validator

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.reading import SourceColumns, publish
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, Filled, Name, RowFilter, Section


class TableColumns(Section):
    """Which source column fills which field. Positions are 1-based in `pos`, 0-based in `start`."""

    chrom: Filled | None = None
    pos: Filled | None = None
    start: Filled | None = None
    ref: Filled | None = None
    alt: Filled | None = None
    label: Filled | None = None
    standard_error: Filled | None = None
    p_value: Filled | None = None
    rsid: Filled | None = None
    maf: Filled | None = None
    pip: Filled | None = None
    tss_distance: Filled | None = None
    centre_distance: Filled | None = None
    target_id: Filled | None = None
    context_id: Filled | None = None
    element_id: Filled | None = None
    wild_type_id: Filled | None = None

    @model_validator(mode="after")
    def _one_coordinate_base(self) -> TableColumns:
        if self.pos and self.start:
            raise ValueError("pos (1-based) or start (0-based), not both")
        return self


class TableSection(DatasetSection):
    """`[dataset]` of a table: where it lies and what its columns are called."""

    file: Filled
    columns: TableColumns
    strata: dict[Name, Filled] = {}


class UserTable(Dataset):
    """A table that the user describes in the study file."""

    card = Card(
        title="A table of your own",
        measures="What the study file says.",
        citation="Yours.",
        url="A file of yours.",
        licence="unstated",
    )
    section = TableSection
    declared: TableSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The table."""
        return [NeededFile("dataset", self.declared.file, self.declared.assembly)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table by the columns that the study file names."""
        columns = SourceColumns(**self.declared.columns.model_dump())
        return publish(files["dataset"], columns, declared=self.declared, strata=self.declared.strata, keep=keep)
