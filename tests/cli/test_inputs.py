from __future__ import annotations

import json

from tests.cli.conftest import Refalt

from refalt.testing.toy_study import ToyStudy


def test_inputs__says_what_is_found_with_size_and_digest(refalt: Refalt, toy: ToyStudy) -> None:
    rows = json.loads(refalt("inputs", toy.path, "--json").stdout)
    assert [(row["role"], row["state"]) for row in rows] == [("dataset", "found"), ("genome", "found")]
    assert rows[0]["bytes"] == (toy.path.parent / "toy.tsv").stat().st_size
    assert len(rows[0]["sha256"]) == 64


def test_inputs__a_missing_file_is_listed_and_the_status_is_1(refalt: Refalt, toy: ToyStudy) -> None:
    (toy.path.parent / "toy.fa").unlink()
    done = refalt("inputs", toy.path)
    assert done.returncode == 1
    assert "missing  genome   toy.fa" in done.stdout


def test_inputs__of_a_suite_are_those_of_its_members_each_once(refalt: Refalt) -> None:
    rows = json.loads(refalt("inputs", "qtl-benchmark", "--json").stdout)
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    assert {"ATAC-QTLs.csv", "GSE31388_dsQtlTable.txt", "Pelikan_et_al_hQTL_summary.csv", "hg38.fa"} <= set(names)
    swept = json.loads(refalt("inputs", "window-sweep", "--json").stdout)
    assert [row["role"] for row in swept] == ["dataset", "genome", "ld_blocks", "within"]
