import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.sequences import decode, encode
from refalt.sources.fasta import Genome, genome_from_sequences, open_genome

GATA4 = "refseq/gata4_hg19_chr8_11496144_11627216.fa"
CHR20 = "refseq/ucsc.hg19.chr20.unittest.fasta.gz"


def written(folder: Path, text: str | bytes, name: str = "genome.fa") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def toy() -> Genome:
    return genome_from_sequences({"chr1": "ACGTACGTAC", "2": "GGGGCCCC", "chrM": "TTTT"}, "simulated-toy")


@pytest.mark.parametrize(
    "text",
    [
        ">chr1 the first\nACGTN\nacg\n>chr2\nTT\n",
        ">chr1\r\nACG\r\nTNa\r\ncg\r\n>chr2\r\nTT",
        "\n>chr1 a > in words\nACGTNacg\n\n>chr2\nT\nT\n\n",
    ],
)
def test_open_genome__reads_any_line_width_and_line_end(tmp_path: Path, text: str) -> None:
    genome = open_genome(written(tmp_path, text), "simulated")
    assert genome.contigs == ("chr1", "chr2")
    assert dict(genome.lengths) == {"chr1": 8, "chr2": 2}
    assert decode(genome.codes("chr1")) == "ACGTNACG"
    assert decode(genome.codes("chr2")) == "TT"


@settings(deadline=None)
@given(st.dictionaries(st.text("abcXYZ019_.", min_size=1, max_size=6), st.text("ACGTNacgtn", max_size=90), min_size=1))
def test_genome_from_sequences__is_what_biopython_reads(sequences: dict[str, str]) -> None:
    pytest.importorskip("Bio")
    from io import StringIO

    from Bio import SeqIO

    genome = genome_from_sequences(sequences, "simulated")
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items())
    theirs = {record.id: str(record.seq).upper() for record in SeqIO.parse(StringIO(text), "fasta")}
    assert {name: decode(genome.codes(name)) for name in genome.contigs} == theirs
    assert dict(genome.lengths) == {name: len(sequence) for name, sequence in theirs.items()}


def test_open_genome__reads_gzip_and_bgzip_as_it_reads_plain_text(tmp_path: Path) -> None:
    bgzf = pytest.importorskip("Bio.bgzf")
    text = ">chr1\n" + "ACGTNACG\n" * 9000
    with bgzf.BgzfWriter(str(tmp_path / "b.fa.gz")) as stream:
        stream.write(text)
    plain = open_genome(written(tmp_path, text), "simulated")
    zipped = open_genome(written(tmp_path, gzip.compress(text.encode()), "g.fa.gz"), "simulated")
    blocked = open_genome(tmp_path / "b.fa.gz", "simulated")
    assert plain.lengths == zipped.lengths == blocked.lengths == {"chr1": 72000}
    assert plain.digest == zipped.digest == blocked.digest


def test_open_genome__ambiguity_codes_are_read_as_n(tmp_path: Path) -> None:
    genome = open_genome(written(tmp_path, ">chr3\nACRYmGk\n"), "simulated")
    assert decode(genome.codes("chr3")) == "ACNNNGN"


def test_codes__names_a_letter_that_is_no_dna_and_its_line(tmp_path: Path) -> None:
    genome = open_genome(written(tmp_path, ">chr1\nACGT\n>chr2\nACGT\nACGT\nAC*T\n"), "simulated")
    assert decode(genome.codes("chr1")) == "ACGT"
    with pytest.raises(UserError, match=r"genome\.fa, line 6: the sequence of chr2 holds '\*'"):
        genome.codes("chr2")


def test_codes__may_not_be_written_to(tmp_path: Path) -> None:
    for genome in (toy(), open_genome(written(tmp_path, ">chr1:3-5\nAC\n"), "simulated")):
        with pytest.raises(ValueError, match="read-only"):
            genome.codes("chr1")[0] = 0


def test_codes__finds_contigs_under_their_other_spellings() -> None:
    genome = toy()
    assert [genome.has(name) for name in ("1", "chr1", "chr2", "MT", "M", "chrMT", "3", "")] == [True] * 6 + [False] * 2
    assert genome.codes("1") is genome.codes("chr1")
    assert decode(genome.codes("MT")) == "TTTT"


def test_codes__a_contig_is_found_as_given_before_any_other_spelling() -> None:
    genome = genome_from_sequences({"1": "AAAA", "chr1": "CCCC"}, "simulated")
    assert [decode(genome.codes(name)) for name in ("1", "chr1")] == ["AAAA", "CCCC"]


def test_codes__a_missing_contig_is_named_with_its_nearest() -> None:
    with pytest.raises(UserError, match="(?i)no contig named 'chrMM'.*did you mean 'chrM'"):
        toy().codes("chrMM")


def test_bases_at__reads_by_position_and_is_null_where_there_is_nothing() -> None:
    contig = pl.Series(["chr1", "1", "2", "chr1", "chrX", None, "chr1", "chr1", "chr1"])
    pos = pl.Series([1, 9, 1, 10, 5, 5, 0, None, 4])
    found = toy().bases_at(contig, pos, [3, 2, 8, 2, 1, 1, 1, 1, 1])
    assert found.to_list() == ["ACG", "AC", "GGGGCCCC", None, None, None, None, None, "T"]


