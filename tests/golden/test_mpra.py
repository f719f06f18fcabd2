from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from refalt.audits.base import Finding, Outcome, Severity
from refalt.errors import API_KEY_VARIABLE, ExitCode
from refalt.pipeline import stages
from refalt.pipeline.check import check_study
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import Ended, run_study
from refalt.pipeline.stages import Read
from refalt.serve.server import serve
from refalt.serve.start import local_services
from refalt.sources.fasta import genome_from_sequences
from refalt.stats.dependence import (
    correlation_design_effect,
    effective_n,
    eta_squared,
    intraclass_correlation,
    mean_cluster_size,
)
from refalt.stats.exchange import exchange_inputs
from refalt.stats.metric import METRICS
from refalt.stats.permutation import permutation_test
from refalt.studies.library import library_study

SCORES = ("dnase-centre", "dnase-mean", "cage-centre", "cage-mean", "rna-centre", "rna-mean")
#: The published comparison had no score for the first hundred rows of Pool 6: a resumed run had skipped them.
LOST = 100
#: Factors as published: every word of letters alone in what follows the site, as often as it is there; and rows that
#: have the factor.
WORDS = {"cebp": 917, "lxr": 644, "fos": 605, "pparg": 329, "wt": 18}
ROWS = {"cebp": 880, "lxr": 614, "fos": 576, "pparg": 323}
#: On a chromosome with two loci the data decide |r| of every score that knows only the locus.
TWO_LOCI = {"chr13": 0.0043559667, "chr3": 0.3999763589}
ONE_LOCUS = ("chr6", "chr8", "chr11", "chr15", "chr17")


def _library(name: str) -> Path:
    path = library_study(name)
    assert path is not None
    return path


def _read(name: str, inputs: Path) -> Read:
    return stages.read_measurements(prepare(_library(name), folders=[inputs]))


@pytest.fixture
def measured(real_inputs: Path) -> pl.DataFrame:
    """Every row of both pools, as it was published."""
    return _read("mpra.as-published", real_inputs).measurements.frame


@pytest.fixture
def counts(real_inputs: Path) -> pl.DataFrame:
    """The counts, read without refalt."""
    pools = [real_inputs / "gse84888" / f"GSE84888_Pool{pool}_MPRA.txt" for pool in (6, 7)]
    return pl.concat(pl.read_csv(pool, separator="\t") for pool in pools)


def _codes(values: pl.Series) -> np.ndarray:
    return values.rank("dense").cast(pl.Int64).to_numpy() - 1


def test_mpra__counts_rows_pools_loci_and_strands(measured: pl.DataFrame) -> None:
    assert measured.get_column("reason").null_count() == measured.height == 6_963
    assert dict(measured.get_column("context_id").value_counts().iter_rows()) == {"Pool6": 3_720, "Pool7": 3_243}
    assert dict(measured.get_column("stratum.strand").value_counts().iter_rows()) == {"+": 3_885, "-": 3_078}
    loci = measured.group_by("target_id").agg(pl.len().alias("n"), pl.col("wild_type_id").n_unique())
    assert (loci.height, loci.get_column("wild_type_id").max()) == (18, 1)
    assert measured.get_column("wild_type_id").n_unique() == 18
    # A join of all rows with all rows of their locus, which was taken for a table of wild types.
    assert int((loci.get_column("n").cast(pl.Int64) ** 2).sum()) == 4_798_353
    assert sum("zero_rna" in flags for flags in measured.get_column("flags")) == 180


def test_mpra__reaches_the_published_activities(measured: pl.DataFrame, counts: pl.DataFrame) -> None:
    activity = measured.get_column("beta").to_numpy()
    assert activity.mean() == pytest.approx(-1.075011904592624, abs=1e-12)
    assert activity.std(ddof=1) == pytest.approx(1.7391247489082449, abs=1e-12)
    assert np.median(activity) == pytest.approx(-1.0011222832, abs=1e-9)
    assert (activity > np.median(activity)).sum() == 3_481
    ratio = counts.select(pl.col("counts.rna") / (pl.col("counts.plasmid") + 1)).to_series().to_numpy()
    assert ratio.mean() == pytest.approx(0.7801779304, abs=1e-9)
    assert ratio.std(ddof=1) == pytest.approx(0.9893664908, abs=1e-9)
    log = np.log2((counts["counts.rna"].to_numpy() + 1) / (counts["counts.plasmid"].to_numpy() + 1))
    assert np.abs(activity - log).max() < 1e-12


