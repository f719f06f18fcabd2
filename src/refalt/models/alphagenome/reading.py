"""What a score reads from kept answers: the chosen tracks, ALT over REF, in the same order for every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.columns import Reason
from refalt.models.alphagenome.answers import GeneLine, Part, table_name, unpack
from refalt.models.alphagenome.requests import KEPT
from refalt.models.alphagenome.scorers import ScorerChoice
from refalt.models.alphagenome.sequence_scores import SequenceScore
from refalt.models.alphagenome.tracks import TrackTable, described, select_tracks
from refalt.models.base import Floats
from refalt.models.metered import NoValueError, Shelf, Values
from refalt.studies.study import TrackChoice

Indices = npt.NDArray[np.intp]
#: Parts of a row's answer: the reverse complement of a sequence is predicted for the other strand.
REVERSED: Final = "-reversed"
_TRACK_COLUMNS: Final = (
    "track_id", "assay", "ontology_curie", "biosample_name", "biosample_type", "histone_mark", "transcription_factor",
)  # fmt: skip


@dataclass(eq=False)
class Chosen:
    """The tracks a score reads, found again in every table that answers come with.

    The first table settles them; in another one (the service was updated meanwhile) they are found by identity.
    """

    choice: TrackChoice
    _by_tables: dict[tuple[int, ...], list[Indices]] = field(default_factory=dict)
    _settled: pl.DataFrame | None = None

    def at(self, outputs: Sequence[str], tables: Sequence[TrackTable]) -> list[Indices]:
        """Places of the chosen tracks in each table.

        Raises:
            NoValueError: the tables lack some of them.
        """
        key = tuple(id(table) for table in tables)
        if key not in self._by_tables:
            offered = described_together(outputs, tables)
            if self._settled is None:
                self._settled = select_tracks(offered, self.choice)
            found = self._settled.select("part", "track_id").join(
                offered, on=["part", "track_id"], how="left", maintain_order="left"
            )
            if found.get_column("at").null_count():
                raise NoValueError("the answer lacks tracks that other answers of this score have")
            self._by_tables[key] = [
                found.filter(pl.col("part") == part).get_column("at").to_numpy().astype(np.intp)
                for part in range(len(tables))
            ]
        return self._by_tables[key]

    def strands(self) -> list[str]:
        """Strand of each chosen track."""
        return [] if self._settled is None else self._settled.get_column("strand").to_list()

    def frame(self) -> pl.DataFrame:
        """The chosen tracks as columns of Tracks; none when nothing was read."""
        settled = self._settled
        if settled is None:
            return pl.DataFrame(schema={"track_index": pl.Int64} | dict.fromkeys(_TRACK_COLUMNS, pl.String))
        return (
            settled.select(_TRACK_COLUMNS)
            .with_row_index("track_index")
            .with_columns(pl.col("track_index").cast(pl.Int64))
        )


def described_together(outputs: Sequence[str], tables: Sequence[TrackTable]) -> pl.DataFrame:
    """The tracks of several tables, with the number of their table, `part`."""
    return pl.concat(
        described(table, output).with_columns(part=pl.lit(part))
        for part, (output, table) in enumerate(zip(outputs, tables, strict=True))
    )


class _Tables:
    """Track tables from the shelf, each fetched once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: dict[str, TrackTable] = {}

    def __call__(self, digest: str) -> TrackTable:
        if digest not in self._known:
            content = self._shelf.get(table_name(digest))
            if content is None:
                raise NoValueError(f"the store lacks the track table {digest} of this answer")
            self._known[digest] = TrackTable(content)
        return self._known[digest]


