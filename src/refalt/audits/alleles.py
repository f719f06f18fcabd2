"""AL: are alleles what the anchor (carried sequence or genome) holds there?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from refalt.alleles import AS_GIVEN, COMPLEMENT, COMPLEMENT_SWAPPED, SWAPPED, UNRESOLVED
from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.builds import Fit, Lifts, fits_by_sequence
from refalt.audits.rows import FEWEST, share, shown_rows
from refalt.sources.fasta import Genome
from refalt.studies.sections import DatasetSection
from refalt.tables import AlleleChecks, Measurements

#: In tables of the right assembly all but a handful of alleles fit; at random places a quarter does not.
FITTING: Final = 0.99
#: A few misfits in a small table are judged by chance: one in a hundred tables may be stopped wrongly.
CHANCE: Final = 0.01
#: Above this the rarer allele of one study is easily the commoner one of another.
TELLING_FREQUENCY: Final = 0.4
SUBSTITUTION: Final = ":[ACGT]>[ACGT]$"
ORIENTATIONS: Final = (AS_GIVEN, SWAPPED, COMPLEMENT, COMPLEMENT_SWAPPED, UNRESOLVED)


class AllelesFitTheAssembly(Audit):
    """AL001.

    Over one substitution in a hundred fits the genome or the carried sequence neither as given, nor swapped, nor on
    the other strand, and that is more than bad luck. The message names the assembly that fits best. Swapped alleles
    are AL003's, indels AL006's.
    """

    code = "AL001"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Alleles agree with the declared assembly."
    why = (
        "Positions of one assembly looked up in another give a base that has nothing to do with the variant, and a "
        "model then predicts the effect of a change that nobody carries."
    )
    example = "hg18 positions declared as hg19: a quarter of the SNVs fit neither as given, nor swapped, nor reversed."
    remedy = "Declare the assembly that fits, with its chain file in [genome], or correct the alleles."

    def check(
        self,
        *,
        checks: AlleleChecks,
        measurements: Measurements,
        genome: Genome | None = None,
        lifts: Lifts | None = None,
    ) -> Finding:
        """Count how alleles lie against their anchor; swapped ones fit (they are AL003's), indels are AL006's."""
        held = substitutions_first(checks.frame.filter(pl.col("anchor") != "as_published"))
        if held.is_empty():
            return self.skipped("neither a genome nor a carried sequence reaches any variant with stated alleles")
        counts = dict(held.group_by("orientation").len().iter_rows())
        n, n_fit = held.height, sum(counts.get(name, 0) for name in (AS_GIVEN, SWAPPED, COMPLEMENT))
        # A table given on the other strand throughout fits too.
        n_fit = max(n_fit, counts.get(COMPLEMENT, 0) + counts.get(COMPLEMENT_SWAPPED, 0))
        numbers: Numbers = {"n_affected": n - n_fit, "n_examined": n, "statistic": n_fit / n, "threshold": FITTING}
        if not beyond_chance(n - n_fit, n):
            return self.clear(f"Of {n:,} variants held against their anchor: {in_words(counts)}.", **numbers)
        fits = fits_by_sequence(measurements, genome, lifts or {}) if genome else []
        misfits = held.filter(pl.col("orientation").is_in([UNRESOLVED, COMPLEMENT_SWAPPED])).select("variant_id")
        rows = measurements.frame.join(misfits, on="variant_id", how="semi", maintain_order="left")
        return self.found(
            f"{share(n - n_fit, n)} variants do not fit their anchor: {in_words(counts)}.{_best(fits)}",
            examples=shown_rows(rows),
            **numbers,
        )


class SwappedAllelesAreResolved(Audit):
    """AL003.

    Over one row in a hundred fits neither way, so that its effect cannot be turned with its alleles. Rows that were
    turned are counted and listed.
    """

    code = "AL003"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Where the published ALT is the genome's base, the effect was turned with the alleles."
    why = (
        "A published `ref` is often the major allele: in one dsQTL table a third of the rows have it swapped. A model "
        "predicts ALT over REF of the genome, so those rows have the wrong sign unless they are turned."
    )
    example = "chr1:801099 A>G where the genome has G, and an effect that stays as published."
    remedy = "Rows that fit neither way leave with a reason; if they are many, correct alleles, strand or assembly."

    def check(self, *, checks: AlleleChecks, measurements: Measurements) -> Finding:
        """Count rows that were turned, and rows that cannot be."""
        known = checks.frame.select("variant_id", "orientation", "anchor", "asked_id")
        named = measurements.kept(recorded=True).select("source_row", "variant_id", "element_id")
        rows = named.join(known, on="variant_id", maintain_order="left")
        held = substitutions_first(rows.filter(pl.col("anchor") != "as_published"))
        if held.is_empty():
            return self.skipped("neither a genome nor a carried sequence reaches any row with stated alleles")
        turned = held.filter(pl.col("orientation").is_in([SWAPPED, COMPLEMENT_SWAPPED]))
        lost = held.filter(pl.col("orientation") == UNRESOLVED)
        numbers: Numbers = {
            "n_affected": lost.height,
            "n_examined": held.height,
            "statistic": lost.height / held.height,
            "threshold": 1 - FITTING,
        }
        said = f"{share(turned.height, held.height)} rows have ALT where the genome has REF and had their sign turned"
        if not beyond_chance(lost.height, held.height):
            return self.clear(f"{said}.", examples=shown_rows(turned, "orientation"), **numbers)
        said = f"{share(lost.height, held.height)} rows fit neither way and cannot be turned; {said}"
        return self.found(f"{said}.", examples=shown_rows(lost), **numbers)


class AmbiguousStrandsAreFew(Audit):
    """AL004.

    Over one variant in a hundred reads the same on both strands, has no genome or carried sequence to settle its
    strand, and no frequency that would.
    """

    code = "AL004"
    phase = Phase.PREFLIGHT
    severity = Severity.NOTE
    affirms = "Alleles that read the same on both strands are few, or a genome settled them."
    why = "A>T on one strand is T>A on the other: where the strand is in doubt, so is the sign of these rows."
    example = "One SNV in seven is A/T or C/G, and no genome, sequence or unequal allele frequency tells the strand."
    remedy = "Give the genome in [genome] fasta, or name the allele frequency column in [dataset] columns."

    def check(self, *, checks: AlleleChecks, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Count A/T and C/G pairs without an anchor whose frequency does not tell them apart either."""
        flagged = pl.col("flags").list.contains("strand_ambiguous")
        stated = checks.frame.filter(~pl.col("flags").list.contains("position_only"))
        if stated.is_empty():
            return self.skipped("no variant states its alleles")
        if declared.design != "natural":
            return self.skipped("the experimenter's construct sets the strand")
        doubtful = stated.filter(flagged & (pl.col("anchor") == "as_published")).select("variant_id")
        even = (pl.col("maf") > TELLING_FREQUENCY).fill_null(value=True)
        rows = measurements.frame.join(doubtful, on="variant_id", how="semi", maintain_order="left").filter(even)
        n = rows.get_column("variant_id").n_unique()
        numbers: Numbers = {"n_affected": n, "n_examined": stated.height}
        said = f"{share(n, stated.height)} variants read the same on both strands, and nothing settles theirs"
        if n <= (1 - FITTING) * stated.height:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}.", examples=shown_rows(rows), **numbers)


def substitutions_first(variants: pl.DataFrame) -> pl.DataFrame:
    """Single-base substitutions, unless they are too few to judge by: an indel has several right places."""
    single = variants.filter(pl.col("asked_id").str.contains(SUBSTITUTION))
    return single if single.height >= FEWEST else variants


def in_words(counts: Mapping[str, int]) -> str:
    """Counts of orientations, "as given 12, swapped 3"."""
    return ", ".join(f"{name.replace('_', ' ')} {counts[name]:,}" for name in ORIENTATIONS if name in counts)


def beyond_chance(n_misfits: int, n: int) -> bool:
    """Whether over one in a hundred does not fit, and by more than bad luck (binomial, one-sided)."""
    if n_misfits <= (1 - FITTING) * n:
        return False
    from scipy.special import bdtrc

    return float(bdtrc(n_misfits - 1, n, 1 - FITTING)) < CHANCE


def _best(fits: list[Fit]) -> str:
    if not fits:
        return ""
    listed = ", ".join(f"{fit.assembly} {100 * fit.share:.1f} % of {fit.n:,}" for fit in fits)
    return f" REF or ALT stands at the published position taken as: {listed}."