def test_bases_at__one_length_serves_all_rows() -> None:
    assert toy().bases_at(np.array(["chr1", "2"]), np.array([2, 3]), 1).to_list() == ["C", "G"]
    assert toy().bases_at([], [], 1).to_list() == []


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "z"]), st.integers(-3, 50), st.integers(1, 9)), min_size=1, max_size=12
    )
)
def test_bases_at__is_the_slice_of_each_contig(rows: list[tuple[str, int, int]]) -> None:
    sequences = {"a": "ACGTTGCANNACGATTAGACACCA", "b": "GATTACA" * 6}
    contig, pos, length = (list(column) for column in zip(*rows, strict=True))
    expected = [
        sequences[name][at - 1 : at - 1 + n] if name in sequences and 1 <= at <= len(sequences[name]) - n + 1 else None
        for name, at, n in rows
    ]
    assert genome_from_sequences(sequences, "simulated").bases_at(contig, pos, length).to_list() == expected


@pytest.mark.parametrize("header", ["chr8:10-14", "chr8:11-14"])
def test_open_genome__places_a_region_by_its_header(tmp_path: Path, header: str) -> None:
    genome = open_genome(written(tmp_path, f">{header}\nACGT\n"), "simulated")
    assert genome.contigs == ("chr8",)
    assert decode(genome.codes("chr8")) == "N" * 10 + "ACGT"
    assert genome.bases_at(["8", "8", "8"], [11, 10, 14], [4, 2, 2]).to_list() == ["ACGT", "NA", None]


def test_open_genome__several_regions_lie_on_one_contig(tmp_path: Path) -> None:
    genome = open_genome(written(tmp_path, ">c:6-9\nACG\n>c:2-4\nTT\n"), "simulated")
    assert decode(genome.codes("c")) == "NNTTNNACG"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (">chr8:10-20\nACGT\n", r"does not fill the region.*expected 10 letters.*or 11.*got 4 letters"),
        (">c:0-4\nACGT\n>c:3-5\nAC\n", "contig 'c' is there more than once"),
        (">c\nACGT\n>c words\nAC\n", "contig 'c' is there more than once"),
        (">c\nACGT\n>c:1-3\nAC\n", "contig 'c' is there more than once"),
        ("", "the file is empty"),
        ("chrom\tpos\nchr1\t5\n", "this is not a FASTA file"),
        ("ACGT\n>chr1\nACGT\n", "this is not a FASTA file"),
    ],
)
def test_open_genome__refuses_what_cannot_be_meant(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UserError, match="(?is)" + complaint) as error:
        open_genome(written(tmp_path, text), "simulated")
    assert "genome.fa" in str(error.value)


def test_open_genome__says_so_when_the_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        open_genome(tmp_path / "hg38.fa", "GRCh38")


def test_open_genome__refuses_a_gzip_file_that_is_cut_short(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    text = b">chr1\n" + np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, 50_000)].tobytes()
    path = written(tmp_path, gzip.compress(text)[:-2000], "g.fa.gz")
    with pytest.raises(UserError, match="cut short or damaged"):
        open_genome(path, "simulated")


def test_open_genome__refuses_a_bgzip_file_without_its_last_block(tmp_path: Path) -> None:
    bgzf = pytest.importorskip("Bio.bgzf")
    with bgzf.BgzfWriter(str(tmp_path / "b.fa.gz")) as stream:
        stream.write(">chr1\n" + "ACGT\n" * 9000)
    whole = (tmp_path / "b.fa.gz").read_bytes()
    path = written(tmp_path, whole[:-28], "cut.fa.gz")
    with pytest.raises(UserError, match="the block that ends a bgzip file is missing"):
        open_genome(path, "simulated")


def test_digest__is_of_the_sequence_and_of_nothing_else(tmp_path: Path) -> None:
    digest = open_genome(written(tmp_path, ">a\nACGT\nAC\n>b\nTT\n"), "one").digest
    assert open_genome(written(tmp_path, ">b words\ntt\n>a\nACGTAC\n", "other.fa"), "two").digest == digest
    assert genome_from_sequences({"a": "ACGTAA", "b": "TT"}, "one").digest != digest
    assert genome_from_sequences({"a": "ACGTAC", "c": "TT"}, "one").digest != digest


def test_contig_digest__does_not_depend_on_the_other_contigs() -> None:
    assert toy().contig_digest("MT") == genome_from_sequences({"x": "TTTT"}, "simulated").contig_digest("x")


def test_open_genome__real_slices_hold_the_ref_of_every_published_variant(real_input: Callable[[str], Path]) -> None:
    variants = pl.read_csv(real_input("refseq/variants_in_hg19_slices.tsv"), separator="\t")
    matches = 0
    for name in (GATA4, CHR20):
        genome = open_genome(real_input(name), "hg19")
        here = genome.bases_at(variants["chrom_hg19"], variants["pos_hg19"], variants["ref"].str.len_bytes())
        matches += int((here == variants["ref"]).sum())
        assert here.is_not_null().sum() == (variants["chrom_hg19"] == genome.contigs[0]).sum()
    assert (matches, variants.height) == (49, 49)


def test_open_genome__real_gzip_slice_is_what_biopython_reads(real_input: Callable[[str], Path]) -> None:
    bio = pytest.importorskip("Bio.SeqIO")
    path = real_input(CHR20)
    with gzip.open(path, "rt") as stream:
        record = next(bio.parse(stream, "fasta"))
    genome = open_genome(path, "hg19")
    assert dict(genome.lengths) == {record.id: 63_025_520}
    assert np.array_equal(genome.codes("20"), encode(str(record.seq)))
