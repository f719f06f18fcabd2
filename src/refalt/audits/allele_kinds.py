"""AL: are alleles ones that nature or an experimenter made, each stated once and in one way?"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from refalt.audits.alleles import beyond_chance
from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import effect_rows, published_effects, sample_words, sampled, share, shown_rows
from refalt.columns import Reason
from refalt.studies.sections import AlleleColumn, DatasetSection
from refalt.tables import AlleleChecks, Measurements

#: Entropy of (REF, ALT) over SNVs: real tables 3.06 to 3.58 bits; any ALT that follows from its REF 2 at most.
FEWEST_BITS, FEWEST_SNVS = 2.3, 50
#: Transitions over transversions: 1.4 to 2.7 in real tables, 0.5 for alternatives drawn at random.
FEWEST_TRANSITIONS: Final = 1.0
#: Normal quantile of a one-sided 99 % bound.
BOUND: Final = 2.326
_UNREAL: Final = (Reason.BAD_ALLELE.value, Reason.REF_EQUALS_ALT.value)
_TRANSITIONS: Final = ("AG", "GA", "CT", "TC")
#: Shares of the two signs this far apart shift what agreement in sign means by chance.
UNEVEN, STANDARD_ERRORS = 0.02, 4.0


class AllelesAreReal(Audit):
    """AL002.

    Over one row in a hundred that states alleles holds N, nothing, or one allele twice; or pairs of REF and ALT are
    so few that ALT must follow from REF; or, in a natural design, transitions are so rare that ALT was drawn at
    random.
    """

    code = "AL002"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Alleles are those of the variants that were measured."
    why = (
        "Three comparisons had no alleles for their positions and made some up: the reference base and a fixed or a "
        "random other one. A model then predicts a change that nobody measured, and chance is all it can reach."
    )
    example = "Every A becomes C, every C becomes G; or transitions are half as common as transversions."
    remedy = "Look alleles up by rsID or position, and leave rows without alleles out of comparisons that need them."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Look at letters, at the mixture of changes, and at transitions."""
        rows = measurements.frame.filter(pl.col("reason").is_null() | (pl.col("reason") != Reason.FILTERED.value))
        stated = rows.filter(pl.col("ref").is_not_null() | pl.col("alt").is_not_null())
        if stated.is_empty():
            return self.skipped("no row states its alleles")
        unreal = stated.filter(
            pl.col("reason").is_in(_UNREAL) | pl.concat_str("ref", "alt").str.contains("N").fill_null(value=False)
        )
        if beyond_chance(unreal.height, stated.height):
            return self.found(
                f"{share(unreal.height, stated.height)} rows that state alleles hold N, nothing, or one allele twice.",
                n_affected=unreal.height,
                n_examined=stated.height,
                examples=shown_rows(unreal, "ref", "alt"),
            )
        return self._mixture(stated, declared)

    def _mixture(self, stated: pl.DataFrame, declared: DatasetSection) -> Finding:
        # Changes are counted once a variant; a variant of many rows is drawn once at most.
        drawn = sampled(stated)
        variants = drawn.unique("variant_id", maintain_order=True)
        aside = sample_words(drawn.height, stated.height)
        pair = pl.concat_str("ref", "alt").alias("pair")
        pairs = variants.select(pair).filter(pl.col("pair").str.contains("^[ACGT]{2}$"))
        counts = pairs.get_column("pair").value_counts().sort("pair")
        n = pairs.height
        if n < FEWEST_SNVS or declared.design in ("base_editor", "synthetic"):
            return self.clear(f"{n} single-base variants of {declared.design} design: letters only were looked at.")
        portion = counts.get_column("count").to_numpy() / n
        bits = float(-(portion * np.log2(portion)).sum())
        transitions = int(counts.filter(pl.col("pair").is_in(_TRANSITIONS)).get_column("count").sum())
        ratio = transitions / max(n - transitions, 1)
        said = f"{n:,} single-base variants: {bits:.2f} bits of (REF, ALT), transitions over transversions {ratio:.2f}"
        said += aside
        numbers: Numbers = {"n_affected": n, "n_examined": n}
        if bits < FEWEST_BITS:
            return self.found(f"{said}: ALT is made from REF.", statistic=bits, threshold=FEWEST_BITS, **numbers)
        if declared.design == "natural" and _upper_ratio(transitions, n) < FEWEST_TRANSITIONS:
            found = f"{said}: nature makes more transitions than that; alternatives drawn at random have 0.5"
            return self.found(f"{found}.", statistic=ratio, threshold=FEWEST_TRANSITIONS, **numbers)
        return self.clear(f"{said}.", statistic=bits, threshold=FEWEST_BITS, n_examined=n)


def _upper_ratio(transitions: int, n: int) -> float:
    """One-sided 99 % upper bound of transitions over transversions, by Wilson's bound of the share."""
    centre = (transitions / n + BOUND**2 / (2 * n)) / (1 + BOUND**2 / n)
    half = BOUND / (1 + BOUND**2 / n) * np.sqrt(transitions / n * (1 - transitions / n) / n + BOUND**2 / (4 * n**2))
    upper = min(centre + half, 1 - 1e-12)
    return float(upper / (1 - upper))


