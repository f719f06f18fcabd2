"""Rendering and opening the report of a study of 100,000 variants: seconds and bytes, against their limits.

    python benchmarks/report.py

Rows, estimates and figures are made here, as a run leaves them: a recorded score, every metric, strata of chromosomes.
Opening is measured in headless Chromium, from the start of navigation to the end of `load`, to the first paint, and
until the variants can be searched. Without Chromium and its driver only rendering is measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.report import render
from refalt.runs import RunFolder

RENDER_S, OPEN_S, LARGEST_BYTES = 20.0, 2.0, 5_000_000
STUDY = """
[study]
name = "large"
question = "How long does a page of many variants take?"
seed = 1

[dataset]
name = "table"
file = "large.tsv"
assembly = "GRCh38"
effect = { column = "beta", of = "alt", scale = "slope", null = 0.0, unit = "none", source = "simulated" }
columns = { chrom = "chrom", pos = "pos", ref = "ref", alt = "alt", label = "label", target_id = "gene" }
recorded = { known = { column = "known", of = "alt" } }

[evaluation]
labels = ["given", "direction", "magnitude_median"]
strata = ["chrom", "effect_size", "indel"]
clusters = "window_1mb"
resamples = 200
"""
#: When what the reader sees is there, in milliseconds from the start of navigation.
TIMES = """
const [start] = performance.getEntriesByType("navigation");
const paint = performance.getEntriesByName("first-contentful-paint")[0];
return [start.loadEventEnd, paint ? paint.startTime : NaN,
        document.querySelectorAll("#explorer-table tbody tr").length];
"""
SEARCH = """
const began = performance.now(), box = document.getElementById("explorer-search");
box.value = "chr7"; box.dispatchEvent(new Event("input"));
document.getElementById("explorer-table").getBoundingClientRect();
return performance.now() - began;
"""


def main() -> None:
    """Print the seconds and the size, and whether each is under its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run = written_run(Path(name), arguments.rows)
        seconds = [rendering(run) for _ in range(arguments.repeats)]
        told("rendering", statistics.median(seconds), RENDER_S, "s")
        told("page", run.report.stat().st_size / 1e6, LARGEST_BYTES / 1e6, "MB")
        if not (importlib.util.find_spec("selenium") and shutil.which("chromedriver")):
            print("opening was not measured: there is no Chromium with its driver, or no selenium")
            return
        opened = [opening(run.report) for _ in range(arguments.repeats)]
    for place, what in enumerate(("load ended", "first paint", "search answered")):
        told(what, statistics.median(times[place] for times in opened), OPEN_S, "s")


def told(what: str, value: float, limit: float, unit: str) -> None:
    """One line."""
    print(f"{what:16s} {value:6.2f} {unit}   {'under' if value < limit else 'OVER'} {limit:g} {unit}")


def written_run(folder: Path, n: int) -> RunFolder:
    """A finished run of a simulated table."""
    rng = np.random.default_rng(1)
    bases, ref = np.array(list("ACGT")), rng.integers(0, 4, n)
    # Transitions twice as often as transversions, and no pair of bases that reads the same on both strands.
    other = np.array([[2, 2, 1], [3, 3, 0], [0, 0, 3], [1, 1, 2]])[ref, rng.integers(0, 3, n)]
    effect = rng.normal(0, 1, n)
    table = {
        "chrom": [f"chr{i % 22 + 1}" for i in range(n)],
        "pos": rng.permutation(40_000_000)[:n] + 1,
        "ref": bases[ref],
        "alt": bases[other],
        "label": (np.abs(effect) > 1).astype(int),
        "gene": [f"ENSG{i // 20:011d}" for i in range(n)],
        "beta": effect,
        "known": effect + rng.normal(0, 2, n),
    }
    pl.DataFrame(table).write_csv(folder / "large.tsv", separator="\t")
    (folder / "large.toml").write_text(STUDY)
    ended = run_study(prepare(folder / "large.toml"), out=folder / "runs")
    assert ended.reached == "report", [finding.message for finding in ended.findings if finding.is_open]
    return ended.run


def rendering(run: RunFolder) -> float:
    """Seconds of one rendering."""
    began = time.perf_counter()
    render(run)
    return time.perf_counter() - began


def opening(page: Path) -> tuple[float, float, float]:
    """Seconds to the end of load, to the first paint, and until a search has shown its rows, in a fresh browser."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    browser: Any = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        browser.get(page.as_uri())
        loaded, painted, n_rows = browser.execute_script(TIMES)
        assert n_rows, "the explorer shows no row"
        searched = browser.execute_script(SEARCH)
    finally:
        browser.quit()
    return loaded / 1000, painted / 1000, (loaded + searched) / 1000


if __name__ == "__main__":
    main()
