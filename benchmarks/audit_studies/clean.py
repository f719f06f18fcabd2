"""Sound studies, one function a design.

What an audit rightly says of a design, its study file accepts with a reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from audit_studies.study import Floats, Simulated
from audit_studies.variants import BASES, Variants, near_genes, saturating, substituted
from audit_studies.world import ASSEMBLY, OLD, World, shift

SOURCE = "column definition in the supplement"
EFFECT: Mapping[str, Any] = {"column": "beta", "of": "alt", "source": SOURCE}
DATASET: Mapping[str, Any] = {
    "name": "simulated",
    "effect": EFFECT,
    "recorded": {"said": {"column": "said", "of": "alt"}},
    "assay": "DNASE",
    "biosample": "EFO:0002784",
}
TRUNCATED = "only discoveries are published"
ONE_SIGN = "the supplement gives sizes"
RARE = "rare variants have larger errors, and the report says so"
MARGINAL = "marginal effects; the ceiling is quoted"
SMALL = "a pilot that is not meant to decide"
ONE_LOCUS = "a few elements, described and not judged"
#: Correlation of score and effect over its standard error that a study needs for statements about the estimate.
DECIDED = 7.0


@dataclass(frozen=True)
class Measured:
    """Effects with their standard errors and p-values, as published."""

    beta: Floats
    error: Floats
    p_value: Floats

    def columns(self) -> dict[str, pl.Series]:
        """Columns of the published table."""
        return {
            "beta": pl.Series(self.beta),
            "standard_error": pl.Series(self.error),
            "p_value": pl.Series(self.p_value),
        }


def measured(true: Floats, error: Floats, rng: np.random.Generator) -> Measured:
    """Effects with noise, tested by a t of some degrees of freedom, on the table's rounding grid."""
    from scipy.special import stdtr

    freedom = float(rng.choice([25, 68, 300, 5_000]))
    beta = true + rng.normal(0, error)
    decimals = int(rng.integers(2, 8)) - math.floor(math.log10(max(float(np.std(beta)), 1e-9))) - 1
    p_value = 2 * stdtr(freedom, -np.abs(beta / error))
    return Measured(np.round(beta, decimals), significant(error, 4), significant(p_value, int(rng.integers(3, 8))))


def significant(values: Floats, digits: int) -> Floats:
    """Rounded to some significant digits."""
    safe = np.where(values > 0, values, 1.0)
    unit = 10.0 ** (np.floor(np.log10(safe)) - digits + 1)
    return np.where(values > 0, np.round(values / unit) * unit, values)


def spread(n: int, rng: np.random.Generator) -> Floats:
    """True effects: normal, heavy-tailed or mostly none, on some scale."""
    scale = float(np.exp(rng.uniform(math.log(0.05), math.log(1.5))))
    kind = rng.choice(["normal", "heavy", "sparse"])
    if kind == "normal":
        return rng.normal(0, scale, n)
    if kind == "heavy":
        return scale * rng.laplace(0, 1, n)
    return np.where(rng.random(n) < 0.3, rng.normal(0, 2 * scale, n), 0.0)


def errors(n: int, level: float, rng: np.random.Generator, maf: Floats | None = None) -> Floats:
    """Standard errors about a level; larger for rare variants where `maf` is given."""
    drawn = level * np.exp(rng.normal(0, 0.25, n))
    return drawn if maf is None else drawn * np.sqrt(0.375 / (2 * maf * (1 - maf)))


def scored(rows: dict[str, Any], beta: Floats, rng: np.random.Generator) -> tuple[Floats, dict[str, str]]:
    """Puts a recorded score into `rows`; returns the model's answers and what a weak or small study has to accept."""
    known = np.isfinite(beta)
    centred = np.where(known, beta, np.nanmedian(beta)) - np.nanmedian(beta)
    size = np.nanmean(np.abs(centred)) or 1.0
    signal = np.sign(centred) * np.log1p(np.abs(centred) / size)
    signal /= signal.std() or 1.0
    strength = float(rng.choice([0.0, rng.uniform(0.2, 0.8)]))
    noise = math.sqrt(1 - strength**2)
    said, modelled = (strength * signal + noise * rng.normal(size=beta.size) for _ in range(2))
    rows["recorded.said"] = pl.Series(np.round(said, 5))
    n = int(known.sum())
    waive = {} if strength * math.sqrt(n) > DECIDED else {"IN001": SMALL, "IN003": SMALL}
    return modelled, waive | ({} if strength**2 * math.sqrt(n) > 4 * DECIDED else {"IN007": SMALL})


