"""How often audits cry wolf on clean simulated tables, how often they find a planted mistake, and how long they take.

Run it as `python benchmarks/audits.py [--rounds 200] [--rows 2400000]`.

Clean tables have effects on a slope scale with two signs, natural alleles, linkage, controls and a score that knows
half of the effect; each round draws another one, of another size. Mistakes are planted one at a time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from refalt.audits.base import Finding, Phase, Severity
from refalt.audits.runner import run_audits
from refalt.tables import Measurements
from refalt.testing.builders import (
    build_checks,
    build_clusters,
    build_declared,
    build_inputs,
    build_joined,
    build_measurements,
    build_study,
)

SIZES = (60, 300, 2_000)
Change = Callable[[np.random.Generator, dict[str, Any]], dict[str, Any]]


def clean_columns(n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Columns of a clean table: rounded slopes, their standard errors and p-values, frequencies, labels."""
    from scipy.special import ndtr

    error = rng.uniform(0.02, 0.1, n)
    beta = rng.normal(0, 0.3, n) + rng.normal(0, error)
    p_value = 2 * ndtr(-np.abs(beta / error))
    label = np.where(p_value < 0.01, 1, 0).tolist()
    return {
        "beta": beta.round(6),
        "standard_error": error.round(6),
        "p_value": p_value,
        "maf": rng.uniform(0.05, 0.5, n),
        "label": label,
        "target_id": [f"gene{i}" for i in range(n)],
        "tss_distance": rng.integers(-500_000, 500_000, n),
        "chrom": [f"chr{1 + i % 20}" for i in range(n)],
        "pos": 10_000_000 + rng.integers(0, 30_000_000, n),
    }


def findings_of(columns: Mapping[str, Any], n: int, seed: int, *, orientation: Any = "as_given") -> list[Finding]:
    """Findings of both phases on one table."""
    rows = build_measurements(n, seed=seed, **columns)
    rng = np.random.default_rng([seed, 7])
    score = 0.5 * np.asarray(rows.frame["beta"]) + rng.normal(0, 0.05, n)
    blocks = [f"{chrom}:{pos // 1_000_000}" for chrom, pos in zip(rows.frame["chrom"], rows.frame["pos"], strict=True)]
    study = build_study()
    evidence = {
        "measurements": rows,
        "declared": build_declared(),
        "study": study,
        "scores": study.score,
        "files": [],
        "checks": build_checks(rows, orientation=orientation),
        "clusters": build_clusters(rows, blocks),
        "inputs": build_inputs(rows, seed=seed),
    }
    found = run_audits(Phase.PREFLIGHT, evidence, waivers={})
    joined = build_joined(rows, score=score, cluster_id=blocks)
    return found + run_audits(Phase.POST, evidence | {"joined": joined}, waivers={})


def false_alarms(rounds: int) -> None:
    """Share of clean tables on which each audit found something."""
    alarms: Counter[str] = Counter()
    for round_ in range(rounds):
        n = SIZES[round_ % len(SIZES)]
        columns = clean_columns(n, np.random.default_rng(round_))
        for found in findings_of(columns, n, round_):
            if found.is_open:
                alarms[f"{found.code} ({found.severity})"] += 1
    print(f"\nFalse alarms on {rounds} clean tables of {SIZES} rows")
    for name, count in sorted(alarms.items()):
        print(f"  {name:<20}{count / rounds:8.3f}")
    print("  none" if not alarms else "")


