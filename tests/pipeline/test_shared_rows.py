"""Scores of different runs on the rows that they share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from refalt.pipeline.shared_rows import Entry, entries, shared
from refalt.report.evidence import read_evidence
from refalt.report.together import Member
from refalt.runs import RunFolder


def member(runs: dict[str, Path], name: str) -> Member:
    return Member(name, evidence=read_evidence(RunFolder(runs[name])))


def entry(runs: dict[str, Path], name: str, score: str) -> Entry:
    return next(one for one in entries(member(runs, name)) if one.section.name.endswith(score))


def test_shared__takes_the_coarser_clusters_and_one_effect(runs: dict[str, Path]) -> None:
    one, other = entry(runs, "both", "good"), entry(runs, "few", "noise")
    coarse = other.rows.with_columns(cluster_id=pl.lit("one"))
    joined, why = shared([one, replace(other, rows=coarse)])
    assert why is None
    assert joined.comparison.frame.get_column("cluster_id").unique().to_list() == ["one"]
    by_score = joined.comparison.frame.partition_by("score_name")
    assert by_score[0].get_column("effect").equals(by_score[1].get_column("effect"))
    assert not by_score[0].get_column("score").equals(by_score[1].get_column("score"))


def test_shared__is_empty_for_runs_without_a_common_row(runs: dict[str, Path]) -> None:
    one, other = entry(runs, "both", "good"), entry(runs, "else", "good")
    apart = other.rows.with_columns(asked_id=pl.lit("x") + pl.col("asked_id"))
    joined, why = shared([one, replace(other, rows=apart)])
    assert (len(joined.comparison), why) == (0, None)


def test_shared__leaves_out_rows_that_cannot_be_told_apart(runs: dict[str, Path]) -> None:
    one, other = entry(runs, "both", "good"), entry(runs, "few", "noise")
    twice = pl.concat([other.rows, other.rows.head(1).with_columns(source_row=pl.lit(999, pl.Int64))])
    joined, _ = shared([one, replace(other, rows=twice)])
    assert joined.comparison.frame.get_column("asked_id").n_unique() == other.rows.height - 1


def test_entries__are_the_primary_score_only_where_asked(runs: dict[str, Path]) -> None:
    assert len(entries(member(runs, "both"))) == 2
    assert [one.section.name for one in entries(member(runs, "both"), only_primary=True)] == ["both: good"]
    assert np.isfinite(entries(member(runs, "both"))[0].rows.get_column("score").to_numpy()).all()
