"""From a source table to rows in refalt's columns: names bound by header, alleles and positions checked.

Each check sets a reason and never drops a row; where several apply, the first in this file's order stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import polars as pl

from refalt.columns import RECORDED_PREFIX, STRATUM_PREFIX, Reason
from refalt.datasets.base import Published
from refalt.datasets.filters import filter_dtype, keeps
from refalt.errors import UserError
from refalt.genome import ucsc_contigs
from refalt.sources.delimited import Dtype, ReadTable, read_table
from refalt.studies.sections import AlleleColumn, DatasetSection, RowFilter

_DTYPES: Final[Mapping[str, Dtype]] = {
    "pos": pl.Int64,
    "start": pl.Int64,
    "label": pl.Int64,
    "standard_error": pl.Float64,
    "p_value": pl.Float64,
    "maf": pl.Float64,
    "pip": pl.Float64,
    "tss_distance": pl.Int64,
    "centre_distance": pl.Float64,
}
_ALLELE_LETTERS: Final = r"^([ACGTN]+|-)$"
_SEQUENCE_LETTERS: Final = "^[ACGTN]+$"


@dataclass(frozen=True)
class SourceColumns:
    """Which source column fills which field; None where the source has none.

    `pos` is 1-based; a source with 0-based starts names its column `start` instead.
    """

    chrom: str | None = None
    pos: str | None = None
    start: str | None = None
    ref: str | None = None
    alt: str | None = None
    label: str | None = None
    standard_error: str | None = None
    p_value: str | None = None
    rsid: str | None = None
    maf: str | None = None
    pip: str | None = None
    tss_distance: str | None = None
    consequence: str | None = None
    centre_distance: str | None = None
    target_id: str | None = None
    context_id: str | None = None
    element_id: str | None = None
    wild_type_id: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """Field -> source column, of those that are there."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: column for name, column in pairs if column is not None}


def publish(
    path: Path,
    columns: SourceColumns,
    *,
    declared: DatasetSection,
    strata: Mapping[str, str] | None = None,
    keep: Sequence[RowFilter] = (),
    derived: Mapping[str, pl.Expr] | None = None,
) -> Published:
    """Read a table into rows.

    Args:
        path: The source file.
        columns: Which column fills which field.
        declared: The dataset's section: effect, recorded scores, sequences.
        strata: Stratum name -> source column, read as text.
        keep: Declared row filters.
        derived: Columns that are made of source columns and may be named like them; what they are made of is read
            as text unless it is wanted for itself.

    Raises:
        UserError: a column is missing, or the file is not a readable table, or it has no rows.
    """
    wanted = wanted_columns(columns, declared, strata=strata, keep=keep)
    made = derived or {}
    needed = {name for expression in made.values() for name in expression.meta.root_names()}
    types = {name: dtype for name, dtype in wanted.items() if name not in made}
    read = read_table(path, dict.fromkeys(needed, pl.String) | types)
    if made:
        # Lazily, so that an identifier is taken apart once for all of its parts.
        read = ReadTable(read.frame.lazy().with_columns(**made).collect(), read.unparsable, read.examples)
    return published(read, columns, declared=declared, strata=strata, keep=keep, where=str(path))


