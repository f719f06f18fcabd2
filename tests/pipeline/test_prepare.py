from __future__ import annotations

import pytest

from refalt.errors import UserError
from refalt.pipeline.prepare import prepare
from refalt.testing.toy_study import ToyStudy


def test_prepare__recorded_scores_need_no_section_of_their_own(toy: ToyStudy) -> None:
    prepared = prepare(toy.path)
    assert [score.name for score in prepared.scores] == ["good", "noise"]
    assert {found.role for found in prepared.files} == {"dataset", "genome"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('name      = "table"', 'name      = "tabel"', "there is no dataset named 'tabel'.*Did you mean 'table'"),
        ("simulated = true", "simulatd = true", "unknown key 'dataset.simulatd'.*Did you mean 'simulated'"),
        ('assembly  = "simulated-toy"', 'assembly  = "hg91"', "unknown assembly 'hg91'"),
        ("[evaluation]", "[models.motfi]\n[evaluation]", "there is no model named 'motfi'"),
        ('"good"', '"god"', "no column 'god'"),
        (
            "resamples = 200",
            'primary = { score = "x", metric = "auroc", label = "given" }',
            "primary names no score: 'x'",
        ),
        ('file      = "toy.tsv"', 'file      = "toy.csv"', "dataset file 'toy.csv' was not found"),
        (
            'pos            = "pos"',
            'pos            = "pos"\nstart          = "pos"',
            "not both",
        ),
    ],
)
def test_prepare__mistakes_in_the_study_file_are_told(toy: ToyStudy, before: str, after: str, words: str) -> None:
    toy.edit(before, after)

    def use() -> None:
        prepared = prepare(toy.path)
        assert prepared.source_assembly
        files = {found.role: found.path for found in prepared.files}
        prepared.dataset.read(files)

    with pytest.raises(UserError, match=words):
        use()


def test_prepare__a_limit_makes_another_study(toy: ToyStudy) -> None:
    assert prepare(toy.path).resolved.digest != prepare(toy.path, limit=50).resolved.digest


def test_prepare__the_digest_does_not_depend_on_where_the_study_lies(toy: ToyStudy) -> None:
    moved = toy.path.parent.rename(toy.path.parent.with_name("elsewhere"))
    before = prepare(moved / "toy.toml").resolved.digest
    moved.rename(toy.path.parent)
    assert prepare(toy.path).resolved.digest == before
