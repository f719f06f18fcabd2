import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.genome import chromosome_lengths
from refalt.sources.liftover import LiftOver, LiftReason, read_chain

Block = tuple[int, int, int]


def chain_text(
    blocks: Sequence[Block],
    *,
    score: int = 1000,
    source: str = "chr1",
    source_size: int = 1000,
    source_start: int = 0,
    target: str = "chr1",
    target_size: int = 2000,
    strand: str = "+",
    target_start: int = 0,
) -> str:
    """A chain of (size, source gap, target gap); the gaps of the last block are not written."""
    ends = [
        start + sum(block[0] for block in blocks) + sum(block[side] for block in blocks[:-1])
        for side, start in ((1, source_start), (2, target_start))
    ]
    header = (
        f"chain {score} {source} {source_size} + {source_start} {ends[0]} "
        f"{target} {target_size} {strand} {target_start} {ends[1]} {score}"
    )
    rows = [f"{size}\t{there}\t{here}" for size, there, here in blocks[:-1]]
    return "\n".join([header, *rows, str(blocks[-1][0]), "", ""])


def lift_of(folder: Path, *chains: str) -> LiftOver:
    path = folder / "toy.over.chain"
    path.write_text("".join(chains))
    return read_chain(path)


def test_lift__counts_from_one_on_both_sides(tmp_path: Path) -> None:
    lift = lift_of(tmp_path, chain_text([(10, 5, 0), (20, 0, 0)], source_start=100, target_start=500))
    lifted = lift.lift(["chr1"] * 6, [100, 101, 110, 111, 116, 135])
    assert lifted.pos.tolist() == [-1, 501, 510, -1, 511, 530]
    assert lifted.contig.to_list() == [None, "chr1", "chr1", None, "chr1", "chr1"]
    assert lifted.mapped.tolist() == [False, True, True, False, True, True]
    assert lifted.strand.tolist() == [0, 1, 1, 0, 1, 1]


def test_lift__counts_the_reverse_strand_from_the_forward_end(tmp_path: Path) -> None:
    lift = lift_of(tmp_path, chain_text([(10, 0, 0)], strand="-", target_size=2000, target_start=500))
    lifted = lift.lift(["chr1", "chr1"], [1, 10])
    assert lifted.pos.tolist() == [1500, 1491]
    assert lifted.strand.tolist() == [-1, -1]


def test_lift__gives_each_row_that_is_lost_its_reason(tmp_path: Path) -> None:
    lift = lift_of(tmp_path, chain_text([(10, 0, 0)], source_start=100))
    lifted = lift.lift(
        pl.Series(["chrZ", "chr1", "chr1", "chr1", None, "chr1", "chr1"]), pl.Series([5, 0, 1001, 50, 5, None, 101])
    )
    assert lifted.reason.to_list() == [
        *(LiftReason.UNKNOWN_CONTIG, LiftReason.OFF_CONTIG, LiftReason.OFF_CONTIG, LiftReason.NOT_ALIGNED),
        *(LiftReason.UNKNOWN_CONTIG, LiftReason.OFF_CONTIG, None),
    ]


def test_lift__the_highest_scoring_chain_wins_wherever_it_aligns(tmp_path: Path) -> None:
    low = chain_text([(100, 0, 0)], score=10, target="chr2")
    high = chain_text([(10, 20, 20), (10, 0, 0)], score=99, source_start=30, target_start=700)
    for chains in ((low, high), (high, low)):
        lifted = lift_of(tmp_path, *chains).lift(["chr1"] * 6, [30, 31, 40, 41, 61, 71])
        assert lifted.contig.to_list() == ["chr2", "chr1", "chr1", "chr2", "chr1", "chr2"]
        assert lifted.pos.tolist() == [30, 701, 710, 41, 731, 71]


def test_lift__of_chains_with_equal_scores_the_first_wins(tmp_path: Path) -> None:
    one, two = (chain_text([(100, 0, 0)], target=name) for name in ("chr7", "chr8"))
    assert lift_of(tmp_path, one, two).lift(["chr1"], [5]).contig.to_list() == ["chr7"]


def test_lift__accepts_contigs_without_chr_and_flags_another_contig(tmp_path: Path) -> None:
    chains = (chain_text([(10, 0, 0)], source=name, target=to) for name, to in (("chr1", "1"), ("chr2", "chr9")))
    lifted = lift_of(tmp_path, *chains).lift(["1", "chr1", "2", "chr2"], [3, 3, 3, 99])
    assert lifted.contig.to_list() == ["1", "1", "chr9", None]
    assert lifted.another_contig.tolist() == [False, False, True, False]


def test_lift__of_nothing_is_nothing(tmp_path: Path) -> None:
    lifted = lift_of(tmp_path, chain_text([(10, 0, 0)])).lift([], [])
    assert (lifted.pos.size, lifted.contig.len(), lifted.reason.len()) == (0, 0, 0)


