from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.audits.base import Outcome
from refalt.pipeline import source_columns as module
from refalt.pipeline.check import check_study
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.pipeline.source_columns import source_columns
from refalt.testing.builders import snv_alleles

STUDY = """
[study]
name = "beside"
question = "?"
as_published = true
[dataset]
name = "table"
file = "table.tsv"
assembly = "GRCh38"
effect = { column = "shuffled", of = "alt", source = "header" }
columns = { chrom = "chrom", pos = "pos", ref = "ref", alt = "alt", standard_error = "se", p_value = "p" }
recorded = { said = { column = "said" } }
[evaluation]
resamples = 100
permutations = 0
"""


def table(n: int = 300) -> pl.DataFrame:
    """The slopes that were tested lie in another column than the one that is declared."""
    rng = np.random.default_rng(3)
    slope, error = rng.normal(0, 0.5, n), rng.uniform(0.05, 0.5, n)
    ref, alt = snv_alleles(n, rng=rng)
    return pl.DataFrame(
        {
            "chrom": ["chr1"] * n, "pos": np.sort(rng.choice(100_000_000, n, replace=False)) + 100_000,
            "ref": ref, "alt": alt, "shuffled": rng.permutation(slope), "se": error,
            "p": 2 * stats.norm.sf(np.abs(slope / error)), "tested": slope, "said": rng.normal(size=n),
        }
    )  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of that table."""
    table().write_csv(tmp_path / "table.tsv", separator="\t")
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_source_columns__are_the_numbers_beside_the_effect(study: Path) -> None:
    found = source_columns(prepare(study), 300)
    assert found is not None
    assert found.columns == ["pos", "se", "p", "tested", "said", "source_row"]
    assert found.get_column("tested").to_list() == pytest.approx(table().get_column("tested").to_list())


def test_source_columns__of_a_long_table_are_those_of_some_rows(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 120)
    found = source_columns(prepare(study), 300)
    assert found is not None
    assert found.get_column("source_row").to_list() == list(range(1, 301, 3))


def test_source_columns__are_of_no_use_when_rows_are_not_the_tables(study: Path) -> None:
    assert source_columns(prepare(study), 299) is None


@pytest.mark.parametrize("most_rows", [1_000, 100])
def test_source_columns__a_run_finds_before_it_predicts_what_check_finds(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_rows: int
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", most_rows)
    checked = {(found.code, found.subject): found for found in check_study(study).findings}
    run = run_study(prepare(study), out=tmp_path / "runs", until="audits")
    assert checked == {(found.code, found.subject): found for found in run.findings}
    assert checked["EF001", "dataset"].outcome is Outcome.FOUND
    assert "column `tested` ranks them with" in checked["EF001", "dataset"].message
