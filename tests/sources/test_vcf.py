from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.columns import Reason
from refalt.errors import UserError
from refalt.sources.vcf import FLAG_WORDS, Vcf, is_vcf, read_vcf

HEADER = "##fileformat=VCFv4.3\n"
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def written(folder: Path, *lines: str, header: str = HEADER + NAMES, name: str = "a.vcf") -> Path:
    path = folder / name
    path.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def line(ref: str = "A", alt: str = "G", *, chrom: str = "chr1", pos: object = 100, name: str = ".") -> str:
    return f"{chrom}\t{pos}\t{name}\t{ref}\t{alt}\t.\t.\t."


def read_lines(folder: Path, *lines: str) -> Vcf:
    return read_vcf(written(folder, *lines))


def test_read_vcf__gives_every_alternate_allele_a_row_and_flags_them(tmp_path: Path) -> None:
    rows = read_lines(tmp_path, line(alt="G,T"), line(alt="C")).rows
    assert rows.select("source_row", "line", "alt_number", "ref", "alt").rows() == [
        (1, 3, 1, "A", "G"),
        (2, 3, 2, "A", "T"),
        (3, 4, 1, "A", "C"),
    ]
    assert rows.get_column("flags").to_list() == [["multi_allelic"], ["multi_allelic"], []]
    assert rows.get_column("reason").null_count() == 3


@pytest.mark.parametrize(
    ("ref", "alt", "reason", "flag"),
    [
        ("A", "<DEL>", Reason.BAD_ALLELE, "symbolic_allele"),
        ("A", "<DUP:TANDEM>", Reason.BAD_ALLELE, "symbolic_allele"),
        ("A", "<*>", Reason.BAD_ALLELE, "symbolic_allele"),
        ("G", "G]17:198982]", Reason.BAD_ALLELE, "breakend"),
        ("G", "[13:123457[G", Reason.BAD_ALLELE, "breakend"),
        ("G", "G.", Reason.BAD_ALLELE, "breakend"),
        ("G", ".G", Reason.BAD_ALLELE, "breakend"),
        ("A", "*", Reason.BAD_ALLELE, "spanning_deletion"),
        ("A", ".", Reason.BAD_ALLELE, "no_alternate_allele"),
        ("A", "R", Reason.BAD_ALLELE, "ambiguity_code"),
        ("AY", "A", Reason.BAD_ALLELE, "ambiguity_code"),
        ("A", "A", Reason.REF_EQUALS_ALT, None),
    ],
)
def test_read_vcf__says_why_an_allele_cannot_be_used(
    tmp_path: Path, ref: str, alt: str, reason: Reason, flag: str | None
) -> None:
    read = read_lines(tmp_path, line(ref, alt), line())
    assert read.rows.get_column("reason").to_list() == [reason.value, None]
    assert read.rows.get_column("flags")[0].to_list() == ([flag] if flag else [])
    if flag:
        assert f"rows {FLAG_WORDS[flag]}: 1" in read.remarks


def test_read_vcf__reads_lower_case_as_upper_case_and_says_so(tmp_path: Path) -> None:
    read = read_lines(tmp_path, line("a", "Gt"))
    assert read.rows.select("ref", "alt", "reason").row(0) == ("A", "GT", None)
    assert read.rows.get_column("flags")[0].to_list() == ["lower_case_alleles"]


@pytest.mark.parametrize(
    ("pos", "reason"),
    [("0", Reason.BAD_POSITION), ("-3", Reason.BAD_POSITION), ("1e4", Reason.UNPARSABLE), (".", Reason.UNPARSABLE)],
)
def test_read_vcf__says_why_a_position_cannot_be_used(tmp_path: Path, pos: str, reason: Reason) -> None:
    assert read_lines(tmp_path, line(pos=pos), line()).rows.get_column("reason").to_list() == [reason.value, None]


def test_read_vcf__keeps_a_line_that_is_too_short_with_its_reason(tmp_path: Path) -> None:
    read = read_lines(tmp_path, line(), "chr1\t200")
    assert read.rows.get_column("reason").to_list() == [None, Reason.BAD_ALLELE.value]
    assert "lines with fewer than five tab-separated fields: 1 (line 4)" in read.remarks


def test_read_vcf__spells_contigs_as_ucsc_does_and_keeps_rsids(tmp_path: Path) -> None:
    rows = read_lines(tmp_path, line(chrom="1", name="x;rs7;y"), line(chrom="MT"), line(chrom="X", name="rsx")).rows
    assert rows.get_column("source_chrom").to_list() == ["chr1", "chrM", "chrX"]
    assert rows.get_column("rsid").to_list() == ["rs7", None, None]
    assert rows.get_column("identifier").to_list() == ["x;rs7;y", None, "rsx"]


def test_read_vcf__reads_contigs_and_reference_from_the_header(tmp_path: Path) -> None:
    said = '##reference=file:///g/hg38.fa\n##contig=<ID=chr1,length=500,assembly=B38,note="a,b">\n##contig=<ID=chr2>\n'
    lines = [line(pos=600), line(chrom="chr3")]
    read = read_vcf(written(tmp_path, *lines, header=HEADER + said + NAMES))
    assert read.header.contigs == {"chr1": 500, "chr2": None}
    assert read.header.reference == ("file:///g/hg38.fa", "B38")
    assert read.rows.get_column("flags").to_list() == [["beyond_contig_end"], ["undeclared_contig"]]
    assert read.rows.get_column("line").to_list() == [6, 7]