def test_mpra__counts_a_factor_once_a_row_where_it_was_counted_by_its_mentions(
    measured: pl.DataFrame, counts: pl.DataFrame
) -> None:
    changes = counts.get_column("name").str.extract(r"_[+-]_[ACGT]+_(.*)$").fill_null("wt")
    words = changes.str.split("_").explode()
    lettered = words.filter(words.str.contains("^[A-Za-z]+$"))
    mentioned = dict(lettered.value_counts().iter_rows())
    assert {name: mentioned[name] for name in WORDS} == WORDS
    assert changes.str.contains("^wt$").sum() == 18
    assert counts.get_column("name").str.ends_with("_wt").sum() == 15
    held = measured.get_column("stratum.factor").explode().drop_nulls()
    rows = dict(held.value_counts().iter_rows())
    assert {name: rows[name] for name in ROWS} == ROWS
    # Names with a figure in them, such as ap2 and bach1, were in no published table.
    assert len(set(rows) - set(mentioned)) == 24
    assert {"ap2", "bach1", "fra1"} <= set(rows) - set(mentioned)


def test_mpra__what_a_score_that_knows_only_the_locus_can_reach(measured: pl.DataFrame) -> None:
    activity, locus = measured.get_column("beta").to_numpy(), _codes(measured.get_column("target_id"))
    share = eta_squared(activity, locus).value
    assert share == pytest.approx(0.1128262109, abs=1e-10)
    assert share**0.5 == pytest.approx(0.3358961312, abs=1e-10)
    icc = intraclass_correlation(activity, locus).value
    assert icc == pytest.approx(0.1213188194, abs=1e-10)
    assert round(effective_n(activity, locus, rule="anova").value, 1) == 152.5
    assert round(effective_n(activity, locus, rule="kish").value, 1) == 82.4
    flat = np.random.default_rng(3).normal(size=18)[locus]
    inflated = 1 + (mean_cluster_size(locus, rule="kish").value - 1) * icc
    assert correlation_design_effect(activity, flat, locus).value == pytest.approx(inflated, rel=1e-9)
    assert 6_963 / inflated == pytest.approx(82.4, abs=0.05)


def test_mpra__its_effects_are_differences_from_the_wild_type_of_the_locus(real_inputs: Path, tmp_path: Path) -> None:
    study = _without_elements("mpra", tmp_path)
    rows = stages.read_measurements(prepare(study, folders=[real_inputs])).measurements.frame
    assert dict(rows.get_column("reason").value_counts().iter_rows()) == {None: 6_945, "ref_equals_alt": 18}
    activity = _read("mpra.as-published", real_inputs).measurements.frame
    names, values = activity.get_column("element_id"), activity.get_column("beta")
    of = dict(zip(names, values, strict=True))
    expected = [of[name] - of[wild] for name, wild in zip(names, activity.get_column("wild_type_id"), strict=True)]
    assert np.abs(rows.get_column("beta").to_numpy() - expected).max() < 1e-12


def _without_elements(name: str, folder: Path) -> Path:
    text = _library(name).read_text(encoding="utf-8")
    study = folder / f"{name}.toml"
    study.write_text(re.sub(r"elements = [^\n]*\n", "", text), encoding="utf-8")
    return study


def test_mpra__without_the_designed_elements_the_claim_is_stopped(real_inputs: Path, tmp_path: Path) -> None:
    for name, things in (("mpra", "6,945"), ("mpra-activity", "6,963")):
        fatal = _open(check_study(_without_elements(name, tmp_path), folders=[real_inputs]).findings, Severity.FATAL)
        assert set(fatal) == {"SA001"}
        assert f"18 distinct inputs stand for {things}" in fatal["SA001"].message


def test_mpra__with_designed_elements_nothing_stands_against_it(
    real_inputs: Path, tmp_path: Path, counts: pl.DataFrame
) -> None:
    chance = random.Random(1)
    made = ["".join(chance.choices("ACGT", k=120)) for _ in range(counts.height)]
    elements = counts.select("name", pl.Series("sequence", made))
    for name in ("GSM2253166_Pool6", "GSM2253167_Pool7"):
        elements.write_csv(tmp_path / f"{name}.barcodes.txt", separator="\t")
    for name, things in (("mpra", 6_945), ("mpra-activity", 6_963)):
        findings = check_study(_library(name), folders=[real_inputs, tmp_path]).findings
        assert not _open(findings, Severity.FATAL)
        inputs = next(finding for finding in findings if finding.code == "SA001")
        assert (inputs.n_affected, inputs.n_examined) == (0, things)


def _open(findings: Iterable[Finding], *severities: Severity) -> dict[str, Finding]:
    """What was found, of these severities or of any."""
    wanted = severities or tuple(Severity)
    return {finding.code: finding for finding in findings if finding.is_open and finding.severity in wanted}