@pytest.mark.parametrize(("strand", "expected"), [("+", [502, 507, -1, -1]), ("-", [1493, 1488, -1, -1])])
def test_lift_spans__keep_their_length_or_are_not_lifted(tmp_path: Path, strand: str, expected: list[int]) -> None:
    lift = lift_of(tmp_path, chain_text([(10, 3, 0), (10, 0, 0)], strand=strand, target_start=500))
    lifted = lift.lift_spans(["chr1"] * 4, [2, 7, 8, 9], [7, 10, 14, 9])
    starts = [expected[0], expected[1] + (strand == "-") * 2, -1, -1]
    assert lifted.start.tolist() == starts
    assert (lifted.end - lifted.start)[:2].tolist() == [5, 3]
    assert lifted.pos.tolist() == [starts[0] + 1, starts[1] + 1, -1, -1]
    assert lifted.reason.to_list() == [None, None, LiftReason.INTERRUPTED, LiftReason.OFF_CONTIG]


def test_lift_spans__the_reverse_strand_gives_the_same_bases(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    there = "".join(rng.choice(list("ACGT"), 60))
    here = there[::-1].translate(str.maketrans("ACGT", "TGCA"))
    text = chain_text([(60, 0, 0)], strand="-", source_size=60, target_size=60)
    start = rng.integers(0, 50, 20)
    end = start + rng.integers(1, 10, 20)
    lifted = lift_of(tmp_path, text).lift_spans(["chr1"] * 20, start, end)
    for row in range(20):
        found = here[lifted.start[row] : lifted.end[row]]
        assert found[::-1].translate(str.maketrans("ACGT", "TGCA")) == there[start[row] : end[row]]


block = st.tuples(st.integers(1, 20), st.integers(0, 8), st.integers(0, 8))
chain = st.tuples(
    st.lists(block, min_size=1, max_size=4),
    st.integers(0, 40),
    st.sampled_from("+-"),
    st.sampled_from(["chr1", "chr2"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(chain, min_size=1, max_size=6))
def test_lift__is_pyliftovers_best_hit_where_chains_overlap(
    tmp_path_factory: pytest.TempPathFactory, chains: list[tuple[list[Block], int, str, str]]
) -> None:
    pyliftover = pytest.importorskip("pyliftover")
    scores = np.random.default_rng(len(chains)).permutation(len(chains)) + 1
    text = "".join(
        chain_text(blocks, score=int(score), source=name, source_start=start, strand=strand, target_start=3 * start)
        for (blocks, start, strand, name), score in zip(chains, scores, strict=True)
    )
    ours = lift_of(tmp_path_factory.mktemp("chain"), text)
    theirs = pyliftover.LiftOver(io.BytesIO(text.encode()))
    for name in ours.source_sizes:
        lifted = ours.lift([name] * 160, np.arange(160) + 1)
        hits = [theirs.convert_coordinate(name, at) for at in range(160)]
        best = [(hit[0][0], hit[0][1] + 1, 1 if hit[0][2] == "+" else -1) if hit else (None, -1, 0) for hit in hits]
        assert list(zip(lifted.contig, lifted.pos.tolist(), lifted.strand.tolist(), strict=True)) == best


def test_read_chain__takes_comments_blanks_and_spaces_for_tabs(tmp_path: Path) -> None:
    text = "# made by hand\n\n" + chain_text([(10, 5, 0), (20, 0, 0)]).replace("\t", "   ").replace("\n", " \r\n")
    assert lift_of(tmp_path, text).lift(["chr1"], [20]).pos.tolist() == [15]


@pytest.mark.parametrize(
    ("old", "wrong", "line", "expected"),
    [
        ("chain 1000", "chain score", 1, "source_size"),
        ("chr1 1000 +", "chr1 1000 -", 1, "with '+' as source_strand"),
        ("10\t5\t0", "10\t5", 2, "size, source_gap, target_gap"),
        ("10\t5\t0", "ten\t5\t0", 2, "size, source_gap, target_gap"),
        ("10\t5\t0", "11\t5\t0", 1, "blocks that end where this chain's header says"),
        ("\n20\n", "\n20\t1\t1\n", 3, "in the last line of a chain the size alone"),
        ("10\t5\t0\n20\n", "", 1, "blocks that end"),
        ("chain 1000", "variant 1000", 1, "a line that begins with 'chain'"),
    ],
)
def test_read_chain__names_the_line_that_is_wrong(
    tmp_path: Path, old: str, wrong: str, line: int, expected: str
) -> None:
    text = chain_text([(10, 5, 0), (20, 0, 0)]).replace(old, wrong)
    with pytest.raises(UserError, match=f"toy.over.chain, line {line}: this is not a complete chain file") as error:
        lift_of(tmp_path, text)
    assert expected in str(error.value.expected)


def test_read_chain__refuses_two_sizes_of_one_contig(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 4: .*[Oo]ne size of each contig"):
        lift_of(tmp_path, chain_text([(10, 0, 0)]), chain_text([(10, 0, 0)], source_size=1001))


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\xff\xfe\x00", gzip.compress(b"chain " * 9000, mtime=0)[:40], b"\n\n"]
)
def test_read_chain__refuses_what_is_empty_binary_or_cut_short(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "toy.over.chain.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"toy\.over\.chain\.gz") as error:
        read_chain(path)
    assert error.value.expected


def test_read_chain__says_so_when_the_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.chain"):
        read_chain(tmp_path / "absent.chain")


def test_require_pair__tells_one_assembly_from_another(tmp_path: Path) -> None:
    sizes = chromosome_lengths("hg18")["chr1"], chromosome_lengths("GRCh38")["chr1"]
    lift = lift_of(tmp_path, chain_text([(10, 0, 0)], source_size=sizes[0], target_size=sizes[1]))

    def require(source: str, target: str) -> None:
        lift.require_pair(
            chromosome_lengths(source), chromosome_lengths(target), source_name=source, target_name=target
        )

    require("hg18", "GRCh38")
    with pytest.raises(UserError, match="does not lift from GRCh37.*249,250,621 bp; got 247,249,719 bp"):
        require("GRCh37", "GRCh38")
    with pytest.raises(UserError, match="does not lift to mm10"):
        require("hg18", "mm10")
    with pytest.raises(UserError, match="does not lift from GRCh38"):
        require("GRCh38", "hg18")


def test_require_pair__compares_across_spellings_and_leaves_out_the_mitochondrion(tmp_path: Path) -> None:
    chains = [chain_text([(10, 0, 0)]), chain_text([(10, 0, 0)], source="chrM", target="chrM", source_size=16571)]
    lift = lift_of(tmp_path, *chains)
    lift.require_pair({"1": 1000, "MT": 16569}, {"1": 2000}, source_name="a", target_name="b")
    with pytest.raises(UserError, match="1 of 999 bp"):
        lift.require_pair({"1": 999}, {"1": 2000}, source_name="a", target_name="b")
    with pytest.raises(UserError, match="contigs of a, such as chrZ"):
        lift.require_pair({"chrZ": 5}, {"1": 2000}, source_name="a", target_name="b")


def test_lift__real_hg18_dsqtls_land_where_their_table_says(real_input: Callable[[str], Path]) -> None:
    rows = pl.read_csv(real_input("dsqtl/degner2012_lcl_dsqtl.tsv"), separator="\t", infer_schema_length=None)
    lifted = read_chain(real_input("chain/hg18ToHg38.over.chain.gz")).lift(rows["chrom"], rows["pos_hg18"])
    assert lifted.contig.cast(pl.String).to_list() == rows["chrom_hg38"].to_list()
    assert pl.Series(lifted.pos).replace(-1, None).to_list() == rows["pos_hg38"].to_list()
    measured = rows["beta"].is_not_null().to_numpy()
    assert (rows.height, lifted.mapped.sum()) == (33_359, 33_321)
    assert (measured.sum(), lifted.mapped[measured].sum()) == (5_671, 5_660)
    assert (lifted.another_contig.sum(), lifted.another_contig[measured].sum()) == (4, 1)


def test_lift__real_hg19_positions_land_where_their_tables_say(real_input: Callable[[str], Path]) -> None:
    lift = read_chain(real_input("chain/hg19ToHg38.over.chain.gz"))
    rows = pl.read_csv(real_input("hqtl/grubert2015_lcl_h3k27ac_hqtl.tsv"), separator="\t")
    assert lift.lift(rows["chrom"], rows["pos_hg19"]).pos.tolist() == rows["pos_hg38"].to_list()
    mutations = pl.read_csv(
        real_input("satmut/kircher_elements.tsv.gz"),
        separator="\t",
        null_values="NA",
        schema_overrides={"Chrom": pl.String},
    ).drop_nulls("Chrom")
    there, here = (mutations.filter(pl.col("Release") == release) for release in ("GRCh37", "GRCh38"))
    lifted = lift.lift(there["Chrom"], there["Pos"])
    assert lifted.pos.tolist() == here["Pos"].to_list()
    assert lifted.contig.cast(pl.String).str.strip_prefix("chr").to_list() == here["Chrom"].to_list()
    assert lifted.pos.size == 44_647


def test_lift__real_chains_give_pyliftovers_best_hit(real_input: Callable[[str], Path]) -> None:
    pyliftover = pytest.importorskip("pyliftover")
    path = real_input("chain/hg18ToHg38.over.chain.gz")
    ours, theirs = read_chain(path), pyliftover.LiftOver(str(path))
    rng = np.random.default_rng(18)
    names = np.array(list(ours.source_sizes))[rng.integers(0, len(ours.source_sizes), 5000)]
    pos = [int(rng.integers(1, ours.source_sizes[name] + 1)) for name in names]
    lifted = ours.lift(names, pos)
    hits = [theirs.convert_coordinate(name, at - 1) for name, at in zip(names, pos, strict=True)]
    best = [(hit[0][0], hit[0][1] + 1, 1 if hit[0][2] == "+" else -1) if hit else (None, -1, 0) for hit in hits]
    assert list(zip(lifted.contig, lifted.pos.tolist(), lifted.strand.tolist(), strict=True)) == best
    assert lifted.mapped.sum() > 2500
