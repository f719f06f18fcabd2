from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from refalt.errors import UserError
from refalt.sources.annotation import COLUMNS, distance_to_nearest_tss, look_up, read_genes

BED = (
    "#chr\tstart\tend\tname\tscore\tstrand\tEnsembl_ID\tgene_type\n"
    "chr1\t100\t600\tLEFT\t0\t+\tENSG01.3\tlincRNA\n"
    "chr1\t1000\t1500\tRIGHT\t0\t-\tENSG02\tprotein_coding\n"
)


def gtf_row(feature: str, first: int, last: int, strand: str, gene: str, *, chrom: str = "chr9") -> str:
    attributes = f'gene_id "{gene}"; transcript_id "T"; gene_name "{gene.lower()}";'
    return "\t".join([chrom, "HAVANA", feature, str(first), str(last), ".", strand, ".", attributes]) + "\n"


def written(folder: Path, text: str, name: str = "TSS.bed") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_read_genes__takes_the_middle_of_a_window_by_strand(tmp_path: Path) -> None:
    genes = read_genes(written(tmp_path, BED), "GRCh38")
    assert tuple(genes.columns) == COLUMNS
    assert genes.rows() == [
        ("chr1", 351, "+", "LEFT", "ENSG01", "GRCh38"),
        ("chr1", 1250, "-", "RIGHT", "ENSG02", "GRCh38"),
    ]


def test_read_genes__a_window_of_odd_width_has_one_middle(tmp_path: Path) -> None:
    text = "#chr\tstart\tend\tname\tscore\tstrand\nchr1\t9\t10\ta\t0\t+\nchr1\t9\t10\tb\t0\t-\n"
    genes = read_genes(written(tmp_path, text), "GRCh38")
    assert genes["tss_pos"].to_list() == [10, 10]
    assert genes["gene_id"].null_count() == 2


@pytest.mark.parametrize(
    ("old", "wrong", "complaint"),
    [
        ("\tstrand\t", "\tway\t", "there is no column 'strand'"),
        ("\t600\t", "\t601\t", "not windows around gene starts.*widths from 500 to 501 bp"),
        ("0\t-", "0\t.", "the strand of gene 'RIGHT' is unknown"),
    ],
)
def test_read_genes__refuses_a_bed_that_is_not_of_gene_starts(
    tmp_path: Path, old: str, wrong: str, complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint):
        read_genes(written(tmp_path, BED.replace(old, wrong)), "GRCh38")


def test_read_genes__takes_the_gene_rows_of_a_gtf(tmp_path: Path) -> None:
    text = (
        "##description: toy\n"
        + gtf_row("gene", 100, 900, "+", "ENSG01.7_1")
        + gtf_row("exon", 50, 200, "+", "ENSG01.7_1")
        + gtf_row("gene", 100, 900, "-", "ENSG02.1")
    )
    genes = read_genes(written(tmp_path, text, "toy.gtf"), "GRCh38")
    assert genes.select("tss_pos", "gene_id", "gene_name").rows() == [
        (100, "ENSG01", "ensg01.7_1"),
        (900, "ENSG02", "ensg02.1"),
    ]


def test_read_genes__without_gene_rows_a_gene_reaches_as_far_as_its_exons(tmp_path: Path) -> None:
    rows = [(300, 400, "+", "A"), (100, 200, "+", "A"), (10, 20, "-", "B"), (30, 45, "-", "B")]
    text = "".join(gtf_row("exon", *row) for row in rows)
    assert read_genes(written(tmp_path, text, "toy.gtf"), "GRCh38")["tss_pos"].to_list() == [100, 45]


@pytest.mark.parametrize(
    ("text", "line"),
    [(gtf_row("gene", 1, 5, "+", "A") + gtf_row("gene", 1, 5, "+", "A").replace("gene_id", "id"), 2), ("a\tb\n", 1)],
)
def test_read_genes__names_the_line_of_a_gtf_that_is_wrong(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UserError, match=rf"toy\.gtf, line {line}: this is not a GTF"):
        read_genes(written(tmp_path, text, "toy.gtf"), "GRCh38")


def test_distance_to_nearest_tss__counts_bases_on_either_side(tmp_path: Path) -> None:
    genes = read_genes(written(tmp_path, BED), "GRCh38")
    found = distance_to_nearest_tss(genes, ["chr1", "1", "1", "chr1", "chr2"], [351, 350, 361, 1300, 5])
    np.testing.assert_array_equal(found, [0, 1, 10, 50, np.nan])


def test_distance_to_nearest_tss__is_unknown_everywhere_without_a_gene(tmp_path: Path) -> None:
    genes = read_genes(written(tmp_path, BED), "GRCh38").clear()
    assert np.isnan(distance_to_nearest_tss(genes, ["chr1", "chr2"], [351, 5])).tolist() == [True, True]


def test_look_up__ignores_versions_and_leaves_nulls_for_unknown_genes(tmp_path: Path) -> None:
    twice = BED + BED.splitlines()[1].replace("chr1", "chrY") + "\n"
    genes = read_genes(written(tmp_path, twice), "GRCh38")
    found = look_up(genes, pl.Series(["ENSG02.9", "ENSG99", None, "ENSG01"]))
    assert tuple(found.columns) == COLUMNS
    assert found["gene_name"].to_list() == ["RIGHT", None, None, "LEFT"]
    assert found["chrom"].to_list() == ["chr1", None, None, "chr1"]


def test_read_genes__real_tables_agree_on_where_genes_start(real_input: Callable[[str], Path]) -> None:
    bed = read_genes(real_input("genes/CollapsedGeneBounds.hg19.TSS500bp.bed"), "GRCh37")
    gtf = read_genes(real_input("genes/gencode_chr9.hg19.gtf.gz"), "GRCh37")
    both = bed.join(gtf, on=["gene_id", "strand"], suffix="_gtf")
    assert (bed.height, gtf.height, both.height) == (20_629, 536, 112)
    for strand in "+-":
        apart = both.filter(pl.col("strand") == strand).select(pl.col("tss_pos") - pl.col("tss_pos_gtf")).to_series()
        # The two annotations place many genes differently; where they agree, they do so to the base.
        assert apart.mode().to_list() == [0]
        assert (apart == 0).sum() >= 16
