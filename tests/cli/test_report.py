from __future__ import annotations

import json

from tests.cli.conftest import Refalt

from refalt.testing.toy_study import ToyStudy


def test_report__is_rendered_again_from_the_tables(refalt: Refalt, toy: ToyStudy) -> None:
    report = toy.path.parents[1] / refalt("run", toy.path).stdout.strip().splitlines()[-1]
    before = report.read_text(encoding="utf-8")
    report.unlink()
    assert refalt("report", report.parent).returncode == 0
    assert report.read_text(encoding="utf-8") == before


def test_report__a_folder_that_is_no_run_is_refused(refalt: Refalt, toy: ToyStudy) -> None:
    done = refalt("report", toy.path.parent)
    assert done.returncode == 1
    assert "is not a run folder" in done.stderr


def test_report__of_several_runs_is_rendered_again_too(refalt: Refalt, toy: ToyStudy) -> None:
    folder = toy.path.parents[1]
    first = refalt("run", toy.path, "--json")
    toy.edit("resamples = 200", "resamples = 210")
    second = refalt("run", toy.path, "--json")
    runs = [json.loads(done.stdout)["run"] for done in (first, second)]
    assert refalt("compare", *runs, "--out", "both").returncode == 0
    page = next((folder / "both").rglob("report.html"))
    before = page.read_text(encoding="utf-8")
    page.unlink()
    assert refalt("report", page.parent).returncode == 0
    assert page.read_text(encoding="utf-8") == before
