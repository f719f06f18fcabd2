"""AL007: are positions positions?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from refalt.audits.base import Audit, Finding, Phase, Severity
from refalt.audits.rows import FEWEST, SAMPLED, sampled, share, shown_rows
from refalt.genome import canonical_assembly, chromosome_lengths
from refalt.sources.fasta import Genome
from refalt.studies.sections import DatasetSection
from refalt.tables import Measurements

#: Rows whose position is their own number plus a constant.
COUNTED_ROWS: Final = 0.5
#: Chromosomes begin with 10 kb of N, and with telomeres in assemblies that have none.
CHROMOSOME_BEGINS: Final = 10_000
#: More than one row in a hundred outside of the assembly is no typing error.
OUTSIDE: Final = 0.01
#: Contigs that assemblies have besides their chromosomes.
_OTHER_CONTIGS: Final = r"^chr(M|Un_.*|EBV|[0-9XY]+_.*(random|alt|fix|hap[0-9]+))$"


class PositionsArePositions(Audit):
    """AL007.

    Over half of the positions are the row's own number plus a constant; or over half lie in the first 10 kb; or
    positions lie beyond the end of their contig; or over one in a hundred is on a contig that the assembly does not
    have. Saturation mutagenesis has consecutive positions by design.
    """

    code = "AL007"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Positions are places in the declared assembly."
    why = (
        "A row number or a distance taken for a position lies on every chromosome, and a model answers for whatever "
        "stands there."
    )
    example = "Positions 10,001, 10,002, 10,003, ... in file order; or chr22:150,000,000."
    remedy = "Name the position column in [dataset] columns; check the assembly where positions lie beyond contig ends."

    def check(self, *, measurements: Measurements, declared: DatasetSection, genome: Genome | None = None) -> Finding:
        """Look for counted rows, for positions near zero, and for places that do not exist."""
        # Filtered rows stay in: without them row numbers no longer follow the file.
        rows = measurements.frame.filter(pl.col("source_pos") > 0)
        if rows.height < FEWEST:
            return self.skipped(f"{rows.height} positions are too few")
        lengths = _lengths(canonical_assembly(declared.assembly), genome)
        parts = [
            _counted(rows) if declared.design != "mutagenesis" else None,
            _near_zero(rows) if max(lengths.values(), default=0) > 100 * CHROMOSOME_BEGINS else None,
            *_outside(rows, lengths),
        ]
        complaints = [part for part in parts if part is not None]
        if not complaints:
            said = f"{rows.height:,} positions look like places in {declared.assembly}"
            return self.clear(f"{said}.", n_examined=rows.height)
        worst = max(complaints, key=lambda part: part[1].height)
        fatal = any(part.height > OUTSIDE * rows.height for _, part in complaints)
        return self.found(
            "; ".join(words for words, _ in complaints) + ".",
            severity=Severity.FATAL if fatal else Severity.SERIOUS,
            n_affected=worst[1].height,
            n_examined=rows.height,
            examples=shown_rows(worst[1]),
        )


def _lengths(assembly: str, genome: Genome | None) -> Mapping[str, int]:
    if genome is not None and canonical_assembly(genome.assembly) == assembly:
        return dict(chromosome_lengths(assembly)) or genome.lengths
    return chromosome_lengths(assembly)


def _counted(rows: pl.DataFrame) -> tuple[str, pl.DataFrame] | None:
    """Rows that differ from the row before by one row and one base, on the same constant."""
    constant = (pl.col("source_pos") - pl.col("source_row")).alias("constant")
    if 2 * _commonest(sampled(rows).select(constant)) <= COUNTED_ROWS * min(rows.height, SAMPLED):
        return None
    common = rows.select(constant).get_column("constant").value_counts(sort=True)
    if common.get_column("count")[0] <= COUNTED_ROWS * rows.height:
        return None
    counted = rows.filter(constant == common.get_column("constant")[0])
    return f"{share(counted.height, rows.height)} positions are the row's own number plus a constant", counted


def _commonest(constants: pl.DataFrame) -> int:
    """How many rows hold the commonest constant."""
    return int(constants.to_series().value_counts().get_column("count").max() or 0)  # type: ignore[arg-type]


def _near_zero(rows: pl.DataFrame) -> tuple[str, pl.DataFrame] | None:
    low = rows.filter(pl.col("source_pos") < CHROMOSOME_BEGINS)
    if low.height <= rows.height / 2:
        return None
    return f"{share(low.height, rows.height)} positions are under {CHROMOSOME_BEGINS:,}, where chromosomes are N", low


def _outside(rows: pl.DataFrame, lengths: Mapping[str, int]) -> list[tuple[str, pl.DataFrame]]:
    if not lengths:
        return []
    length = pl.col("source_chrom").replace_strict(dict(lengths), default=None, return_dtype=pl.Int64)
    beyond = rows.filter((pl.col("source_pos") > length).fill_null(value=False))
    other = pl.col("source_chrom").str.contains(_OTHER_CONTIGS).fill_null(value=False)
    unknown = rows.filter(length.is_null() & ~other)
    names = unknown.get_column("source_chrom").drop_nulls().unique().sort().head(5).to_list()
    known = [(f"{share(beyond.height, rows.height)} positions lie beyond the end of their contig", beyond)]
    strange = [(f"{share(unknown.height, rows.height)} contigs are unknown ({', '.join(names)})", unknown)]
    return (known if beyond.height else []) + (strange if unknown.height > OUTSIDE * rows.height else [])
