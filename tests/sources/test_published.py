from __future__ import annotations

import pytest

from refalt.datasets.gse31388 import Gse31388, Gse31388Section
from refalt.datasets.gse84888 import Gse84888, Gse84888Section
from refalt.sources.published import geo_supplement, published_as

UCSC = "https://hgdownload.soe.ucsc.edu/goldenPath"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("hg18ToHg38.over.chain.gz", f"{UCSC}/hg18/liftOver/hg18ToHg38.over.chain.gz"),
        ("in/hg38ToHg19.over.chain", f"{UCSC}/hg38/liftOver/hg38ToHg19.over.chain.gz"),
        ("hg38.fa", f"{UCSC}/hg38/bigZips/hg38.fa.gz"),
        ("hg19.fa.gz", f"{UCSC}/hg19/bigZips/hg19.fa.gz"),
        (
            "YRI.low_coverage.2010_09.genotypes.vcf.gz",
            "https://ftp.1000genomes.ebi.ac.uk/vol1/ftp/pilot_data/paper_data_sets/a_map_of_human_variation/low_coverage/"
            "snps/YRI.low_coverage.2010_09.genotypes.vcf.gz",
        ),
        ("ENCFF274YGF.bed.gz", "https://www.encodeproject.org/files/ENCFF274YGF/@@download/ENCFF274YGF.bed.gz"),
    ],
)
def test_published_as__knows_public_files_by_their_names(name: str, url: str) -> None:
    found = published_as(name)
    assert found is not None
    assert found.url == url


@pytest.mark.parametrize("name", ["mine.tsv", "hg38.fasta", "toy.fa", "mineToYours.over.chain.gz", "ENCFF1.bed.gz"])
def test_published_as__knows_nothing_of_other_names(name: str) -> None:
    assert published_as(name) is None


def test_published_as__what_has_another_name_here_is_kept_under_it() -> None:
    for name in ("deCODE_EUR_LD_blocks.GRCh38.bed", "K562_DNase.GRCh38.narrowPeak.gz", "hg38.fa"):
        found = published_as(name)
        assert found is not None
        assert found.file_name == name


def test_geo_supplement__folds_the_last_three_digits_into_the_folder() -> None:
    assert geo_supplement("GSM2253166", "a.txt.gz", page="p").url == (
        "https://ftp.ncbi.nlm.nih.gov/geo/samples/GSM2253nnn/GSM2253166/suppl/a.txt.gz"
    )
    with pytest.raises(ValueError, match="no accession"):
        geo_supplement("GPL570", "a.gz", page="p")


def test_needed_files__of_geo_s_datasets_say_where_they_are_published() -> None:
    dsqtl = Gse31388(Gse31388Section(name="gse31388")).needed_files()[0]
    assert dsqtl.names == ("GSE31388_dsQtlTable.txt", "GSE31388_dsQtlTable.txt.gz")
    assert Gse31388(Gse31388Section(name="gse31388", file="mine.txt")).needed_files()[0].published is None
    elements = {"pool6": "GSM2253166_Pool6.barcodes.txt", "pool7": "mine.txt", "name": "n", "sequence": "s"}
    files = Gse84888(Gse84888Section.model_validate({"name": "gse84888", "elements": elements})).needed_files()
    assert [bool(file.published) for file in files] == [True, True, True, False]
