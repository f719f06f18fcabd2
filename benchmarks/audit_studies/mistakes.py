"""The mistakes, one at a time: each takes a sound study of a thousand rows and makes it wrong in one way.

Those about rows and declarations stand here; those that arise after predictions in `late_mistakes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from audit_studies import clean
from audit_studies.clean import EFFECT
from audit_studies.study import SCORES, Evidence, Simulated
from audit_studies.variants import BASES, near_genes, with_alleles
from audit_studies.world import GENES, NAMES, OLD, World, shift
from refalt.columns import Reason

Rng = np.random.Generator
Design = Callable[[int, World, Rng], Simulated]
#: A design, and what is done to a study of it.
Mistake = tuple[Design, Callable[[Simulated, Rng], Simulated]]


def column(study: Simulated, name: str) -> np.ndarray[Any, Any]:
    """A column of the published rows as an array of its own."""
    return study.rows.get_column(name).to_numpy().copy()


def declaring(**effect: Any) -> Callable[[Simulated, Rng], Simulated]:
    """Declare the effect otherwise."""
    return lambda study, _: study.but(dataset={**study.dataset, "effect": {**EFFECT, **effect}})


def dataset(**keys: Any) -> Callable[[Simulated, Rng], Simulated]:
    """Say something else in [dataset]."""
    return lambda study, _: study.but(dataset={**study.dataset, **keys})


def section(**sections: Any) -> Callable[[Simulated, Rng], Simulated]:
    """Say something else in the study file."""
    return lambda study, _: study.but(sections={**study.sections, **sections})


def scoring(**keys: Any) -> Callable[[Simulated, Rng], Simulated]:
    """Declare the model's score otherwise."""
    return section(score=[SCORES[0], {**SCORES[1], **keys}])


def _some(n: int, share: float, rng: Rng) -> np.ndarray[Any, np.dtype[np.bool_]]:
    chosen = np.zeros(n, dtype=bool)
    chosen[rng.permutation(n)[: max(round(share * n), 1)]] = True
    return chosen


def _beta(make: Callable[[Simulated, Rng], Any], **more: Any) -> Callable[[Simulated, Rng], Simulated]:
    return lambda study, rng: study.with_rows(beta=make(study, rng), **more)


def _foreign_column(study: Simulated, rng: Rng) -> Simulated:
    beta = column(study, "beta")
    return study.with_rows(**{"beta": rng.permutation(beta), "recorded.said": beta})


def _filled(
    value: Callable[[np.ndarray[Any, Any]], float], share: tuple[float, float], decimals: int | None = None
) -> Any:
    def plant(study: Simulated, rng: Rng) -> Simulated:
        beta = column(study, "beta")
        if decimals is not None:
            beta = np.round(beta / beta.std(), decimals) + 0.0
        beta[_some(beta.size, rng.uniform(*share), rng)] = value(beta)
        return study.with_rows(beta=beta)

    return plant


def _strange_alleles(study: Simulated, rng: Rng) -> Simulated:
    named = column(study, "effect_allele")
    named[_some(named.size, 0.05, rng)] = "."
    return study.with_rows(effect_allele=named.tolist())


def _older_positions(study: Simulated, _: Rng) -> Simulated:
    contig = np.array([NAMES.index(name) for name in study.rows.get_column("source_chrom")])
    return study.with_rows(source_pos=column(study, "source_pos") - shift(contig))


def _with_files(*names: str) -> Callable[[Simulated], Simulated]:
    return lambda study: study.but(beside=frozenset(names))


def _alt_of_ref(study: Simulated, rng: Rng) -> Simulated:
    """ALT made from REF by a fixed rule, for single bases."""
    order = rng.permutation(list(BASES))
    follows = dict(zip(order, np.roll(order, 1), strict=True))
    return _single(study).with_rows(alt=pl.col("ref").replace(follows))


def _random_alt(study: Simulated, rng: Rng) -> Simulated:
    study = _single(study)
    ref = study.rows.get_column("ref").to_list()
    return study.with_rows(alt=[str(rng.choice([b for b in BASES if b != base])) for base in ref])


