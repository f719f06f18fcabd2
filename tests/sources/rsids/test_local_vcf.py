from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.rsids.base import Candidate, Unresolved
from refalt.sources.rsids.local_vcf import LocalVcf

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def _vcf(folder: Path, *lines: str, name: str = "dbsnp.vcf") -> LocalVcf:
    text = HEADER + "".join("\t".join([*line.split(), ".", ".", "RS=1"]) + "\n" for line in lines)
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return LocalVcf(path, "GRCh38")


def _read(source: LocalVcf, rsid: str) -> object:
    return source.read(rsid, source.ask([rsid]).get(rsid, ()))


@pytest.mark.parametrize("name", ["dbsnp.vcf", "dbsnp.vcf.gz"])
def test_ask__finds_each_line_of_each_rsid(tmp_path: Path, name: str) -> None:
    source = _vcf(tmp_path, "1 100 rs10 A G,T", "X 5 rs11;rs12 CA C", "2 7 rs10 c g", "3 9 . A G", name=name)
    assert list(source.ask(["rs10", "rs12", "rs13"])) == ["rs10", "rs12"]
    assert _read(source, "rs10") == [
        Candidate("1", 100, "A", "G"),
        Candidate("1", 100, "A", "T"),
        Candidate("2", 7, "C", "G"),
    ]
    assert _read(source, "rs12") == [Candidate("X", 5, "CA", "C")]
    assert _read(source, "rs1") is Unresolved.NOT_FOUND


def test_ask__understands_accessions_of_its_assembly_only(tmp_path: Path) -> None:
    source = _vcf(tmp_path, "NC_000021.9 100 rs10 A G", "NC_000023.11 5 rs11 C T", "NT_113891.3 5 rs12 C T")
    found = {rsid: documents[0]["chrom"] for rsid, documents in source.ask(["rs10", "rs11", "rs12"]).items()}
    assert found == {"rs10": "21", "rs11": "X", "rs12": "NT_113891.3"}
    with pytest.raises(UserError, match=r"is in GRCh37, not in GRCh38.*NC_000021.8"):
        _vcf(tmp_path, "NC_000021.8 100 rs10 A G").ask(["rs10"])


@pytest.mark.parametrize(
    "line", ["1 100 rs10 A <DEL>", "1 100 rs10 A .", "1 x rs10 A G", "1 100 rs10 A *", "1 100 rs10 N A"]
)
def test_read__guesses_no_bases(tmp_path: Path, line: str) -> None:
    assert _read(_vcf(tmp_path, line), "rs10") is Unresolved.UNREADABLE


def test_ask__says_that_the_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        LocalVcf(tmp_path / "none.vcf", "GRCh38").ask(["rs10"])
    whole = _vcf(tmp_path, *(f"1 {pos} rs{pos} A G" for pos in range(1, 5000)), name="dbsnp.vcf.gz")
    whole.path.write_bytes(whole.path.read_bytes()[:-2000])
    with pytest.raises(UserError, match="cannot be read"):
        whole.ask(["rs10"])
