from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from refalt.errors import UserError
from refalt.models.base import Answers, Asked, Model, ModelSection
from refalt.pipeline.score import (
    COLUMN_MEANINGS,
    ScoredVariants,
    as_tsv,
    build_model,
    read_to_score,
    score_variants,
    write_scores,
    write_tsv,
)
from refalt.studies.study import ScoreSection

LENGTH = 6_000
SEQUENCE = "".join(np.random.default_rng(5).choice(list("ACGT"), LENGTH))
SCORE = ScoreSection(name="motif", model="motif")
COMPLEMENT = str.maketrans("ACGT", "TGCA")
NEXT = {"A": "C", "C": "G", "G": "T", "T": "A"}


def base(pos: int) -> str:
    return SEQUENCE[pos - 1]


def genome(folder: Path, *, width: int = 60, name: str = "chr1") -> Path:
    path = folder / f"g{width}{name}.fa"
    path.write_text(f">{name}\n" + "".join(f"{SEQUENCE[i : i + width]}\n" for i in range(0, LENGTH, width)))
    return path


def vcf(folder: Path, *records: tuple[str, int, str, str], header: str = "") -> Path:
    lines = [f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n" for chrom, pos, ref, alt in records]
    path = folder / "v.vcf"
    path.write_text(f"##fileformat=VCFv4.3\n{header}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(lines))
    return path


def scored(folder: Path, *records: tuple[str, int, str, str], width: int = 60) -> ScoredVariants:
    to_score = read_to_score(vcf(folder, *records), genome(folder, width=width), SCORE)
    return score_variants(to_score, build_model("motif", {}), SCORE)


def row(result: ScoredVariants, number: int) -> dict[str, object]:
    return result.table.row(number, named=True)


def test_score_variants__states_the_score_for_the_asked_and_for_the_given_alleles(tmp_path: Path) -> None:
    ref, alt = base(3000), NEXT[base(3000)]
    result = scored(tmp_path, ("chr1", 3000, ref, alt), ("1", 3000, alt, ref))
    given, swapped = row(result, 0), row(result, 1)
    assert given["orientation"] == "as_given"
    assert swapped["orientation"] == "swapped"
    assert given["asked_id"] == swapped["asked_id"] == f"chr1:3000:{ref}>{alt}"
    assert given["score_asked"] == given["score_given"] == swapped["score_asked"] != 0
    assert swapped["score_given"] == -given["score_asked"]  # type: ignore[operator]
    assert (result.n_rows, result.n_scored, result.problems) == (2, 2, {})
    assert result.orientations == {"as_given": 1, "swapped": 1}


def test_score_variants__does_not_turn_a_score_without_direction(tmp_path: Path) -> None:
    score = SCORE.model_copy(update={"signed": False})
    path = vcf(tmp_path, ("chr1", 3000, NEXT[base(3000)], base(3000)))
    result = score_variants(read_to_score(path, genome(tmp_path), score), build_model("motif", {}), score)
    assert row(result, 0)["score_given"] == row(result, 0)["score_asked"]


def test_score_variants__gives_every_row_a_score_or_a_problem_in_words(tmp_path: Path) -> None:
    third = next(
        letter for letter in "ACGT" if letter not in (base(3000), {"A": "T", "T": "A", "C": "G", "G": "C"}[base(3000)])
    )
    records = [
        ("chr1", 3000, base(3000), "<DEL>"),
        ("chr1", 3000, base(3000), "R"),
        ("chr1", 3000, base(3000), "*"),
        ("chr1", 3000, base(3000), base(3000)),
        ("chr1", LENGTH + 1, "A", "C"),
        ("chr7", 3000, "A", "C"),
        ("chr1", 3000, third, "N"),
        ("chr1", 3000, base(3000), f"{NEXT[base(3000)]},{NEXT[NEXT[base(3000)]].lower()}"),
        ("chr1", 3000, SEQUENCE[2999:3002], base(3000)),
    ]
    result = scored(tmp_path, *records)
    said = result.table.select("problem", "explanation").rows()
    assert said[:7] == [
        ("bad_allele", "a row with a symbolic allele such as <DEL>, which states no sequence"),
        ("bad_allele", "a row with an IUPAC code for several bases"),
        ("bad_allele", "a row with ALT '*', a deletion that begins elsewhere"),
        ("ref_equals_alt", "the reference and the alternate allele are the same"),
        ("no_contig", "the position lies beyond the end of chr1"),
        ("no_contig", "the genome holds no such contig"),
        ("ref_mismatch", f"neither allele is what the genome holds there, {base(3000)}"),
    ]
    assert said[7:] == [(None, None)] * 3
    assert result.table.get_column("score_asked").is_null().to_list() == [True] * 7 + [False] * 3
    assert result.table.get_column("asked_id").is_null().to_list() == [True] * 7 + [False] * 3
    assert result.problems == {"bad_allele": 3, "no_contig": 2, "ref_equals_alt": 1, "ref_mismatch": 1}
    assert (result.n_rows, result.n_scored) == (10, 3)


def test_score_variants__scores_a_repeated_variant_each_time(tmp_path: Path) -> None:
    record = ("chr1", 3000, base(3000), NEXT[base(3000)])
    result = scored(tmp_path, record, record)
    assert row(result, 0)["score_asked"] == row(result, 1)["score_asked"]


def test_score_variants__needs_no_index_and_no_line_width(tmp_path: Path) -> None:
    records = [("chr1", pos, base(pos), NEXT[base(pos)]) for pos in range(2000, 4000, 100)]
    tables = [scored(tmp_path, *records, width=width).table for width in (60, 7, LENGTH)]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_read_to_score__reads_a_table_of_variants_too(tmp_path: Path) -> None:
    path = tmp_path / "v.tsv"
    path.write_text(f"snp\tbeta\nchr1:3000:{base(3000)}:{NEXT[base(3000)]}\t\nchr1:3001\t0.5\n", encoding="utf-8")
    result = score_variants(read_to_score(path, genome(tmp_path), SCORE), build_model("motif", {}), SCORE)
    same = scored(tmp_path, ("chr1", 3000, base(3000), NEXT[base(3000)]))
    assert row(result, 0)["score_asked"] == row(same, 0)["score_asked"]
    assert row(result, 1)["problem"] == "bad_allele"


@pytest.mark.parametrize(
    ("header", "assembly", "words"),
    [
        (
            f"##contig=<ID=chr1,length={LENGTH + 1}>\n",
            None,
            "different lengths.*6,001 in the header, 6,000",
        ),
        ("##reference=hg19.fa\n", None, "the genome is GRCh38, and the variants are of another.*GRCh37, by the header"),
        ("", "hg18", "the genome is GRCh38.*Expected hg18, as declared.*--assembly GRCh38"),
    ],
)
def test_read_to_score__refuses_a_genome_of_another_assembly(
    tmp_path: Path, header: str, assembly: str | None, words: str
) -> None:
    path = vcf(tmp_path, ("chr1", 3000, "A", "C"), header=header)
    with pytest.raises(UserError, match=words):
        read_to_score(path, genome(tmp_path), SCORE, assembly=assembly, genome_assembly="GRCh38")


def test_read_to_score__refuses_rows_without_positions(tmp_path: Path) -> None:
    path = tmp_path / "v.tsv"
    path.write_text("snp\tbeta\nrs1\t1\n", encoding="utf-8")
    with pytest.raises(UserError, match="no row states a position"):
        read_to_score(path, genome(tmp_path), SCORE)


def test_build_model__refuses_unknown_names_settings_and_recorded_scores() -> None:
    with pytest.raises(UserError, match="no model named 'motiv'.*Did you mean 'motif'"):
        build_model("motiv", {})
    with pytest.raises(UserError, match="--setting: unknown key 'models.motif.mesure'"):
        build_model("motif", {"mesure": "best_hit"})
    with pytest.raises(UserError, match="recorded scores are in the table already"):
        build_model("recorded", {})


class Fussy(Model):
    """Two tracks and two targets a variant; fails where REF is A."""

    readout = "whatever"

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        return pl.DataFrame({"track_index": [0, 1], "track_id": ["ONE", "TWO"]})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        fails = (asked.rows.get_column("ref") == "A").to_numpy()
        row = np.repeat(np.flatnonzero(~fails), 2)
        raw = np.stack([np.arange(row.size, dtype=float), np.ones(row.size)], axis=1)
        errors = {int(i): "it refused" for i in np.flatnonzero(fails)}
        yield Answers(row, raw, errors=errors, targets=["g1", "g2"] * (row.size // 2))


def test_score_variants__takes_any_model_several_tracks_and_targets(tmp_path: Path) -> None:
    pos = [next(p for p in range(2000, 3000) if base(p) == letter) for letter in "AC"]
    path = vcf(tmp_path, *(("chr1", p, base(p), NEXT[base(p)]) for p in pos))
    result = score_variants(read_to_score(path, genome(tmp_path), SCORE), Fussy(ModelSection()), SCORE)
    assert result.table.select("source_row", "target_id", "score_asked", "explanation").rows() == [
        (1, None, None, "it refused"),
        (2, "g1", 0.5, None),
        (2, "g2", 1.0, None),
    ]
    assert result.table.get_column("raw").to_list() == [None, [0.0, 1.0], [1.0, 1.0]]
    assert (result.n_rows, result.n_scored, result.problems) == (2, 1, {"prediction_failed": 1})


def test_write_scores__says_in_the_file_what_its_columns_are(tmp_path: Path) -> None:
    result = scored(tmp_path, ("chr1", 3000, NEXT[base(3000)], base(3000)), ("chr1", 3000, "A", "<DEL>"))
    write_scores(result, tmp_path / "s.parquet", provenance={"model": "motif"})
    write_tsv(result, tmp_path / "s.tsv")
    assert pl.read_parquet(tmp_path / "s.parquet").equals(result.table)
    metadata = pq.read_schema(tmp_path / "s.parquet").metadata
    assert metadata[b"refalt.model"] == b"motif"
    assert json.loads(metadata[b"refalt.tracks"]) == ["MOTIF|occupancy|."]
    meanings = json.loads(metadata[b"refalt.columns"])
    assert meanings["score_given"] == COLUMN_MEANINGS["score_given"]
    back = pl.read_csv(tmp_path / "s.tsv", separator="\t")
    assert back.columns == [name for name in result.table.columns if name != "raw"]
    assert back.get_column("score_given")[0] == pytest.approx(result.table.get_column("score_given")[0])
    assert (tmp_path / "s.tsv").read_bytes() == as_tsv(result)


def test_score_variants__finds_the_published_alleles_in_the_real_genome(real_inputs: Path) -> None:
    table = pl.read_csv(real_inputs / "refseq/variants_in_hg19_slices.tsv", separator="\t", infer_schema_length=None)
    on_chr20 = table.filter(pl.col("chrom_hg19") == "chr20")
    assert on_chr20.height > 0
    to_score = read_to_score(
        real_inputs / "refseq/variants_in_hg19_slices.tsv",
        real_inputs / "refseq/ucsc.hg19.chr20.unittest.fasta.gz",
        SCORE,
    )
    assert to_score.genome.assembly == "GRCh37"
    result = score_variants(to_score, build_model("motif", {}), SCORE)
    assert result.orientations == {"as_given": on_chr20.height}
    assert result.problems == {"no_contig": table.height - on_chr20.height}
