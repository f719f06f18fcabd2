"""Alleles and places by rsID, for rows whose source states them in part or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from refalt.columns import Reason
from refalt.datasets.placement import named, place
from refalt.errors import UserError
from refalt.genome import canonical_assembly
from refalt.pipeline.prepare import RSIDS_ROLE, Prepared
from refalt.sources.fasta import Genome
from refalt.sources.liftover import LiftOver
from refalt.sources.public_file import cache_folder
from refalt.studies.sections import AlleleSource

# What speaks to servers is imported where it is used: most studies look nothing up.
if TYPE_CHECKING:
    from refalt.sources.rsids.base import RsidSource
    from refalt.sources.rsids.cache import AnswerCache

#: Of rows that got alleles, or a place, by their rsID; and of those whose rsID is an older one.
BY_RSID, MERGED = "alleles_by_rsid", "rsid_merged"
_STATED: Final = "^[ACGTacgt]+$"
Notify = Callable[[str], None]


@dataclass(frozen=True)
class LookUp:
    """What a run would ask of a service.

    Attributes:
        host: Whom.
        n_rsids: Distinct rsIDs of the rows that need one.
        to_ask: How many of them are not answered yet.
    """

    host: str
    n_rsids: int
    to_ask: int


def assembly_of_rsids(prepared: Prepared) -> str | None:
    """Canonical name of the assembly that rsIDs are looked up in; None where none are.

    Raises:
        UserError: it is neither that of the rows nor the genome's.
    """
    declared = prepared.declared.alleles
    if declared is None or declared.by_position:
        return None
    where = f"{prepared.path}, [dataset] alleles"
    assembly = canonical_assembly(declared.assembly, where=where) if declared.assembly else prepared.genome_assembly
    known = (prepared.source_assembly, prepared.genome_assembly)
    if assembly not in known:
        raise UserError(
            "rsIDs are looked up in the assembly of the rows or in the genome's",
            where=where,
            expected=" or ".join(dict.fromkeys(known)),
            got=assembly,
        )
    return assembly


def look_up_of(published: pl.DataFrame, prepared: Prepared, lift: LiftOver | None) -> LookUp | None:
    """What would be asked for rows of a dataset (see `placed_with_alleles`); None where no service would be."""
    from refalt.sources.rsids.resolve import count_unknown
    from refalt.sources.web import host_of

    sources = _sources(prepared)
    service = next((source for source in sources if source.address), None)
    if service is None:
        return None
    own = service.assembly == prepared.source_assembly
    rows = _as_placed(published) if own else _placed(published, prepared, lift)
    n_rsids, to_ask = count_unknown(_asked(rows).get_column("rsid"), sources=sources, cache=_cache())
    return LookUp(host_of(service.address), n_rsids, to_ask)


def placed_with_alleles(
    published: pl.DataFrame,
    prepared: Prepared,
    lift: LiftOver | None,
    genome: Genome | None,
    *,
    notify: Notify = lambda _: None,
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows of a dataset in the genome's assembly, with what is looked up by rsID, and remarks on that.

    What is looked up in the rows' own assembly is lifted with them; else it is looked up where they have come to lie.

    Raises:
        UserError: as `with_resolved`.
    """
    assembly = assembly_of_rsids(prepared)
    if assembly is None:
        return _placed(published, prepared, lift), ()
    if assembly == prepared.source_assembly:
        found, told = with_resolved(_as_placed(published), prepared, genome, notify=notify)
        own = found.with_columns(pl.col("chrom").alias("source_chrom"), pl.col("pos").alias("source_pos"))
        return _placed(own.drop("chrom", "pos", "lift_strand"), prepared, lift), told
    found, told = with_resolved(_placed(published, prepared, lift), prepared, genome, notify=notify)
    return named(found, prepared.source_assembly), told


