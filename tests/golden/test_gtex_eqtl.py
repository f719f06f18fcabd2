from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from tests.datasets.qtl_world import World, draws, make_world, served, with_address, with_motif_alone

from refalt.errors import API_KEY_VARIABLE, ExitCode
from refalt.pipeline import run
from refalt.pipeline.check import check_study
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import Ended, run_study
from refalt.pipeline.suite import prepare_suite, run_suite
from refalt.report.together import read_together
from refalt.scoring.metered import Metering
from refalt.stats.power import correlation_power
from refalt.studies.library import library_study
from refalt.tables import Comparison, Diagnostics, Estimates, Measurements, Tracks

HEADER = (
    "variant_id\tgene_id\ttss_distance\tma_samples\tma_count\tmaf\tpval_nominal\tslope\tslope_se\t"
    "pval_nominal_threshold\tmin_pval_nominal\tpval_beta"
)
PIPS = "GTEx_v8_finemapping_DAPG.txt"
N = 240
PLAIN = [("txt.gz", "txt"), ("narrowPeak.gz", "narrowPeak")]


def _world(folder: Path) -> World:
    """240 variants, two genes to every third of them, five in six inside of a peak."""
    world = make_world(folder, n=N)
    pairs, pips = [HEADER], ["tissue_id\tgene_id\tcluster_id\tcluster_pip\tvariant_id\tvariant_pip"]
    slopes = draws(2 * N)
    for number, site in enumerate(world.sites):
        name = f"chr1_{site.pos}_{site.ref}_{site.alt}_b38"
        for gene in range(2 if number % 3 == 0 else 1):
            slope, pip = next(slopes), (0.95 if number % 2 == 0 else 0.004)
            numbers = f"20\t22\t{0.05 + 0.4 * (number % 7) / 7:.4f}\t{1e-5 * (number + 1) ** -2:.4g}\t{slope}\t0.1"
            pairs.append(f"{name}\tENSG{number // 4}{gene}.2\t{1_000 - number}\t{numbers}\t5e-4\t1e-12\t1e-9")
            pips.append(f"Whole_Blood\tENSG{number // 4}{gene}.2\t1\t0.99\t{name}\t{pip}")
            pips.append(f"Liver\tENSG{number // 4}{gene}.2\t1\t0.99\t{name}\t0.5")
    world.write("Whole_Blood.v8.signif_variant_gene_pairs.txt", pairs)
    world.write(PIPS, pips)
    peaks = [
        f"chr1\t{site.pos - 200}\t{site.pos + 150}\tp{i}\t0\t.\t5\t3\t2\t200"
        for i, site in enumerate(world.sites)
        if i % 6 != 5
    ]
    for build in ("GRCh38", "hg19"):
        world.write(f"K562_DNase.{build}.narrowPeak", peaks)
    return world


def _run(study: Path, *, until: str = "estimates", metering: Metering | None = None) -> Ended:
    return run_study(prepare(study), out=study.parent / "runs", until=until, metering=metering)


def _reasons(ended: Ended) -> dict[str | None, int]:
    rows = Measurements.read(ended.run.measurements).frame
    return dict(rows.group_by("reason").len().iter_rows())


def test_gtex_eqtl__runs_on_fine_mapped_pairs_inside_of_peaks(tmp_path: Path) -> None:
    ended = _run(with_motif_alone(_world(tmp_path), "gtex-eqtl", PLAIN))
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.DONE)
    # Of 320 pairs 160 are of variants with a PIP of .95, all in peaks, and 160 of .004, of which 40 are in none.
    assert _reasons(ended) == {None: 280, "outside_intervals": 40}
    compared = Comparison.read(ended.run.comparison).frame
    assert dict(compared.group_by("label", "pip").len().select("label", "len").iter_rows()) == {1: 160, 0: 120}
    estimates = Estimates.read(ended.run.estimates).frame.filter(model="motif")
    of_causes = estimates.filter(stratum="label=1", label_name="effect", metric="spearman_rho").row(0, named=True)
    assert (of_causes["n"], of_causes["n_variants"], of_causes["n_clusters"]) == (160, 120, 30)
    matched = estimates.filter(stratum="all", label_name="matched", metric="auroc").row(0, named=True)
    assert (matched["n"], matched["prevalence"]) == (240, 0.5)
    weighted = {"pearson_weighted_by_pip", "spearman_one_per_target", "spearman_one_per_variant"}
    assert weighted <= set(Diagnostics.read(ended.run.diagnostics).frame.filter(stratum="label=1")["diagnostic"])
    open_ones = {finding.code for finding in ended.findings if finding.is_open}
    assert not open_ones & {"IN008", "SA009"}


def test_gtex_eqtl_all__keeps_every_pair_in_a_peak_and_shows_what_linkage_leaves(tmp_path: Path) -> None:
    ended = _run(with_motif_alone(_world(tmp_path), "gtex-eqtl-all", PLAIN))
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.DONE)
    assert _reasons(ended) == {None: 280, "outside_intervals": 40}
    assert {finding.code: finding for finding in ended.findings}["IN008"].is_open


