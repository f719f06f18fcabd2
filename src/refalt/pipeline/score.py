"""Scores without a benchmark: variants held against a genome, asked of a model, and written beside what was given."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq

from refalt import models
from refalt.columns import Reason
from refalt.datasets.placement import measurements, place
from refalt.errors import UserError, shown
from refalt.files import replacing, write_bytes
from refalt.models.base import Asked, Model
from refalt.pipeline import stages
from refalt.pipeline.prepare import RECORDED
from refalt.pipeline.undescribed import Told, Undescribed, read_undescribed
from refalt.pipeline.which_assembly import assembly_of_lengths, declared_or_stated
from refalt.plugins import find_plugin
from refalt.provenance import library_versions
from refalt.scoring.aggregate import over_tracks
from refalt.scoring.metered import Metering
from refalt.scoring.plan import plan
from refalt.scoring.run import score_with
from refalt.sources.fasta import Genome, open_genome
from refalt.sources.intervals import contig_numbers
from refalt.sources.vcf import FLAG_WORDS, is_vcf
from refalt.studies.read import validate_section
from refalt.studies.study import ScoreSection
from refalt.tables import AlleleChecks, Inputs, Tracks

NOT_STATED: Final = "not stated"
#: What the two scores of a row are for, in the file itself.
COLUMN_MEANINGS: Final = {
    "ref": "reference allele as given, on the given strand",
    "alt": "alternate allele as given, on the given strand",
    "asked_id": "the change the model was shown: chrom:pos:ref>alt with the genome's base as REF, left-aligned",
    "orientation": "how ref and alt lie against the genome: as_given, swapped, complement or complement_swapped",
    "score_asked": "score of asked_id: its ALT over its REF",
    "score_given": "score of the alleles as given, alt over ref: score_asked, its sign turned where they are swapped",
    "raw": "score of asked_id per track, in the order of the tracks in this file's metadata",
    "problem": "why there is no score, from the closed list of reasons",
    "explanation": "the same in words",
}


@dataclass(frozen=True)
class ToScore:
    """Variants, read and held against the genome.

    Attributes:
        rows: One row an allele of the file: source_row, line (of a VCF), chrom, pos (1-based), rsid, ref, alt,
            variant_id, reason, flags.
        checks: What the genome said of each distinct variant.
        asked: What a model is asked.
        genome: Whose bases were looked at.
        remarks: What a reader should know.
    """

    rows: pl.DataFrame
    checks: AlleleChecks
    asked: Asked
    genome: Genome
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class ScoredVariants:
    """Scores beside the variants they are for.

    Attributes:
        table: A row for each allele of the file, in its order, and for each target where a model gives several; see
            `COLUMN_MEANINGS`.
        tracks: Outputs of the model that `raw` lists.
        n_rows: Alleles of the file.
        n_scored: Of these, how many have a score.
        orientations: How the alleles of these lie against the genome -> rows.
        problems: Reason -> rows without a score.
    """

    table: pl.DataFrame
    tracks: Tracks
    n_rows: int
    n_scored: int
    orientations: Mapping[str, int]
    problems: Mapping[str, int]


def build_model(name: str, settings: Mapping[str, Any]) -> Model:
    """The model of that name with its settings.

    Raises:
        UserError: there is no such model, a setting is unknown or wrong, or the model computes nothing.
    """
    plugin = find_plugin(models, name, Model, where="--model")  # type: ignore[type-abstract]
    if name == RECORDED:
        raise UserError("recorded scores are in the table already", where="--model", expected="a model that computes")
    return plugin(validate_section(plugin.section, settings, where=Path("--setting"), prefix=f"models.{name}"))


def read_to_score(
    path: Path,
    genome_path: Path,
    score: ScoreSection,
    *,
    assembly: str | None = None,
    genome_assembly: str | None = None,
) -> ToScore:
    """Read variants and hold their alleles against a genome.

    Args:
        path: VCF, or a table of variants with alleles.
        genome_path: FASTA, which needs no index.
        score: What is to be asked.
        assembly: Of the variants, canonical, where it is declared.
        genome_assembly: Of the genome, canonical, where it is declared.

    Raises:
        UserError: a file is not what it should be, or variants and genome are of different assemblies.
    """
    columns = {} if is_vcf(path) else {"effect": None, "label": None}
    read = read_undescribed(path, Told(columns=columns, assembly=assembly))
    genome = _genome_of(read, genome_path, assembly=assembly, genome_assembly=genome_assembly)
    rows = place(read.published.rows, source_assembly=NOT_STATED, lift=None, same_assembly=True)
    if rows.get_column("pos").null_count() == rows.height:
        raise UserError(
            "no row states a position", where=str(path), expected="variants with contig, position, REF, ALT"
        )
    table, inputs = measurements(rows), Inputs.empty()
    checks = stages.check_variants(stages.Read(table, inputs, None, ()), genome)
    asked = plan(score, table, checks, inputs=inputs, genome=genome)
    remarks = (*(read.guess.remarks if read.guess else ()), *read.published.remarks)
    return ToScore(rows, checks, asked, genome, remarks)


def _genome_of(read: Undescribed, path: Path, *, assembly: str | None, genome_assembly: str | None) -> Genome:
    """The genome, refused where it is seen to be of another assembly than the variants."""
    genome = open_genome(path, NOT_STATED)
    _require_same_lengths(read, genome)
    said = declared_or_stated(assembly, read.stated)
    known = assembly_of_lengths(genome.lengths) or genome_assembly or (said.name if said else NOT_STATED)
    if said is not None and known != said.name:
        raise UserError(
            f"the genome is {known}, and the variants are of another assembly",
            where=genome.where,
            expected=said.words,
            got=known,
            remedy=f"give the genome of {said.name}; if the variants are of {known}, say so with --assembly {known}",
        )
    return dataclasses.replace(genome, assembly=known)


def _require_same_lengths(read: Undescribed, genome: Genome) -> None:
    """Refuse a genome whose contigs have other lengths than the VCF's header says."""
    stated = {name: length for name, length in read.contigs.items() if length is not None}
    sizes = list(genome.lengths.values())
    number = contig_numbers(list(stated), genome.contigs).tolist()
    other = [
        f"{name}: {length:,} in the header, {sizes[i]:,} in the genome"
        for i, (name, length) in zip(number, stated.items(), strict=True)
        if i >= 0 and sizes[i] != length
    ]
    if other:
        raise UserError(
            "the VCF's header and the genome give contigs different lengths",
            where=genome.where,
            got=shown(other),
            remedy="give the genome that the variants were called on",
        )


