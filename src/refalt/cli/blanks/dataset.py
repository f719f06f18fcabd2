"""<What was measured, in one line.>"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.reading import SourceColumns, publish
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, Filled, RowFilter


class @CLASS@Section(DatasetSection):
    """`[dataset]` of @NAME@."""

    file: Filled = "<name of the published file>"


class @CLASS@(Dataset):
    """<One sentence about the source.>"""

    card = Card(
        title="<title>",
        measures="<what was measured, in which cells, by which assay>",
        citation="<authors, year, journal>",
        url="<where it is published>",
        licence="<licence, or: unstated>",
        effect_direction_source="<where it is written which allele the effect is for>",
    )
    section = @CLASS@Section
    declared: @CLASS@Section

    def needed_files(self) -> Sequence[NeededFile]:
        """The published table."""
        return [NeededFile("dataset", self.declared.file, self.declared.assembly, origin=self.card.url)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table; columns are bound by the names in its header."""
        columns = SourceColumns(chrom="<chrom>", pos="<pos>", ref="<ref>", alt="<alt>", p_value="<p>")
        return publish(files["dataset"], columns, declared=self.declared, keep=keep)
