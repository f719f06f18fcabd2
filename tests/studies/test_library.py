from __future__ import annotations

from pathlib import Path

import pytest

from refalt.pipeline.prepare import prepare
from refalt.studies.library import library_names, library_study

EXAMPLE = Path(__file__).parents[2] / "examples" / "lcl-dsqtl.toml"


def test_library_names__are_the_studies_that_ship() -> None:
    assert set(library_names()) >= {"lcl-dsqtl", "lcl-hqtl", "satmut", "cagi5", "cagi4-activity", "cagi4-skew"}


@pytest.mark.parametrize("name", ["no-such-study", "satmut.toml", "../library/satmut", "", "."])
def test_library_study__knows_its_studies_by_their_bare_name_only(name: str) -> None:
    assert library_study(name) is None


@pytest.mark.parametrize("name", library_names())
def test_library_study__is_whole_and_named_like_its_file(name: str) -> None:
    path = library_study(name)
    assert path is not None
    prepared = prepare(path)
    assert prepared.study.study.name == name
    primary = prepared.study.evaluation.primary
    assert primary is not None
    assert prepared.declared.effect is not None
    assert prepared.declared.effect.source or prepared.declared.quantity == "activity"


def test_library_study__is_the_one_that_the_examples_show() -> None:
    shipped = library_study("lcl-dsqtl")
    assert shipped is not None
    sections = [path.read_text(encoding="utf-8").split("[study]", 1)[1] for path in (shipped, EXAMPLE)]
    assert sections[0] == sections[1]