def score_variants(
    to_score: ToScore, model: Model, score: ScoreSection, *, metering: Metering | None = None
) -> ScoredVariants:
    """Ask the model and put each score beside the variant it is for.

    Args:
        to_score: As `read_to_score` gives it, for the same score.
        model: The model.
        score: The score.
        metering: What a metered model is asked with.

    Raises:
        UserError: the model cannot make the score.
    """
    scored = score_with(model, to_score.asked, score, metering=metering)
    values = scored.predictions.frame.select(
        "asked_id", "target_id", "raw", "quantile", over_tracks(score).alias("score_asked")
    )
    failed = scored.failures.frame.select("asked_id", "error").unique("asked_id", maintain_order=True)
    checks = to_score.checks.frame.select(
        "variant_id", "asked_id", "orientation", "sign", "ref_in_genome", pl.col("reason").alias("checked")
    )
    rows = to_score.rows.join(checks, on="variant_id", how="left", maintain_order="left")
    rows = rows.join(values, on="asked_id", how="left", maintain_order="left")
    rows = rows.join(failed, on="asked_id", how="left", maintain_order="left")
    rows = _explained(rows, to_score.genome, signed=score.signed)
    firsts = rows.unique("source_row", keep="first", maintain_order=True)
    done = firsts.filter(pl.col("score_asked").is_not_null())
    counts = [
        dict(part.get_column(name).drop_nulls().value_counts(sort=True).iter_rows())
        for part, name in ((done, "orientation"), (firsts, "problem"))
    ]
    return ScoredVariants(_laid_out(rows), scored.tracks, firsts.height, done.height, *counts)


