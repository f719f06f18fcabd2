"""How often audits cry wolf on sound studies, how often they find a planted mistake, and how long they take.

    python benchmarks/audits.py [--rounds 1000] [--planted 100] [--workers 1] [--docs]

Sound studies of fourteen designs and 50 to 50,000 rows are simulated with their genome, gene starts, chain, scores and
estimates; what an audit rightly says of a design is accepted in its study file, and such a study does not count for
that code. Mistakes are planted one at a time in sound studies of 1,000 rows. Codes are taken from the product: one
without a planted mistake says so. `--docs` writes docs/reference/audit-performance.md.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import math
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from audit_studies.clean import DESIGNS, SIZES, clean_study
from audit_studies.late_mistakes import MISTAKES, PLANTED_ROWS, broken_study
from audit_studies.study import audited
from audit_studies.world import World, make_world

from refalt.audits.base import Finding, Outcome, Phase, Severity
from refalt.audits.runner import every_audit, run_audits
from refalt.testing.builders import (
    build_checks,
    build_clusters,
    build_declared,
    build_joined,
    build_measurements,
    build_study,
)

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "audit-performance.md"
#: A fatal finding stops a study: at most one sound study in a hundred, and 19 of 20 mistakes found.
MOST_FALSE, LEAST_POWER = 0.01, 0.95
_Z = 1.959964


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    centre = (hits / n + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(hits / n * (1 - hits / n) / n + _Z**2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


@functools.cache
def _world() -> World:
    return make_world(Path(tempfile.mkdtemp(prefix="refalt-audits-")))


def sound_round(seed: int) -> tuple[set[str], set[tuple[str, str]], list[str]]:
    """Codes that ran on a sound study, (code, severity) of what they found, and that in words."""
    study = clean_study(seed, _world())
    findings = [finding for finding in audited(study) if finding.code not in study.waive]
    ran = {finding.code for finding in findings if finding.outcome in (Outcome.CLEAR, Outcome.FOUND)}
    alarms = [finding for finding in findings if finding.is_open]
    words = [f"{each.code} {study.design}, {study.rows.height} rows, seed {seed}: {each.message}" for each in alarms]
    return ran, {(each.code, each.severity.value) for each in alarms}, words


def planted_round(code_and_round: tuple[str, int]) -> tuple[str, int, bool]:
    """Whether the audit found the mistake."""
    code, round_ = code_and_round
    found: list[Finding] = audited(broken_study(code, round_, _world()), wanted=code)
    return code, round_ % len(MISTAKES[code]), any(each.code == code and each.is_open for each in found)


def spread_out(work: Callable, tasks: Iterable, workers: int) -> Iterator:
    """Results of each task, in this process or in several."""
    if workers == 1:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, tasks, chunksize=4)


def performance(rounds: int, planted: int, workers: int) -> list[str]:
    """Lines of a markdown table, one a code; what is wrong is printed."""
    ran: Counter[str] = Counter()
    alarms: Counter[tuple[str, str]] = Counter()
    for codes, loud, words in spread_out(sound_round, range(rounds), workers):
        ran.update(codes)
        alarms.update(loud)
        for line in words:
            print(f"  alarm: {line}", flush=True)
    tried: Counter[tuple[str, int]] = Counter()
    found: Counter[tuple[str, int]] = Counter()
    known = [audit.code for audit in every_audit()]
    tasks = itertools.product([code for code in MISTAKES if code in known], range(planted))
    for code, way, hit in spread_out(planted_round, tasks, workers):
        tried[code, way] += 1
        found[code, way] += hit
    for key in sorted(tried):
        if found[key] < tried[key]:
            print(f"  missed: {key[0]}, way {key[1]}: found {found[key]} of {tried[key]}")
    return [_line(audit.code, audit.severity, ran[audit.code], alarms, tried, found) for audit in every_audit()]


def _line(code: str, severity: Severity, n_ran: int, alarms: Counter, tried: Counter, found: Counter) -> str:
    loud = {level: alarms[code, level.value] for level in Severity if alarms[code, level.value]}
    n_loud = max(loud.values(), default=0)
    upper = wilson(n_loud, n_ran)[1]
    n, hits = (sum(count for (name, _), count in counts.items() if name == code) for counts in (tried, found))
    said = ", ".join(f"{count} {level}" for level, count in loud.items()) or "0"
    cells = [f"[{code}](audits/{code}.md)", str(severity), f"{n_ran:,}" if n_ran else "none", said]
    cells += [f"{100 * upper:.1f} %" if n_ran else ""]
    if n:
        low, high = wilson(hits, n)
        cells += [str(n), str(hits), f"{100 * hits / n:.0f} % ({100 * low:.0f} to {100 * high:.0f})"]
    else:
        cells += ["none", "", ""]
    if loud.get(Severity.FATAL, 0) >= MOST_FALSE * max(n_ran, 1) or (n and hits < LEAST_POWER * n):
        print(f"  BELOW THE MARK: {code}")
    return "| " + " | ".join(cells) + " |"


def page(lines: list[str], rounds: int, planted: int) -> str:
    """The page in docs/reference."""
    return f"""# How well audits do