def test_mpra_as_published__is_found_before_anything_is_predicted(real_inputs: Path) -> None:
    findings = check_study(_library("mpra.as-published"), folders=[real_inputs]).findings
    fatal = _open(findings, Severity.FATAL)
    assert set(fatal) == {"SA001", "AS004", "MD001"}
    assert "18 distinct inputs stand for 6,963" in fatal["SA001"].message
    assert "mouse, but model alphagenome is for human" in fatal["AS004"].message
    unedited = next(finding for finding in findings if finding.code == "SQ003")
    assert "6,945 constructs equal their wild type" in unedited.message


@pytest.fixture(scope="module")
def runs() -> dict[str, Ended]:
    """What was run once, by name."""
    return {}


@pytest.fixture
def published(real_inputs: Path, counts: pl.DataFrame, tmp_path: Path, runs: dict[str, Ended]) -> Ended:
    """The study as published, with six scores that know the locus alone and lack the rows that were lost."""
    if "published" in runs:
        return runs["published"]
    locus = _codes(counts.get_column("name").str.extract(r"_(chr[^_]+_\d+)_"))
    drawn = np.random.default_rng(1).normal(size=(18, len(SCORES)))[locus]
    scores = counts.select("name").hstack([pl.Series(name, drawn[:, i]) for i, name in enumerate(SCORES)])
    scores[LOST:].write_csv(tmp_path / "scores.csv")
    recorded = ", ".join(f'{name} = {{ column = "{name}" }}' for name in SCORES)
    given = f'predictions = {{ file = "scores.csv", name = "name" }}\nrecorded = {{ {recorded} }}\n\n'
    text = _library("mpra.as-published").read_text(encoding="utf-8")
    text = re.sub(r"(?s)\[models\.alphagenome\].*?(?=\[evaluation\])", given, text)
    study = tmp_path / "study.toml"
    study.write_text(text.replace("resamples = 2000", "resamples = 100\npermutations = 99"), encoding="utf-8")
    prepared = prepare(study, folders=[_library("mpra.as-published").parent, real_inputs])
    return runs.setdefault("published", run_study(prepared, out=tmp_path / "runs", until="estimates"))


def _estimates(ended: Ended, **wanted: str) -> pl.DataFrame:
    rows = pl.read_parquet(ended.run.estimates).filter(pl.col("model") != "control")
    return rows.filter(*(pl.col(name) == value for name, value in wanted.items()))


def test_mpra_as_published__runs_to_its_end_and_shows_what_it_was(published: Ended) -> None:
    assert (published.reached, published.exit_code) == ("estimates", ExitCode.FATAL_FINDING)
    found = _open(published.findings)
    assert set(found) >= {"SA001", "SA004", "SA006", "IN001", "IN002"}
    assert "source rows 1 to 100" in found["SA004"].message
    assert found["SA006"].n_affected > 0
    assert found["IN001"].statistic is not None
    assert found["IN001"].statistic > 5


def test_mpra_as_published__its_p_values_are_of_single_tests_of_all_rows(published: Ended) -> None:
    """Twelve p-values follow from the published r and n to every printed digit, so none was adjusted."""
    family = next(f for f in published.findings if (f.code, f.subject) == ("IN002", "claims"))
    assert (family.outcome, family.n_affected, family.n_examined) == (Outcome.FOUND, 12, 12)
    # The scores here are made up, so no published number can be theirs.
    prose = next(f for f in published.findings if f.code == "RC004")
    assert (prose.outcome, prose.n_affected) == (Outcome.FOUND, 18)
    of_rows = [line for line in prose.examples if not line.startswith("auroc")]
    assert len(of_rows) == 12
    assert all("n is said to be 6,963 and is 6,863" in line for line in of_rows)
    assert not any("p is said to be" in line for line in prose.examples)


def test_mpra_as_published__loses_the_hundred_rows_of_one_locus(published: Ended) -> None:
    whole = _estimates(published, metric="pearson_r", stratum="all").row(0, named=True)
    assert (whole["n"], whole["n_missing"], whole["n_inputs"], whole["n_clusters"]) == (6_863, 100, 18, 18)
    chr5 = _estimates(published, metric="pearson_r", stratum="chrom=chr5").row(0, named=True)
    assert (chr5["n"], chr5["n_missing"]) == (958, 100)
    minus = _estimates(published, metric="pearson_r", stratum="strand=-").row(0, named=True)
    assert (minus["n"], minus["n_missing"]) == (2_978, 100)


def test_mpra_as_published__a_score_that_knows_the_locus_tells_what_the_data_fix(published: Ended) -> None:
    for chrom, fixed in TWO_LOCI.items():
        rows = _estimates(published, metric="pearson_r", stratum=f"chrom={chrom}")
        assert rows.height == len(SCORES)
        assert rows.get_column("value").abs().to_list() == pytest.approx([fixed] * len(SCORES), abs=1e-10)
        assert rows.get_column("lower").is_nan().all()
        assert rows.get_column("reason").unique().to_list() == ["2 clusters: no interval under 10"]
    for chrom in ONE_LOCUS:
        rows = _estimates(published, metric="pearson_r", stratum=f"chrom={chrom}")
        assert rows.get_column("value").is_nan().all()
        assert rows.get_column("reason").str.contains("in every row").all()
    whole = _estimates(published, metric="pearson_r", stratum="all")
    assert whole.get_column("value").abs().max() < 0.3359  # type: ignore[operator]