def _explained(rows: pl.DataFrame, genome: Genome, *, signed: bool) -> pl.DataFrame:
    """Add both scores, and the problem and explanation of rows without one."""
    # Of a row that the file itself rules out nothing was asked, whatever another row of that name got.
    scored = pl.col("score_asked").is_not_null() & pl.col("reason").is_null()
    unstated = pl.col("ref").is_null() | pl.col("alt").is_null()
    why = pl.coalesce(
        "reason",
        pl.when(unstated).then(pl.lit(Reason.BAD_ALLELE.value)),
        "checked",
        pl.when(pl.col("error").is_not_null()).then(pl.lit(Reason.PREDICTION_FAILED.value)),
        pl.lit(Reason.NO_SCORE.value),
    )
    turned = pl.col("sign").cast(pl.Float64) if signed else pl.lit(1.0)
    held = rows.with_columns(
        problem=pl.when(~scored).then(why),
        score_asked=pl.when(scored).then("score_asked"),
        score_given=pl.when(scored).then(pl.col("score_asked") * turned),
        has_contig=pl.Series(contig_numbers(rows.get_column("chrom"), genome.contigs) >= 0),
    )
    # What was not asked has no asked alleles.
    asked = [pl.when(scored).then(name).alias(name) for name in ("asked_id", "orientation")]
    return held.with_columns(*asked, explanation=pl.when(pl.col("problem").is_not_null()).then(_words()))


def _words() -> pl.Expr:
    """The problem of a row in words, as exact as its flags and the genome allow."""
    meanings = {reason.value: reason.meaning for reason in Reason}
    problem, flags = pl.col("problem"), pl.col("flags")
    kinds = [pl.when(flags.list.contains(flag)).then(pl.lit(f"a row {text}")) for flag, text in FLAG_WORDS.items()]
    return (
        pl.when(problem == Reason.PREDICTION_FAILED.value)
        .then("error")
        .when(problem == Reason.BAD_ALLELE.value)
        .then(pl.coalesce(*kinds, pl.lit(meanings[Reason.BAD_ALLELE.value])))
        .when((problem == Reason.NO_CONTIG.value) & pl.col("has_contig"))
        .then(pl.format("the position lies beyond the end of {}", "chrom"))
        .when(problem == Reason.REF_MISMATCH.value)
        .then(pl.format("neither allele is what the genome holds there, {}", "ref_in_genome"))
        .otherwise(problem.replace_strict(meanings, default=None, return_dtype=pl.String))
    )


def _laid_out(rows: pl.DataFrame) -> pl.DataFrame:
    names = (
        *("source_row", "line", "chrom", "pos", "rsid", "ref", "alt", "orientation", "asked_id", "target_id"),
        *("score_asked", "score_given", "raw", "quantile", "problem", "explanation"),
    )
    kept = [name for name in names if name in rows.columns]
    empty = [
        name for name in ("target_id", "quantile", "rsid") if name in kept and rows[name].null_count() == rows.height
    ]
    return rows.select(name for name in kept if name not in empty)


def write_scores(scored: ScoredVariants, path: Path, *, provenance: Mapping[str, str]) -> None:
    """Write parquet, atomically; what the columns mean and where the numbers are from goes into its metadata."""
    said = {
        "refalt.columns": json.dumps({k: v for k, v in COLUMN_MEANINGS.items() if k in scored.table.columns}),
        "refalt.tracks": json.dumps(scored.tracks.frame.get_column("track_id").to_list()),
        "refalt.versions": json.dumps(dict(library_versions())),
    } | {f"refalt.{name}": text for name, text in provenance.items()}
    stamp = {name.encode(): text.encode() for name, text in said.items()}
    with replacing(path) as partial:
        pq.write_table(scored.table.to_arrow().replace_schema_metadata(stamp), partial, compression="zstd")


def as_tsv(scored: ScoredVariants) -> bytes:
    """The same as tab-separated text; per-track values are in parquet only."""
    flat = scored.table.drop([name for name in ("raw", "quantile") if name in scored.table.columns])
    return flat.write_csv(separator="\t").encode()


def write_tsv(scored: ScoredVariants, path: Path) -> None:
    """Write `as_tsv`, atomically."""
    write_bytes(path, as_tsv(scored))