def _placed(rows: pl.DataFrame, prepared: Prepared, lift: LiftOver | None) -> pl.DataFrame:
    same = prepared.source_assembly == prepared.genome_assembly
    return place(rows, source_assembly=prepared.source_assembly, lift=lift, same_assembly=same)


def _as_placed(published: pl.DataFrame) -> pl.DataFrame:
    """Rows as if their own assembly were the genome's."""
    return published.with_columns(
        pl.col("source_chrom").alias("chrom"),
        pl.col("source_pos").alias("pos"),
        pl.lit(None, pl.Int8).alias("lift_strand"),
    )


def with_resolved(
    rows: pl.DataFrame, prepared: Prepared, genome: Genome | None, *, notify: Notify = lambda _: None
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Give rows that lack alleles or a place those of their rsID, or the reason why there are none.

    Args:
        rows: Rows of a dataset, placed in the assembly that rsIDs are looked up in.
        prepared: The study, whose `[dataset] alleles` says what is asked.
        genome: What REF is held against, if it is of that assembly.
        notify: Told how far the asking has come.

    Returns:
        The rows, and a remark on how many were given what. A row that states both its alleles keeps them in its own
        order; an insertion or deletion is written as the source writes it there.

    Raises:
        StoppedByLimitError: a service does not answer now; what it answered before is kept.
        UserError: no row has an rsID, or a source cannot be asked.
    """
    from refalt.sources.rsids.choose import choose
    from refalt.sources.rsids.resolve import resolve, with_genome

    sources, asked = _sources(prepared), _asked(rows)
    candidates = resolve(
        asked.get_column("rsid"),
        sources=sources,
        cache=_cache(),
        allow_network=prepared.finder.may_fetch,
        progress=lambda known, wanted: notify(f"rsIDs: {known:,} of {wanted:,} answered"),
    )
    held = with_genome(candidates, genome if genome and genome.assembly == sources[0].assembly else None)
    chosen = choose(asked, held).drop("rsid", "chrom", "pos", "ref", "alt")
    remark = _remark(chosen, candidates, sources)
    joined = rows.join(chosen.rename({"reason": "unresolved"}), on="source_row", how="left", maintain_order="left")
    return _applied(joined).select(rows.columns), (remark,)


def _sources(prepared: Prepared) -> Sequence[RsidSource]:
    from refalt.sources.rsids.ensembl import Ensembl
    from refalt.sources.rsids.local_vcf import LocalVcf
    from refalt.sources.rsids.myvariant import MyVariant

    declared, assembly = prepared.declared.alleles, assembly_of_rsids(prepared)
    if declared is None or assembly is None:
        return []

    def made(name: AlleleSource) -> RsidSource:
        path = prepared.file(RSIDS_ROLE)
        if name == "vcf" and path:
            return LocalVcf(path, assembly)
        service = MyVariant if name == "myvariant" else Ensembl
        return service(assembly, base=declared.url.rstrip("/")) if declared.url else service(assembly)

    return [made(name) for name in declared.sources]


def _cache() -> AnswerCache:
    from refalt.sources.rsids.cache import AnswerCache

    return AnswerCache(cache_folder() / "rsids.sqlite")


def _asked(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that lack an allele or a place and nothing else: source_row, rsid, chrom, pos, ref and alt.

    Raises:
        UserError: the dataset has no rsIDs.
    """
    if "rsid" not in rows.columns or rows.get_column("rsid").null_count() == rows.height:
        raise UserError(
            "no row has an rsID, so that alleles cannot be looked up by it",
            where="[dataset] alleles",
            remedy="use source = 'sites' with a VCF that is met by position, or name the column of rsIDs",
        )
    one = pl.col("ref").is_null() != pl.col("alt").is_null()
    legible = pl.coalesce("ref", "alt").str.contains(_STATED)
    half = (pl.col("reason") == Reason.BAD_ALLELE.value) & one & legible
    open_ = pl.col("reason").is_null() | (pl.col("reason") == Reason.NOT_LIFTED.value) | half
    lacking = pl.any_horizontal(pl.col(name).is_null() for name in ("ref", "alt", "pos"))
    wanted = rows.filter((pl.col("kind") == "variant") & open_ & lacking)
    chrom = pl.coalesce("chrom", "source_chrom").alias("chrom")
    return wanted.select("source_row", "rsid", chrom, "pos", "ref", "alt")


def _applied(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows joined with `choose`'s columns, with what was chosen in its place."""
    given = pl.col("chosen_pos").is_not_null()
    both = pl.col("ref").is_not_null() & pl.col("alt").is_not_null()
    lengths = {name: pl.col(name).replace({"-": ""}).str.len_bytes().cast(pl.Int64) for name in ("ref", "alt")}
    grows = lengths["alt"] - lengths["ref"]
    chosen = [pl.col(f"chosen_{name}").replace({"-": ""}).str.len_bytes().cast(pl.Int64) for name in ("alt", "ref")]
    # A substitution is kept as the study writes it; the sign of an effect stays that of the study's own ALT.
    own = both & (grows == 0)
    half = (pl.col("alt") == pl.col("chosen_ref")) | (pl.col("ref") == pl.col("chosen_alt"))
    turned = pl.when(both).then(grows * (chosen[0] - chosen[1]) < 0).otherwise(half.fill_null(value=False))
    written = {
        name: pl.when(own).then(pl.col(name)).when(turned).then(f"chosen_{other}").otherwise(f"chosen_{name}")
        for name, other in (("ref", "alt"), ("alt", "ref"))
    }
    letters = [name for name in rows.columns if name in ("effect_allele", "other_allele") or name.endswith(".allele")]
    # Letters of an allele go with it when it is written otherwise.
    rewritten = [
        pl.when(given & both & (pl.col(name) == pl.col("ref")))
        .then(written["ref"])
        .when(given & both & (pl.col(name) == pl.col("alt")))
        .then(written["alt"])
        .otherwise(name)
        .alias(name)
        for name in letters
    ]
    none = pl.lit([], pl.List(pl.String))
    flags = [
        pl.when(given).then(pl.lit([BY_RSID])).otherwise(none),
        pl.when(pl.col("chosen_merged_into").is_not_null()).then(pl.lit([MERGED])).otherwise(none),
    ]
    kept = pl.col("reason") == Reason.BAD_ALLELE.value
    failed = (
        pl.when(pl.col("unresolved").is_null() | kept.fill_null(value=False)).then("reason").otherwise("unresolved")
    )
    return rows.with_columns(
        *rewritten,
        *(pl.when(given).then(new).otherwise(name).alias(name) for name, new in written.items()),
        *(pl.when(given).then(f"chosen_{name}").otherwise(name).alias(name) for name in ("chrom", "pos")),
        pl.when(given).then(None).otherwise("lift_strand").alias("lift_strand"),
        pl.when(given).then(None).otherwise(failed).alias("reason"),
        pl.concat_list("flags", *flags).alias("flags"),
    )


def _remark(chosen: pl.DataFrame, candidates: pl.DataFrame, sources: Sequence[RsidSource]) -> str:
    """How many rows got alleles from whom, why the others did not, and the digest of all that was answered."""
    whom = " and ".join(f"{source.name} ({source.address or source.question})" for source in sources)
    lost = chosen.get_column("reason").drop_nulls().value_counts(sort=True)
    without = "; ".join(f"{count:,}: {Reason(name).meaning}" for name, count in lost.iter_rows())
    digest = hashlib.sha256(candidates.write_csv().encode()).hexdigest()
    given = chosen.height - int(lost.get_column("count").sum())
    return (
        f"alleles by rsID from {whom}: {given:,} of {chosen.height:,} rows"
        + (f"; the others leave ({without})" if without else "")
        + f"; the answers have sha256 {digest}"
    )