@pytest.mark.slow
def test_gtex_eqtl__writes_its_report(tmp_path: Path) -> None:
    ended = _run(with_motif_alone(_world(tmp_path), "gtex-eqtl", PLAIN), until="report")
    assert (ended.reached, ended.exit_code) == ("report", ExitCode.DONE)
    assert ended.run.report.is_file()


def test_gtex_eqtl__the_file_of_another_tissue_s_probabilities_leaves_nothing(tmp_path: Path) -> None:
    study = with_motif_alone(_world(tmp_path), "gtex-eqtl", [*PLAIN, ('"dap-g"', '"dap-g", context = "Liver"')])
    ended = _run(study, until="audits")
    assert _reasons(ended) == {"filtered": 320}


def _as_published(world: World, address: str) -> Path:
    """The study without its gene tables, whose genes are not on the built genome."""
    study = with_address(world, "gtex-eqtl.as-published", address, PLAIN)
    text = re.sub(r"(?s)\[genes\].*?\n\]\n", "", study.read_text(encoding="utf-8"))
    study.write_text(text, encoding="utf-8")
    return study


def test_gtex_eqtl_as_published__what_it_did_is_found_before_a_request_is_paid(tmp_path: Path) -> None:
    ended = _run(_as_published(_world(tmp_path), "localhost:1"), until="audits")
    assert ended.exit_code == ExitCode.FATAL_FINDING
    assert {finding.code for finding in ended.findings if finding.is_open} >= {
        "EF001", "MD001", "MD004", "SA002", "IN008",
    }  # fmt: skip


def test_gtex_eqtl_as_published__its_mistakes_are_found_in_a_thousand_of_its_pairs(
    real_inputs: Path, tmp_path: Path
) -> None:
    """The pairs that were published, whose p-values went by the name of slopes; without a genome or the peaks."""
    shipped = library_study("gtex-eqtl.as-published")
    assert shipped is not None
    text = shipped.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(fasta|within) .*\n", "", text)
    for old, fresh in (
        ("Whole_Blood.v8.signif_variant_gene_pairs.txt.gz", "alphagenome_gtex1000_2kb.csv"),
        ('column = "pval_nominal"', 'column = "slope"'),
    ):
        assert old in text
        text = text.replace(old, fresh)
    study = tmp_path / shipped.name
    study.write_text(text, encoding="utf-8")
    found = {each.code: each for each in check_study(study, folders=[real_inputs]).findings if each.is_open}
    assert set(found) >= {"EF001", "AS005", "MD001", "MD004", "SA002"}
    assert "of GRCh37" in found["AS005"].message


def test_gtex_eqtl_as_published__runs_to_its_end_on_a_server_that_speaks_as_alphagenome_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "test-key")
    world = _world(tmp_path)
    with served(world) as address:
        ended = _run(_as_published(world, address), metering=Metering(store=tmp_path / "store"))
    assert (ended.reached, ended.exit_code) == ("estimates", ExitCode.FATAL_FINDING)
    assert Comparison.read(ended.run.comparison).frame.height == 280
    tracks = Tracks.read(ended.run.tracks).frame
    assert tracks.height > 1
    assert tracks.get_column("ontology_curie").n_unique() > 1


def _swept(world: World) -> Path:
    """The sweep with the motif model, which takes short windows."""
    fewer = [("n = 1000", "n = 150"), ("resamples = 2000", "resamples = 100\npermutations = 0")]
    for name in ("window-sweep-eqtl", "window-sweep"):
        shipped = library_study(name)
        assert shipped is not None
        text = re.sub(r"(?m)^(scorer|tracks|revision) .*\n", "", shipped.read_text(encoding="utf-8"))
        text = re.sub(r"window = \[.*", "window = [101, 201, 501, 1001]", text.replace("alphagenome", "motif"))
        for old, fresh in (*PLAIN, *fewer, ("window = 16384\n", "window = 101\n")):
            text = text.replace(old, fresh)
        (world.folder / shipped.name).write_text(text, encoding="utf-8")
    return world.folder / "window-sweep.toml"


def test_window_sweep__every_window_has_the_same_sample_and_differences_are_tested_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "draw_all", lambda *_, **__: [])
    ended = run_suite(prepare_suite(_swept(_world(tmp_path))), out=tmp_path / "runs")
    assert ended.exit_code == ExitCode.DONE
    runs = [one.run for one in ended.ended]
    for one in ended.ended:
        assert _reasons(one) == {None: 150, "not_sampled": 130, "outside_intervals": 40}
    samples = [Comparison.read(one.comparison).frame.get_column("source_row").sort().to_list() for one in runs]
    assert len(samples) == 4
    assert all(sample == samples[0] for sample in samples)
    pairs = read_together(ended.root).comparisons.frame.filter(label_name="effect", metric="spearman_rho")
    assert pairs.height == 6
    assert pairs.get_column("n").unique().to_list() == [150]
    windows = pl.read_csv(ended.root / "tables" / "window.tsv", separator="\t")
    assert windows.get_column("window").to_list() == [101, 201, 501, 1001]
    assert {"spearman_p", "pearson_p", "effect_sd", "score_sd"} <= set(windows.columns)


def test_gtex_eqtl_as_published__its_power_was_less_than_it_said() -> None:
    # It said over .99 for a correlation of .01 on 107,229 rows, as if they were independent.
    assert round(correlation_power(0.01, 107_229).value, 3) == 0.906
