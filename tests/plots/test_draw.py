"""Every figure of a run, on disk."""

import hashlib
import json
import subprocess
import sys
from typing import NamedTuple

import polars as pl
import pytest

from refalt.plots import draw_across, draw_all, figures
from refalt.plots.base import Drawing, Reading
from refalt.plots.figures.roc import Roc
from refalt.plots.record import read_figures
from refalt.plugins import every_class
from refalt.tables import Attrition, Comparison, Estimates

EF005 = "withheld by EF005: the effect's allele is not declared"


class Tables(NamedTuple):
    """What `draw_all` takes."""

    comparison: Comparison
    estimates: Estimates
    attrition: Attrition


def one_score(tables, metrics=("spearman_rho", "auroc")):
    """The tables of the score `good` alone, without strata, with a few metrics."""
    rows, estimates = tables.comparison.frame, tables.estimates.frame
    good = pl.col("score_name") == "good"
    whole = estimates.filter(good, pl.col("stratum") == "all", pl.col("metric").is_in(metrics))
    return Tables(Comparison(rows.filter(good)), Estimates(whole), tables.attrition)


def drawn(tables, folder, **choices):
    settings = {"simulated": False, "as_published": False} | choices
    return draw_all(tables.comparison, tables.estimates, tables.attrition, folder=folder, **settings)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, module_tables):
    folder = tmp_path_factory.mktemp("figures")
    return folder, drawn(module_tables, folder)


def test_draw_across__draws_runs_side_by_side_and_lists_them(module_tables, tmp_path):
    rows, readings = (
        module_tables.comparison.frame,
        [
            reading
            for row in module_tables.estimates.frame.iter_rows(named=True)
            if (reading := Reading.from_row(row)).metric == "spearman_rho" and reading.stratum == "all"
        ],
    )
    stamps = {"simulated": True, "as_published": False}
    found = draw_across(rows, readings, name="several", folder=tmp_path, **stamps)
    assert [figure.name for figure in found] == ["score_bars-spearman_rho-effect", "side_by_side"]
    assert len(json.loads((tmp_path / "figures.json").read_text())["figures"]) == 2
    assert "SIMULATED" in (tmp_path / found[0].svg).read_text()


def test_draw_all__writes_three_files_a_figure(shared):
    folder, found = shared
    assert len(found) > 15
    for figure in found:
        for path in (figure.png, figure.svg, figure.csv):
            assert (folder / path).stat().st_size > 0
        assert (folder / figure.png).read_bytes()[:4] == b"\x89PNG"
        assert "<svg" in (folder / figure.svg).read_text()


def test_draw_all__places_figures_by_dataset_and_score(shared):
    _, found = shared
    assert {figure.svg.rpartition("/")[0] for figure in found} == {"toy/_all", "toy/good", "toy/poor"}


def test_draw_all__lists_every_figure_in_the_index(shared):
    folder, found = shared
    names = [entry["svg"] for entry in json.loads((folder / "figures.json").read_text())["figures"]]
    assert names == [figure.svg for figure in found]


def test_draw_all__writes_estimate_interval_and_counts_on_every_figure_of_a_score(shared):
    folder, found = shared
    for figure in found:
        text = (folder / figure.svg).read_text()
        if figure.metric:
            assert "95% interval" in text
            assert "clusters" in text
        assert figure.title in text


def test_draw_all__draws_every_kind_but_the_null_without_shuffles(shared):
    _, found = shared
    kinds = {kind.name for kind in every_class(figures, Drawing)}
    assert {kind for kind in kinds for figure in found if figure.name.startswith(kind)} == kinds - {"null"}


def test_draw_all__draws_an_empty_frame_with_the_reason_where_an_estimate_is_withheld(toy_tables, tmp_path):
    tables = toy_tables(60, withhold={"spearman_rho": EF005, "pearson_r": EF005, "sign_concordance": EF005})
    tables = one_score(tables, ("spearman_rho", "sign_concordance", "auroc"))
    found = {figure.name: figure for figure in drawn(tables, tmp_path)}
    for name in ("predicted_vs_measured", "sign_agreement"):
        assert found[name].withheld == EF005
        assert "WITHHELD" in (tmp_path / found[name].svg).read_text()
        assert "withheld by EF005" in (tmp_path / found[name].svg).read_text()
        assert pl.read_csv(tmp_path / found[name].csv).to_dicts() == [{"withheld": EF005}]
    assert found["roc-given"].withheld is None


def test_draw_all__says_simulated_on_every_figure_and_in_every_csv(toy_tables, tmp_path):
    for figure in drawn(one_score(toy_tables(60)), tmp_path, simulated=True, as_published=True):
        text = (tmp_path / figure.svg).read_text()
        assert "SIMULATED" in text
        assert "AS PUBLISHED" in text
        assert pl.read_csv(tmp_path / figure.csv).get_column("simulated").all()


def test_draw_all__says_neither_otherwise(shared):
    folder, found = shared
    assert not any("SIMULATED" in (folder / figure.svg).read_text() for figure in found)
    assert not any("AS PUBLISHED" in (folder / figure.svg).read_text() for figure in found)


def test_draw_all__draws_attrition_alone_when_nothing_was_compared(toy_tables, tmp_path):
    counts = toy_tables(30).attrition
    found = drawn(Tables(Comparison.empty(), Estimates.empty(), counts), tmp_path)
    assert [figure.name for figure in found] == ["attrition"]


def test_draw_all__draws_nothing_of_nothing_and_still_leaves_an_index(tmp_path):
    found = drawn(Tables(Comparison.empty(), Estimates.empty(), Attrition.empty()), tmp_path)
    assert found == []
    assert (tmp_path / "figures.json").is_file()


def test_draw_all__gives_the_same_bytes_twice(toy_tables, tmp_path):
    digests = []
    for name in ("one", "two"):
        found = drawn(one_score(toy_tables(40)), tmp_path / name)
        paths = [path for figure in found for path in (figure.svg, figure.csv)]
        digests.append([hashlib.sha256((tmp_path / name / path).read_bytes()).hexdigest() for path in paths])
    assert digests[0] == digests[1]


def test_draw_all__draws_the_others_where_one_fails_and_keeps_the_traceback(toy_tables, tmp_path, monkeypatch):
    monkeypatch.setattr(Roc, "draw", lambda *_: 1 / 0)
    tables = one_score(toy_tables(40))
    found = {figure.name: figure for figure in drawn(tables, tmp_path)}
    assert [name for name, figure in found.items() if figure.failed] == ["roc-given", "roc-direction"]
    assert "ZeroDivisionError" in (tmp_path / "errors.txt").read_text()
    assert {one.name: one.failed for one in read_figures(tmp_path)}["roc-given"].startswith("not drawn: ZeroDiv")
    monkeypatch.undo()
    assert not any(figure.failed for figure in drawn(tables, tmp_path))
    assert not (tmp_path / "errors.txt").exists()


def test_plots__are_imported_without_the_drawing_library():
    program = "import sys, refalt.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