def test_mpra_as_published__within_loci_such_a_score_has_nothing_to_say(
    published: Ended, measured: pl.DataFrame
) -> None:
    compared = pl.read_parquet(published.run.comparison).filter(pl.col("score_name") == SCORES[0])
    within = compared.group_by("target_id").agg(pl.col("score").n_unique())
    assert within.get_column("score").to_list() == [1] * 18
    assert measured.height - compared.height == LOST


def test_mpra__a_score_that_knows_the_locus_alone_is_no_news_whatever_its_p_value_by_rows(
    measured: pl.DataFrame,
) -> None:
    activity, locus = measured.get_column("beta").to_numpy(), _codes(measured.get_column("target_id"))
    drawn = np.random.default_rng(2).normal(size=(200, 18))
    by_rows = np.array([stats.pearsonr(activity, values[locus]).pvalue for values in drawn])
    # The published p-value of such a score, which took 6,963 rows for as many inputs, was 9e-6.
    published = int(np.abs(np.log(by_rows) - np.log(9e-6)).argmin())
    assert by_rows[published] == pytest.approx(9e-6, rel=0.5)
    test = permutation_test(
        METRICS["pearson_r"], activity, drawn[published][locus], exchange_inputs(locus), permutations=999,
        rng=np.random.default_rng(3),
    )  # fmt: skip
    assert test.n_exchangeable == 18
    assert test.p_value.value > 0.2


def _built(folder: Path, *, loci: int, changes: int) -> int:
    """Files of both pools with elements of chance; how many elements that are no wild type."""
    chance = random.Random(2)
    for at, (name, accession) in enumerate((("Pool6", "GSM2253166"), ("Pool7", "GSM2253167"))):
        counts, elements = [], []
        for locus in range(loci):
            site, start = "".join(chance.choices("ACGT", k=16)), 1_000_000 * (1 + locus + loci * at)
            base = f"MAC_chr{1 + locus}_{start}_{start + 16}_+_{site}"
            changed = [base + (f"_lxr_{i}_9_fos" if name == "Pool6" else f"_lxr_lxr_{i}_9") for i in range(changes)]
            for element in (base + ("_wt" if name == "Pool6" else ""), *changed):
                counts.append((element, 50, chance.randrange(5_000), chance.randrange(9, 5_000)))
                elements.append((element, "".join(chance.choices("ACGT", k=40)) + site))
        columns = ["name", "tags", "counts.rna", "counts.plasmid"]
        table = pl.DataFrame(counts, schema=columns, orient="row")
        table.write_csv(folder / f"GSE84888_{name}_MPRA.txt", separator="\t")
        barcodes = pl.DataFrame(elements, schema=["name", "sequence"], orient="row")
        barcodes.write_csv(folder / f"{accession}_{name}.barcodes.txt", separator="\t")
    return 2 * loci * changes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mpra", "mpra-activity"])
def test_mpra__runs_to_its_end_against_a_server(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "a-key-for-tests-4711")
    n = _built(tmp_path, loci=6, changes=3) + (12 if name == "mpra-activity" else 0)
    genome = genome_from_sequences({"chr1": "ACGT" * 5_000}, "simulated")
    text = _library(name).read_text(encoding="utf-8")
    scores = text.split("[[score]]")
    text = "[[score]]".join(scores[:2]) + "[evaluation]" + text.split("[evaluation]")[1]
    # The server has its own cells; the study is the shipped one but for them, and for one score in place of all.
    text = text.replace("EFO:0001084", "UBERON:0000955").replace(
        "resamples = 2000", "resamples = 100\npermutations = 19"
    )
    with serve(*local_services(genome)) as server:
        study = tmp_path / "study.toml"
        study.write_text(text.replace('"mouse"\n', f'"mouse"\naddress = "{server.address}"\n'), encoding="utf-8")
        ended = run_study(prepare(study, folders=[tmp_path]), out=tmp_path / "runs")
    assert (ended.reached, ended.exit_code) == ("report", ExitCode.DONE)
    found = _estimates(ended, score_name="dnase-centre", metric="spearman_rho", label_name="effect")
    whole, mean = (found.row(by_predicate=pl.col("stratum") == at, named=True) for at in ("all", "mean over locus"))
    assert (whole["n"], whole["n_inputs"], whole["n_clusters"], whole["n_missing"]) == (n, n, 12, 0)
    assert mean["lower"] < mean["value"] < mean["upper"]
    assert mean["n_clusters"] == 12
