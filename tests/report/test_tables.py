"""Tab-separated tables of estimates."""

import polars as pl
import pytest

from refalt.report.tables import write_metric_tables
from refalt.tables import Estimates


@pytest.fixture
def estimates(shared_run):
    return Estimates.read(shared_run.estimates)


def test_write_metric_tables__writes_the_whole_data_and_each_stratum(estimates, run_folder, shared_run):
    frame = estimates.frame
    whole = pl.read_csv(shared_run.metric_tables / "toy_metrics.tsv", separator="\t")
    strata = pl.read_csv(shared_run.metric_tables / "chrom.tsv", separator="\t")
    assert whole.height + strata.height == frame.height
    assert whole.get_column("stratum").unique().to_list() == ["all"]
    assert whole.columns == frame.columns


def test_write_metric_tables__keeps_full_precision(estimates, shared_run):
    whole = pl.read_csv(shared_run.metric_tables / "toy_metrics.tsv", separator="\t")
    held = estimates.frame.filter(pl.col("stratum") == "all")
    assert whole.get_column("value").to_list() == held.get_column("value").to_list()


def test_write_metric_tables__says_simulated_in_every_row(estimates, run_folder):
    run = run_folder(n=30)
    for path in write_metric_tables(run, estimates, simulated=True):
        assert pl.read_csv(path, separator="\t").get_column("simulated").all()


def test_write_metric_tables__keeps_a_hostile_stratum_inside_the_folder(estimates, run_folder):
    run = run_folder(n=30)
    frame = estimates.frame.with_columns(stratum=pl.lit("../../x\t=1"))
    paths = write_metric_tables(run, Estimates(frame.unique(("score_name", "metric", "label_name"))), simulated=False)
    assert [path.parent for path in paths] == [run.metric_tables]


def test_write_metric_tables__loses_no_row_when_two_names_make_one_path(estimates, run_folder):
    run = run_folder(n=30)
    frame = estimates.frame.filter(pl.col("stratum").is_in(["chrom=chr1", "chrom=chr2"]))
    odd = pl.when(pl.col("stratum") == "chrom=chr1").then(pl.lit("a b=1")).otherwise(pl.lit("a/b=1"))
    paths = write_metric_tables(run, Estimates(frame.with_columns(stratum=odd)), simulated=False)
    assert sum(pl.read_csv(path, separator="\t").height for path in paths) == frame.height
