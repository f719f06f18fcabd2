from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.pipeline import opened
from refalt.pipeline.prepare import prepare
from refalt.testing.toy_study import ToyStudy, write_toy_study


def test_ld_blocks__of_another_assembly_are_refused(toy: ToyStudy) -> None:
    (toy.path.parent / "blocks.bed").write_text("chr1\t0\t1000\n")
    toy.edit('fasta    = "toy.fa"', 'fasta = "toy.fa"\nld_blocks = { file = "blocks.bed", assembly = "GRCh38" }')
    with pytest.raises(UserError, match="blocks.bed is of another assembly.*Expected simulated-toy; got GRCh38"):
        opened.ld_blocks(prepare(toy.path))


def test_opened__what_a_study_does_not_name_is_none(toy: ToyStudy) -> None:
    prepared = prepare(toy.path)
    assert opened.open_chain(prepared) is None
    assert opened.chains(prepared, None) is None
    assert opened.ld_blocks(prepared) is None
    assert opened.gene_tables(prepared) is None
    assert opened.claims(prepared) is None


def test_open_fasta__is_of_the_assembly_that_the_study_declares(toy: ToyStudy) -> None:
    genome = opened.open_fasta(prepare(toy.path))
    assert genome is not None
    assert genome.assembly == "simulated-toy"


def test_claims__are_those_of_the_file_that_the_study_names(tmp_path: Path) -> None:
    toy = write_toy_study(tmp_path)
    assert opened.claims(prepare(toy.path)) is None
    with toy.path.open("a", encoding="utf-8") as study:
        study.write('\n[audits]\nclaims = "claims.csv"\n')
    (tmp_path / "claims.csv").write_text("score,metric,value\ngood,spearman_rho,0.50\n")
    found = opened.claims(prepare(toy.path))
    assert found is not None
    assert [(claim.score, claim.value) for claim in found] == [("good", "0.50")]


def test_folds__are_read_with_their_names(tmp_path: Path) -> None:
    toy = write_toy_study(tmp_path)
    assembly = prepare(toy.path).genome_assembly
    toy.edit("resamples = 200", f'resamples = 200\nfolds = {{ file = "folds.bed", assembly = "{assembly}" }}')
    (tmp_path / "folds.bed").write_text("chr1\t0\t100\tfold0\nchr1\t50\t200\tfold0\nchr1\t200\t300\tfold3\n")
    found = opened.folds(prepare(toy.path))
    assert found is not None
    assert {name: len(fold) for name, fold in found.items()} == {"fold0": 1, "fold3": 1}
    (tmp_path / "folds.bed").write_text("chr1\t0\t100\n")
    with pytest.raises(UserError, match="fourth column"):
        opened.folds(prepare(toy.path))
    toy.edit(f'"folds.bed", assembly = "{assembly}"', '"folds.bed", assembly = "hg19"')
    with pytest.raises(UserError, match="another assembly"):
        opened.folds(prepare(toy.path))
