"""What a reader sees of a run that is damaged, empty, enormous or hostile."""

from __future__ import annotations

import polars as pl
import pyarrow.parquet as pq
import pytest

from refalt.cli.app import exit_status
from refalt.report import render
from refalt.tables import Comparison, Estimates

REASON = "withheld by EF005: the effect's allele is not declared"
LONG = "遺伝子スコア" + "G" * 300


def text_of(run):
    return render(run).read_text(encoding="utf-8")


@pytest.mark.parametrize("table", ["comparison", "estimates", "attrition", "findings"])
def test_report__names_a_missing_table_and_what_to_do(run_folder, capsys, table):
    run = run_folder(n=30)
    path = getattr(run, table)
    path.unlink()
    assert exit_status(["report", str(run.root)]) == 1
    said = capsys.readouterr().err
    assert f"{path.name} is missing" in said
    assert "Run the study again" in said
    assert not run.report.exists()


def test_report__of_an_older_layout_says_so_and_writes_no_page(run_folder, capsys):
    run = run_folder(n=30)
    pq.write_table(pq.read_table(run.comparison).replace_schema_metadata({b"refalt": b"1"}), run.comparison)
    assert exit_status(["report", str(run.root)]) == 1
    assert "another layout" in capsys.readouterr().err
    assert not run.report.exists()


def test_page__names_a_changed_table_on_top(run_folder):
    run = run_folder(n=30)
    frame = Estimates.read(run.estimates).frame
    Estimates(frame.with_columns(value=pl.col("value") + 0.1)).write(run.estimates)
    text = text_of(run)
    assert text.index("<strong>Changed file.</strong>") < text.index('id="verdict"')
    assert "5-estimates.parquet" in text[text.index("Changed file") :][:200]


def test_page__shows_no_number_where_everything_is_withheld(run_folder):
    metrics = ("spearman_rho", "pearson_r", "calibration_slope", "sign_concordance", "auroc", "auprc")
    run = run_folder(n=40, withhold=dict.fromkeys(metrics, REASON), scores={"good": 0.7}, drawn=True)
    text = text_of(run)
    assert "<strong>not shown</strong>" in text
    assert 'class="figure-number"' not in text
    assert text.count("WITHHELD") > 5


def test_page__of_five_hundred_strata_stays_small_and_says_what_it_leaves_out(run_folder):
    run = run_folder(n=60, scores={"good": 0.7})
    frame = Estimates.read(run.estimates).frame
    first = frame.filter(stratum="all").row(0, named=True)
    rows = [first | {"stratum": f"gene=GENE{place}"} for place in range(500)]
    many = Estimates(pl.concat([frame, pl.DataFrame(rows, schema=frame.schema)]))
    many.write(run.estimates)
    from refalt.plots import draw_all
    from refalt.tables import Attrition

    tables = Comparison.read(run.comparison), many, Attrition.empty()
    found = {one.name: one for one in draw_all(*tables, folder=run.plots, simulated=False, as_published=False)}
    assert "the first 60 of 500" in found["forest-spearman_rho-effect-gene"].subtitle
    assert "the first 40 of 500" in found["by_stratum-gene"].subtitle
    assert found["forest-spearman_rho-effect-gene"].failed is None
    text = text_of(run)
    assert len(text) < 5_000_000
    assert text.partition('id="estimates-table"')[2].partition("</table>")[0].count("<tr") <= 401
    assert (run.metric_tables / "gene.tsv").read_text().count("\n") == 501


def test_page__of_scores_with_long_names_and_other_scripts_holds_them_whole(run_folder):
    run = run_folder(n=40, scores={LONG: 0.7, "счёт": 2.0}, drawn=True)
    text = text_of(run)
    assert LONG in text
    assert "счёт" in text
    assert not [path for path in run.plots.rglob("*") if len(path.name) > 200]
