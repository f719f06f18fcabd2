from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.conftest import Refalt

from refalt.testing.toy_study import ToyStudy


def test_run__prints_the_answer_and_the_report_and_keeps_progress_apart(refalt: Refalt, toy: ToyStudy) -> None:
    done = refalt("run", toy.path, "--out", "runs")
    assert done.returncode == 0, done.stderr
    answer, report = done.stdout.strip().splitlines()[-2:]
    assert "Spearman rank correlation of good" in answer
    assert report.endswith("report.html")
    assert "... estimates" in done.stderr


def test_run__json_is_one_document(refalt: Refalt, toy: ToyStudy) -> None:
    done = refalt("run", toy.path, "--json", "--until", "audits")
    outcome = json.loads(done.stdout)
    assert outcome["reached"] == "audits"
    assert {finding["code"] for finding in outcome["findings"]} >= {"EF001", "AL001", "AS001"}


def test_run__a_fatal_finding_is_told_with_its_remedy_and_ends_with_2(refalt: Refalt, toy: ToyStudy) -> None:
    toy.edit('column = "beta"', 'column = "p"')
    done = refalt("run", toy.path)
    assert done.returncode == 2
    assert "FATAL" in done.stdout
    assert "EF001" in done.stdout
    assert "Remedy:" in done.stdout


def test_run__an_unknown_stage_names_the_nearest(refalt: Refalt, toy: ToyStudy) -> None:
    done = refalt("run", toy.path, "--until", "estimate")
    assert done.returncode == 1
    assert "Did you mean 'estimates'?" in done.stderr


def _tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


BAD_INPUT = {
    "missing column": (lambda text: text.replace(b"beta", b"betta"), "there is no column 'beta'.*Did you mean 'betta'"),
    "empty file": (lambda _: b"", "the file is empty"),
    "header only": (lambda text: text.split(b"\n")[0] + b"\n", "a header and no rows"),
    "truncated gzip": (lambda text: gzip.compress(text)[:-400], "ends too early or is damaged"),
    "another format": (lambda _: b"PK\x03\x04....", "zip archive or an Excel workbook"),
    "a longer row": (lambda text: text + b"chr1\t5" + b"\t1" * 20 + b"\n", "more fields than the header.*Expected 10"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_run__a_bad_table_is_one_sentence_and_leaves_the_folder_as_it_was(
    refalt: Refalt, toy: ToyStudy, name: str
) -> None:
    change, words = BAD_INPUT[name]
    table = toy.path.parent / "toy.tsv"
    table.write_bytes(change(table.read_bytes()))
    before = _tree(toy.path.parent)
    done = refalt("run", toy.path, "--out", toy.path.parent / "runs")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("refalt: ")
    assert re.search(words, done.stderr), done.stderr
    left = [path for path in _tree(toy.path.parent) if path not in before]
    assert not [path for path in left if path.endswith((".parquet", ".html", ".partial"))]


GOOD_DRESS = {
    "byte-order mark": lambda text: b"\xef\xbb\xbf" + text,
    "windows line ends": lambda text: text.replace(b"\n", b"\r\n"),
    "gzip": gzip.compress,
}


@pytest.mark.parametrize("name", GOOD_DRESS)
def test_run__the_dress_of_a_table_changes_no_number(refalt: Refalt, toy: ToyStudy, name: str) -> None:
    table = toy.path.parent / "toy.tsv"
    plain = refalt("run", toy.path, "--until", "estimates", "--json", "--out", "plain")
    table.write_bytes(GOOD_DRESS[name](table.read_bytes()))
    dressed = refalt("run", toy.path, "--until", "estimates", "--json", "--out", "dressed")
    estimates = [Path(json.loads(done.stdout)["run"]) / "5-estimates.parquet" for done in (plain, dressed)]
    first, second = ((toy.path.parents[1] / path).read_bytes() for path in estimates)
    assert first == second


def test_run__positions_as_floats_are_taken_and_words_are_counted(refalt: Refalt, toy: ToyStudy) -> None:
    table = toy.path.parent / "toy.tsv"
    header, first, second, *rest = table.read_text().splitlines()
    cells = first.split("\t")
    other = second.split("\t")
    changed = ["\t".join([cells[0], f"{cells[1]}.0", *cells[2:]]), "\t".join([other[0], "twelve", *other[2:]])]
    table.write_text("\n".join([header, *changed, *rest]) + "\n")
    done = refalt("run", toy.path, "--until", "comparison", "--json")
    attrition = (toy.path.parents[1] / json.loads(done.stdout)["run"] / "attrition.tsv").read_text()
    assert "measurements\tall\tunparsable\ta cell that should hold a number holds something else\t1" in attrition
    assert "measurements\tall\tkept\tkept\t199" in attrition


def test_run__a_full_disk_is_told_and_leaves_nothing_half_written(toy: ToyStudy) -> None:
    limited = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "from refalt.cli.app import exit_status\n"
        "sys.exit(exit_status(sys.argv[1:]))\n"
    )
    out = toy.path.parent / "runs"
    command = [sys.executable, "-c", limited, "run", str(toy.path), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "cannot write 1-measurements.parquet" in done.stderr
    assert not [path for path in _tree(out) if "partial" in path or path.endswith(".parquet")]


def test_run__ctrl_c_ends_with_130_and_the_next_run_finishes(refalt: Refalt, toy: ToyStudy) -> None:
    command = [sys.executable, "-m", "refalt", "run", str(toy.path), "--out", "runs"]
    running = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=toy.path.parents[1]
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "estimates" in line:
            break
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted; what was finished is kept" in said
    assert not [path for path in _tree(toy.path.parents[1]) if "partial" in path]
    assert refalt("run", toy.path, "--out", "runs").returncode == 0


def test_run__a_chain_for_another_pair_is_refused(refalt: Refalt, toy: ToyStudy) -> None:
    chain = "chain 100 chr1 1000 + 0 100 chr1 1000 + 0 100 1\n100\n\n"
    (toy.path.parent / "hg19ToHg38.over.chain").write_text(chain)
    toy.edit('assembly  = "simulated-toy"', 'assembly  = "hg19"')
    toy.edit('assembly = "simulated-toy"\nfasta    = "toy.fa"', 'assembly = "GRCh38"\nchain = "hg19ToHg38.over.chain"')
    done = refalt("run", toy.path)
    assert done.returncode == 1
    assert "does not lift from GRCh37" in done.stderr