class ScorerReading:
    """Reads the answers to variant requests."""

    def __init__(self, choice: ScorerChoice, tracks: TrackChoice, shelf: Shelf) -> None:
        """Take what the score reads, and where track tables are."""
        self._choice = choice
        self._chosen = Chosen(tracks)
        self._table_of = _Tables(shelf)
        self._read = [choice.asked.index(scorer) for scorer in choice.read]

    def values(self, parts: Mapping[str, bytes], target: str | None) -> Values:
        """The numbers of one row; by gene, those of its target where it has one, else of every gene."""
        answered = unpack(parts[""], self._table_of)
        read = [answered[index] for index in self._read]
        at = self._chosen.at([scorer.output for scorer in self._choice.read], [part.table for part in read])
        planes = min(part.values.shape[0] for part in read)
        raw, *quantile = (
            np.concatenate([part.values[plane][:, where] for part, where in zip(read, at, strict=True)], axis=1)
            for plane in range(planes)
        )
        if not self._choice.by_gene:
            return Values(raw.astype(np.float64), quantile[0].astype(np.float64) if quantile else None)
        lines = _lines(read[0].lines, target)
        chosen = read[0].lines[lines]
        nothing = _on_the_other_strand(chosen, self._chosen.strands())
        return Values(
            np.where(nothing, np.nan, raw[lines]).astype(np.float64),
            np.where(nothing, np.nan, quantile[0][lines]).astype(np.float64) if quantile else None,
            tuple(line.target for line in chosen),
        )

    def tracks(self) -> pl.DataFrame:
        """The tracks that were read."""
        return self._chosen.frame()


def _on_the_other_strand(lines: Sequence[GeneLine], strands: Sequence[str]) -> npt.NDArray[np.bool_]:
    """bool[lines, tracks]: where a gene's line meets a track of the other strand, which says nothing of the gene."""
    opposite = {"+": "-", "-": "+"}
    return np.array([[opposite.get(line.strand or "") == strand for strand in strands] for line in lines], dtype=bool)


def _lines(lines: Sequence[GeneLine], target: str | None) -> slice:
    if not lines:
        raise NoValueError("no gene lies wholly within the window", reason=Reason.GENE_OUTSIDE_WINDOW)
    if target is None:
        return slice(None)
    wanted = target.split(".")[0]
    for index, line in enumerate(lines):
        if wanted in (line.target, line.target.split(":")[0]):
            return slice(index, index + 1)
    raise NoValueError(
        f"{target} is not among the {len(lines)} genes within the window", reason=Reason.GENE_OUTSIDE_WINDOW
    )


class SequenceReading:
    """Reads the answers to sequence requests."""

    def __init__(self, score: SequenceScore, tracks: TrackChoice, shelf: Shelf) -> None:
        """Take how the score compares, and where track tables are."""
        self._score = score
        self._chosen = Chosen(tracks)
        self._table_of = _Tables(shelf)

    def values(self, parts: Mapping[str, bytes], target: str | None) -> Values:  # noqa: ARG002
        """ALT against REF, or the activity of an element."""
        scores = {name: self._score.of(self._activity(parts, name)) for name in ("ref", "alt") if name in parts}
        if "alt" not in scores:
            return Values(scores["ref"][None, :])
        alleles = np.array([[scores["ref"].mean(), scores["alt"].mean()]])
        return Values((scores["alt"] - scores["ref"])[None, :], alleles=alleles)

    def tracks(self) -> pl.DataFrame:
        """The tracks that were read."""
        return self._chosen.frame()

    def _activity(self, parts: Mapping[str, bytes], name: str) -> Floats:
        (forward,) = unpack(parts[name], self._table_of)
        (at,) = self._chosen.at([self._score.output], [forward.table])
        plane = KEPT.index(self._score.reduction)
        values: Floats = forward.values[plane, 0][at]
        if name + REVERSED in parts:
            (backward,) = unpack(parts[name + REVERSED], self._table_of)
            other = _other_strand(backward)
            values = (values + backward.values[plane, 0][other[at]]) / 2
        return values


def _other_strand(part: Part) -> Indices:
    """For each track the place of the same track of the other strand; a track without a strand is its own."""
    frame = part.table.frame.select("name", "strand").with_row_index("at")
    swapped = frame.with_columns(pl.col("strand").replace({"+": "-", "-": "+"}))
    found = swapped.join(frame, on=["name", "strand"], how="left", maintain_order="left", suffix="_other")
    if found.get_column("at_other").null_count():
        raise NoValueError("a stranded track has no counterpart on the other strand")
    return found.get_column("at_other").to_numpy().astype(np.intp)
