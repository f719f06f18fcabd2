import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.sources.intervals import (
    IntervalSet,
    contig_numbers,
    contig_spellings,
    positions_of,
    read_bed,
    read_intervals,
)


def bed(folder: Path, text: str, name: str = "peaks.bed") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def made(*rows: tuple[str, int, int]) -> IntervalSet:
    contig, start, end = (list(column) for column in zip(*rows, strict=True))
    return IntervalSet.of("simulated", contig, start, end)


spans = st.lists(
    st.tuples(st.sampled_from(["chr1", "2", "chrX"]), st.integers(0, 60), st.integers(1, 12)).map(
        lambda row: (row[0], row[1], row[1] + row[2])
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize(
    ("given_name", "spelled"),
    [
        ("chr1", {"chr1", "1"}),
        ("X", {"X", "chrX"}),
        ("MT", {"MT", "M", "chrM", "chrMT"}),
        ("GL000192.1", {"GL000192.1", "chrGL000192.1"}),
    ],
)
def test_contig_spellings__are_with_and_without_chr_and_both_names_of_m(given_name: str, spelled: set[str]) -> None:
    assert contig_spellings(given_name)[0] == given_name
    assert set(contig_spellings(given_name)) == spelled


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["1", "chr1", "M", "zz"])])
def test_contig_numbers__matches_as_given_first(dtype: pl.DataType) -> None:
    column = pl.Series(["1", "chr1", "M", "zz", None], dtype=dtype)
    assert contig_numbers(column, ["chr1", "chrM"]).tolist() == [0, 0, 1, -1, -1]
    assert contig_numbers(column, ["chr1", "1"]).tolist() == [1, 0, -1, -1, -1]
    assert contig_numbers(np.array(["1", "2"]), ["2"]).tolist() == [-1, 0]


def test_positions_of__a_null_lies_nowhere() -> None:
    assert positions_of(pl.Series([3, None])).tolist() == [3, -1]
    assert positions_of([1, 2]).dtype == np.int64


def test_interval_set__merges_what_overlaps_and_keeps_apart_what_touches() -> None:
    found = made(
        ("chr2", 5, 9), ("chr1", 20, 30), ("chr1", 0, 10), ("chr1", 10, 20), ("chr1", 25, 40), ("chr1", 26, 28)
    )
    assert sorted(found.frame.rows()) == [("chr1", 0, 10), ("chr1", 10, 20), ("chr1", 20, 40), ("chr2", 5, 9)]
    assert (len(found), found.n_given) == (4, 6)


@settings(deadline=None)
@given(spans, spans)
def test_overlaps__is_what_comparing_every_pair_says(
    intervals: list[tuple[str, int, int]], asked: list[tuple[str, int, int]]
) -> None:
    contig, start, end = (list(column) for column in zip(*asked, strict=True))
    expected = [
        any(name == there and first < stop and last > begin for there, begin, stop in intervals)
        for name, first, last in asked
    ]
    assert made(*intervals).overlaps(contig, start, end).tolist() == expected


@settings(deadline=None)
@given(spans, spans)
def test_overlaps__is_what_bioframe_says(
    intervals: list[tuple[str, int, int]], asked: list[tuple[str, int, int]]
) -> None:
    bioframe = pytest.importorskip("bioframe")
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame(rows, columns=["chrom", "start", "end"]) for rows in (asked, intervals)]
    counts = bioframe.count_overlaps(*frames)["count"].to_numpy()
    contig, start, end = (list(column) for column in zip(*asked, strict=True))
    assert made(*intervals).overlaps(contig, start, end).tolist() == (counts > 0).tolist()


def test_overlaps__a_deletion_counts_when_any_of_its_bases_lies_inside() -> None:
    peaks = made(("chr1", 100, 200))
    assert peaks.overlaps(["chr1"] * 4, [90, 90, 199, 200], [100, 101, 250, 210]).tolist() == [False, True, True, False]


def test_overlaps__finds_other_spellings_and_nothing_on_unknown_contigs() -> None:
    peaks = made(("chr1", 0, 50), ("chrM", 0, 50))
    contig = pl.Series(["1", "MT", "chrZ", None, "chr1", "chr1"])
    start, end = pl.Series([1, 1, 1, 1, None, -1]), pl.Series([2, 2, 2, 2, None, 0])
    assert peaks.overlaps(contig, start, end).tolist() == [True, True, False, False, False, False]


@settings(deadline=None)
@given(spans, st.lists(st.tuples(st.sampled_from(["chr1", "2", "chrY"]), st.integers(1, 80)), min_size=1))
def test_distance_to_nearest__is_the_smallest_over_all_intervals(
    intervals: list[tuple[str, int, int]], asked: list[tuple[str, int]]
) -> None:
    contig, pos = (list(column) for column in zip(*asked, strict=True))
    expected = [
        min((max(first + 1 - at, at - last, 0) for there, first, last in intervals if there == name), default=np.nan)
        for name, at in asked
    ]
    np.testing.assert_array_equal(made(*intervals).distance_to_nearest(contig, pos), expected)


def test_distance_to_nearest__there_is_none_without_intervals_or_position() -> None:
    peaks = made(("chr1", 10, 20))
    found = peaks.distance_to_nearest(pl.Series(["chr2", "chr1", None, "chr1"]), pl.Series([5, None, 5, 21]))
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, 1.0])


def test_containing_index__gives_the_block_of_each_position() -> None:
    blocks = made(("chr1", 100, 200), ("chr1", 200, 300), ("chr2", 0, 100))
    index = blocks.containing_index(["chr1", "chr1", "1", "1", "chr2", "chr2", "chr3"], [100, 101, 200, 201, 1, 101, 1])
    assert index.tolist() == [-1, 0, 0, 1, 2, -1, -1]
    assert blocks.frame.row(1) == ("chr1", 200, 300)


