"""Where public files are published that many studies name: chains, genomes, peaks, LD blocks, sites, GEO's.

Only addresses that their publisher documents stand here. A file of any other name is the user's to bring.
"""

from __future__ import annotations

import re
from typing import Final

from refalt.sources.public_file import PublicFile

_UCSC: Final = "https://hgdownload.soe.ucsc.edu/goldenPath"
_GEO: Final = "https://ftp.ncbi.nlm.nih.gov/geo"
_CHAIN: Final = re.compile(r"(?P<source>[a-z]+[A-Za-z]*[0-9]+)To(?P<target>[A-Z][A-Za-z]*[0-9]+)\.over\.chain(\.gz)?")
_GENOME: Final = re.compile(r"(?P<assembly>hg19|hg38|mm10)\.fa(\.gz)?")
#: https://www.encodeproject.org/help/rest-api/: a file lies under its accession.
_ENCODE: Final = re.compile(r"(?P<accession>ENCFF[0-9]{3}[A-Z]{3})\.bed\.gz")
#: Name here -> ENCODE's accession: DNase-seq of K562, narrowPeak on GRCh38.
_PEAKS: Final = {"K562_DNase.GRCh38.narrowPeak.gz": "ENCFF274YGF"}
_ACCESSION: Final = re.compile(r"(?P<kind>GSE|GSM)(?P<number>[0-9]+)")
#: md5sum.txt in the folder of each genome.
_DIGESTS: Final = {
    "hg19": "md5:806c02398f5ac5da8ffd6da2d1d5d1a9",
    "hg38": "md5:1c9dcaddfa41027f17cd8f7a82c7293b",
}
_LD_BLOCKS: Final = "https://raw.githubusercontent.com/jmacdon/LDblocks_GRCh38/master/data"
_PILOT: Final = "https://ftp.1000genomes.ebi.ac.uk/vol1/ftp/pilot_data/paper_data_sets/a_map_of_human_variation"
#: Sites on NCBI36 (hg18) of the low-coverage pilot of the 1000 Genomes Project, one population a file.
_PILOT_SITES: Final = re.compile(r"(CEU|YRI|CHBJPT)\.low_coverage\.2010_09\.genotypes\.vcf\.gz")
#: Name here -> name there.
_OF_LD_BLOCKS: Final = {
    "deCODE_EUR_LD_blocks.GRCh38.bed": "deCODE_EUR_LD_blocks.bed",
    "pyrho_AFR_LD_blocks.GRCh38.bed": "pyrho_AFR_LD_blocks.bed",
}


def published_as(name: str) -> PublicFile | None:
    """Where a file of this name is published; None where that is not known.

    Args:
        name: As a study writes it: `hg18ToHg38.over.chain.gz`, `hg38.fa`, `ENCFF274YGF.bed.gz`, or a name that the
            studies that come with refalt give their LD blocks and peaks.
    """
    plain = name.rpartition("/")[2]
    accession = _PEAKS.get(plain)
    if found := _CHAIN.fullmatch(plain):
        chain = f"{found['source']}To{found['target']}.over.chain.gz"
        return PublicFile(f"{_UCSC}/{found['source']}/liftOver/{chain}", most_bytes=1 << 30)
    if found := _GENOME.fullmatch(plain):
        assembly = found["assembly"]
        digest = _DIGESTS.get(assembly, "")
        return PublicFile(f"{_UCSC}/{assembly}/bigZips/{assembly}.fa.gz", digest=digest, unpacked=True)
    if found := _ENCODE.fullmatch(plain):
        accession = found["accession"]
    if accession:
        page = f"https://www.encodeproject.org/files/{accession}/"
        return PublicFile(f"{page}@@download/{accession}.bed.gz", plain, page=page, most_bytes=1 << 30)
    if _PILOT_SITES.fullmatch(plain):
        return PublicFile(f"{_PILOT}/low_coverage/snps/{plain}")
    if there := _OF_LD_BLOCKS.get(plain):
        return PublicFile(f"{_LD_BLOCKS}/{there}", plain, most_bytes=1 << 20)
    return None


def geo_supplement(accession: str, name: str, *, page: str) -> PublicFile:
    """A supplementary file of a series or a sample, which GEO keeps as gzip.

    Args:
        accession: "GSE84888", "GSM2253166". Its last three digits are "nnn" in the name of the folder it lies in
            (https://www.ncbi.nlm.nih.gov/geo/info/download.html).
        name: Of the file, ".gz" at its end.
        page: Of the series.
    """
    found = _ACCESSION.fullmatch(accession)
    if found is None:
        raise ValueError(f"no accession of a series or a sample: {accession!r}")
    kind = {"GSE": "series", "GSM": "samples"}[found["kind"]]
    folder = f"{_GEO}/{kind}/{found['kind']}{found['number'][:-3]}nnn/{accession}/suppl"
    return PublicFile(f"{folder}/{name}", page=page)
