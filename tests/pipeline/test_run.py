from __future__ import annotations

import json
import tomllib
from pathlib import Path

import polars as pl
import pytest

from refalt import models
from refalt.errors import ExitCode, UserError
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import STAGES, Ended, run_study
from refalt.tables import Comparison, Estimates, Measurements
from refalt.testing.toy_study import ToyStudy


def _run(toy: ToyStudy, *, until: str = "estimates", limit: int | None = None) -> Ended:
    return run_study(prepare(toy.path, limit=limit), out=toy.path.parent / "runs", until=until)


def _estimate(ended: Ended, score: str, metric: str = "pearson_r", label: str = "effect") -> float:
    frame = Estimates.read(ended.run.estimates).frame
    row = frame.filter(
        (pl.col("score_name") == score)
        & (pl.col("metric") == metric)
        & (pl.col("label_name") == label)
        & (pl.col("stratum") == "all")
    )
    return float(row.get_column("value")[0])


def test_run_study__leaves_a_whole_run_folder(toy: ToyStudy) -> None:
    ended = _run(toy, until="report")
    names = {path.relative_to(ended.run.root).as_posix() for path in ended.run.root.rglob("*") if path.is_file()}
    assert {
        *("study.lock.toml", "history.jsonl", "provenance.json", "1-measurements.parquet", "2-allele-checks.parquet"),
        *("3-predictions/good.parquet", "3-predictions/noise.parquet", "tracks.parquet", "failures.parquet"),
        *("4-comparison.parquet", "attrition.tsv", "5-estimates.parquet", "findings.json", "report.html"),
        "tables/toy_metrics.tsv",
    } <= names
    assert not [name for name in names if ".partial" in name]
    assert ended.exit_code is ExitCode.DONE
    assert "SIMULATED" in ended.run.report.read_text(encoding="utf-8").upper()
    assert tomllib.loads(ended.run.lock.read_text())["digest"].startswith(ended.run.root.name.removeprefix("toy-"))
    assert json.loads(ended.run.provenance.read_text())["simulated"] is True


def test_run_study__measures_what_the_simulation_planted(toy: ToyStudy) -> None:
    ended = _run(toy)
    assert _estimate(ended, "good") > 0.7
    assert abs(_estimate(ended, "noise")) < 0.15


def test_run_study__twice_gives_byte_identical_tables(toy: ToyStudy) -> None:
    first = _run(toy)
    content = {path.name: path.read_bytes() for path in first.run.root.glob("*.parquet")}
    second = _run(toy)
    assert second.run.root == first.run.root
    assert {path.name: path.read_bytes() for path in second.run.root.glob("*.parquet")} == content
    assert [event["event"] for event in second.run.past()] == ["started", "finished"] * 2


def _swapped(table: pl.DataFrame) -> pl.DataFrame:
    """Every other row with REF and ALT exchanged and every signed value turned."""
    other = pl.int_range(pl.len()) % 2 == 1
    turned = [
        pl.when(other).then(-pl.col(name)).otherwise(pl.col(name)).alias(name) for name in ("beta", "good", "noise")
    ]
    return table.with_columns(
        pl.when(other).then("alt").otherwise("ref").alias("ref"),
        pl.when(other).then("ref").otherwise("alt").alias("alt"),
        *turned,
    )


def test_run_study__swapping_alleles_and_signs_of_half_the_rows_changes_no_estimate(toy: ToyStudy) -> None:
    before = Estimates.read(_run(toy).run.estimates).frame
    toy.rewrite(_swapped(toy.table))
    ended = _run(toy)
    assert Estimates.read(ended.run.estimates).frame.equals(before)
    checks = pl.read_parquet(ended.run.allele_checks)
    assert checks.filter(pl.col("orientation") == "swapped").height == len(toy.table) // 2


def test_run_study__without_an_anchor_products_of_effect_and_score_survive_the_swap(toy: ToyStudy) -> None:
    toy.edit('fasta    = "toy.fa"', "")
    before = Comparison.read(_run(toy).run.comparison).frame
    toy.rewrite(_swapped(toy.table))
    ended = _run(toy)
    after = Comparison.read(ended.run.comparison).frame
    product = (pl.col("effect") * pl.col("score")).alias("product")
    assert before.select(product).equals(after.select(product))
    assert not before.get_column("effect").equals(after.get_column("effect"))
    assert before.get_column("score").abs().equals(after.get_column("score").abs())


def test_run_study__a_pilot_draws_at_random_and_says_so(toy: ToyStudy) -> None:
    ended = _run(toy, until="report", limit=60)
    rows = Measurements.read(ended.run.measurements).frame
    kept = rows.filter(pl.col("reason").is_null()).get_column("source_row")
    assert kept.len() == 60
    assert kept.to_list() != list(range(1, 61))
    assert "PILOT" in ended.run.report.read_text(encoding="utf-8")


