from __future__ import annotations

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
