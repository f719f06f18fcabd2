"""The library's own files, run by the command line on small raw files and a server that speaks as AlphaGenome does.

Nothing in a study file is changed: whoever has the real files and a key changes where they lie, and nothing else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.datasets.qtl_world import World, served
from tests.golden.library_world import make_library_world
from tests.sources.conftest import LocalServer
from tests.sources.rsids.conftest import _as_myvariant
from tests.sources.rsids.documents import hit

from refalt.cli.app import exit_status
from refalt.errors import API_KEY_VARIABLE
from refalt.models.alphagenome import AlphaGenomeSection, questions
from refalt.pipeline import beside, run, stages
from refalt.plots import draw_all
from refalt.plots.record import read_figures
from refalt.runs import RunFolder
from refalt.serve.simulation import scores as simulated
from refalt.sources.fetch import INPUTS_VARIABLE
from refalt.sources.public_file import CACHE_VARIABLE
from refalt.sources.rsids import myvariant
from refalt.tables import Attrition, Comparison, Estimates

Runs = Callable[..., tuple[int, Path]]
N = 60
ALWAYS = ("variants.bed", "filtered.bed", "predictions.parquet", "success_by_reason.csv", "benchmark_summary.csv")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of raw files, and AlphaGenome at home."""
    world = make_library_world(tmp_path_factory.mktemp("inputs"), n=N)
    field = AlphaGenomeSection.model_fields["address"]
    with served(world) as address, _rsids_at_home(world) as rsids, pytest.MonkeyPatch.context() as patch:
        patch.setattr(myvariant, "MyVariant", functools.partial(myvariant.MyVariant, base=rsids))
        patch.setenv(CACHE_VARIABLE, str(world.folder / "cache"))
        patch.setenv(INPUTS_VARIABLE, str(world.folder))
        patch.setenv(API_KEY_VARIABLE, "a-key-for-tests-4711")
        patch.setattr(questions, "variant_requests", _in_short_windows(questions.variant_requests))
        hosted, field.default = field.default, address
        AlphaGenomeSection.model_rebuild(force=True)
        yield world.folder
        field.default = hosted
        AlphaGenomeSection.model_rebuild(force=True)


@contextlib.contextmanager
def _rsids_at_home(world: World) -> Iterator[str]:
    """Address of a server on this machine that answers as MyVariant.info does, on GRCh37."""
    documents = [hit(f"chr1:g.{site.old_pos}{site.ref}>{site.alt}", site.rsid, build="hg19") for site in world.sites]
    with LocalServer() as running:
        running.reply = lambda asked: _as_myvariant(asked, documents)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running.url
        running.shutdown()
        thread.join()


def _in_short_windows(requests: Callable[..., Any]) -> Callable[..., Any]:
    """A million bases take the server at home a second; what is around a variant is the same in all windows."""

    def asked(*given: Any, window: int, **more: Any) -> Any:
        return requests(*given, window=min(window, 16_384), **more)

    return asked


def _fewer(of: Callable[..., Any]) -> Callable[..., Any]:
    def terms(*given: Any) -> Any:
        made = of(*given)
        few = made.settings.model_copy(update={"resamples": 100, "permutations": 19})
        return dataclasses.replace(made, settings=few)

    return terms


