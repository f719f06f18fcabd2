from __future__ import annotations

import pytest

from refalt.errors import UserError
from refalt.pipeline import opened
from refalt.pipeline.prepare import prepare
from refalt.testing.toy_study import ToyStudy


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
