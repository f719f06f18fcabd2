from __future__ import annotations

import polars as pl
import pytest
from pydantic import ValidationError
from tests.datasets.conftest import Write

from refalt.datasets.gse31388 import Gse31388Section
from refalt.datasets.known_sites import SITES_ROLE, with_alleles
from refalt.sources.delimited import ReadTable
from refalt.studies.sections import AllelesSection

ROWS = pl.DataFrame(
    {"c": ["chr1", "1", "1", "2", "2"], "p": [10, 20, 30, 10, 11], "r": ["rs1", "rs2", "rs3", "rs4", "rs5"]}
)
READ = ReadTable(ROWS, pl.Series("unparsable", [False] * 5))
VCF = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", *(
    "\t".join([*line.split(), ".", ".", "."])
    for line in ("1 10 rs1 A C", "1 20 rs9 G T", "1 30 rs3 A C,T", "2 10 . T G")
)]  # fmt: skip
SITES = AllelesSection(file="s.vcf", assembly="hg18")


def test_with_alleles__meets_sites_by_position_and_never_guesses(write: Write) -> None:
    found, remarks = with_alleles(READ, write("s.vcf", VCF), SITES, chrom="c", pos="p", rsid="r")
    assert found.frame.select("\0ref", "\0alt").rows() == [
        ("A", "C"), (None, None), (None, None), ("T", "G"), (None, None)
    ]  # fmt: skip
    assert "2 of 5 rows" in remarks[0]
    assert "1 whose site it lacks, 1 with several alternate alleles and 1 with another rsID" in remarks[0]


def test_with_alleles__leaves_rows_without_where_nothing_is_named_or_rsids_are() -> None:
    alone, said = with_alleles(READ, None, None, chrom="c", pos="p")
    later, silent = with_alleles(READ, None, AllelesSection(source="ensembl"), chrom="c", pos="p")
    assert alone.frame.get_column("\0ref").null_count() == 5
    assert alone.frame.equals(later.frame)
    assert "known by its position alone" in said[0]
    assert not silent


def test_sites_section__needs_a_vcf_in_the_table_s_assembly_and_none_where_rsids_are_asked() -> None:
    table = Gse31388Section.model_validate({"name": "gse31388", "alleles": SITES.model_dump()})
    assert [file.role for file in table.needed("GEO")] == ["dataset", SITES_ROLE]
    by_rsid = Gse31388Section.model_validate({"name": "gse31388", "alleles": {"source": "vcf", "file": "d.vcf"}})
    assert [file.role for file in by_rsid.needed("GEO")] == ["dataset"]
    other = SITES.model_dump() | {"assembly": "GRCh38"}
    with pytest.raises(ValidationError, match="alleles in hg18, the assembly of the table"):
        Gse31388Section.model_validate({"name": "gse31388", "alleles": other})
