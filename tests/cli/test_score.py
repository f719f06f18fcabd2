from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import Refalt

from refalt.cli.app import exit_status

Score = Callable[..., tuple[int, str, str]]
LENGTH = 5_000
SEQUENCE = "".join(np.random.default_rng(8).choice(list("ACGT"), LENGTH))
NEXT = {"A": "C", "C": "G", "G": "T", "T": "A"}
POSITIONS = range(1_500, 3_500, 10)


@pytest.fixture
def score(capsys: pytest.CaptureFixture[str]) -> Score:
    """Run `refalt score` in this process: exit status, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = exit_status(["score", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A VCF of 200 substitutions, and the genome they are of."""
    genome, vcf = tmp_path / "g.fa", tmp_path / "v.vcf"
    genome.write_text(f">chr1\n{SEQUENCE}\n", encoding="ascii")
    lines = [f"chr1\t{p}\t.\t{SEQUENCE[p - 1]}\t{NEXT[SEQUENCE[p - 1]]}" for p in POSITIONS]
    vcf.write_text("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n" + "\n".join(lines) + "\n", encoding="ascii")
    return vcf, genome


def spoil(vcf: Path, n: int) -> None:
    """Make the first n variants symbolic."""
    lines = vcf.read_text().splitlines()
    kept = [line.rsplit("\t", 1)[0] + "\t<DEL>" if 2 <= i < 2 + n else line for i, line in enumerate(lines)]
    vcf.write_text("\n".join(kept) + "\n", encoding="ascii")


def test_score__writes_parquet_and_tsv_and_says_for_which_alleles(
    score: Score, files: tuple[Path, Path], tmp_path: Path
) -> None:
    vcf, genome = files
    out, tsv = tmp_path / "s.parquet", tmp_path / "s.tsv"
    status, printed, _ = score(vcf, "--model", "motif", "--genome", genome, "-o", out, "--tsv", tsv)
    assert status == 0
    assert "scored 200 of 200 rows (assembly: not stated); alleles: 200 as given" in printed
    assert "score_asked is ALT over REF of asked_id" in printed
    assert printed.splitlines()[-2:] == [str(out), str(tsv)]
    table = pl.read_parquet(out)
    assert table.get_column("pos").to_list() == list(POSITIONS)
    assert pl.read_csv(tsv, separator="\t").height == table.height


def test_score__prints_the_table_alone_where_no_file_is_named(score: Score, files: tuple[Path, Path]) -> None:
    vcf, genome = files
    status, out, err = score(vcf, "--model", "motif", "--genome", genome)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith("source_row\tline\tchrom\tpos\t")
    assert len(lines) == 201
    assert "scored 200 of 200 rows" in err


@pytest.mark.parametrize(("n_spoilt", "status"), [(2, 0), (3, 3)])
def test_score__ends_with_3_when_over_one_in_a_hundred_has_no_score(
    score: Score, files: tuple[Path, Path], n_spoilt: int, status: int
) -> None:
    vcf, genome = files
    spoil(vcf, n_spoilt)
    ended, _, err = score(vcf, "--model", "motif", "--genome", genome)
    assert ended == status
    assert f"no score: {n_spoilt} rows, bad_allele" in err
    assert f"line 3: chr1:1500 {SEQUENCE[1499]}><DEL>: a row with a symbolic allele" in err