def published(
    read: ReadTable,
    columns: SourceColumns,
    *,
    declared: DatasetSection,
    where: str,
    strata: Mapping[str, str] | None = None,
    keep: Sequence[RowFilter] = (),
) -> Published:
    """Rows of a table that has been read (see `publish`), from `where`.

    Raises:
        UserError: it has no rows, or activities without the name of what was active.
    """
    if read.frame.height == 0:
        raise UserError("the table has a header and no rows", where=where, expected="at least one row")
    if declared.quantity == "activity" and columns.element_id is None:
        raise UserError(
            "quantity = 'activity' is measured on elements, and no column names them",
            where="[dataset]",
            remedy="name the column with element_id in [dataset] columns",
        )
    named = [pl.col(column).alias(field) for field, column in columns.named.items()]
    rows = read.frame.select(*named, *_values(declared), *_strata(strata or {}))
    rows = rows.with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"),
        pl.lit("element" if declared.quantity == "activity" else "variant").alias("kind"),
        read.unparsable.alias("unparsable"),
        keeps(read.frame, keep).alias("passes"),
    )
    rows = _with_reasons(_normalised(rows))
    sequences = _sequences(read.frame, declared)
    if sequences is None:
        return Published(rows, pl.DataFrame(), _remarks(read, 0))
    legible = sequences.filter(_is_legible())
    strange = sequences.join(legible, on="source_row", how="anti").get_column("source_row")
    remark = pl.when(pl.col("source_row").is_in(strange.implode())).then(pl.lit(["carried_sequence_illegible"]))
    rows = rows.with_columns(pl.concat_list("flags", remark.otherwise(pl.lit([], pl.List(pl.String)))).alias("flags"))
    return Published(rows, legible, _remarks(read, strange.len()))


def _remarks(read: ReadTable, n_illegible: int) -> tuple[str, ...]:
    n_unparsable = int(read.unparsable.sum())
    cells = f"{n_unparsable} rows hold cells that are not numbers: {'; '.join(read.examples)}"
    letters = f"{n_illegible} rows carry sequences with other letters than A, C, G, T and N: these are not used"
    return (*([cells] if n_unparsable else []), *([letters] if n_illegible else []))


def with_reason(rows: pl.DataFrame, test: pl.Expr, reason: Reason) -> pl.DataFrame:
    """Set `reason` where `test` holds and no other reason stands."""
    hit = pl.col("reason").is_null() & test.fill_null(value=False)
    return rows.with_columns(pl.when(hit).then(pl.lit(reason.value)).otherwise("reason").alias("reason"))


def wanted_columns(
    columns: SourceColumns,
    declared: DatasetSection,
    *,
    strata: Mapping[str, str] | None = None,
    keep: Sequence[RowFilter] = (),
) -> dict[str, Dtype]:
    """Source column -> type it is read as, of everything a dataset declares."""
    wanted: dict[str, Dtype] = {rule.column: filter_dtype(rule) for rule in keep}
    wanted |= dict.fromkeys((strata or {}).values(), pl.String)
    wanted |= {column: _DTYPES.get(field, pl.String) for field, column in columns.named.items()}
    if declared.effect:
        wanted |= dict.fromkeys(filter(None, (declared.effect.column, declared.effect.replicate)), pl.Float64)
        if isinstance(declared.effect.of, AlleleColumn):
            wanted[declared.effect.of.column] = pl.String
    for recorded in declared.recorded.values():
        wanted[recorded.column] = pl.Float64
        if isinstance(recorded.of, AlleleColumn):
            wanted[recorded.of.column] = pl.String
    if declared.sequences:
        wanted |= dict.fromkeys(filter(None, (declared.sequences.ref, declared.sequences.alt)), pl.String)
    return wanted


def _values(declared: DatasetSection) -> list[pl.Expr]:
    values = [pl.col(score.column).alias(RECORDED_PREFIX + name) for name, score in declared.recorded.items()]
    if declared.effect:
        values.append(pl.col(declared.effect.column).alias("beta"))
        if declared.effect.replicate:
            values.append(pl.col(declared.effect.replicate).alias("replicate"))
        if isinstance(declared.effect.of, AlleleColumn):
            values.append(pl.col(declared.effect.of.column).str.to_uppercase().alias("effect_allele"))
    for name, score in declared.recorded.items():
        if isinstance(score.of, AlleleColumn):
            values.append(pl.col(score.of.column).str.to_uppercase().alias(f"{RECORDED_PREFIX}{name}.allele"))
    return values


def _strata(strata: Mapping[str, str]) -> list[pl.Expr]:
    return [pl.col(column).alias(STRATUM_PREFIX + name) for name, column in strata.items()]