def _single(study: Simulated) -> Simulated:
    """The substitutions alone."""
    single = (pl.col("ref").str.len_bytes() == 1) & (pl.col("alt").str.len_bytes() == 1)
    kept = study.rows.select(single).to_series()
    return study.but(rows=study.rows.filter(kept), modelled=study.modelled[kept.to_numpy()])


def _unreal(reason: Reason) -> Callable[[Simulated, Rng], Simulated]:
    def plant(study: Simulated, rng: Rng) -> Simulated:
        bad = _some(study.rows.height, 0.04, rng)
        alt = "N" if reason is Reason.BAD_ALLELE else pl.col("ref")
        said = pl.when(pl.Series(bad))
        return study.with_rows(
            alt=said.then(pl.lit(alt) if isinstance(alt, str) else alt).otherwise("alt"),
            reason=said.then(pl.lit(reason.value)).otherwise(pl.lit(None, pl.String)),
        )

    return plant


def _unresolved(study: Simulated, rng: Rng) -> Simulated:
    """Other bases than the genome's in a twentieth of the rows."""
    study = _single(study)
    ref, alt = column(study, "ref"), column(study, "alt")
    for row in np.flatnonzero(_some(ref.size, 0.05, rng)):
        pair = [base for base in BASES if base not in (ref[row], alt[row])]
        opposite = dict(zip("ACGT", "TGCA", strict=True))
        strange = [base for base in pair if opposite[base] != ref[row]]
        ref[row], alt[row] = strange[0], strange[-1] if len(strange) > 1 else opposite[strange[0]]
    return study.with_rows(ref=ref.tolist(), alt=alt.tolist())


def _several_changes(study: Simulated, rng: Rng) -> Simulated:
    """Some rsIDs stand in two more rows, each with another change."""
    n = study.rows.height // 20
    extra = study.rows.sample(n, seed=int(rng.integers(1_000_000)))
    changes = [extra.with_columns(ref=pl.lit("A"), alt=pl.lit(alt)) for alt in ("C", "G")]
    rows = pl.concat([study.rows, *changes]).with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    return study.but(rows=rows, modelled=np.concatenate([study.modelled, np.zeros(2 * n)]))


def _indels(study: Simulated, rng: Rng, *, dash: bool) -> Simulated:
    """A tenth of the rows become deletions that are not anchored, or anchored on the wrong side."""
    chosen = _some(study.rows.height, 0.1, rng)
    contig = np.array([NAMES.index(name) for name in study.rows.get_column("source_chrom")])
    letters = pl.Series(study.world.cut(contig, column(study, "source_pos"), 0, 2))
    there = pl.when(pl.Series(chosen))
    return study.with_rows(
        ref=there.then(letters.str.slice(0, 1) if dash else letters).otherwise("ref"),
        alt=there.then(pl.lit("-") if dash else letters.str.slice(0, 1) + letters.str.slice(2, 1)).otherwise("alt"),
    )


def _places(make: Callable[[np.ndarray[Any, Any], Rng], Any]) -> Callable[[Simulated, Rng], Simulated]:
    return lambda study, rng: study.with_rows(source_pos=make(column(study, "source_pos"), rng))


def _strange_contigs(study: Simulated, rng: Rng) -> Simulated:
    strange = pl.Series(_some(study.rows.height, 0.05, rng))
    return study.with_rows(source_chrom=pl.when(strange).then(pl.lit("chr99")).otherwise("source_chrom"))


def _reference_bias(study: Simulated, rng: Rng) -> Simulated:
    prefers_ref = pl.Series(rng.random(study.rows.height) < 0.62)
    return study.with_rows(effect_allele=pl.when(prefers_ref).then("ref").otherwise("alt"))