@pytest.fixture(scope="module")
def ran(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Run a study or suite of the library once: exit status and folder. Few resamples, and no figures."""
    folder, done = tmp_path_factory.mktemp("runs"), {}
    terms = _fewer(stages.terms_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "terms_of", terms)
        patch.setattr(beside, "terms_of", terms)
        patch.setattr(run, "draw_all", lambda *_, **__: [])

        def once(name: str) -> tuple[int, Path]:
            if name not in done:
                out = folder / name
                options = ["--out", str(out), "--store", str(folder / "store"), "--json"]
                # Every file is at hand; what is asked for is alleles of rsIDs.
                status = exit_status(["run", name, *options, "--download"])
                (root,) = out.iterdir()
                done[name] = (status, root)
            return done[name]

        yield once


def _found(root: Path) -> set[str]:
    findings = json.loads(RunFolder(root).findings.read_text())["findings"]
    return {found["code"] for found in findings if found["outcome"] == "found"}


def _members(root: Path) -> dict[str, Path]:
    return {path.parent.name.rpartition("-")[0]: path.parent for path in root.glob("*/study.lock.toml")}


def _exports(root: Path) -> set[str]:
    return {path.name for path in (root / "exports").iterdir()}


def _scored(root: Path) -> dict[str, int]:
    return dict(Comparison.read(RunFolder(root).comparison).frame.group_by("score_name").len().iter_rows())


def test_gtex_eqtl__writes_what_it_names(ran: Runs) -> None:
    status, root = ran("gtex-eqtl")
    assert status == 0
    assert {path.name for path in (root / "tables").iterdir()} >= {"gtex_eqtl_metrics.tsv", "label.tsv"}
    scores = ("ag-dnase", "ag-expression", "motif")
    named = {f"{score}_{what}" for score in scores for what in ("predictions.csv", "statistics.txt")}
    assert _exports(root) >= {*ALWAYS, *named}
    reasons = pl.read_csv(root / "exports" / "success_by_reason.csv").filter(score_name="ag-expression")
    assert dict(reasons.select("reason", "n_rows").iter_rows())["gene_outside_window"] > 0
    assert "stratum label=1" in (root / "exports" / "ag-dnase_statistics.txt").read_text()
    predictions = pl.read_csv(root / "exports" / "ag-dnase_predictions.csv")
    assert predictions.columns == ["variant_id", "gene_id", "slope", "ref_score", "alt_score", "delta_pred"]
    assert predictions.height == _scored(root)["ag-dnase"]


@pytest.mark.slow
def test_window_sweep__writes_a_row_a_window_of_one_sample(ran: Runs) -> None:
    status, root = ran("window-sweep")
    assert status == 0
    windows = pl.read_csv(root / "tables" / "window.tsv", separator="\t")
    assert windows.get_column("window").to_list() == [16_384, 131_072, 524_288, 1_048_576]
    assert windows.get_column("n").n_unique() == 1
    assert (root / "comparisons.parquet").is_file()
    assert (root / "scaling.json").is_file()
    assert all(_exports(member) >= set(ALWAYS) for member in _members(root).values())


def test_qtl_validation_as_published__ends_with_2_and_its_mistakes_are_found(
    ran: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Among common variants nothing is as rare as these: every quantile is at its limit, as strong ones are.
    monkeypatch.setattr(simulated, "_quantile_scale", lambda *_: 1e-6)
    status, root = ran("qtl-validation.as-published")
    assert status == 2
    members = _members(root)
    assert {"EF002", "MD003"} <= _found(members["caqtl-validation.as-published"])
    assert {"EF005", "MD001", "MD003"} <= _found(members["hqtl-validation.as-published"])
    for member in members.values():
        assert "AS PUBLISHED" in (member / "report.html").read_text(encoding="utf-8").upper()
        assert (member / "exports" / "variants.bed").read_text().startswith("# as published")


def test_qtl_benchmark_as_published__its_mistakes_are_found_before_a_request_is_paid(
    inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(["check", "qtl-benchmark.as-published", "--format", "json"]) == 2
    members = {Path(one["checked"]).stem: one for one in json.loads(capsys.readouterr().out)}
    found = {
        name: {finding["code"] for finding in one["findings"] if finding["outcome"] == "found"}
        for name, one in members.items()
    }
    assert {"AL002", "EF002", "MD005"} <= found["caqtl.as-published"]
    assert {"AL001", "AS002", "MD005"} <= found["dsqtl.as-published"]
    assert {"EF005", "MD005"} <= found["hqtl.as-published"]
    said = next(one for one in members["dsqtl.as-published"]["findings"] if one["code"] == "AS002")
    assert "positions are of hg18, not of GRCh37" in said["message"]


@pytest.mark.slow
def test_qtl_benchmark_as_published__runs_to_its_end(ran: Runs) -> None:
    status, root = ran("qtl-benchmark.as-published")
    assert status == 2
    for name, member in _members(root).items():
        assert "MD009" in _found(member), name
        assert "AS PUBLISHED" in (member / "report.html").read_text(encoding="utf-8").upper()


@pytest.mark.slow
def test_qtl_benchmark__writes_three_tables_of_seven_tests(ran: Runs) -> None:
    status, root = ran("qtl-benchmark")
    assert status == 0
    scored = {}
    for name in ("caQTLs", "dsQTLs", "hQTLs"):
        table = pl.read_csv(root / "tables" / f"{name}_metrics.tsv", separator="\t")
        scored[name] = table.filter(model="alphagenome").select("study", "score_name").n_unique()
    assert scored == {"caQTLs": 3, "dsQTLs": 2, "hQTLs": 2}
    studies = pl.read_csv(root / "tables" / "studies.tsv", separator="\t")
    assert studies.filter(model="alphagenome").height == 7
    for member in _members(root).values():
        assert _exports(member) >= {*ALWAYS, "sequences.parquet"}
        sequences = pl.read_parquet(member / "exports" / "sequences.parquet")
        assert sequences.get_column("ref_sequence").str.len_bytes().unique().to_list() == [2_048]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["qtl-validation", "gtex-eqtl-all"])
def test_library__runs_to_its_end(ran: Runs, name: str) -> None:
    status, root = ran(name)
    assert status == 0
    for member in _members(root).values() or [root]:
        assert _exports(member) >= set(ALWAYS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gtex-eqtl.as-published", "mpra.as-published"])
def test_library__runs_to_its_end_with_its_mistakes(ran: Runs, name: str) -> None:
    status, root = ran(name)
    assert status == 2
    assert _exports(root) >= set(ALWAYS) - {"variants.bed"}


@pytest.mark.slow
def test_mpra__writes_what_it_names(ran: Runs) -> None:
    status, root = ran("mpra")
    assert status == 0
    assert _exports(root) >= {f"{name}.csv" for name in ("benchmark_summary", "per_tf", "per_strand", "per_chromosome")}
    assert len(_scored(root)) == 7


@pytest.mark.slow
def test_compare__holds_four_studies_side_by_side(ran: Runs, tmp_path: Path) -> None:
    names = ("gtex-eqtl", "qtl-benchmark", "qtl-validation", "mpra")
    roots = [str(ran(name)[1]) for name in names]
    assert exit_status(["compare", *roots, "--out", str(tmp_path / "page")]) == 0
    table = pl.read_csv(tmp_path / "page" / "tables" / "studies.tsv", separator="\t")
    assert table.get_column("study").n_unique() == 9
    assert set(table.get_column("species")) == {"human", "mouse"}
    assert set(table.get_column("design")) == {"natural", "synthetic"}
    stated = ("context", "assay", "measured", "readout", "n", "n_variants", "n_inputs", "n_clusters")
    asked = table.filter(pl.col("model") == "alphagenome")
    assert asked.select(pl.col(stated).null_count()).row(0) == (0,) * len(stated)
    # What is withheld for want of a declared direction has a reason in place of a value.
    shown = asked.filter(pl.col("value").is_finite())
    assert shown.height >= 8
    assert asked.filter(~pl.col("value").is_finite() | pl.col("value").is_null()).get_column("reason").null_count() == 0


FIVE = (
    "roc-magnitude_median",
    "precision_recall-magnitude_median",
    "predicted_vs_measured",
    "calibration",
    "by_distance",
)


@pytest.mark.slow
def test_qtl_benchmark__draws_five_figures_of_each_test(ran: Runs) -> None:
    _, root = ran("qtl-benchmark")
    drawn, withheld = 0, set()
    for member in _members(root).values():
        folder = RunFolder(member)
        # Of the motif model and in strata there are more; what is counted here is the whole of each test.
        compared = Comparison.read(folder.comparison).frame.filter(pl.col("score_name").str.starts_with("ag-"))
        estimates = Estimates.read(folder.estimates).frame.filter(model="alphagenome", stratum="all")
        draw_all(
            Comparison(compared),
            Estimates(estimates),
            Attrition.empty(),
            folder=folder.plots,
            simulated=False,
            as_published=False,
        )
        figures = [one for one in read_figures(folder.plots) if one.score_name.startswith("ag-") and one.name in FIVE]
        assert all((folder.plots / one.png).is_file() for one in figures)
        drawn += len(figures)
        withheld |= {one.name for one in figures if one.withheld}
    assert drawn == 35
    assert withheld >= {"by_distance", "predicted_vs_measured"}