def finished(
    design: str,
    rows: dict[str, Any],
    world: World,
    rng: np.random.Generator,
    *,
    dataset: Mapping[str, Any] | None = None,
    waive: Mapping[str, str] | None = None,
    **more: Any,
) -> Simulated:
    """The study of some rows."""
    modelled, small = scored(rows, rows["beta"].to_numpy(), rng)
    known = rows["beta"].drop_nulls().len()
    noisy = {"IN005": "measured with the noise that the report quotes"}
    many = {} if known >= 200 else {"SA006": SMALL}
    return Simulated(
        design,
        pl.DataFrame(rows),
        modelled,
        {**DATASET, **(dataset or {})},
        world,
        waive={**small, **noisy, **many, **(waive or {})},
        **more,
    )


def _natural(n: int, world: World, rng: np.random.Generator, **how: Any) -> tuple[Variants, dict[str, Any], Floats]:
    variants = near_genes(n, world, rng, **how)
    maf = np.round(np.exp(rng.uniform(math.log(0.02), math.log(0.5), len(variants))), 4)
    return variants, variants.columns(world) | {"maf": pl.Series(maf)}, maf


def _turned(rows: dict[str, Any], beta: Floats, rng: np.random.Generator) -> Floats:
    """Swap the alleles of a share of rows, as tables do whose `ref` is the major allele; some are typing errors."""
    n = beta.size
    swapped = rng.random(n) < float(rng.choice([0.0, 0.0, 0.3]))
    ref, alt = rows["ref"].to_numpy().copy(), rows["alt"].to_numpy().copy()
    ref[swapped], alt[swapped] = alt[swapped], ref[swapped].copy()
    wrong = (rng.random(n) < 0.002) & (rows["ref"].str.len_bytes() == 1).to_numpy()
    ref[wrong] = [
        str(rng.choice([b for b in BASES if b not in (r, a)])) for r, a in zip(ref[wrong], alt[wrong], strict=True)
    ]
    rows |= {"ref": pl.Series(ref, dtype=pl.String), "alt": pl.Series(alt, dtype=pl.String)}
    return np.where(swapped, -beta, beta)


