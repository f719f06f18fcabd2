"""A table or VCF that no study file describes, read into rows: columns guessed, corrected by what the user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from refalt.columns import Reason
from refalt.datasets.base import Published
from refalt.datasets.column_names import assembly_named
from refalt.datasets.filters import keeps
from refalt.datasets.guessing import ALT, IDENTIFIER, NATURAL, UNKNOWN, Guess, guess_columns
from refalt.datasets.reading import SourceColumns, publish, wanted_columns, with_reason
from refalt.datasets.samples import SAMPLED, is_parquet, read_sample, require_header
from refalt.datasets.variant_names import builds_of, part
from refalt.errors import UserError, shown, unknown_name
from refalt.pipeline.source_columns import numeric_columns
from refalt.pipeline.which_assembly import assembly_of_lengths
from refalt.sources.delimited import read_table
from refalt.sources.vcf import is_vcf, read_vcf
from refalt.studies.sections import AlleleColumn, DatasetSection, EffectSection, RowFilter, SequencesSection

#: Stands in a section whose assembly is still to be found out.
UNDECLARED: Final = "GRCh38"
#: Fields that are read as numbers.
NUMERIC: Final = (*("pos", "start", "label", "standard_error", "p_value", "maf", "pip", "tss_distance", "effect"),)


@dataclass(frozen=True)
class Told:
    """What the user says of a table.

    Attributes:
        columns: Field -> column, or None for "there is none".
        keep: Row filters.
        assembly: Of its positions, canonical; None when it is not declared.
        of: Whose effect it is: "alt", "ref" or a column that names the allele; None leaves it to the table.
        of_source: Where that is written.
        scale, null: Of the effect; None leaves them to its name.
        design: As in a study file; None leaves it to the table.
    """

    columns: Mapping[str, str | None] = field(default_factory=dict)
    keep: Sequence[RowFilter] = ()
    assembly: str | None = None
    of: str | None = None
    of_source: str = ""
    scale: str | None = None
    null: float | None = None
    design: str | None = None

    @property
    def speaks_of_effect(self) -> bool:
        """Whether it says anything of an effect that is there."""
        return any(said is not None for said in (self.of, self.scale, self.null)) or bool(self.of_source)


@dataclass(frozen=True)
class Undescribed:
    """A file, read.

    Attributes:
        published: Its rows, as a dataset gives them.
        declared: What a study file would have said; its assembly counts only where one is known.
        guess: How the columns were read; None for a VCF, whose columns are fixed.
        stated: Assemblies that the file states -> where.
        source_columns: source_row and the other numeric columns, for audits that compare them.
        contigs: Contig -> length in bases, as a VCF's header has them.
    """

    published: Published
    declared: DatasetSection
    guess: Guess | None
    stated: Mapping[str, str]
    source_columns: pl.DataFrame | None = None
    contigs: Mapping[str, int | None] = field(default_factory=dict)


def read_undescribed(path: Path, told: Told) -> Undescribed:
    """Read a table (TSV, CSV, parquet) or a VCF.

    Raises:
        UserError: no such file, another format, columns that are not there, or a table that does not say which
            variants or elements its rows are.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path}", remedy="check the name and the folder")
    return _read_vcf(path, told) if is_vcf(path) else _read_table(path, told)


def _read_vcf(path: Path, told: Told) -> Undescribed:
    if told.columns or told.keep or told.speaks_of_effect:
        raise UserError(
            "a VCF has fixed columns and no effects",
            where=str(path),
            got=f"options about {shown([*told.columns, *(rule.column for rule in told.keep)]) or 'the effect'}",
            remedy="leave them out, or export a table with the effects",
        )
    read = read_vcf(path)
    rows = read.rows.with_columns(beta=pl.lit(None, pl.Float64), label=pl.lit(None, pl.Int8))
    said = {name: f"the header, {text!r}" for text in read.header.reference if (name := _assembly_within(text))}
    section = {"name": "table", "assembly": told.assembly or UNDECLARED, "design": told.design or NATURAL}
    declared = DatasetSection.model_validate(section)
    said |= {
        name: "the lengths of contigs in the header" for name in [assembly_of_lengths(read.header.contigs)] if name
    }
    said |= dict.fromkeys(builds_of(read.rows.get_column("identifier").head(SAMPLED)), "the identifiers in ID")
    published = Published(rows.drop("identifier"), pl.DataFrame(), read.remarks)
    return Undescribed(published, declared, None, said, contigs=read.header.contigs)


def _assembly_within(text: str) -> str | None:
    """The assembly that a word of a header's text names, as in file:///genomes/GRCh38.fa."""
    pieces = text.replace("/", " ").replace(".", " ").replace("_", " ").replace("-", " ").split()
    return next((name for piece in pieces if (name := assembly_named(piece))), None)


