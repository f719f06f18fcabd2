"""Write stats_reference.json: statistics of seeded inputs with ties, computed by other people's code.

Run by hand: `python tests/reference/make_stats_reference.py`. Needs numpy, scipy, scikit-learn, statsmodels, pingouin
and MLstatkit; the last three are no dependency of refalt, which is why the values are kept beside the script.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
from MLstatkit import Delong_test
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

PACKAGES = ("numpy", "scipy", "scikit-learn", "statsmodels", "pingouin", "MLstatkit")


def association_case(seed: int, n: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    score = np.round(rng.normal(size=n), 1)
    effect = np.round(0.4 * score + rng.normal(size=n), 1)
    maf = np.round(rng.uniform(0.01, 0.5, size=n) + 0.05 * np.abs(effect), 2)
    distance = np.round(rng.exponential(5, size=n))
    counts = rng.integers(0, 5, size=n)
    shares = np.round(rng.uniform(0.05, 1, size=n), 3)
    repeated_effect, repeated_score = np.repeat(effect, counts), np.repeat(score, counts)
    signed = (effect != 0) & (score != 0)
    frame = pd.DataFrame({"effect": effect, "score": score, "maf": maf, "distance": distance})
    partial = pingouin.partial_corr(frame, "effect", "score", ["maf", "distance"], method="spearman")
    table = DescrStatsW(np.column_stack([effect, score]), weights=shares)
    regression = LinearRegression().fit(score[:, None], effect, sample_weight=shares)
    return {
        "effect": effect.tolist(),
        "score": score.tolist(),
        "covariates": np.column_stack([maf, distance]).tolist(),
        "counts": counts.tolist(),
        "shares": shares.tolist(),
        "ranks": stats.rankdata(effect).tolist(),
        "pearson": stats.pearsonr(effect, score).statistic,
        "spearman": stats.spearmanr(effect, score).statistic,
        "slope": stats.linregress(score, effect).slope,
        "pearson_by_counts": stats.pearsonr(repeated_effect, repeated_score).statistic,
        "spearman_by_counts": stats.spearmanr(repeated_effect, repeated_score).statistic,
        "pearson_by_shares": table.corrcoef[0, 1],
        "slope_by_shares": regression.coef_[0],
        "partial_spearman": float(partial["r"].iloc[0]),
        "kappa": cohen_kappa_score(effect[signed] > 0, score[signed] > 0),
    }


def classification_case(seed: int, n: int, prevalence: float) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    label = (rng.uniform(size=n) < prevalence).astype(int)
    score = np.round(rng.normal(size=n) + label, 1)
    counts = rng.integers(0, 4, size=n)
    shares = np.round(rng.uniform(0.05, 1, size=n), 3)
    return {
        "label": label.tolist(),
        "score": score.tolist(),
        "counts": counts.tolist(),
        "shares": shares.tolist(),
        "auroc": roc_auc_score(label, score),
        "auprc": average_precision_score(label, score),
        "auroc_by_counts": roc_auc_score(np.repeat(label, counts), np.repeat(score, counts)),
        "auprc_by_counts": average_precision_score(np.repeat(label, counts), np.repeat(score, counts)),
        "auroc_by_shares": roc_auc_score(label, score, sample_weight=shares),
        "auprc_by_shares": average_precision_score(label, score, sample_weight=shares),
    }


def multiplicity_case(seed: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    p_values = np.round(np.concatenate([rng.uniform(size=20), rng.uniform(0, 0.01, size=8), [0.005, 0.005]]), 5)
    return {
        "p_values": p_values.tolist(),
        "benjamini_hochberg": multipletests(p_values, method="fdr_bh")[1].tolist(),
        "bonferroni": multipletests(p_values, method="bonferroni")[1].tolist(),
    }


def delong_case(seed: int, n: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    label = (rng.uniform(size=n) < 0.3).astype(int)
    first = np.round(rng.normal(size=n) + label, 1)
    second = np.round(0.5 * first + rng.normal(size=n), 1)
    z_score, p_value = Delong_test(label, second, first)[:2]
    return {
        "label": label.tolist(),
        "first": first.tolist(),
        "second": second.tolist(),
        "z_score": float(z_score),
        "p_value": float(p_value),
    }


def dependence_case(seed: int, n_clusters: int, size: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    values = np.round(rng.normal(size=cluster.size) + rng.normal(size=n_clusters)[cluster], 2)
    frame = pd.DataFrame({"values": values, "cluster": cluster, "place": np.tile(np.arange(size), n_clusters)})
    icc = pingouin.intraclass_corr(frame, targets="cluster", raters="place", ratings="values")
    anova = pingouin.anova(frame, dv="values", between="cluster")
    return {
        "cluster": cluster.tolist(),
        "values": values.tolist(),
        "icc": float(icc["ICC"].iloc[0]),
        "eta_squared": float(anova["np2"].iloc[0]),
    }


def power_cases() -> list[dict[str, float]]:
    return [
        {"r": r, "n": n, "power": float(pingouin.power_corr(r=r, n=n, alpha=0.05))}
        for r, n in ((0.0885, 1000), (0.01, 107229), (0.3, 84), (0.5, 29))
    ]


def main() -> None:
    reference = {
        "made_with": {name: version(name) for name in PACKAGES},
        "association": [association_case(seed, n) for seed, n in ((1, 12), (2, 60), (3, 200))],
        "classification": [
            classification_case(seed, n, share) for seed, n, share in ((4, 15, 0.5), (5, 80, 0.2), (6, 300, 0.05))
        ],
        "multiplicity": [multiplicity_case(7)],
        "delong": [delong_case(8, 60), delong_case(9, 250)],
        "dependence": [dependence_case(10, 12, 5), dependence_case(11, 5, 20)],
        "power": power_cases(),
    }
    target = Path(__file__).with_name("stats_reference.json")
    target.write_text(json.dumps(reference, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