def _normalised(rows: pl.DataFrame) -> pl.DataFrame:
    present = set(rows.columns)
    absent = [name for name in ("chrom", "pos", "ref", "alt", "label", "beta") if name not in present]
    dtypes = {"pos": pl.Int64, "label": pl.Int64, "beta": pl.Float64}
    rows = rows.with_columns(pl.lit(None, dtypes.get(name, pl.String)).alias(name) for name in absent)
    if "start" in present:
        rows = rows.with_columns(pos=pl.col("start") + 1).drop("start")
    lower = pl.any_horizontal(pl.col(a).str.contains("[acgtn]").fill_null(value=False) for a in ("ref", "alt"))
    return rows.with_columns(
        ucsc_contigs(rows.get_column("chrom")).alias("source_chrom"),
        pl.col("pos").alias("source_pos"),
        pl.col("ref").str.to_uppercase(),
        pl.col("alt").str.to_uppercase(),
        pl.when(lower).then(pl.lit(["lower_case_alleles"])).otherwise(pl.lit([], pl.List(pl.String))).alias("flags"),
    ).drop("chrom", "pos")


def _with_reasons(rows: pl.DataFrame) -> pl.DataFrame:
    # A row known by a published identifier alone needs no position: it can meet a recorded score.
    known_by_name = [pl.col(name).is_not_null() for name in ("rsid", "element_id") if name in rows.columns]
    unnamed = ~pl.any_horizontal(known_by_name) if known_by_name else pl.lit(value=True)
    bad_letter = pl.any_horizontal(
        (~pl.col(a).str.contains(_ALLELE_LETTERS)).fill_null(value=False) for a in ("ref", "alt")
    )
    one_allele = pl.col("ref").is_null() != pl.col("alt").is_null()
    checks = (
        (pl.col("unparsable") | pl.col("beta").is_infinite(), Reason.UNPARSABLE),
        (unnamed & (pl.col("source_chrom").is_null() | pl.col("source_pos").is_null()), Reason.NO_POSITION),
        (pl.col("source_pos") < 1, Reason.BAD_POSITION),
        (bad_letter | one_allele, Reason.BAD_ALLELE),
        (pl.col("ref") == pl.col("alt"), Reason.REF_EQUALS_ALT),
        (~pl.col("label").is_in([0, 1]), Reason.UNPARSABLE),
        (pl.col("beta").is_null() & pl.col("label").is_null(), Reason.NOTHING_MEASURED),
        (~pl.col("passes"), Reason.FILTERED),
    )
    first = pl.coalesce(pl.when(test.fill_null(value=False)).then(pl.lit(reason.value)) for test, reason in checks)
    return rows.with_columns(first.alias("reason"), pl.col("label").cast(pl.Int8, strict=False)).drop(
        "unparsable", "passes"
    )


def _sequences(source: pl.DataFrame, declared: DatasetSection) -> pl.DataFrame | None:
    carried = declared.sequences
    if carried is None:
        return None
    # The anchor is the sequence that carries REF; `of = "ref"` says that the `alt` column is that one.
    ref, alt = (carried.ref, carried.alt) if carried.of == "alt" else (carried.alt or carried.ref, carried.ref)
    other = pl.col(alt) if alt else pl.lit(None, pl.String)
    return source.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"),
        pl.col(ref).str.to_uppercase().alias("ref_sequence"),
        # A gap stands for a deleted base. In REF it would leave open which base the offset counts to.
        other.str.to_uppercase().str.replace_all("-", "", literal=True).alias("alt_sequence"),
        pl.lit(carried.offset, pl.Int64).alias("offset"),
    ).filter(pl.col("ref_sequence").is_not_null())


def _is_legible() -> pl.Expr:
    held = [
        pl.col(name).str.contains(_SEQUENCE_LETTERS).fill_null(value=True) for name in ("ref_sequence", "alt_sequence")
    ]
    return pl.all_horizontal(held)
