"""From rsIDs to every place and pair of alleles they stand for; `choose` then finds the one a row means."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from refalt.errors import StoppedByLimitError, UserError, shown
from refalt.genome import ucsc_contig
from refalt.sources.fasta import Genome
from refalt.sources.rsids.base import RESOLVED, RSID, Candidate, Documents, Progress, RsidSource, Unresolved
from refalt.sources.rsids.cache import AnswerCache
from refalt.sources.rsids.local_vcf import RELEASE
from refalt.sources.web import host_of

#: Reasons after which the next source is asked.
_ASK_ON = (Unresolved.NOT_FOUND, Unresolved.UNMAPPED, Unresolved.UNREADABLE)


def resolve(
    rsids: Sequence[str | None] | pl.Series,
    *,
    sources: Sequence[RsidSource],
    cache: AnswerCache,
    allow_network: bool = False,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Look rsIDs up, each once.

    Args:
        rsids: As published; capitals, blanks and repetitions do not matter.
        sources: Asked in this order: the second only for what the first does not know, and so on. A source that
            cannot be reached ends the work, because which sources answered must not depend on the weather.
        cache: Answers of services are read from it and put into it, each batch as it comes.
        allow_network: Whether services may be asked for what the cache does not hold.
        progress: Called after each batch.

    Returns:
        `RESOLVED`: one row a candidate, so an rsID with two alternate alleles has two; one row with a `reason`, and
        no place, for an rsID without any. `rsid` as published, once; positions are 1-based; chrom in UCSC spelling.

    Raises:
        UserError: the sources are of different assemblies, one cannot be asked, or one would have to be and may not.
    """
    if len({source.assembly for source in sources}) != 1:
        raise UserError("the sources of rsIDs need one assembly", got=shown([source.assembly for source in sources]))
    published = [rsid for rsid in dict.fromkeys(rsids) if rsid is not None]
    spelled = {rsid: rsid.strip().lower() for rsid in published}
    left = _distinct(published)
    found: dict[str, tuple[str, Sequence[Candidate] | Unresolved]] = {}
    for source in sources:
        for rsid, documents in _answers(source, left, cache, allow_network, progress).items():
            read = source.read(rsid, documents)
            # What an earlier source said of it tells more than that a later one does not know it.
            if read != Unresolved.NOT_FOUND or rsid not in found:
                found[rsid] = (source.name, read)
        left = [rsid for rsid in left if found[rsid][1] in _ASK_ON]
    rows = [
        row
        for rsid, name in spelled.items()
        for row in _rows(rsid, *found.get(name, ("", Unresolved.NOT_AN_RSID)), sources[0].assembly)
    ]
    return pl.DataFrame(rows, schema=RESOLVED, orient="row").with_columns(chrom=ucsc_contig(pl.col("chrom")))


def count_unknown(
    rsids: Sequence[str | None] | pl.Series, *, sources: Sequence[RsidSource], cache: AnswerCache
) -> tuple[int, int]:
    """How many distinct rsIDs there are, and how many of them the first service would be asked for now."""
    names = _distinct([rsid for rsid in rsids if rsid is not None])
    service = next((source for source in sources if source.address), None)
    known = len(cache.known(service.question, names)) if service else len(names)
    return len(names), len(names) - known


def with_genome(candidates: pl.DataFrame, genome: Genome | None) -> pl.DataFrame:
    """Add `genome_ref`: what the genome holds where REF stands; null without a genome or off its end, "-" for "-".

    Raises:
        UserError: the genome is of another assembly.
    """
    if genome is None:
        return candidates.with_columns(pl.lit(None, pl.String).alias("genome_ref"))
    declared = candidates.get_column("assembly").drop_nulls().unique().to_list()
    if declared not in ([], [genome.assembly]):
        raise UserError("rsIDs were looked up in another assembly", expected=genome.assembly, got=shown(declared))
    length = candidates.get_column("ref").str.len_bytes().fill_null(1)
    held = genome.bases_at(candidates.get_column("chrom"), candidates.get_column("pos"), length.cast(pl.Int64))
    inserted = pl.col("ref") == "-"
    return candidates.with_columns(pl.when(inserted).then(pl.lit("-")).otherwise(held).alias("genome_ref"))


def _distinct(published: Sequence[str]) -> list[str]:
    """rsIDs as they are asked for, each once; what is none is left out."""
    names = (rsid.strip().lower() for rsid in published)
    return list(dict.fromkeys(name for name in names if RSID.fullmatch(name)))


def _answers(
    source: RsidSource, rsids: Sequence[str], cache: AnswerCache, allow_network: bool, progress: Progress | None
) -> dict[str, Documents]:
    """What a source says of each rsID, an empty answer for one it does not know."""
    known = cache.known(source.question, rsids) if source.address else {}
    asked = [rsid for rsid in rsids if rsid not in known]
    if asked and source.address and not allow_network:
        raise _not_allowed(source, asked, cache)
    for begin in range(0, len(asked), source.batch):
        batch = asked[begin : begin + source.batch]
        try:
            answer = source.ask(batch)
        except StoppedByLimitError as error:
            raise _to_be_continued(error, len(known), len(rsids), cache) from error
        fresh = {rsid: answer.get(rsid, ()) for rsid in batch}
        if source.address:
            cache.keep(source.question, fresh)
        known |= fresh
        if progress:
            progress(len(known), len(rsids))
    return known


def _to_be_continued(error: StoppedByLimitError, known: int, wanted: int, cache: AnswerCache) -> StoppedByLimitError:
    return StoppedByLimitError(
        error.what,
        got=error.got,
        remedy=f"{known:,} of {wanted:,} rsIDs are answered and kept in {cache.path}, and the same command goes on "
        f"from there; {error.remedy}",
    )


def _rows(
    rsid: str, source: str, found: Sequence[Candidate] | Unresolved, assembly: str
) -> list[tuple[str | int | None, ...]]:
    if isinstance(found, Unresolved):
        # Not knowing it is said by all of them.
        told_by = None if found in (Unresolved.NOT_FOUND, Unresolved.NOT_AN_RSID) else source
        return [(rsid, None, None, None, None, assembly, told_by, None, found.value)]
    return [(rsid, c.chrom, c.pos, c.ref, c.alt, assembly, source, c.merged_into, None) for c in found]


def _not_allowed(source: RsidSource, asked: Sequence[str], cache: AnswerCache) -> UserError:
    return UserError(
        f"{len(asked):,} rsIDs have to be looked up at {host_of(source.address)}, and the network may not be used",
        got=shown(asked),
        remedy=f"run once with --download, which sends them there and keeps the answers in {cache.path}; or get "
        f"dbSNP's VCF by hand from {RELEASE}, put it among the inputs and name it as the source of rsIDs",
    )