@pytest.mark.parametrize("until", STAGES)
def test_run_study__stops_after_the_stage_asked_for(toy: ToyStudy, until: str) -> None:
    ended = _run(toy, until=until)
    assert ended.reached == until
    assert ended.run.comparison.is_file() == (STAGES.index(until) >= STAGES.index("comparison"))


def _p_value_as_effect(toy: ToyStudy) -> None:
    toy.edit('column = "beta"', 'column = "p"')


def test_run_study__a_fatal_finding_stops_before_anything_is_predicted(toy: ToyStudy) -> None:
    _p_value_as_effect(toy)
    ended = _run(toy, until="report")
    assert (ended.exit_code, ended.reached) == (ExitCode.FATAL_FINDING, "audits")
    assert "EF001" in {finding.code for finding in ended.findings if finding.is_open}
    assert not ended.run.comparison.exists()
    assert "EF001" in ended.run.report.read_text(encoding="utf-8")


def test_run_study__as_published_goes_on_and_keeps_the_exit_code(toy: ToyStudy) -> None:
    _p_value_as_effect(toy)
    toy.edit('name     = "toy"', 'name     = "toy"\nas_published = true')
    ended = _run(toy, until="report")
    assert (ended.exit_code, ended.reached) == (ExitCode.FATAL_FINDING, "report")


def test_run_study__what_was_found_is_kept_and_told_when_a_model_cannot_be_asked(
    toy: ToyStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALPHA_GENOME_API_KEY", raising=False)
    _p_value_as_effect(toy)
    toy.edit('name     = "toy"', 'name     = "toy"\nas_published = true')
    score = 'name = "ag"\nmodel = "alphagenome"\nscorer = "CenterMask(DNASE, 501, DIFF_LOG2_SUM)"\nwindow = 16384'
    toy.edit("[evaluation]", f"[models.alphagenome]\n\n[[score]]\n{score}\n\n[evaluation]")
    told: list[str] = []
    toy.path.write_text(toy.path.read_text().replace("simulated-toy", "GRCh38"))
    prepared = prepare(toy.path)
    with pytest.raises(UserError, match="no API key"):
        run_study(prepared, out=toy.path.parent / "runs", notify=told.append)
    assert any(line.startswith("FATAL EF001 dataset: ") for line in told)
    kept = json.loads((toy.path.parent / "runs" / prepared.resolved.run_name / "findings.json").read_text())
    assert "EF001" in {finding["code"] for finding in kept["findings"] if finding["outcome"] == "found"}


def test_run_study__a_waiver_is_printed_with_its_reason_and_lets_the_study_run(toy: ToyStudy) -> None:
    _p_value_as_effect(toy)
    toy.edit(
        "[evaluation]",
        '[audits]\nwaive = { EF001 = "shown to readers on purpose", EF002 = "likewise" }\n\n[evaluation]',
    )
    ended = _run(toy, until="report")
    assert ended.reached == "report"
    assert "shown to readers on purpose" in ended.run.report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("waiver", "words"), [("EF01", "there is no audit named 'EF01'"), ("EF001", "EF001")], ids=["unknown", "unused"]
)
def test_run_study__an_unknown_or_unused_waiver_is_an_error(toy: ToyStudy, waiver: str, words: str) -> None:
    toy.edit("[evaluation]", f'[audits]\nwaive = {{ {waiver} = "because" }}\n\n[evaluation]')
    with pytest.raises(UserError, match=words):
        _run(toy)


def test_run_study__a_genome_without_the_contig_is_counted_and_spares_recorded_scores(toy: ToyStudy) -> None:
    elsewhere = pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("chr9")).otherwise("chrom").alias("chrom")
    toy.rewrite(toy.table.with_columns(elsewhere))
    ended = _run(toy)
    reasons = pl.read_parquet(ended.run.allele_checks).get_column("reason").value_counts().rows()
    assert dict(reasons)["no_contig"] == 3
    assert Comparison.read(ended.run.comparison).frame.filter(pl.col("score_name") == "good").height == len(toy.table)


def test_run_study__repeated_rows_are_marked_and_counted(toy: ToyStudy) -> None:
    toy.rewrite(pl.concat([toy.table, toy.table[:5]]))
    ended = _run(toy)
    attrition = pl.read_csv(ended.run.attrition, separator="\t")
    found = attrition.filter((pl.col("stage") == "comparison") & (pl.col("reason") == "duplicate_row"))
    assert found.get_column("n_rows").to_list() == [5, 5]


def test_run_study__rows_without_an_effect_are_counted_and_leave_no_number_behind(toy: ToyStudy) -> None:
    blank = pl.when(pl.int_range(pl.len()) < 30).then(None).otherwise(pl.col("beta"))
    toy.rewrite(toy.table.with_columns(beta=blank))
    ended = _run(toy)
    frame = Estimates.read(ended.run.estimates).frame
    found = frame.filter((pl.col("metric") == "pearson_r") & (pl.col("score_name") == "good")).get_column("n")
    assert found[0] == len(toy.table) - 30


