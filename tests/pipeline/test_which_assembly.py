from __future__ import annotations

import pytest

from refalt.errors import UserError
from refalt.genome import chromosome_lengths
from refalt.pipeline.which_assembly import assembly_of_lengths, declared_or_stated, genome_assembly, weigh
from refalt.sources.fasta import Genome, genome_from_sequences
from refalt.testing.builders import build_measurements


def test_declared_or_stated__lets_the_user_s_word_stand_and_minds_the_file_s() -> None:
    which = declared_or_stated("GRCh37", {"GRCh38": "the identifiers"})
    assert which is not None
    assert (which.name, which.how) == ("GRCh37", "declared")
    assert which.words == "GRCh37, as declared; but it is GRCh38 by the identifiers"


def test_declared_or_stated__takes_one_statement_and_no_contradiction() -> None:
    which = declared_or_stated(None, {"GRCh38": "the identifiers in 'v'"})
    assert which is not None
    assert (which.name, which.how, which.words) == ("GRCh38", "stated", "GRCh38, by the identifiers in 'v'")
    assert declared_or_stated(None, {"GRCh38": "a", "GRCh37": "b"}) is None
    assert declared_or_stated(None, {}) is None


def genome(assembly: str, **sequences: str) -> Genome:
    return genome_from_sequences(sequences, assembly)


def test_weigh__decides_by_the_bases_of_the_genome() -> None:
    table = build_measurements(50, pos=list(range(1, 51)), ref=list("ACGTA" * 10), alt=list("CGTAC" * 10))
    which = weigh(table, genome=genome("GRCh37", chr1="ACGTA" * 10), genes={}, lifts={})
    assert (which.name, which.how) == ("GRCh37", "decided")
    assert "bases of the genome" in which.words
    other = weigh(table, genome=genome("GRCh37", chr1="TTTTT" * 10), genes={}, lifts={})
    assert other.how == "open"


def test_weigh__decides_by_positions_that_only_one_assembly_holds() -> None:
    # Of the three human assemblies only GRCh37's chromosome 22 is that long.
    end = chromosome_lengths("GRCh37")["chr22"]
    chroms, pos = ["chr22"] * 30, [end - i for i in range(30)]
    which = weigh(build_measurements(30, chrom=chroms, pos=pos), genome=None, genes={}, lifts={})
    assert (which.how, which.name) == ("decided", "GRCh37")
    assert "contig lengths" in which.words


def test_weigh__claims_nothing_where_nothing_decides() -> None:
    which = weigh(build_measurements(40), genome=None, genes={}, lifts={})
    assert (which.how, which.is_known) == ("open", False)
    assert which.words.startswith("not declared, and nothing at hand decides")


def test_weigh__says_that_there_are_no_positions() -> None:
    table = build_measurements(3, chrom=None, pos=None, rsid=["rs1", "rs2", "rs3"])
    assert (
        weigh(table, genome=None, genes={}, lifts={}).words == "not declared, and no row that is left states a position"
    )


@pytest.mark.parametrize("assembly", ["hg18", "GRCh37", "GRCh38", "mm9", "mm10"])
def test_assembly_of_lengths__knows_each_by_a_few_chromosomes_in_any_spelling(assembly: str) -> None:
    lengths = chromosome_lengths(assembly)
    assert assembly_of_lengths({"chr2": lengths["chr2"], "3": lengths["chr3"], "scaffold": 7, "chrX": None}) == assembly
    assert assembly_of_lengths({"chr2": lengths["chr2"] + 1}) is None
    assert assembly_of_lengths({}) is None


def test_genome_assembly__goes_by_lengths_then_by_word() -> None:
    toy = genome("?", chr1="ACGT")
    assert genome_assembly(toy, (None, "simulated-toy")) == "simulated-toy"
    with pytest.raises(UserError, match="nothing says which assembly the genome is.*--genome ASSEMBLY=FILE"):
        genome_assembly(toy, (None,))


def test_genome_assembly__refuses_a_word_that_lengths_contradict(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = genome("?", chr21="ACGT")
    monkeypatch.setitem(toy.__dict__, "lengths", {"chr21": chromosome_lengths("GRCh38")["chr21"]})
    assert genome_assembly(toy, (None,)) == "GRCh38"
    with pytest.raises(UserError, match="the genome's chromosomes have the lengths of GRCh38.*Expected GRCh37"):
        genome_assembly(toy, ("GRCh37",))