An audit that fires on sound data is a defect, and so is one that misses what it is for. Both are measured by
`benchmarks/audits.py`, which wrote this page.

**False alarms.** {rounds:,} sound studies of {len(DESIGNS)} designs, {SIZES[0]} to {SIZES[1]:,} rows (log-uniform):
all pairs and lead variants of eQTL studies, fine-mapped effects, chromatin QTLs with controls, allele-specific assays
with shares of reads or a preferred allele, saturation mutagenesis, base editing, reporter assays with carried
sequences, designed elements, sizes without signs, fold changes, positions of an older assembly, and positions without
alleles. They have indels, swapped alleles, a few typing errors, perfect linkage, rounded grids, tests of few degrees of
freedom, and scores that know nothing or something. "Ran" counts studies in which an audit had its evidence and its
finding was not accepted by the study file: sizes without signs waive EF003, as such a study must. The bound is the
upper end of the 95 % interval (Wilson) of the share with a false alarm. Serious findings about estimates (EF006, IN001,
IN003, SA008) are tests at a stated level, so a few false ones are by design.

**Power.** {planted} sound studies of {PLANTED_ROWS:,} rows with one mistake each, the ways of making it in turn; the
interval is Wilson's.

A fatal false alarm in one sound study of a hundred, or fewer than 95 % of mistakes found, is a defect of the audit.
"none" under "planted" says that the benchmark has no mistake for that code.

| code | severity | ran | false alarms | bound | planted | found | power |
|---|---|---|---|---|---|---|---|
{chr(10).join(lines)}
"""


def timings(n: int, repeats: int) -> None:
    """Seconds of all audits on a table of n rows, beside one sort of its effects in the same run."""
    rng = np.random.default_rng(0)
    rows = build_measurements(n, maf=rng.uniform(0.05, 0.5, n), target_id=[f"gene{i // 200}" for i in range(n)],
                              pos=10_000_000 + rng.integers(0, 100_000_000, n))  # fmt: skip
    blocks = [f"block{i // 1500}" for i in range(n)]
    study = build_study()
    evidence = {
        "measurements": rows, "declared": build_declared(), "study": study, "scores": study.score,
        "checks": build_checks(rows), "clusters": build_clusters(rows, blocks),
    }  # fmt: skip
    later = evidence | {"joined": build_joined(rows, cluster_id=blocks)}
    beta = rows.frame["beta"].to_numpy()
    works: dict[str, Callable[[], object]] = {
        "one sort of the effects": lambda: np.sort(beta),
        "pre-flight audits": lambda: run_audits(Phase.PREFLIGHT, evidence, waivers={}),
        "post audits": lambda: run_audits(Phase.POST, later, waivers={}),
    }
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - began)
    unit = statistics.median(spent["one sort of the effects"])
    print(f"\nMedian of {repeats} interleaved repeats on {n:,} rows")
    for name, seconds in spent.items():
        middle = statistics.median(seconds)
        print(f"  {name:<28}{middle:9.3f} s {middle / unit:9.1f} sorts")


def main() -> None:
    """Print the table and the timings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--planted", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table that is timed; 0 for no timing")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    began = time.process_time()
    text = page(performance(options.rounds, options.planted, options.workers), options.rounds, options.planted)
    print(text)
    print(f"{time.process_time() - began:,.0f} s of processor time in this process")
    if options.docs:
        PAGE.write_text(text, encoding="utf-8")
    if options.rows:
        timings(options.rows, options.repeats)


if __name__ == "__main__":
    main()
