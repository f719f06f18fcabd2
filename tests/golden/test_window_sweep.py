from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.golden.conftest import Golden, Run

from refalt.audits.base import Finding, Outcome, Severity, open_findings
from refalt.errors import ExitCode
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import Ended, run_study
from refalt.stats.power import detectable_correlation
from refalt.studies.library import library_study

STUDY = "window-sweep.as-published"


@pytest.fixture
def published(run_golden: Run) -> Golden:
    """The study, run on the published table."""
    return run_golden(STUDY)


def _compared(study: Golden, column: str) -> np.ndarray:
    return study.joined.comparison.frame.get_column(column).to_numpy()


def test_window_sweep_as_published__reaches_the_published_correlations_to_the_printed_digits(published: Golden) -> None:
    assert round(published.value("spearman_rho"), 10) == 0.0375147919
    assert round(published.value("pearson_r"), 10) == 0.0181166425
    estimate = published.estimate("pearson_r")
    assert (estimate["n"], estimate["n_variants"], estimate["n_missing"]) == (1_000, 985, 0)


def test_window_sweep_as_published__agrees_with_another_reader_to_the_last_digit(
    published: Golden, real_inputs: Path
) -> None:
    table = pl.read_csv(real_inputs / "gtex" / "alphagenome_gtex1000_2kb.csv")
    slope, delta = table.get_column("slope").to_numpy(), table.get_column("delta_pred").to_numpy()
    known = {"spearman_rho": stats.spearmanr(slope, delta), "pearson_r": stats.pearsonr(slope, delta)}
    for metric, expected in known.items():
        assert published.value(metric) == pytest.approx(float(expected.statistic), abs=1e-12)
    printed = {"spearman_rho": 0.0375147919, "pearson_r": 0.0181166425}
    for metric, value in printed.items():
        assert published.value(metric) == pytest.approx(value, abs=1e-9)
    moments = {"effect": (1.920495433e-05, 4.635213436e-05), "score": (4.698374443e-05, 0.005262477514)}
    for column, (mean, spread) in moments.items():
        held = _compared(published, column)
        assert (held.mean(), held.std(ddof=1)) == pytest.approx((mean, spread), abs=1e-9, rel=1e-9)


def test_window_sweep_as_published__its_p_values_are_those_of_a_thousand_independent_rows(published: Golden) -> None:
    effect, score = _compared(published, "effect"), _compared(published, "score")
    assert round(float(stats.spearmanr(effect, score).pvalue), 10) == 0.2359165001
    assert round(float(stats.pearsonr(effect, score).pvalue), 10) == 0.5671668674


def test_window_sweep_as_published__reaches_the_published_means_and_spreads(published: Golden) -> None:
    effect, score = _compared(published, "effect"), _compared(published, "score")
    assert float(f"{effect.mean():.9e}") == 1.920495433e-05
    assert float(f"{effect.std(ddof=1):.9e}") == 4.635213436e-05
    assert float(f"{score.mean():.9e}") == 4.698374443e-05
    assert float(f"{score.std(ddof=1):.9e}") == 5.262477514e-03


def test_window_sweep_as_published__counts_variants_genes_and_kinds(published: Golden) -> None:
    rows = published.rows
    assert rows.get_column("reason").null_count() == rows.height == 1_000
    assert [rows.get_column(name).n_unique() for name in ("variant_id", "target_id")] == [985, 778]
    kinds = [published.estimate("pearson_r", stratum=f"indel={kind}")["n"]
             for kind in ("substitution", "insertion", "deletion")]  # fmt: skip
    assert kinds == [928, 43, 29]


def test_window_sweep_as_published__could_have_found_nothing_under_a_twelfth(published: Golden) -> None:
    n = published.estimate("pearson_r")["n"]
    assert round(detectable_correlation(n).value, 4) == 0.0885


def _run(folder: Path, inputs: Path, *, until: str) -> Ended:
    shipped = library_study(STUDY)
    assert shipped is not None
    study = folder / shipped.name
    study.write_text(
        shipped.read_text(encoding="utf-8").replace("resamples = 2000", "resamples = 100\npermutations = 0")
    )
    return run_study(prepare(study, folders=[shipped.parent, inputs]), out=folder / "runs", until=until)


def _found(ended: Ended) -> dict[str, Finding]:
    return {finding.code: finding for finding in ended.findings if finding.is_open}


def test_window_sweep_as_published__goes_past_what_stands_against_it_and_ends_with_2(
    real_inputs: Path, tmp_path: Path
) -> None:
    ended = _run(tmp_path, real_inputs, until="estimates")
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.FATAL_FINDING)
    assert {finding.code for finding in open_findings(ended.findings, Severity.FATAL)} == {"EF001", "AS005"}
    found = _found(ended)
    assert "3.4e-107 of their median" in found["EF001"].message
    assert "rows were chosen with intervals of GRCh37" in found["AS005"].message
    assert "speak 13 for GRCh38 and 96 for GRCh37 over 377 bins" in found["AS005"].message
    assert "speak 259 for GRCh38 and 25 for GRCh37 over 377 bins" in found["AS005"].message
    assert "15 of 985" in found["SA002"].message
    assert "365 of 440" in found["SA003"].message
    assert "100 of 1,000 (10.0 %) rows lie in the MHC" in found["SA003"].message
    assert found["EF003"].n_affected == 1_000
    assert found["MD004"].message == "Means over the whole window: delta."


def test_window_sweep_as_published__its_numbers_hold_and_its_verdict_about_windows_has_no_test(
    real_inputs: Path, tmp_path: Path
) -> None:
    ended = _run(tmp_path, real_inputs, until="estimates")
    prose = next(finding for finding in ended.findings if finding.code == "RC004")
    assert (prose.outcome, prose.n_examined) == (Outcome.CLEAR, 2)
    windows = next(finding for finding in ended.findings if (finding.code, finding.subject) == ("IN004", "claims"))
    assert (windows.outcome, windows.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert (windows.n_affected, windows.n_examined) == (2, 2)
    assert "the same as that of delta-16384" in windows.message
    assert "no table holds both" in windows.message


@pytest.mark.slow
def test_window_sweep_as_published__stamps_its_report(real_inputs: Path, tmp_path: Path) -> None:
    ended = _run(tmp_path, real_inputs, until="report")
    assert (ended.reached, ended.exit_code) == ("report", ExitCode.FATAL_FINDING)
    page = ended.run.report.read_text(encoding="utf-8")
    assert "EF001" in page
    assert "AS PUBLISHED" in page.upper()


def test_window_sweep_as_published__a_study_with_the_same_column_is_stopped_before_a_score_is_made(
    real_inputs: Path, tmp_path: Path
) -> None:
    shipped = library_study(STUDY)
    assert shipped is not None
    study = tmp_path / "strict.toml"
    study.write_text(shipped.read_text(encoding="utf-8").replace("as_published = true\n", ""))
    ended = run_study(prepare(study, folders=[shipped.parent, real_inputs]), out=tmp_path / "runs")
    assert (ended.reached, ended.exit_code) == ("audits", ExitCode.FATAL_FINDING)
    assert not list(ended.run.root.glob("3-predictions/*"))