def test_run_study__what_was_declared_stands_in_the_history(toy: ToyStudy) -> None:
    ended = _run(toy, until="measurements")
    started = ended.run.past()[0]
    assert started["effect"]["of"] == "alt"  # type: ignore[index]
    assert started["digest"] == prepare(toy.path).resolved.digest


def _bytes_under(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_run_study__a_missing_input_changes_nothing_on_disk(toy: ToyStudy) -> None:
    (toy.path.parent / "toy.fa").unlink()
    before = _bytes_under(toy.path.parent)
    with pytest.raises(UserError, match=r"genome file 'toy\.fa' was not found"):
        _run(toy)
    assert _bytes_under(toy.path.parent) == before


def test_run_study__turning_the_effect_after_a_result_was_seen_is_fatal(toy: ToyStudy) -> None:
    _run(toy)
    toy.edit('of = "alt", scale', 'of = "ref", scale')
    ended = _run(toy)
    assert ended.exit_code is ExitCode.FATAL_FINDING
    assert [f.code for f in ended.findings if f.is_open and "was 'alt' in an earlier run" in f.message] == ["EF006"]


def test_run_study__declaring_the_allele_that_was_unknown_is_no_second_thought(toy: ToyStudy) -> None:
    toy.edit('of = "alt", scale', 'of = "unknown", scale')
    _run(toy)
    toy.edit('of = "unknown", scale', 'of = "alt", scale')
    assert _run(toy).exit_code is ExitCode.DONE


def test_run_study__says_of_each_row_what_was_done_to_its_alleles(toy: ToyStudy) -> None:
    even = pl.int_range(pl.len()) % 2 == 0
    swapped = toy.table.with_columns(
        ref=pl.when(even).then("alt").otherwise("ref"), alt=pl.when(even).then("ref").otherwise("alt")
    )
    toy.rewrite(swapped)
    ended = _run(toy, until="report")
    rows = pl.read_csv(ended.run.orientation, separator="\t")
    assert rows.height == len(toy.table) / 2
    assert rows.get_column("done").unique().to_list() == ["swapped"]
    assert (rows.get_column("oriented_ref") == rows.get_column("published_alt")).all()
    assert (rows.get_column("oriented_sign") == -rows.get_column("published_sign")).all()
    counts = json.loads(ended.run.provenance.read_text())["orientation"]
    assert counts == {"as_published": rows.height, "swapped": rows.height}
    page = ended.run.report.read_text(encoding="utf-8")
    assert "REF and ALT exchanged, and the effect with them" in page
    assert ended.run.orientation.name in page


_SIGNLESS = """
import numpy as np
import polars as pl
from refalt.models.base import Answers
from refalt.models.motif import Motif


class {name}(Motif):
    readout = "size of the change in binding, declared to have a sign"

    def predict(self, asked, score):
        for batch in super().predict(asked, score):
            yield Answers(batch.row, {turned}(batch.raw), errors=batch.errors)
"""


@pytest.mark.parametrize(("turned", "outcome"), [("np.abs", "found"), ("np.negative", "clear")])
def test_run_study__a_model_without_a_sign_is_found_by_its_probes(
    toy: ToyStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turned: str, outcome: str
) -> None:
    name = f"probed_{outcome}"
    (tmp_path / f"{name}.py").write_text(_SIGNLESS.format(name="Probed", turned=turned), encoding="utf-8")
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    toy.edit("[evaluation]\n", f"[models.{name}]\n[[score]]\nname = 'sites'\nmodel = '{name}'\n[evaluation]\n")
    ended = _run(toy, until="comparison")
    (found,) = (each for each in ended.findings if (each.code, each.subject) == ("MD008", "sites"))
    assert (found.outcome, found.severity) == (outcome, "serious")
    assert ended.reached == "comparison"
    assert found.n_affected == (16 if outcome == "found" else 0)
    assert found.n_examined == 64
    skipped = {each.subject: each.reason for each in ended.findings if each.code == "MD008" and each.reason}
    assert set(skipped) == {"good", "noise"}
    tables = json.loads(ended.run.provenance.read_text())["tables"]
    assert ended.run.probes.name in tables


def test_run_study__goes_on_to_its_page_when_a_figure_fails_and_says_so(
    toy: ToyStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refalt.plots.figures.attrition.AttritionFlow.draw", lambda *_: 1 / 0)
    told: list[str] = []
    ended = run_study(prepare(toy.path), out=toy.path.parent / "runs", notify=told.append)
    assert ended.exit_code == ExitCode.BUG
    assert any("attrition.svg not drawn: ZeroDivisionError" in line for line in told)
    assert "not drawn: ZeroDivisionError" in ended.run.report.read_text()
    assert "Traceback" in (ended.run.plots / "errors.txt").read_text()