def _p_as_effect(rng: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    return {"beta": 10 ** -rng.exponential(20, len(columns["beta"]))}


def _one_sign(_: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    return {"beta": np.abs(columns["beta"])}


def _ratio(rng: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    n = len(columns["beta"])
    return {"beta": 0.5 + rng.choice([-1, 1], n) * rng.uniform(0.05, 0.45, n)}


def _zeros(rng: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    return {"beta": np.where(rng.random(len(columns["beta"])) < 0.2, 0.0, columns["beta"])}


def _discoveries(rng: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    n = len(columns["beta"])
    return {"beta": rng.choice([-1, 1], n) * rng.uniform(0.3, 1, n), "p_value": rng.uniform(0, 1e-4, n)}


def _made_alleles(rng: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    ref = rng.choice(list("ACGT"), len(columns["beta"])).tolist()
    return {"ref": ref, "alt": [{"A": "C", "C": "G", "G": "T", "T": "A"}[base] for base in ref]}


def _row_numbers(_: np.random.Generator, columns: dict[str, Any]) -> dict[str, Any]:
    return {"pos": 20_000 + np.arange(len(columns["beta"]))}


PLANTED: Mapping[str, Change] = {
    "EF001": _p_as_effect,
    "EF002": _ratio,
    "EF003": _one_sign,
    "EF004": _zeros,
    "EF007": _discoveries,
    "AL002": _made_alleles,
    "AL007": _row_numbers,
}


def power(rounds: int) -> None:
    """Share of tables with a planted mistake on which its audit found it."""
    print(f"\nFound among {rounds} tables with one planted mistake")
    for code, change in PLANTED.items():
        n_found = 0
        for round_ in range(rounds):
            n, rng = SIZES[round_ % len(SIZES)], np.random.default_rng([round_, 1])
            columns = clean_columns(n, rng)
            found = {each.code for each in findings_of(columns | change(rng, columns), n, round_) if each.is_open}
            n_found += code in found
        print(f"  {code:<20}{n_found / rounds:8.3f}")
    n_found = 0
    for round_ in range(rounds):
        n, rng = SIZES[round_ % len(SIZES)], np.random.default_rng([round_, 2])
        orientation = rng.choice(["as_given", "swapped", "complement", "complement_swapped"], n).tolist()
        columns = clean_columns(n, rng) | {"pos": 10_000_000 + 1_000 * rng.permutation(n)}
        found = findings_of(columns, n, round_, orientation=orientation)
        n_found += any(each.code == "AL001" and each.severity is Severity.FATAL and each.is_open for each in found)
    print(f"  {'AL001':<20}{n_found / rounds:8.3f}")


def timings(n: int, repeats: int) -> None:
    """Seconds of all pre-flight audits on a table of n rows, beside one sort of its effects in the same run."""
    rng = np.random.default_rng(0)
    columns = clean_columns(n, rng) | {"pos": 10_000_000 + rng.integers(0, 100_000_000, n)}
    rows: Measurements = build_measurements(n, **columns)
    blocks = [f"block{i // 1500}" for i in range(n)]
    study = build_study()
    evidence = {
        "measurements": rows,
        "declared": build_declared(),
        "study": study,
        "scores": study.score,
        "checks": build_checks(rows),
        "clusters": build_clusters(rows, blocks),
    }
    later = evidence | {"joined": build_joined(rows, cluster_id=blocks)}
    beta = rows.frame["beta"].to_numpy()
    spent: dict[str, list[float]] = {"one sort of the effects": [], "pre-flight audits": [], "post audits": []}
    for _ in range(repeats):
        for name, work in (
            ("one sort of the effects", lambda: np.sort(beta)),
            ("pre-flight audits", lambda: run_audits(Phase.PREFLIGHT, evidence, waivers={})),
            ("post audits", lambda: run_audits(Phase.POST, later, waivers={})),
        ):
            began = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - began)
    unit = statistics.median(spent["one sort of the effects"])
    print(f"\nMedian of {repeats} interleaved repeats on {n:,} rows")
    for name, seconds in spent.items():
        middle = statistics.median(seconds)
        print(f"  {name:<28}{middle:9.3f} s {middle / unit:9.1f} sorts")


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--rows", type=int, default=2_400_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    false_alarms(options.rounds)
    power(options.rounds)
    timings(options.rows, options.repeats)


if __name__ == "__main__":
    main()
