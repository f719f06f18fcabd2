from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.genome import canonical_assembly, chromosome_lengths, species_of, ucsc_contig, ucsc_contigs
from refalt.sources.liftover import read_chain


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("hg38", "GRCh38"),
        ("GRCh38", "GRCh38"),
        ("HG19", "GRCh37"),
        ("b37", "GRCh37"),
        ("ncbi36", "hg18"),
        ("mm9", "mm9"),
    ],
)
def test_canonical_assembly__knows_synonyms(written: str, canonical: str) -> None:
    assert canonical_assembly(written) == canonical


def test_canonical_assembly__suggests_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean 'hg38'"):
        canonical_assembly("hg388")


def test_species_of__tells_mouse_from_human() -> None:
    assert [species_of(name) for name in ("mm10", "GRCh38", "simulated-1")] == ["mouse", "human", "simulated"]


def test_ucsc_contig__spells_contigs_one_way() -> None:
    written = ["1", "chr1", "Chr2", "CHR3", "23", "x", "MT", "chrUn_gl000220", "GL000220.1", "", None]
    spelled = pl.DataFrame({"c": written}, schema={"c": pl.String}).select(ucsc_contig(pl.col("c"))).to_series()
    assert spelled.to_list() == [
        *("chr1", "chr1", "chr2", "chr3", "chrX", "chrX", "chrM", "chrUn_gl000220", "GL000220.1", None, None)
    ]
    assert ucsc_contigs(pl.Series("c", written * 3, dtype=pl.String)).to_list() == spelled.to_list() * 3
    assert ucsc_contigs(pl.Series("c", [], dtype=pl.String)).to_list() == []


@pytest.mark.parametrize(
    ("chain", "source", "target"), [("hg18ToHg38", "hg18", "GRCh38"), ("hg19ToHg38", "GRCh37", "GRCh38")]
)
def test_chromosome_lengths__are_those_of_the_chain_files(
    chain: str, source: str, target: str, real_input: Callable[[str], Path]
) -> None:
    lift = read_chain(real_input(f"chain/{chain}.over.chain.gz"))
    for found, assembly in ((lift.source_sizes, source), (lift.target_sizes, target)):
        known = chromosome_lengths(assembly)
        assert len(known) == 24
        shared = [name for name in known if name in found]
        assert len(shared) >= 23
        assert {name: found[name] for name in shared} == {name: known[name] for name in shared}


def test_chromosome_lengths__are_empty_where_unknown() -> None:
    assert chromosome_lengths("simulated-1") == {}
