from __future__ import annotations

from pathlib import Path

import pytest

from refalt.pipeline.prepare import prepare
from refalt.pipeline.suite import prepare_suite
from refalt.studies.library import library_names, library_study
from refalt.studies.suite import is_suite

EXAMPLE = Path(__file__).parents[2] / "examples" / "lcl-dsqtl.toml"


def test_library_names__are_the_studies_that_ship() -> None:
    assert set(library_names()) >= {"lcl-dsqtl", "lcl-hqtl", "satmut", "cagi5", "cagi4-activity", "cagi4-skew"}


@pytest.mark.parametrize("name", ["no-such-study", "satmut.toml", "../library/satmut", "", "."])
def test_library_study__knows_its_studies_by_their_bare_name_only(name: str) -> None:
    assert library_study(name) is None


def _is_suite(name: str) -> bool:
    path = library_study(name)
    return path is not None and is_suite(path)


@pytest.mark.parametrize("name", [name for name in library_names() if _is_suite(name)])
def test_library_suite__is_named_like_its_file_and_its_members_are_of_the_library(name: str) -> None:
    prepared = prepare_suite(Path(name))
    assert prepared.suite.suite.name == name
    assert prepared.suite.suite.question
    assert {Path(study).stem for study in prepared.suite.suite.studies} <= set(library_names())


def test_qtl_benchmark__is_seven_tests_and_three_tables() -> None:
    suite = prepare_suite(Path("qtl-benchmark"))
    tests = [
        (one.label, score.name) for one in suite.members for score in one.prepared.scores if score.model != "motif"
    ]
    assert tests == [
        ("caqtl", "ag-atac"), ("caqtl", "ag-dnase"), ("caqtl", "ag-h3k27ac"),
        ("dsqtl", "ag-dnase"), ("dsqtl", "ag-atac"),
        ("hqtl-h3k27ac", "ag-h3k27ac"), ("hqtl-h3k4me1", "ag-h3k4me1"),
    ]  # fmt: skip
    assert set(suite.suite.suite.tables) == {"caQTLs", "dsQTLs", "hQTLs"}


def test_window_sweep__is_one_study_in_the_four_windows_that_alphagenome_takes() -> None:
    suite = prepare_suite(Path("window-sweep"))
    assert [member.window for member in suite.members] == [16_384, 131_072, 524_288, 1_048_576]
    assert {str(member.prepared.study.filter.sample) for member in suite.members} == {"n=1000 seed=42"}


@pytest.mark.parametrize("name", [name for name in library_names() if not _is_suite(name)])
def test_library_study__is_whole_and_named_like_its_file(name: str) -> None:
    path = library_study(name)
    assert path is not None
    prepared = prepare(path)
    assert prepared.study.study.name == name
    primary = prepared.study.evaluation.primary
    assert primary is not None
    assert prepared.declared.effect is not None
    settled = prepared.declared.effect.source or prepared.declared.quantity == "activity"
    # A sign that was turned without a source is one of the mistakes that are shown.
    assert settled or prepared.study.study.as_published


def test_library_study__is_the_one_that_the_examples_show() -> None:
    shipped = library_study("lcl-dsqtl")
    assert shipped is not None
    sections = [path.read_text(encoding="utf-8").split("[study]", 1)[1] for path in (shipped, EXAMPLE)]
    assert sections[0] == sections[1]