def test_containing_index__refuses_blocks_that_overlap() -> None:
    with pytest.raises(UserError, match="2 intervals that merge to 1"):
        made(("chr1", 0, 10), ("chr1", 9, 20)).containing_index(["chr1"], [5])


def test_interval_set__refuses_an_interval_without_contig() -> None:
    with pytest.raises(UserError, match="no contig"):
        IntervalSet.of("simulated", ["chr1", None], [1, 2], [5, 6])


@pytest.mark.parametrize(
    "text",
    [
        "chr1\t5\t9\nchr2\t1\t3\n",
        "#chrom\tstart\tend\nchr1\t5\t9\n# between\nchr2\t1\t3",
        "browser position chr1\ntrack name=peaks\nchr1\t5\t9\r\n\r\nchr2\t1\t3\r\n",
        "chr \t start \t stop\nchr1 \t 5 \t 9\nchr2 \t 1 \t 3\n\n",
    ],
)
def test_read_bed__skips_comments_and_headers(tmp_path: Path, text: str) -> None:
    assert read_bed(bed(tmp_path, text)).rows() == [("chr1", 5, 9), ("chr2", 1, 3)]


def test_read_bed__names_columns_by_the_header_else_by_the_format(tmp_path: Path) -> None:
    row = "chr1\t5\t9\tp\t0\t."
    assert read_bed(bed(tmp_path, row)).columns == ["chrom", "start", "end", "name", "score", "strand"]
    peak = read_bed(bed(tmp_path, row + "\t2.5\t3\t1\t2\n"))
    assert peak.columns[6:] == ["signal_value", "p_value", "q_value", "peak"]
    assert peak["signal_value"].to_list() == ["2.5"]
    named = read_bed(bed(tmp_path, "#chr\tstart\tend\tgene\tscore\tstrand\n" + row))
    assert named.columns[3:] == ["gene", "score", "strand"]
    assert read_bed(bed(tmp_path, row + "\t" + "\t".join("abcdefgh"))).columns[12:] == ["column_13", "column_14"]


def test_read_bed__reads_gzip(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed.gz"
    path.write_bytes(gzip.compress(b"chr1\t5\t9\n"))
    assert read_bed(path).rows() == [("chr1", 5, 9)]


@pytest.mark.parametrize(
    "wrong", ["chr1\t9\t9", "chr1\t9\t5", "chr1\t-1\t5", "chr1\t1.5\t5", "chr1\t1", "chr1 1 5", "\t1\t5"]
)
def test_read_bed__names_the_line_that_is_no_interval(tmp_path: Path, wrong: str) -> None:
    path = bed(tmp_path, f"#chr\tstart\tend\nchr1\t1\t5\n\n{wrong}\nchr1\t1\t5\n")
    with pytest.raises(UserError, match=r"peaks\.bed, line 4: this is not an interval") as error:
        read_bed(path)
    assert repr(wrong) == error.value.got


def test_read_bed__a_first_line_that_is_no_header_is_not_dropped(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 1: this is not an interval"):
        read_bed(bed(tmp_path, "chr1\tx\t5\nchr1\t1\t5\n"))


@pytest.mark.parametrize("text", ["", "#chr\tstart\tend\n", "chrom\tstart\tend\n"])
def test_read_bed__refuses_a_file_without_intervals(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"peaks\.bed"):
        read_bed(bed(tmp_path, text))


def test_read_bed__refuses_a_gzip_file_that_is_cut_short(tmp_path: Path) -> None:
    rows = "".join(f"chr1\t{at}\t{at + 7}\n" for at in range(0, 90_000, 11))
    path = tmp_path / "peaks.bed.gz"
    path.write_bytes(gzip.compress(rows.encode())[:-500])
    with pytest.raises(UserError, match=r"peaks\.bed\.gz: the file cannot be read as text"):
        read_bed(path)


def test_read_intervals__real_peaks_cover_what_bioframe_says(real_input: Callable[[str], Path]) -> None:
    bioframe = pytest.importorskip("bioframe")
    path = real_input("peaks/K562_DNase_chr22_hg38.macs2.narrowPeak")
    peaks, rows = read_intervals(path, "GRCh38"), read_bed(path)
    frame = rows.select("chrom", "start", "end").to_pandas()
    merged = bioframe.merge(frame, min_dist=None)
    assert (peaks.n_given, len(peaks)) == (26_612, len(merged))
    assert (rows["signal_value"].cast(pl.Float64) > 0).all()
    start = np.random.default_rng(22).integers(10_000_000, 50_000_000, 20_000)
    variants = pl.DataFrame({"chrom": "chr22", "start": start, "end": start + 1}).to_pandas()
    counts = bioframe.count_overlaps(variants, frame)["count"].to_numpy()
    assert np.array_equal(peaks.overlaps(pl.Series(["22"]).new_from_index(0, start.size), start, start + 1), counts > 0)


def test_read_intervals__real_ld_blocks_tile_the_autosomes(real_input: Callable[[str], Path]) -> None:
    for name, n in (("deCODE_EUR_LD_blocks", 1361), ("pyrho_AFR_LD_blocks", 1580)):
        blocks = read_intervals(real_input(f"ld/{name}.GRCh38.bed"), "GRCh38")
        assert (len(blocks), blocks.n_given) == (n, n)
        frame = blocks.frame
        assert blocks.containing_index(frame["chrom"], frame["start"] + 1).tolist() == list(range(n))
        assert blocks.containing_index(frame["chrom"], frame["end"]).tolist() == list(range(n))