class OneRowOneChange(Audit):
    """AL005.

    A row without alleles has a position or rsID for which other rows of the table state several changes.
    """

    code = "AL005"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Each row says which change it measured."
    why = (
        "A position or an rsID can stand for several changes. Taking the first alternative of a multi-allelic rsID "
        "gives part of a table another change than the one measured."
    )
    example = "A row `rs1234` without alleles, in a table whose rs1234 is A>C in one row and A>T in another."
    remedy = "State REF and ALT in the table; where the source has none, leave multi-allelic identifiers out."

    def check(self, *, measurements: Measurements) -> Finding:
        """Look for rows without alleles whose position or rsID stands for several changes."""
        rows = measurements.kept(recorded=True).filter(pl.col("element_id").is_null())
        bare = rows.filter(pl.col("ref").is_null())
        if bare.is_empty():
            return self.clear("All rows state their alleles.", n_examined=rows.height)
        keys = (["source_chrom", "source_pos"], ["rsid"])
        doubtful = pl.concat([bare.join(_several(rows, key), on=key, how="semi") for key in keys])
        doubtful = doubtful.unique("source_row", maintain_order=True)
        said = f"{share(doubtful.height, bare.height)} rows without alleles stand for several changes of this table"
        numbers: Numbers = {"n_affected": doubtful.height, "n_examined": rows.height}
        if doubtful.is_empty():
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}.", examples=shown_rows(doubtful.sort("source_row"), "rsid"), **numbers)


def _several(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Places or names for which the rows state more than one change."""
    change = pl.format("{}:{}:{}>{}", "source_chrom", "source_pos", "ref", "alt")
    stated = rows.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in ("ref", "alt", *names)))
    counts = stated.group_by(names).agg(change.n_unique().alias("n_changes"))
    return counts.filter(pl.col("n_changes") > 1)


class IndelsAreAnchored(Audit):
    """AL006.

    Over one indel in a hundred is written with "-", could be moved to the left, or is not what the genome or the
    carried sequence holds.
    """

    code = "AL006"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Insertions and deletions are anchored, left-aligned and where they say they are."
    why = (
        "One deletion in a run of As has as many names as the run is long. Unless it is written one way, it meets "
        "neither its score nor the genome, and a model is shown another sequence than the one that was measured."
    )
    example = "A deletion written C>-, or as CAA>CA where the run begins two bases before."
    remedy = "Normalise with `bcftools norm -f genome.fa`, or leave indels out with a declared filter."

    def check(self, *, measurements: Measurements, checks: AlleleChecks | None = None) -> Finding:
        """Count indels without an anchor base, not left-aligned, or not what their anchor holds."""
        rows = measurements.kept(recorded=True).filter(pl.col("ref").is_not_null())
        dash = pl.concat_str("ref", "alt").str.contains("-", literal=True)
        indels = rows.filter(dash | (pl.col("ref").str.len_bytes() != pl.col("alt").str.len_bytes()))
        if indels.is_empty():
            return self.clear("There are no insertions or deletions.", n_examined=rows.height)
        # Alleles that end in the same base can be moved further left (Tan, Abecasis and Kang 2015).
        movable = pl.col("ref").str.slice(-1) == pl.col("alt").str.slice(-1)
        counts = {
            "are written with '-' instead of an anchor base": indels.filter(dash),
            "are not left-aligned": indels.filter(~dash & movable),
            "are not what the genome or the carried sequence holds": _unfitting(indels.filter(~dash), checks),
        }
        bad = pl.concat(list(counts.values())).unique("source_row", maintain_order=True)
        words = [f"{part.height:,} {name}" for name, part in counts.items() if part.height]
        numbers: Numbers = {"n_affected": bad.height, "n_examined": indels.height}
        if not beyond_chance(bad.height, indels.height):
            said = f"{share(indels.height - bad.height, indels.height)} indels are anchored and left-aligned"
            return self.clear(f"{said}.", **numbers)
        return self.found(f"Of {indels.height:,} indels {', '.join(words)}.", examples=shown_rows(bad), **numbers)


def _unfitting(indels: pl.DataFrame, checks: AlleleChecks | None) -> pl.DataFrame:
    if checks is None:
        return indels.clear()
    held = checks.frame.filter((pl.col("anchor") != "as_published") & (pl.col("orientation") == "unresolved"))
    return indels.join(held.select("variant_id"), on="variant_id", how="semi", maintain_order="left")


class SignsAreNotReferenceBiased(Audit):
    """AL008.

    In an allele-specific assay the shares of the two signs, ALT over REF, are further apart than two in a hundred
    and than chance.
    """

    code = "AL008"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "In an allele-specific assay the reference allele is not preferred."
    why = (
        "Reads with the alternate allele align worse, so an allele-specific assay sees REF too often. A score that "
        "leans to losses then agrees in sign without knowing anything."
    )
    example = "The reference allele is preferred at 4,939 sites and the alternate at 4,354."
    remedy = "Hold agreement in sign against what both margins give, not against one half; look by minor allele too."

    def check(self, *, measurements: Measurements, declared: DatasetSection) -> Finding:
        """Compare the shares of both signs, ALT over REF as published."""
        effect = declared.effect
        if effect is None or not (effect.scale == "allelic_ratio" or isinstance(effect.of, AlleleColumn)):
            return self.skipped("the effect is not allele-specific (scale allelic_ratio, or an effect-allele column)")
        away = published_effects(effect_rows(measurements), effect)
        above, below = int((away > 0).sum()), int((away < 0).sum())
        n = above + below
        if n < FEWEST_SNVS:
            return self.skipped(f"{n} signs are too few")
        lean = above / n - 0.5
        numbers: Numbers = {"n_examined": n, "statistic": lean, "threshold": UNEVEN}
        said = f"ALT is preferred in {above:,} rows and REF in {below:,}"
        if abs(lean) <= max(UNEVEN, STANDARD_ERRORS * 0.5 / np.sqrt(n)):
            return self.clear(f"{said}.", **numbers)
        said = f"{said}, which shifts what agreement in sign is by chance"
        return self.found(f"{said}.", n_affected=abs(above - below), **numbers)
