from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.pipeline import stages
from refalt.pipeline.evidence import claims, folds
from refalt.pipeline.prepare import prepare
from refalt.testing.toy_study import write_toy_study


def test_claims__are_those_of_the_file_that_the_study_names(tmp_path: Path) -> None:
    toy = write_toy_study(tmp_path)
    assert claims(prepare(toy.path)) is None
    with toy.path.open("a", encoding="utf-8") as study:
        study.write('\n[audits]\nclaims = "claims.csv"\n')
    (tmp_path / "claims.csv").write_text("score,metric,value\ngood,spearman_rho,0.50\n")
    found = claims(prepare(toy.path))
    assert found is not None
    assert [(claim.score, claim.value) for claim in found] == [("good", "0.50")]


@pytest.mark.parametrize(
    ("old", "fresh"),
    [
        ("[dataset]", '[dataset]\nbatch = "plat"'),
        ('good = { column = "good"', 'good = { seen = { stratum = "plat", value = "1" }, column = "good"'),
    ],
)
def test_require_strata__what_names_a_stratum_names_one_of_the_dataset(tmp_path: Path, old: str, fresh: str) -> None:
    toy = write_toy_study(tmp_path)
    toy.edit("[dataset]", '[dataset]\nstrata = { plate = "chrom" }')
    stages.read_measurements(prepare(toy.path))
    toy.edit(old, fresh)
    with pytest.raises(UserError, match="'plat'") as error:
        stages.read_measurements(prepare(toy.path))
    assert "plate" in str(error.value)


def test_folds__are_read_with_their_names(tmp_path: Path) -> None:
    toy = write_toy_study(tmp_path)
    assembly = prepare(toy.path).genome_assembly
    toy.edit("resamples = 200", f'resamples = 200\nfolds = {{ file = "folds.bed", assembly = "{assembly}" }}')
    (tmp_path / "folds.bed").write_text("chr1\t0\t100\tfold0\nchr1\t50\t200\tfold0\nchr1\t200\t300\tfold3\n")
    found = folds(prepare(toy.path))
    assert found is not None
    assert {name: len(fold) for name, fold in found.items()} == {"fold0": 1, "fold3": 1}
    (tmp_path / "folds.bed").write_text("chr1\t0\t100\n")
    with pytest.raises(UserError, match="fourth column"):
        folds(prepare(toy.path))
    toy.edit(f'"folds.bed", assembly = "{assembly}"', '"folds.bed", assembly = "hg19"')
    with pytest.raises(UserError, match="another assembly"):
        folds(prepare(toy.path))