def all_pairs(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Every variant near a gene, most of them with no effect, neighbours in perfect linkage."""
    _, rows, maf = _natural(n, world, rng, per_gene=float(rng.choice([5, 20, 100])))
    n = maf.size
    true = np.where(rng.random(n) < 0.1, spread(n, rng), 0.0)
    found = measured(true, errors(n, 0.15, rng, maf), rng)
    # Variants that are always inherited together have one frequency and one result.
    leader = np.where(rng.random(n) < rng.choice([0.0, 0.3]), np.maximum(np.arange(n) - 1, 0), np.arange(n))
    same = rows["target_id"].gather(leader).to_numpy() == rows["target_id"].to_numpy()
    leader = np.where(same, leader, np.arange(n))
    rows["maf"] = rows["maf"].gather(leader)
    few = {"SA006": SMALL} if n < 2_000 else {}
    linked = {name: column.gather(leader) for name, column in found.columns().items()}
    return finished(
        "all pairs of an eQTL study",
        rows | linked,
        world,
        rng,
        waive={"SA008": RARE, "IN007": RARE, "IN008": MARGINAL, **few},
        beside=frozenset({"genome", "genes"}),
    )


def leads(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """One significant variant a gene: small p-values only, and no effect near zero."""
    _, rows, maf = _natural(n, world, rng, per_gene=1)
    error = errors(maf.size, 0.1, rng, maf)
    size = error * rng.gamma(3, 1.2, maf.size) + 4.5 * error
    beta = _turned(rows, rng.choice([-1, 1], maf.size) * size, rng)
    found = measured(beta, 0.3 * error, rng)
    from scipy.special import stdtr

    p_value = 2 * stdtr(300, -np.abs(found.beta / error))
    rows |= found.columns() | {"standard_error": pl.Series(significant(error, 4)), "p_value": pl.Series(p_value)}
    return finished(
        "lead variants of an eQTL study", rows, world, rng, waive={"EF007": TRUNCATED, "SA008": RARE, "IN007": RARE}
    )


def fine_mapped(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Causal variants with effects per standard deviation, whole distribution published."""
    _, rows, maf = _natural(n, world, rng, per_gene=2)
    rows["pip"] = pl.Series(np.round(rng.uniform(0.5, 1, maf.size), 3))
    true = _turned(rows, spread(maf.size, rng), rng)
    rows |= measured(true, errors(maf.size, 0.3 * float(np.std(true)), rng), rng).columns()
    return finished("fine-mapped eQTLs", rows, world, rng, beside=frozenset({"genome", "genes"}))


def chromatin(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Chromatin QTLs beside matched controls; the controls' effects are published or not."""
    _, rows, maf = _natural(n, world, rng)
    n = maf.size
    rows["target_id"] = pl.Series([f"peak_{i}" for i in range(n)])
    positive = rng.random(n) < float(rng.choice([0.1, 0.5]))
    z = np.where(
        positive, rng.choice([-1, 1], n) * (3.6 + rng.exponential(1.5, n)), np.clip(rng.normal(size=n), -2.5, 2.5)
    )
    error = errors(n, 0.1, rng)
    from scipy.special import ndtr

    whole = rng.random() < 0.5
    beta, p_value = _turned(rows, z * error, rng), 2 * ndtr(-np.abs(z))
    shown = positive | whole
    rows |= {
        "label": pl.Series(positive.astype(np.int8)),
        "beta": pl.Series(np.where(shown, np.round(beta, 6), np.nan)).fill_nan(None),
        "standard_error": pl.Series(np.where(shown, significant(error, 4), np.nan)).fill_nan(None),
        "p_value": pl.Series(np.where(shown, p_value, np.nan)).fill_nan(None),
    }
    evaluation = {"labels": ["given", "direction"]}
    waive = {} if whole else {"EF007": TRUNCATED}
    few = {} if min(positive.sum(), (~positive).sum()) > 300 else {"IN007": SMALL}
    return finished(
        "chromatin QTLs with controls", rows, world, rng, waive=waive | few, sections={"evaluation": evaluation}
    )


def allelic_ratio(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Share of reads with ALT, declared as such; all sites or the significant ones."""
    _, rows, maf = _natural(n, world, rng)
    n = maf.size
    del rows["target_id"], rows["tss_distance"]
    reads = 20 + rng.poisson(rng.gamma(2, 40, n))
    truth = 1 / (1 + np.exp(-1.5 * spread(n, rng)))
    share = rng.binomial(reads, truth) / reads
    from scipy.special import ndtr

    z = (share - 0.5) * 2 * np.sqrt(reads)
    only_found = rng.random() < 0.5
    keep = np.abs(z) > 2.6 if only_found and (np.abs(z) > 2.6).sum() > 60 else np.ones(n, dtype=bool)
    rows = {name: column.filter(pl.Series(keep)) for name, column in rows.items()}
    rows["source_row"] = pl.int_range(1, int(keep.sum()) + 1, eager=True, dtype=pl.Int64)
    rows |= {"beta": pl.Series(np.round(share[keep], 4)), "p_value": pl.Series(2 * ndtr(-np.abs(z[keep])))}
    effect = EFFECT | {"scale": "allelic_ratio", "null": 0.5, "unit": "share of reads with ALT"}
    waive = {"EF004": "shares of few reads repeat"} | ({} if keep.all() else {"EF007": TRUNCATED})
    return finished("allele-specific assay, shares of reads", rows, world, rng, dataset={"effect": effect}, waive=waive)


def preferred_allele(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Sizes for the preferred allele, which a column names."""
    _, rows, maf = _natural(n, world, rng)
    n = maf.size
    size = np.abs(spread(n, rng) + rng.normal(0, 0.05, n)) + 0.05
    prefers_alt = rng.random(n) < 0.5
    named = pl.when(pl.Series(prefers_alt)).then(rows["alt"]).otherwise(rows["ref"])
    rows |= {
        "beta": pl.Series(np.round(size, 4)),
        "effect_allele": pl.select(named).to_series(),
    }
    study = finished(
        "allele-specific assay, preferred allele",
        rows,
        world,
        rng,
        waive={"EF007": TRUNCATED},
        dataset={"effect": EFFECT | {"of": {"column": "pref_allele"}, "scale": "log2_fold_change"}},
    )
    turn = np.where(prefers_alt, 1, -1)
    said = study.rows.get_column("recorded.said").to_numpy() * turn
    return study.with_rows(**{"recorded.said": said}).but(modelled=study.modelled * turn)


def mutagenesis(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """All substitutions of one locus, or of a few."""
    n_loci = int(rng.choice([1, 1, 5, 20])) if n > 600 else 1
    variants = saturating(n, n_loci, world, rng)
    rows = variants.columns(world)
    n = len(variants)
    rows |= measured(spread(n, rng), errors(n, 0.05, rng), rng).columns()
    few = {} if n_loci >= 20 else {"SA006": ONE_LOCUS, "IN001": ONE_LOCUS, "IN003": ONE_LOCUS, "IN007": ONE_LOCUS}
    kind = "locus" if n_loci >= 20 else "window_1mb"
    return finished(
        "saturation mutagenesis",
        rows,
        world,
        rng,
        waive=few | {"IN007": "the promoter is the locus"},
        dataset={"design": "mutagenesis"},
        sections={"evaluation": {"clusters": kind}},
    )


def base_edited(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Every C to T and A to G that an editor reaches."""
    variants = near_genes(n, world, rng)
    kept = [i for i, base in enumerate(variants.ref) if base in ("A", "C")]
    ref = [variants.ref[i] for i in kept]
    turned = Variants(
        variants.contig[kept],
        variants.pos[kept],
        variants.gene[kept],
        ref,
        [{"A": "G", "C": "T"}[base] for base in ref],
    )
    rows = turned.columns(world)
    rows |= measured(spread(len(ref), rng), errors(len(ref), 0.1, rng), rng).columns()
    return finished("base editing", rows, world, rng, dataset={"design": "base_editor"})


def reporter(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Allelic skew in a reporter assay, with the sequences that were measured."""
    variants, rows, maf = _natural(n, world, rng)
    n, flank = maf.size, int(rng.choice([49, 75]))
    wide = world.cut(variants.contig, variants.pos, flank, flank + 5)
    pairs = [(w[:flank], w[flank + len(ref) :]) for w, ref in zip(wide, variants.ref, strict=True)]
    sequences = pl.DataFrame(
        {
            "source_row": rows["source_row"],
            "ref_sequence": [a + ref + b for (a, b), ref in zip(pairs, variants.ref, strict=True)],
            "alt_sequence": [a + alt + b for (a, b), alt in zip(pairs, variants.alt, strict=True)],
            "offset": pl.Series([flank], dtype=pl.Int64).new_from_index(0, n),
        }
    )
    found = measured(spread(n, rng), errors(n, 0.2, rng), rng)
    rows |= found.columns()
    rows.pop("tss_distance")
    rows.pop("target_id")
    dataset = {"effect": EFFECT | {"scale": "log2_fold_change"}, "assay": "MPRA"}
    dataset |= {"sequences": {"ref": "ref_seq", "alt": "alt_seq", "offset": flank}}
    return finished(
        "reporter assay of natural variants",
        rows,
        world,
        rng,
        dataset=dataset,
        sequences=sequences,
        waive={"MD002": "whether accessibility tells reporter activity is what is asked"},
        beside=frozenset(rng.choice(["genome", "none"], 1).tolist()),
    )


def designed(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Activities of designed elements, some of them edits of a wild type."""
    letters = rng.choice(list(BASES), (n, 60))
    parent = np.maximum(np.arange(n) - rng.integers(0, 4, n), 0) // 4 * 4
    edited = parent != np.arange(n)
    letters[edited] = letters[parent[edited]]
    site = rng.integers(0, 60, n)
    rows_at = np.flatnonzero(edited)
    first = [substituted([letters[i, site[i]]], 0.5, rng)[0] for i in rows_at]
    letters[rows_at, site[rows_at]] = first
    names = [f"element_{i}" for i in range(n)]
    text = ["".join(row) for row in letters]
    keep = pl.Series(text).is_first_distinct()
    rows = {
        "source_row": pl.int_range(1, n + 1, eager=True, dtype=pl.Int64),
        "kind": pl.Series(["element"]).new_from_index(0, n),
        "element_id": pl.Series(names),
        "wild_type_id": pl.Series(names).gather(parent),
        "source_chrom": pl.Series([None], dtype=pl.String).new_from_index(0, n),
        "source_pos": pl.Series([None], dtype=pl.Int64).new_from_index(0, n),
        "beta": pl.Series(np.round(np.exp(rng.normal(0, 1, n)), 4)),
    }
    rows = {name: column.filter(keep) for name, column in rows.items()}
    sequences = pl.DataFrame({"source_row": pl.int_range(1, n + 1, eager=True, dtype=pl.Int64), "ref_sequence": text})
    sequences = sequences.with_columns(alt_sequence=pl.lit(None, pl.String), offset=pl.lit(None, pl.Int64)).filter(keep)
    dataset = {"quantity": "activity", "design": "synthetic", "assay": "MPRA"}
    return finished(
        "designed elements",
        rows,
        world,
        rng,
        dataset=dataset,
        sequences=sequences,
        beside=frozenset(),
        waive={"MD002": "whether accessibility tells reporter activity is what is asked"},
    )


def one_sided(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Sizes without signs, and the study says so."""
    _, rows, maf = _natural(n, world, rng)
    n = maf.size
    found = measured(spread(n, rng), errors(n, 0.05, rng), rng)
    beta = np.abs(found.beta)
    waive = {"EF003": ONE_SIGN, "EF007": TRUNCATED, "IN008": MARGINAL}
    if rng.random() < 0.5:
        far = np.abs(found.beta) > np.quantile(beta, 0.6)
        rows = {name: column.filter(pl.Series(far)) for name, column in rows.items()}
        beta, found = beta[far], Measured(beta[far], found.error[far], found.p_value[far])
        rows["source_row"] = pl.int_range(1, beta.size + 1, eager=True, dtype=pl.Int64)
    rows |= Measured(beta, found.error, found.p_value).columns()
    return finished("sizes without signs", rows, world, rng, waive=waive)


def fold_change(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Ratios of ALT to REF activity, whose null is 1."""
    _, rows, maf = _natural(n, world, rng)
    rows["beta"] = pl.Series(np.round(2 ** (spread(maf.size, rng) + rng.normal(0, 0.1, maf.size)), 3))
    effect = EFFECT | {"scale": "fold_change", "null": 1.0}
    del rows["target_id"]
    return finished("fold changes", rows, world, rng, dataset={"effect": effect})


def older_assembly(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Positions of an older assembly, declared, with the chain."""
    variants, rows, maf = _natural(n, world, rng)
    rows["source_pos"] = pl.Series(variants.pos - shift(variants.contig))
    true = _turned(rows, spread(maf.size, rng), rng)
    rows |= measured(true, errors(maf.size, 0.1, rng), rng).columns()
    sections = {"genome": {"assembly": ASSEMBLY, "chain": "old.chain"}}
    return finished(
        "positions of an older assembly",
        rows,
        world,
        rng,
        dataset={"assembly": OLD},
        sections=sections,
        waive={"IN008": MARGINAL},
        beside=frozenset({"genome", "genes", "lifts"}),
    )


def by_position(n: int, world: World, rng: np.random.Generator) -> Simulated:
    """Positions and rsIDs without alleles, for recorded scores only."""
    variants, rows, _ = _natural(n, world, rng)
    n = len(variants)
    none = pl.Series([None], dtype=pl.String).new_from_index(0, n)
    rows |= {"ref": none, "alt": none, "rsid": pl.Series([f"rs{i}" for i in rng.permutation(9 * n)[:n]])}
    rows |= measured(spread(n, rng), errors(n, 0.1, rng), rng).columns()
    return finished("positions without alleles", rows, world, rng, waive={"IN008": MARGINAL}, beside=frozenset())


DESIGNS: tuple[Callable[[int, World, np.random.Generator], Simulated], ...] = (
    all_pairs,
    leads,
    fine_mapped,
    chromatin,
    allelic_ratio,
    preferred_allele,
    mutagenesis,
    base_edited,
    reporter,
    designed,
    one_sided,
    fold_change,
    older_assembly,
    by_position,
)
SIZES = (50, 50_000)


def clean_study(seed: int, world: World) -> Simulated:
    """The sound study of a seed: designs take turns, sizes are log-uniform."""
    rng = np.random.default_rng([seed, 1])
    low, high = (math.log(size) for size in SIZES)
    n = int(math.exp(rng.uniform(low, high)))
    return DESIGNS[seed % len(DESIGNS)](n, world, rng)