def _read_table(path: Path, told: Told) -> Undescribed:
    sample = read_sample(path)
    require_header(path, sample)
    of = [told.of] if told.of not in (None, ALT, "ref", UNKNOWN) else []
    for column in (*filter(None, told.columns.values()), *(rule.column for rule in told.keep), *of):
        if column not in sample.columns:
            raise unknown_name("column", column, sample.columns, where=str(path))
    guess = guess_columns(sample, told=told.columns, assembly=told.assembly)
    if not guess.knows_its_rows:
        raise _unguessable(path, sample, guess)
    if told.speaks_of_effect and guess.column("effect") is None:
        raise UserError("no column is an effect", where=str(path), got=f"columns {shown(sample.columns, 20)}",
                        remedy="name it with --effect")  # fmt: skip
    declared = _declared(guess, told)
    columns, derived = _source_columns(guess)
    if is_parquet(path):
        # Text there may be of another type, such as contigs that are whole numbers.
        texts = [name for field, name in columns.named.items() if field not in NUMERIC and name not in derived]
        derived |= {name: pl.col(name).cast(pl.String) for name in texts}
    keep = [_fitting(rule, guess) for rule in told.keep]
    published = publish(path, columns, declared=declared, keep=keep, derived=derived)
    if declared.effect is None and columns.label is None:
        published = _without_measurements(published, path, keep)
    stated = dict(guess.stated) | _stated_by_rows(path, guess, published.rows)
    bound = set(sample.columns) - set(guess.unread)
    return Undescribed(published, declared, guess, stated, numeric_columns(path, sample, leave_out=bound))


def _declared(guess: Guess, told: Told) -> DatasetSection:
    """The section a study file would have for this table."""
    column = guess.column("effect")
    section: dict[str, Any] = {"name": "table", "assembly": told.assembly or UNDECLARED}
    section["design"] = told.design or guess.design
    if column is not None:
        of: str | AlleleColumn = told.of or guess.effect_of
        section["quantity"] = "activity" if guess.is_of_elements else "effect"
        section["effect"] = EffectSection(
            column=column,
            of=of if of in (ALT, "ref", UNKNOWN) else AlleleColumn(column=str(of)),  # type: ignore[arg-type]
            scale=told.scale or guess.scale,  # type: ignore[arg-type]
            null=guess.null if told.null is None else told.null,
            source=told.of_source or (guess.effect_source if told.of is None else ""),
        )
    ref, alt = guess.column("ref_sequence"), guess.column("alt_sequence")
    if ref is not None and guess.offset is not None:
        section["sequences"] = SequencesSection(ref=ref, alt=alt, offset=guess.offset)
    return DatasetSection.model_validate(section)


def _source_columns(guess: Guess) -> tuple[SourceColumns, dict[str, pl.Expr]]:
    """Which column fills which field, and the columns that are taken out of identifiers."""
    ignored = (IDENTIFIER, "effect", "effect_allele", "ref_sequence", "alt_sequence")
    named = {bound.field: bound.column for bound in guess.bound if bound.field not in ignored}
    identifier = guess.column(IDENTIFIER)
    derived = {}
    for name in guess.spelled_out:
        named[name] = f"{name} of {identifier}"
        derived[named[name]] = part(name, str(identifier))
    return SourceColumns(**named), derived


def _fitting(rule: RowFilter, guess: Guess) -> RowFilter:
    """A filter whose value is of the type that its column is read as.

    Raises:
        UserError: the column holds numbers and the value is none, or the other way round.
    """
    field = next((bound.field for bound in guess.bound if bound.column == rule.column), None)
    is_number = field in NUMERIC
    try:
        if field is None or is_number == isinstance(rule.value, int | float):
            return rule
        if is_number:
            return rule.model_copy(update={"value": float(str(rule.value))})
    except ValueError:
        pass
    kind = "numbers" if is_number else "text"
    raise UserError(f"--keep cannot compare column {rule.column!r}", expected=kind, got=repr(rule.value))


def _without_measurements(published: Published, path: Path, keep: Sequence[RowFilter]) -> Published:
    """Rows of a list of variants: that nothing is measured in it sets no row aside, filters still do."""
    nothing = pl.col("reason") == Reason.NOTHING_MEASURED.value
    rows = published.rows.with_columns(pl.when(~nothing).then("reason").alias("reason"))
    if keep:
        types = wanted_columns(SourceColumns(), DatasetSection(name="table", assembly=UNDECLARED), keep=keep)
        passes = keeps(read_table(path, types).frame, keep)
        rows = with_reason(rows.with_columns(passes), ~pl.col("passes"), Reason.FILTERED).drop("passes")
    return Published(rows, published.sequences, published.remarks)


def _stated_by_rows(path: Path, guess: Guess, rows: pl.DataFrame) -> dict[str, str]:
    """The assembly that a column names for the rows that are kept.

    Raises:
        UserError: they are of several.
    """
    if guess.assembly_column is None:
        return {}
    column = guess.assembly_column
    values = read_table(path, {column: pl.String}).frame.get_column(column)
    kept = values.filter(rows.get_column("reason").is_null())
    counts = kept.drop_nulls().value_counts(sort=True)
    named = {text: assembly_named(text) for text in counts.get_column(column)}
    if len(set(named.values())) > 1:
        listed = ", ".join(f"{text} in {n:,} rows" for text, n in counts.iter_rows())
        raise UserError(
            f"the table holds rows of several assemblies (column {column!r})",
            where=str(path),
            expected="positions of one assembly",
            got=listed,
            remedy=f"check one at a time, for example --keep '{column}={counts.get_column(column)[0]}'",
        )
    return {assembly: f"the column {column!r}" for assembly in named.values() if assembly}


def _unguessable(path: Path, sample: pl.DataFrame, guess: Guess) -> UserError:
    looked = "an identifier such as chr1:123:A:G, chr1_123_A_G_b38 or rs123, chromosome and position, or an element"
    what = "no column says which variants or elements the rows are"
    if guess.column("effect") is None:
        what += ", and none is an effect"
    return UserError(
        what,
        where=str(path),
        expected=f"{looked}; and an effect such as beta, slope or log2fc",
        got=f"the columns {shown(sample.columns, 20)}",
        remedy="name them: --column chrom=NAME --column pos=NAME --column ref=NAME --column alt=NAME --effect NAME",
    )
