"""The tracks an answer is about: read once from their bytes, and chosen by what they are.

A table of tracks comes with every answer and is nearly always the one that came before, so it is read once and found
again by its bytes.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl
from alphagenome.protos.v1 import dna_model_pb2

from refalt.errors import UserError, shown
from refalt.studies.study import TrackChoice

_STRANDS: Final = {0: ".", 1: "+", 2: "-", 3: "."}
#: Fields that are read as they stand: name here -> name in the message.
_PLAIN: Final = {
    "assay": "assay",
    "histone_mark": "histone_mark_code",
    "transcription_factor": "transcription_factor_code",
    "gtex_tissue": "gtex_tissue",
    "data_source": "data_source",
    "genetically_modified": "genetically_modified",
    "nonzero_mean": "nonzero_mean",
}
_SCHEMA: Final[dict[str, type[pl.DataType]]] = {
    "name": pl.String,
    "strand": pl.String,
    "ontology_curie": pl.String,
    "biosample_name": pl.String,
    "biosample_type": pl.String,
    "biosample_life_stage": pl.String,
    "endedness": pl.String,
    "assay": pl.String,
    "histone_mark": pl.String,
    "transcription_factor": pl.String,
    "gtex_tissue": pl.String,
    "data_source": pl.String,
    "genetically_modified": pl.Boolean,
    "nonzero_mean": pl.Float64,
}
#: Columns of Tracks that a model fills, next to track_index and track_id.
_SHOWN: Final = (
    "assay", "ontology_curie", "biosample_name", "biosample_type", "histone_mark", "transcription_factor",
)  # fmt: skip
_NEAR: Final = 5
#: Outputs are filled up with tracks of this name.
_IS_TRACK: Final = pl.col("name").str.to_lowercase() != "padding"


@dataclass(frozen=True, eq=False)
class TrackTable:
    """The tracks of one output as a server describes them.

    Attributes:
        content: The TracksMetadata message, serialised.
    """

    content: bytes

    @cached_property
    def digest(self) -> str:
        """Names the table in the store."""
        return hashlib.blake2b(self.content, digest_size=16).hexdigest()

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row a track, in the order of the values; a field that a track lacks is null."""
        message = dna_model_pb2.TracksMetadata.FromString(self.content)
        return pl.DataFrame([_row_of(track) for track in message.metadata], schema=_SCHEMA, orient="row")

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """Name and strand of every track but padding; within an output these tell tracks apart."""
        return frozenset(self.frame.filter(_IS_TRACK).select("name", "strand").iter_rows())

    def __len__(self) -> int:
        return self.frame.height


class TrackTables:
    """Tables by their bytes, each read once. Threads may share it: two that meet one table at once both read it."""

    def __init__(self) -> None:
        """Begin without any."""
        self._known: dict[bytes, TrackTable] = {}

    def of(self, tracks: Sequence[dna_model_pb2.TrackMetadata]) -> TrackTable:
        """The table of these tracks."""
        return self.of_bytes(dna_model_pb2.TracksMetadata(metadata=tracks).SerializeToString())

    def of_bytes(self, content: bytes) -> TrackTable:
        """The table of a serialised TracksMetadata."""
        table = self._known.get(content)
        if table is None:
            table = self._known[content] = TrackTable(content)
        return table


def _row_of(track: dna_model_pb2.TrackMetadata) -> dict[str, object]:
    row: dict[str, object] = {"name": track.name, "strand": _STRANDS[track.strand]}
    if track.HasField("ontology_term"):
        row["ontology_curie"] = _curie(track.ontology_term)
    if track.HasField("biosample"):
        row["biosample_name"] = track.biosample.name
        row["biosample_type"] = _enum_name(dna_model_pb2.BiosampleType, track.biosample.type, "BIOSAMPLE_TYPE_")
        row["biosample_life_stage"] = track.biosample.stage if track.biosample.HasField("stage") else None
    if track.HasField("endedness"):
        row["endedness"] = _enum_name(dna_model_pb2.Endedness, track.endedness, "ENDEDNESS_")
    for name, field in _PLAIN.items():
        row[name] = getattr(track, field) if track.HasField(field) else None
    return {name: row.get(name) for name in _SCHEMA}


def _curie(term: dna_model_pb2.OntologyTerm) -> str:
    kind = dna_model_pb2.OntologyType.Name(term.ontology_type).removeprefix("ONTOLOGY_TYPE_")
    return f"{kind}:{term.id:07d}"


def ontology_term(curie: str) -> dna_model_pb2.OntologyTerm:
    """The message for a CURIE such as EFO:0002067.

    Raises:
        UserError: it is not written as a CURIE, or its ontology is none of CL, CLO, EFO, NTR, UBERON.
    """
    kind, _, number = curie.partition(":")
    known = [name.removeprefix("ONTOLOGY_TYPE_") for name in dna_model_pb2.OntologyType.keys()[1:]]
    if kind not in known or not number.isdecimal():
        raise UserError(
            f"{curie!r} is not a term of an ontology that tracks are described with",
            expected=f"{', '.join(sorted(known))}, a colon and a number, such as EFO:0002067",
        )
    return dna_model_pb2.OntologyTerm(
        ontology_type=dna_model_pb2.OntologyType.Value(f"ONTOLOGY_TYPE_{kind}"), id=int(number)
    )


def _enum_name(enum: object, number: int, prefix: str) -> str:
    return str(enum.Name(number)).removeprefix(prefix).lower()  # type: ignore[attr-defined]


def described(table: TrackTable, output: str) -> pl.DataFrame:
    """Columns of Tracks for every track, with `output`, `strand` and the row's place in the values, `at`."""
    frame = table.frame
    return frame.select(
        pl.concat_str(pl.lit(output), "name", "strand", separator="|").alias("track_id"),
        *_SHOWN,
        pl.lit(output).alias("output"),
        "name",
        "strand",
    ).with_row_index("at")


def select_tracks(tracks: pl.DataFrame, choice: TrackChoice, *, where: str = "tracks") -> pl.DataFrame:
    """The tracks that have every property asked for; padding never counts.

    Args:
        tracks: As `described`, of one or several outputs.
        choice: The properties; "." as strand means tracks without one.
        where: Place of the choice, for messages.

    Raises:
        UserError: no track has them all; near values that exist are named.
    """
    real = tracks.filter(_IS_TRACK)
    wanted = {name: value for name, value in choice.model_dump().items() if value is not None}
    chosen = real.filter([pl.col(name) == value for name, value in wanted.items()]) if wanted else real
    if chosen.height:
        return chosen
    raise _nothing_chosen(real, wanted, where)


def _nothing_chosen(tracks: pl.DataFrame, wanted: dict[str, str], where: str) -> UserError:
    asked = " and ".join(f"{name} = {value}" for name, value in wanted.items())
    left = tracks
    for name, value in wanted.items():
        narrowed = left.filter(pl.col(name) == value)
        if not narrowed.height:
            there = left.get_column(name).drop_nulls().unique().sort().to_list()
            near = difflib.get_close_matches(value, there, n=_NEAR, cutoff=0.5) or there
            beside = " and ".join(f"{key} = {wanted[key]}" for key in wanted if key != name)
            return UserError(
                f"no track has {asked}",
                where=where,
                expected=f"a {name} that is there{f' with {beside}' if beside else ''}: {shown(near)}"
                if there
                else f"no {name} at all, because these tracks have none",
                got=f"{name} = {value}",
                remedy="`refalt list tracks` shows what a choice matches",
            )
        left = narrowed
    return UserError("the model describes no track at all", where=where, got=asked or "no track")
