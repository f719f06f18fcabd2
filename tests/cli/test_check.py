from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import Refalt

from refalt.cli.app import exit_status
from refalt.cli.check import genome_of, rule_of
from refalt.errors import UserError
from refalt.testing.builders import snv_alleles
from refalt.testing.toy_study import ToyStudy

Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `refalt check` in this process: exit status, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = exit_status(["check", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of effects, and beside them their p-values."""
    rng = np.random.default_rng(1)
    ref, alt = snv_alleles(200, rng=rng)
    beta = rng.normal(size=200)
    columns = {
        "chrom": "chr1",
        "pos": 1_000_000 + 9_000 * np.arange(200),
        "ref": ref,
        "alt": alt,
        "beta": beta.round(5),
    }
    path = tmp_path / "a.tsv"
    pl.DataFrame(columns).with_columns(p=10 ** (-10 * pl.col("beta").abs())).write_csv(path, separator="\t")
    return path


def test_check__shows_how_the_table_was_read_and_ends_with_0(check: Check, table: Path) -> None:
    status, out, _ = check(table, "--assembly", "hg38")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "a.tsv: 200 rows"
    assert lines[1] == "read as"
    assert "  pos      pos    by its name  1000000" in lines
    assert any("slope for an allele that nothing declares, no effect is 0" in line for line in lines)
    assert "assembly: GRCh38, as declared" in lines
    assert lines[-1].startswith("0 fatal, 1 serious")


def test_check__ends_with_2_on_a_fatal_finding_and_says_the_remedy(check: Check, table: Path) -> None:
    status, out, _ = check(table, "--effect", "p")
    assert status == 2
    assert "FATAL   EF001 dataset: Column `p` is not an effect" in out
    assert "Remedy:" in out


@pytest.mark.parametrize(("fail_on", "status"), [("fatal", 0), ("serious", 2), ("never", 0)])
def test_check__fails_from_the_severity_on_that_is_asked_for(
    check: Check, table: Path, fail_on: str, status: int
) -> None:
    assert check(table, "--fail-on", fail_on)[0] == status


def test_check__columns_can_be_corrected(check: Check, table: Path) -> None:
    _, out, _ = check(table, "--column", "p_value=", "--column", "target_id=p", "--of", "alt", "--of-source", "README")
    assert "not read" not in out
    assert "  target_id  p      as given" in out
    assert "slope for ALT" in out
    assert "0 serious" in out


def test_check__keeps_rows_by_rules(check: Check, table: Path) -> None:
    _, out, _ = check(table, "--keep", "beta>0", "--keep", "ref!=A")
    assert "rows, filtered: a row filter declared" in out


def test_check__waives_with_a_reason(check: Check, table: Path) -> None:
    status, out, _ = check(table, "--waive", "EF005=told by the authors", "--fail-on", "serious")
    assert status == 0
    assert "WAIVED  EF005" in out
    assert "Because: told by the authors" in out


def test_check__json_is_one_document(check: Check, table: Path) -> None:
    status, out, _ = check(table, "--effect", "p", "--format", "json")
    said = json.loads(out)
    assert (status, said["exit_code"], said["rows"]) == (2, 2, 200)
    assert said["read_as"]["effect"] == {"column": "p", "why": "as given"}
    assert said["assembly"]["name"] is None
    assert {found["code"] for found in said["findings"] if found["outcome"] == "found"} >= {"EF001", "EF003"}


def test_check__sarif_lists_the_rules_and_results(check: Check, table: Path) -> None:
    status, out, _ = check(table, "--effect", "p", "--format", "sarif")
    log = json.loads(out)
    assert (status, log["version"]) == (2, "2.1.0")
    assert {result["ruleId"] for result in log["runs"][0]["results"]} >= {"EF001", "EF003"}


def test_check__of_a_suite_says_each_study_and_ends_with_the_worst(check: Check, toy: ToyStudy) -> None:
    folder, text = toy.path.parent, toy.path.read_text(encoding="utf-8")
    wrong = text.replace('name     = "toy"', 'name     = "wrong"').replace('column = "beta"', 'column = "p"')
    (folder / "wrong.toml").write_text(wrong, encoding="utf-8")
    suite = folder / "suite.toml"
    suite.write_text('[suite]\nname = "s"\nstudies = ["toy.toml", "wrong.toml"]\n', encoding="utf-8")
    status, out, _ = check(suite)
    assert status == 2
    assert [line for line in out.splitlines() if line.endswith(": 200 rows")] == [
        "toy.toml: 200 rows", "wrong.toml: 200 rows",
    ]  # fmt: skip
    told = json.loads(check(suite, "--format", "json")[1])
    assert [Path(member["checked"]).name for member in told] == ["toy.toml", "wrong.toml"]
    assert [member["exit_code"] for member in told] == [0, 2]
    (run,) = json.loads(check(suite, "--format", "sarif")[1])["runs"]
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert {Path(place).name for place in places} >= {"wrong.toml"}


def test_check__takes_a_study_file_and_nothing_that_describes_a_table(check: Check, toy: ToyStudy) -> None:
    status, out, _ = check(toy.path)
    assert status == 0
    assert out.startswith("toy.toml: 200 rows")
    status, _, err = check(toy.path, "--effect", "beta")
    assert status == 1
    assert "options that describe a table do not go with a study file" in err
    toy.edit('column = "beta"', 'column = "p"')
    assert check(toy.path)[0] == 2


def test_check__holds_a_table_against_a_genome(check: Check, toy: ToyStudy) -> None:
    folder = toy.path.parent
    _, out, _ = check(folder / "toy.tsv", "--genome", f"simulated-toy={folder / 'toy.fa'}", "--of", "alt")
    assert "assembly: simulated-toy, taken to be that of the genome given" in out
    assert "AL001" in next(line for line in out.splitlines() if line.startswith("clear:"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--column", "posn=pos"], "there is no field named 'posn'.*Did you mean 'pos'"),
        (["--column", "pos"], "Expected FIELD=NAME"),
        (["--column", "pos=poss"], "there is no column named 'poss'.*Did you mean 'pos'"),
        (["--effect", "betta"], "there is no column named 'betta'.*Did you mean 'beta'"),
        (["--keep", "beta<many"], "compares by size. Expected a number; got many"),
        (["--keep", "beta"], "is not a rule"),
        (["--assembly", "hg48"], "--assembly: unknown assembly 'hg48'"),
        (["--genome", "none.fa"], "--genome: there is no file none.fa"),
        (["--genes", "hg19=none.bed"], "--genes: there is no file none.bed"),
        (["--chain", "hg19=none"], "Expected SOURCE:TARGET=FILE"),
        (["--scale", "log"], "there is no scale named 'log'"),
        (["--design", "nature"], "there is no design named 'nature'.*Did you mean 'natural'"),
        (["--waive", "EF0O1=x"], "there is no audit named 'EF0O1'.*Did you mean 'EF001'"),
        (["--fail-on", "bad"], "fail-on"),
    ],
)
def test_check__a_mistake_is_one_sentence(check: Check, table: Path, arguments: list[str], words: str) -> None:
    status, out, err = check(table, *arguments)
    assert (status, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert re.search(words, err), err


def test_check__as_a_process_of_its_own(refalt: Refalt, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    done = refalt("check", "odd.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("refalt: odd.csv: no column says which variants or elements the rows are")
    assert "got the columns x, y" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("fdr<0.05", ("fdr", "<", 0.05)),
        ("fdr <= 5e-8", ("fdr", "<=", 5e-8)),
        ("Release=GRCh38", ("Release", "==", "GRCh38")),
        ("Release == GRCh38", ("Release", "==", "GRCh38")),
        ("kind!=a b", ("kind", "!=", "a b")),
        ("a=1", ("a", "==", "1")),
    ],
)
def test_rule_of__reads_a_filter(text: str, rule: tuple[str, str, object]) -> None:
    read = rule_of(text)
    assert (read.column, read.op, read.value) == rule


def test_genome_of__takes_an_assembly_before_the_path_and_lets_a_name_hold_an_equals_sign(tmp_path: Path) -> None:
    odd = tmp_path / "a=b.fa"
    odd.write_text(">chr1\nA\n", encoding="ascii")
    assert genome_of(None) == (None, None)
    assert genome_of(str(odd)) == (odd, None)
    assert genome_of(f"hg38={odd}") == (odd, "GRCh38")
    with pytest.raises(UserError, match="there is no file none.fa"):
        genome_of("hg38=none.fa")


def test_check__a_study_that_comes_with_refalt_goes_by_its_name_dots_included(check: Check) -> None:
    status, _, err = check("mpra.as-published", "--inputs", "nowhere")
    assert status == 1
    assert "there is no file mpra.as-published" not in err