def test_score__gives_the_model_its_settings(score: Score, files: tuple[Path, Path]) -> None:
    vcf, genome = files
    asked = [vcf, "--model", "motif", "--genome", genome]
    _, plain, _ = score(*asked)
    _, best, _ = score(*asked, "--setting", "measure=best_hit", "--setting", 'factors=["CTCF"]', "--window", "256")
    assert plain != best


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "motiv"], "--model: there is no model named 'motiv'.*Did you mean 'motif'"),
        (["--model", "recorded"], "recorded scores are in the table already"),
        (["--model", "motif", "--setting", "mesure=x"], "unknown key 'models.motif.mesure'.*Did you mean 'measure'"),
        (["--model", "motif", "--setting", "measure"], "Expected KEY=VALUE"),
        (["--model", "motif", "--tracks", "cell=x"], "unknown key 'tracks.cell'"),
        (["--model", "motif", "--window", "5"], "the window is too short for the motif model"),
        (["--model", "motif", "--assembly", "hg48"], "--assembly: unknown assembly 'hg48'"),
        ([], "Missing option '--model'"),
    ],
)
def test_score__a_mistake_is_one_sentence(
    score: Score, files: tuple[Path, Path], arguments: list[str], words: str
) -> None:
    vcf, genome = files
    status, out, err = score(vcf, "--genome", genome, *arguments)
    assert (status, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert re.search(words, err), err


def test_score__names_a_missing_genome_and_a_missing_vcf(score: Score, files: tuple[Path, Path]) -> None:
    vcf, genome = files
    assert "--genome: there is no file none.fa" in score(vcf, "--model", "motif", "--genome", "none.fa")[2]
    assert "there is no file none.vcf" in score("none.vcf", "--model", "motif", "--genome", genome)[2]


def test_score__a_genome_that_is_none_and_a_vcf_without_header_are_told(
    refalt: Refalt, files: tuple[Path, Path], tmp_path: Path
) -> None:
    vcf, genome = files
    (tmp_path / "bad.fa").write_text("ACGT\n", encoding="ascii")
    done = refalt("score", vcf, "--model", "motif", "--genome", "bad.fa", "-o", "s.parquet")
    assert done.returncode == 1
    assert "this is not a FASTA file" in done.stderr
    assert not (tmp_path / "s.parquet").exists()
    vcf.write_text("".join(vcf.read_text().splitlines(keepends=True)[2:]), encoding="ascii")
    done = refalt("score", vcf, "--model", "motif", "--genome", genome, "-o", "s.parquet")
    assert done.returncode == 0, done.stderr
    assert "there is no #CHROM line: columns were taken in the order" in done.stdout


def test_score__a_metered_model_is_asked_once_and_its_cost_is_told_before(
    score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refalt.serve.server import serve
    from refalt.serve.start import local_services
    from refalt.sources.fasta import open_genome

    monkeypatch.setenv("ALPHA_GENOME_API_KEY", "a-key-of-the-test-alone")
    letters = "".join(np.random.default_rng(3).choice(list("ACGT"), 60_000))
    genome, vcf = tmp_path / "g.fa", tmp_path / "v.vcf"
    genome.write_text(f">chr1\n{letters}\n", encoding="ascii")
    lines = [f"chr1\t{p}\t.\t{letters[p - 1]}\t{NEXT[letters[p - 1]]}" for p in range(30_000, 30_100, 20)]
    vcf.write_text("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n" + "\n".join(lines) + "\n", encoding="ascii")
    asked = [vcf, "--model", "alphagenome", "--genome", f"GRCh38={genome}", "--window", "16384"]
    asked += ["--scorer", "CenterMask(DNASE, 501, DIFF_LOG2_SUM)", "--tracks", "ontology_curie=EFO:0002067"]
    asked += ["--store", tmp_path / "store"]
    with serve(*local_services(open_genome(genome, "GRCh38"))) as server:
        tables = []
        for to_ask in (5, 0):
            status, out, err = score(*asked, "--setting", f"address={server.address}")
            assert status == 0, err
            assert f"{to_ask} to ask" in err
            tables.append(out)
    assert tables[0] == tables[1]


def test_score__writes_anndata_with_the_same_numbers(score: Score, files: tuple[Path, Path], tmp_path: Path) -> None:
    import anndata

    vcf, genome = files
    spoil(vcf, 1)
    out, h5ad = tmp_path / "s.parquet", tmp_path / "s.h5ad"
    status, printed, _ = score(vcf, "--model", "motif", "--genome", genome, "-o", out, "--h5ad", h5ad)
    assert status == 0
    assert str(h5ad) in printed
    found = anndata.read_h5ad(h5ad)
    table = pl.read_parquet(out)
    assert found.shape == (200, 1)
    assert np.isnan(found.X[0, 0])
    np.testing.assert_allclose(found.X[1:, 0], table.get_column("score_asked").to_numpy()[1:], rtol=1e-6)
    assert found.obs["asked_id"].tolist()[1:] == table.get_column("asked_id").to_list()[1:]
    assert found.var_names.tolist() == ["MOTIF|occupancy|."]
