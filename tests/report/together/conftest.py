"""Two runs of one table and one of another, held together on a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.report.conftest import toy, write_run

from refalt.plots import draw_across
from refalt.plots.base import Reading
from refalt.report.evidence import read_evidence
from refalt.report.together import Member, Together, write_members
from refalt.report.together.sweep import Scaling, Sweep
from refalt.tables import Comparisons

DIFFERENCE = {
    "dataset": "toy", "label_name": "effect", "metric": "spearman_rho", "stratum": "all", "first": "one: good",
    "second": "two: poor", "difference": 0.4, "lower": 0.3, "upper": 0.5, "level": 0.95, "method": "paired",
    "p_value": 0.001, "q_value": 0.002, "first_value": 0.7, "second_value": 0.3, "n": 60, "n_clusters": 20,
    "first_own_n": 60, "second_own_n": 60,
}  # fmt: skip


def difference_table(*rows: dict[str, object]) -> Comparisons:
    """Comparisons of rows like `DIFFERENCE`."""
    schema = {column.name: column.dtype for column in Comparisons.declared}
    return Comparisons(pl.DataFrame([DIFFERENCE | row for row in rows], schema=schema))


def sweep_table(*windows: int) -> Sweep:
    """A row a window, correlations that rise."""
    schema = {column.name: column.dtype for column in Sweep.declared}
    rows = [
        {"window": window, "member": f"w{window}", "n": 60, "n_variants": 60, "n_clusters": 20, "n_left_out": place,
         "spearman_rho": 0.1 * place, "pearson_r": 0.2, "effect_sd": 1.0, "score_sd": 100 / window}
        for place, window in enumerate(windows)
    ]  # fmt: skip
    return Sweep(pl.DataFrame(rows, schema=schema))


Build = Callable[..., Together]


@pytest.fixture(scope="session")
def members(tmp_path_factory: pytest.TempPathFactory) -> list[Member]:
    """Runs `one` and `two`, and `three`, which never ran; the folder of the page is the runs' own."""
    root = tmp_path_factory.mktemp("together")
    found = []
    for name in ("one", "two"):
        run = write_run(root / f"{name}-0a1b2c3d", n=60, study={"name": name})
        run.report.write_text("", encoding="utf-8")
        found.append(Member(name, run.root.name, exit_code=0, evidence=read_evidence(run)))
    return [*found, Member("three", ended="the file toy.tsv was not found", exit_code=1)]


@pytest.fixture
def together(members: list[Member]) -> Build:
    """A builder of what a page is made of: `together(comparisons=..., sweep=...)`."""

    def build(**changes: object) -> Together:
        root = members[0].evidence.run.root.parent
        choices = {
            "root": root, "kind": "suite", "name": "toy-suite", "question": "Which?", "swept": None, "notes": (),
            "members": tuple(members), "comparisons": difference_table({}),
        }  # fmt: skip
        return Together(**choices | changes)

    return build


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of several runs on disk, swept and drawn, hostile names among them; not rendered."""
    root = tmp_path_factory.mktemp("several")
    found = []
    for name in ("w128", "w512"):
        run = write_run(root / f"{name}-0a1b2c3d", n=60, study={"name": name}, hostile=name == "w512")
        found.append(Member(name, run.root.name, exit_code=0, window=int(name[1:]), evidence=read_evidence(run)))
    found.append(Member("<b id=injected>", ended="</script><img src=x onerror=alert(1)>" + "G" * 300, exit_code=1))
    comparisons = difference_table({"first": "128 bp", "second": "512 bp"}, {"metric": "pearson_r", "q_value": 0.4})
    whole = Together(root, "suite", "toy-sweep", "<i>?", "good", ("a note",), tuple(found), comparisons)
    write_members(whole)
    comparisons.write(root / "comparisons.parquet")
    sweep_table(128, 512).write(root / "sweep.parquet")
    scaling = Scaling(-0.98, -1.1, -0.9, 0.95, 20)
    (root / "scaling.json").write_text(json.dumps(vars(scaling)), encoding="utf-8")
    rows = toy.comparison_rows(60, noise={"128 bp": 0.7, "512 bp": 3.0})
    shown = [
        Reading.from_row(toy.estimate_row(rows.filter(score_name=name), "spearman_rho", "effect"))
        for name in ("128 bp", "512 bp")
    ]
    draw_across(rows, shown, name="toy-sweep", folder=whole.plots, simulated=False, as_published=False)
    return root
