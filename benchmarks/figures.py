"""Drawing every figure of a suite of seven studies by as many processes as refalt takes, against one.

    python benchmarks/figures.py

Seven simulated studies, each with a recorded score and the motif model, are run to their estimates once; then their
figures are drawn, one way and the other in turn. Bytes of both are compared.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import statistics
import tempfile
import time
from pathlib import Path

from refalt.pipeline.suite import prepare_suite, run_suite
from refalt.plots import draw_all
from refalt.report.evidence import Evidence, read_evidence
from refalt.testing.simulation.study import write_simulated_study

LIMIT_S, LEAST_FIGURES = 90, 35
WAYS = {"one process": 1, "refalt": None}


def main() -> None:
    """Print seconds of both ways and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        members = written_suite(folder)
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(arguments.repeats):
            for way, processes in WAYS.items():
                began = time.perf_counter()
                n_figures = draw_members(members, folder / way, processes)
                seconds[way].append(time.perf_counter() - began)
        alike = digests(folder / "one process") == digests(folder / "refalt")
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    for way, median in medians.items():
        each = f"{n_figures} figures of {len(members)} studies, {median / n_figures:.2f} s each"
        print(f"{way:12s} {median:6.1f} s   {each}")
    one, ours = medians.values()
    held = "under" if ours < LIMIT_S else "OVER"
    print(f"ratio {one / ours:.2f}; files {'alike' if alike else 'DIFFER'}; {held} the limit of {LIMIT_S} s")
    if n_figures < LEAST_FIGURES:
        print(f"TOO FEW figures: {LEAST_FIGURES} are wanted")


def written_suite(folder: Path) -> list[Evidence]:
    """Runs of seven simulated studies."""
    for number in range(1, 8):
        study = write_simulated_study(folder / f"study-{number}", seed=number)
        study.write_text(re.sub(r'(?m)^name\s+= "demo"', f'name = "study-{number}"', study.read_text(), count=1))
    paths = ", ".join(f'"study-{number}/study.toml"' for number in range(1, 8))
    suite = folder / "suite.toml"
    suite.write_text(f'[suite]\nname = "seven"\nstudies = [{paths}]\n')
    return [read_evidence(ended.run) for ended in run_suite(prepare_suite(suite), out=folder / "runs").ended]


def draw_members(members: list[Evidence], folder: Path, processes: int | None) -> int:
    """Draw the figures of every member in order; returns how many there are."""
    n = 0
    for member in members:
        tables = member.comparison, member.estimates, member.attrition
        target = folder / member.run.root.name
        n += len(draw_all(*tables, folder=target, simulated=True, as_published=False, processes=processes))
    return n


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file under a folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


if __name__ == "__main__":
    main()
