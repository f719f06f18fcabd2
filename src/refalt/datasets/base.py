"""What a dataset is: a form that says what was measured, and a reader that turns a source into rows."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, RowFilter


@dataclass(frozen=True)
class Card:
    """The form every dataset fills.

    Attributes:
        title: In words.
        measures: What was measured, in which cells, by which assay.
        citation: The publication.
        url: Where the source is published.
        licence: Of the data; "unstated" where the source says none.
        effect_direction_source: Where it is written which allele the effect is for.
        layout: Where the columns of the source are described; "" where only its header names them.
    """

    title: str
    measures: str
    citation: str
    url: str
    licence: str
    effect_direction_source: str = ""
    layout: str = ""


@dataclass(frozen=True)
class Published:
    """A source, read: nothing lifted, nothing dropped, no sign touched.

    Attributes:
        rows: One row a source row, in source order: columns of Measurements that the source fills, with
            `source_chrom`/`source_pos` (1-based) in the source's assembly, `reason` and `flags`.
        sequences: source_row, ref_sequence, alt_sequence, offset of rows that carry any.
        remarks: Things a reader should know, in sentences ("3 cells are not numbers: ...").
    """

    rows: pl.DataFrame
    sequences: pl.DataFrame
    remarks: tuple[str, ...] = ()


class Dataset(abc.ABC):
    """A source of measured effects. Subclasses stand one a file in this folder.

    Attributes:
        card: The form.
        section: The pydantic model of its `[dataset]` section.
    """

    card: ClassVar[Card]
    section: ClassVar[type[DatasetSection]]

    def __init__(self, declared: DatasetSection) -> None:
        """Take the checked `[dataset]` section."""
        self.declared = declared

    @abc.abstractmethod
    def needed_files(self) -> Sequence[NeededFile]:
        """The files it reads, each with its role."""

    @abc.abstractmethod
    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the source.

        Args:
            files: Role -> path of every needed file.
            keep: Declared row filters on source columns; rows that fail get the reason `filtered`.

        Raises:
            UserError: a file is not what it should be.
        """