def test_read_vcf__reads_a_file_without_header_in_the_order_of_columns_and_says_so(tmp_path: Path) -> None:
    for header in (HEADER, ""):
        read = read_vcf(written(tmp_path, line(), line("C", "T"), header=header))
        assert read.rows.get_column("alt").to_list() == ["G", "T"]
        assert read.remarks[0].startswith("there is no #CHROM line")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file holds no variants"),
        (HEADER, "the file holds no variants"),
        (HEADER + NAMES, "a header and no variants"),
        ("chrom\tpos\tref\talt\nchr1\t5\tA\tG\n", "line 1: this is not a VCF, or its header is missing"),
        (HEADER + "something else\n", "line 2: this is not a VCF.*got 'something else'"),
        (HEADER + NAMES.replace("\t", " ") + "chr1 5 . A G . . .\n", "the fields separated by blanks"),
    ],
)
def test_read_vcf__refuses_what_is_no_vcf_in_words(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.vcf"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_vcf(path)


def test_read_vcf__names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        read_vcf(tmp_path / "none.vcf")


def test_read_vcf__refuses_a_bcf_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(gzip.compress(b"BCF\2\2" + bytes(40)))
    with pytest.raises(UserError, match=r"this is a BCF.*bcftools view"):
        read_vcf(path)


def test_read_vcf__says_that_a_gzip_file_is_cut_short(tmp_path: Path) -> None:
    lines = [line(pos=pos) for pos in range(1, 4_000)]
    whole = written(tmp_path, *lines).read_bytes()
    path = tmp_path / "b.vcf.gz"
    path.write_bytes(gzip.compress(whole)[:-2_000])
    with pytest.raises(UserError, match="ends too early or is damaged"):
        read_vcf(path)


def bgzip_block(content: bytes) -> bytes:
    """One block as the SAM specification (section 4.1) has it."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    size = len(packed) + 25
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", size)
    return head + packed + struct.pack("<II", zlib.crc32(content), len(content))


def test_read_vcf__reads_all_blocks_of_a_bgzip_file_and_misses_a_lost_one(tmp_path: Path) -> None:
    blocks = [bgzip_block((HEADER + NAMES).encode()), bgzip_block(f"{line()}\n".encode()), bgzip_block(b"")]
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(b"".join(blocks))
    assert read_vcf(path).rows.height == 1
    path.write_bytes(b"".join(blocks[:2]))
    with pytest.raises(UserError, match="the block that ends a bgzip file is missing"):
        read_vcf(path)


def test_is_vcf__goes_by_name_or_by_the_first_lines(tmp_path: Path) -> None:
    assert is_vcf(written(tmp_path, line(), name="a.txt"))
    assert is_vcf(written(tmp_path, line(), header=NAMES, name="b.txt"))
    assert is_vcf(tmp_path / "whatever.vcf.bgz")
    assert not is_vcf(written(tmp_path, "1\t2", header="chrom\tpos\n", name="c.tsv"))


alleles = st.text("ACGT", min_size=1, max_size=4)
records = st.tuples(st.integers(1, 10**9), alleles, st.lists(alleles, min_size=1, max_size=3))


@given(st.lists(records, min_size=1, max_size=5))
def test_read_vcf__loses_no_allele(
    tmp_path_factory: pytest.TempPathFactory, given_records: Sequence[tuple[int, str, list[str]]]
) -> None:
    lines = [line(ref, ",".join(alts), pos=pos) for pos, ref, alts in given_records]
    rows = read_lines(tmp_path_factory.mktemp("vcf"), *lines).rows
    expected = [(pos, ref, alt) for pos, ref, alts in given_records for alt in alts]
    assert rows.select("source_pos", "ref", "alt").rows() == expected
    same = [ref == alt for _, ref, alt in expected]
    assert (rows.get_column("reason") == Reason.REF_EQUALS_ALT.value).fill_null(value=False).to_list() == same


def test_read_vcf__agrees_with_htslib(tmp_path: Path) -> None:
    pysam = pytest.importorskip("pysam")
    contigs = "##contig=<ID=chr1,length=248956422>\n##contig=<ID=2>\n"
    lines = [
        line("A", "G,T", name="rs1"),
        line("AT", "A", pos=200),
        line("G", "<DEL>", pos=300),
        line("C", "*,T", pos=400),
        line("C", ".", chrom="2", pos=500),
        line("G", "G]chr1:5]", chrom="2", pos=600),
    ]
    path = written(tmp_path, *lines, header=HEADER + contigs + NAMES)
    with pysam.VariantFile(str(path)) as theirs:
        expected = [(record.pos, record.ref, alt, record.contig) for record in theirs for alt in record.alts or (".",)]
    ours = read_vcf(path).rows
    assert [row[:3] for row in expected] == ours.select("source_pos", "ref", "alt").rows()
    assert [f"chr{row[3].removeprefix('chr')}" for row in expected] == ours.get_column("source_chrom").to_list()