def _old_intervals(study: Simulated, rng: Rng) -> Simulated:
    """A tenth of the rows lies where gene starts were in the older assembly."""
    world, n = study.world, study.rows.height
    near = near_genes(n - n // 8, world, rng, reach=80_000)
    contig, gene = np.divmod(rng.permutation(20 * GENES)[: n // 8], GENES)
    pos = world.tss[contig, gene] - shift(contig) + rng.integers(-200, 200, contig.size)
    contig, gene, pos = (
        np.concatenate(pair) for pair in zip((near.contig, near.gene, near.pos), (contig, gene, pos), strict=True)
    )
    columns = with_alleles(contig, pos, gene, world, rng).columns(world)
    return study.but(rows=study.rows.head(pos.size).with_columns(**columns))


def _sequences(change: Callable[[pl.DataFrame, Rng], pl.DataFrame]) -> Callable[[Simulated, Rng], Simulated]:
    return lambda study, rng: study.but(sequences=change(study.sequences, rng))


def _some_rows(name: str, share: float, value: pl.Expr) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    def change(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
        return frame.with_columns(
            pl.when(pl.Series(_some(frame.height, share, rng))).then(value).otherwise(name).alias(name)
        )

    return change


def _eighteen(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    return frame.with_columns(pl.col("ref_sequence").head(18).gather(pl.int_range(pl.len()) % 18))


def _repeated(study: Simulated, rng: Rng) -> Simulated:
    """A fifth of the variants is tested on a second gene, and clusters are genes."""
    again = study.rows.sample(fraction=0.2, seed=int(rng.integers(1_000_000)))
    again = again.with_columns(target_id=pl.format("{}1", "target_id"))
    rows = pl.concat([study.rows, again]).with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    modelled = np.concatenate([study.modelled, np.zeros(again.height)])
    return section(evaluation={"clusters": "gene"})(study.but(rows=rows, modelled=modelled), rng)


def _collided(study: Simulated, rng: Rng) -> Simulated:
    again = study.rows.sample(fraction=0.02, seed=int(rng.integers(1_000_000))).with_columns(beta=pl.col("beta") + 1)
    rows = pl.concat([study.rows, again]).with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    return study.but(rows=rows, modelled=np.concatenate([study.modelled, np.zeros(again.height)]))


def _unmatched(name: str, far: Callable[[Any, Any], Any]) -> Callable[[Simulated, Rng], Simulated]:
    return lambda study, _: study.with_rows(**{name: far(column(study, name), column(study, "label") == 1)})


def _associated_controls(study: Simulated, _: Rng) -> Simulated:
    p_value = study.rows.get_column("p_value").fill_null(1.0).to_numpy().copy()
    is_control = column(study, "label") == 0
    p_value[np.flatnonzero(is_control)[: max(int(0.01 * is_control.sum()), 2)]] = p_value[~is_control].min()
    return study.with_rows(p_value=p_value)


def _linkage_tags(study: Simulated, rng: Rng) -> Simulated:
    """Every effect is that of one causal variant of its gene, seen through linkage."""
    gene = study.rows.get_column("target_id").rank("dense").to_numpy() - 1
    error = column(study, "standard_error")
    causal = rng.normal(0, 12, int(gene.max()) + 1) * error.mean()
    return study.with_rows(beta=causal[gene] * rng.uniform(0.6, 1, gene.size) + rng.normal(0, error))


def _rare_are_large(study: Simulated, rng: Rng) -> Simulated:
    maf = column(study, "maf")
    return study.with_rows(beta=rng.normal(size=maf.size) / np.sqrt(2 * maf * (1 - maf)))


def _other_history(study: Simulated, _: Rng) -> Simulated:
    event = {"event": "started", "dataset": "simulated", "effect": {"of": "ref"}, "scores": [{"name": "said"}]}

    def spoil(evidence: Evidence) -> Evidence:
        return evidence | {"past_events": [event]}

    return study.but(spoiled=spoil)


def _shares_of_all_sites(study: Simulated, rng: Rng) -> Simulated:
    """Shares of reads at all sites, significant or not, declared as slopes."""
    return declaring()(study.with_rows(beta=rng.beta(6, rng.uniform(5, 7), study.rows.height)), rng)


def _without_anchor(study: Simulated, _: Rng) -> Simulated:
    return study.but(beside=frozenset()).with_rows(maf=pl.lit(None, pl.Float64))


def _beyond_the_chain(pos: Any, rng: Rng) -> Any:
    return np.where(rng.random(pos.size) < 0.08, 2_499_000 + pos % 900, pos)


def _never_edited(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    return frame.with_columns(pl.col("ref_sequence").gather(pl.int_range(pl.len()) // 4 * 4))


def _lost_block(study: Simulated, _: Rng) -> Simulated:
    block = pl.col("source_row").is_between(101, 200)
    return study.with_rows(**{"recorded.said": pl.when(block).then(None).otherwise("recorded.said")})


def _then(first: Callable[[Simulated], Simulated], second: Callable[[Simulated, Rng], Simulated]) -> Any:
    return lambda study, rng: second(first(study), rng)


_NEXT = pl.col("ref_sequence").shift(-1).fill_null("A")
_ONE_BASE = pl.col("alt_sequence").str.slice(0, pl.col("alt_sequence").str.len_bytes() - 3)
_N_IN_ALT = pl.lit("N") + pl.col("alt_sequence").str.slice(1)
_PADDED = pl.lit("N" * 12) + pl.col("ref_sequence").str.slice(12)
_MEAN_SCORER = {"method": "sequence", "scorer": "Sequence(DNASE, None, MEAN, DIFFERENCE)"}

#: Code -> the ways in which its mistake is made, in turn.
EARLY: dict[str, tuple[Mistake, ...]] = {
    "EF001": (
        (clean.leads, _beta(lambda s, rng: 10.0 ** -rng.exponential(20, s.rows.height))),
        (clean.all_pairs, _beta(lambda s, rng: rng.uniform(0, 1, s.rows.height))),
        (clean.all_pairs, _beta(lambda s, _: -np.log10(column(s, "p_value")))),
        (clean.fine_mapped, _foreign_column),
    ),
    "EF002": (
        (clean.allelic_ratio, declaring()),
        (
            clean.preferred_allele,
            lambda s, rng: declaring()(s.with_rows(beta=rng.beta(6, rng.uniform(5, 7), s.rows.height)), rng),
        ),
        (clean.fold_change, declaring(scale="fold_change")),
        (clean.fold_change, declaring(unit="percent of the reference allele")),
    ),
    "EF003": ((clean.fine_mapped, _beta(lambda s, _: np.abs(column(s, "beta")) + 1e-4)),),
    "EF004": (
        (clean.fine_mapped, _filled(lambda _: 0.0, (0.03, 0.2))),
        (clean.reporter, _filled(lambda beta: float(beta.mean().round(6)), (0.03, 0.2))),
        (clean.fine_mapped, _filled(lambda _: -99.0, (0.005, 0.05))),
        (clean.fine_mapped, _filled(lambda _: 0.0, (0.05, 0.2), 2)),
    ),
    "EF005": (
        (clean.fine_mapped, declaring(of="unknown")),
        (clean.fine_mapped, declaring(of="ref", source="")),
        (clean.preferred_allele, _strange_alleles),
    ),
    "EF007": ((clean.leads, lambda study, _: study), (clean.one_sided, lambda study, _: _only_far(study))),
    "AL001": (
        (clean.fine_mapped, _older_positions),
        (clean.fine_mapped, _places(lambda pos, _: pos + 1)),
        (clean.mutagenesis, _places(lambda pos, _: pos - 1)),
    ),
    "AL002": (
        (clean.fine_mapped, _alt_of_ref),
        (clean.fine_mapped, _random_alt),
        (clean.fine_mapped, _unreal(Reason.BAD_ALLELE)),
        (clean.fine_mapped, _unreal(Reason.REF_EQUALS_ALT)),
    ),
    "AL003": ((clean.fine_mapped, _unresolved),),
    "AL004": ((clean.fine_mapped, _without_anchor),),
    "AL005": ((clean.by_position, _several_changes),),
    "AL006": (
        (clean.fine_mapped, lambda study, rng: _indels(study, rng, dash=True)),
        (clean.fine_mapped, lambda study, rng: _indels(study, rng, dash=False)),
    ),
    "AL007": (
        (clean.fine_mapped, _places(lambda pos, _: 20_000 + np.arange(1, pos.size + 1))),
        (clean.fine_mapped, _places(lambda pos, rng: np.where(rng.random(pos.size) < 0.05, 10**9, pos))),
        (clean.fine_mapped, _places(lambda pos, rng: rng.integers(1, 5_000, pos.size))),
        (clean.fine_mapped, _strange_contigs),
    ),
    "AL008": ((clean.preferred_allele, _reference_bias),),
    "AS001": ((clean.fine_mapped, section(filter={"within": {"file": "peaks.bed", "assembly": OLD}})),),
    "AS002": (
        (clean.fine_mapped, _then(_with_files("genome", "lifts"), _older_positions)),
        (clean.fine_mapped, _then(_with_files("genes"), _older_positions)),
    ),
    "AS003": ((clean.older_assembly, _places(_beyond_the_chain)),),
    "AS004": ((clean.fine_mapped, section(models={"alphagenome": {"revision": "FOLD_0", "organism": "mouse"}})),),
    "AS005": ((clean.fine_mapped, _old_intervals),),
    "SQ001": ((clean.reporter, _sequences(lambda frame, _: frame.with_columns(pl.col("offset") + 1))),),
    "SQ002": (
        (clean.reporter, _sequences(_some_rows("alt_sequence", 0.05, _N_IN_ALT))),
        (clean.reporter, _sequences(_some_rows("alt_sequence", 0.05, _ONE_BASE))),
    ),
    "SQ003": (
        (clean.reporter, _sequences(_some_rows("ref_sequence", 0.02, _PADDED))),
        (
            clean.designed,
            _sequences(
                lambda frame, _: frame.with_columns(pl.col("ref_sequence").gather(pl.int_range(pl.len()) // 4 * 4))
            ),
        ),
    ),
    "SQ004": ((clean.designed, _sequences(_some_rows("ref_sequence", 0.03, _NEXT))),),
    "SA001": ((clean.designed, _sequences(_eighteen)),),
    "SA002": ((clean.fine_mapped, _repeated),),
    "SA003": ((clean.fine_mapped, section(evaluation={"clusters": "gene"})),),
    "SA004": (
        (clean.fine_mapped, _collided),
        (
            clean.fine_mapped,
            lambda study, _: study.with_rows(
                **{
                    "recorded.said": pl.when(pl.col("source_row").is_between(101, 200))
                    .then(None)
                    .otherwise("recorded.said")
                }
            ),
        ),
    ),
    "SA005": (
        (clean.chromatin, _unmatched("tss_distance", lambda away, hit: np.where(hit, away // 3, away))),
        (clean.chromatin, _unmatched("maf", lambda maf, hit: np.where(hit, np.minimum(maf * 2, 0.5), maf))),
    ),
    "SA008": ((clean.fine_mapped, _rare_are_large),),
    "SA009": ((clean.chromatin, _associated_controls),),
    "MD001": (
        (clean.fine_mapped, scoring(tracks={"output": "DNASE"})),
        (clean.fine_mapped, dataset(biosample="EFO:0002067")),
    ),
    "MD002": ((clean.fine_mapped, dataset(assay="RNA_SEQ")), (clean.reporter, lambda study, _: study)),
    "MD004": ((clean.fine_mapped, scoring(**_MEAN_SCORER)),),
    "MD005": ((clean.fine_mapped, scoring(aggregate="max_abs")),),
    "MD006": (
        (clean.fine_mapped, section(models={"alphagenome": {"revision": "ALL_FOLDS"}})),
        (clean.fine_mapped, dataset(recorded={"said": {"column": "said", "supervised_on": "these effects"}})),
    ),
    "IN008": ((clean.all_pairs, _linkage_tags),),
    "RC003": ((clean.fine_mapped, section(models={"alphagenome": {"revision": ""}})),),
}


def _only_far(study: Simulated) -> Simulated:
    """Effects whose sizes are in the upper half, and significant."""
    size = study.rows.get_column("beta").abs()
    kept = (size > size.median()).to_numpy()
    rows = study.rows.filter(pl.Series(kept)).with_columns(pl.col("p_value").clip(0, 1e-3))
    return study.but(rows=rows, modelled=study.modelled[kept])
