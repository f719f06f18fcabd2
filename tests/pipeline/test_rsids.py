from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.datasets.qtl_world import World, make_world, with_motif_alone
from tests.sources.conftest import Answer, Asked, LocalServer, server
from tests.sources.rsids.conftest import _as_ensembl, _as_myvariant
from tests.sources.rsids.documents import hit, record

from refalt.errors import ExitCode, StoppedByLimitError, UserError
from refalt.genome import chromosome_lengths
from refalt.pipeline import opened, stages
from refalt.pipeline.prepare import Prepared, prepare
from refalt.sources.public_file import PublicFile

__all__ = ["server"]

STUDY = """
[study]
name     = "rsids"
question = "Do alleles come by rsID?"

[dataset]
name     = "table"
file     = "t.tsv"
assembly = "{assembly}"
effect   = {{ column = "beta", of = {of}, scale = "slope", source = "made up" }}
columns  = {{ {columns} }}
alleles  = {{ {alleles} }}
recorded = {{ other = {{ column = "beta" }} }}

[genome]
assembly = "GRCh38"
fasta    = "g.fa"
"""
#: chr1 from base 1.
GENOME = "ACGTTGCATTTTACGGGGTACA" * 20


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REFALT_CACHE", str(tmp_path / "cache"))


def _base(pos: int) -> str:
    return GENOME[pos - 1]


def _not(base: str) -> str:
    return "ACGT"["ACGT".index(base) - 1]


def _prepared(folder: Path, rows: Sequence[str], lines: Sequence[str], columns: str, **said: str) -> Prepared:
    (folder / "t.tsv").write_text("\n".join(rows).replace(" ", "\t") + "\n")
    (folder / "g.fa").write_text(f">chr1\n{GENOME}\n")
    (folder / "dbsnp.vcf").write_text(
        "##fileformat=VCFv4.2\n" + "".join(line.replace(" ", "\t") + "\n" for line in lines)
    )
    words = {"assembly": "GRCh38", "of": '"alt"', "alleles": 'source = "vcf", file = "dbsnp.vcf"', **said}
    (folder / "s.toml").write_text(STUDY.format(columns=columns, **words))
    return prepare(folder / "s.toml")


def _rows(prepared: Prepared) -> list[dict[str, Any]]:
    return stages.read_measurements(prepared).measurements.frame.to_dicts()


def test_with_resolved__rows_without_alleles_get_those_of_their_rsid_and_reasons_where_there_are_none(
    tmp_path: Path,
) -> None:
    ref, other = _base(9), _base(30)
    lines = [
        f"1 9 rs1 {ref} {_not(ref)}",
        f"1 30 rs2 {other} {','.join(base for base in 'ACGT' if base != other)}",
        f"1 40 rs3 {_not(_base(40))} {_base(40)}",
        "2 9 rs4 A G",
        f"1 50 rs5 {_base(50)} <DEL>",
        f"1 60 rs6 {_base(60)} {_not(_base(60))}",
    ]
    table = ["rsid chrom pos beta", "rs1 chr1 9 1", "rs2 chr1 30 1", "rs3 chr1 40 1", "rs4 chr1 9 1", "rs5 chr1 50 1",
             "rs6 chr1 61 1", "rs404 chr1 70 1", "esv1 chr1 71 1"]  # fmt: skip
    columns = 'rsid = "rsid", chrom = "chrom", pos = "pos"'
    prepared = _prepared(tmp_path, table, lines, columns)
    read = stages.read_measurements(prepared)
    rows = read.measurements.frame.to_dicts()
    assert rows[0]["variant_id"] == f"chr1:9:{ref}>{_not(ref)}"
    assert rows[0]["flags"] == ["alleles_by_rsid"]
    assert [row["reason"] for row in rows] == [
        None, "rsid_several_alleles", "rsid_ref_mismatch", "rsid_other_chromosome", "rsid_unreadable",
        "rsid_other_position", "rsid_not_found", "not_an_rsid",
    ]  # fmt: skip
    assert "1 of 8 rows" in read.remarks[-1]
    assert "1: no source that was asked knows the rsID" in read.remarks[-1]
    # What a recorded score is compared on does not need alleles.
    assert len(read.measurements.kept(recorded=True)) == 8


def test_with_resolved__a_study_s_own_alleles_tell_which_of_several_and_keep_their_order(tmp_path: Path) -> None:
    base = _base(30)
    one, two, _ = (other for other in "ACGT" if other != base)
    lines = [f"1 30 rs2 {base} {one},{two}", "1 8 rs9 A AT"]
    table = ["rsid ref alt beta", f"rs2 {base} {two} 1", f"rs2 {two} {base} 1", "rs9 - T 1", "rs9 T - 1", "rs2 N A 1"]
    rows = _rows(_prepared(tmp_path, table, lines, 'rsid = "rsid", ref = "ref", alt = "alt"'))
    assert [row["variant_id"] for row in rows[:4]] == [
        f"chr1:30:{base}>{two}", f"chr1:30:{two}>{base}", "chr1:8:A>AT", "chr1:8:AT>A",
    ]  # fmt: skip
    assert [row["reason"] for row in rows] == [None, None, None, None, "rsid_alleles_disagree"]


def test_with_resolved__the_effect_stays_with_the_study_s_own_allele(tmp_path: Path) -> None:
    table = ["rsid a1 a2 beta ea", "rs9 - T 1 T", "rs9 T - 1 -"]
    columns = 'rsid = "rsid", ref = "a1", alt = "a2"'
    rows = _rows(_prepared(tmp_path, table, ["1 8 rs9 A AT"], columns, of='{ column = "ea" }'))
    assert [(row["ref"], row["alt"], row["effect_allele"]) for row in rows] == [("A", "AT", "AT"), ("AT", "A", "A")]


def test_with_resolved__one_stated_allele_has_to_be_in_the_pair_and_stays_where_it_stood(tmp_path: Path) -> None:
    base = _base(30)
    alt, other = _not(base), _not(_not(base))
    table = ["rsid alt beta", f"rs2 {alt} 1", f"rs2 {base} 1", f"rs2 {other} 1"]
    prepared = _prepared(tmp_path, table, [f"1 30 rs2 {base} {alt}"], 'rsid = "rsid", alt = "alt"')
    rows = _rows(prepared)
    assert [row["variant_id"] for row in rows[:2]] == [f"chr1:30:{base}>{alt}", f"chr1:30:{alt}>{base}"]
    assert [row["reason"] for row in rows] == [None, None, "bad_allele"]


def test_with_resolved__rows_that_lack_nothing_are_left_alone_and_not_asked_for(tmp_path: Path) -> None:
    table = ["rsid chrom pos ref alt beta", "rs1 chr1 9 C G 1", "rs404 chr1 10 A T 1"]
    columns = 'rsid = "rsid", chrom = "chrom", pos = "pos", ref = "ref", alt = "alt"'
    read = stages.read_measurements(_prepared(tmp_path, table, ["1 9 rs1 A T"], columns))
    assert read.measurements.frame.get_column("variant_id").to_list() == ["chr1:9:C>G", "chr1:10:A>T"]
    assert "0 of 0 rows" in read.remarks[-1]


def test_with_resolved__a_row_that_does_not_lift_gets_the_place_of_its_rsid(tmp_path: Path) -> None:
    base = _base(30)
    table = ["rsid chrom pos ref alt beta", f"rs2 chr1 77 {base} {_not(base)} 1", "rs404 chr1 78 A T 1"]
    columns = 'rsid = "rsid", chrom = "chrom", pos = "pos", ref = "ref", alt = "alt"'
    rows = _rows(_prepared(tmp_path, table, [f"1 30 rs2 {base} {_not(base)}"], columns, assembly="GRCh37"))
    assert [(row["chrom"], row["pos"], row["reason"]) for row in rows] == [
        ("chr1", 30, None), (None, None, "rsid_not_found")
    ]  # fmt: skip


def test_with_resolved__in_the_rows_own_assembly_alleles_are_theirs_and_are_lifted(tmp_path: Path) -> None:
    sizes = [chromosome_lengths(name)["chr1"] for name in ("GRCh37", "GRCh38")]
    lengths = f"chr1 {sizes[0]} + 0 400 chr1 {sizes[1]} + 20 420"
    (tmp_path / "hg19ToHg38.over.chain").write_text(f"chain 1000 {lengths} 1\n400\n\n")
    base = _base(50)
    alt = _not(base)
    # REF of GRCh37 is what GRCh38 holds no longer.
    said = {"assembly": "GRCh37", "alleles": 'source = "vcf", file = "dbsnp.vcf", assembly = "GRCh37"'}
    table = ["rsid chrom pos beta", "rs2 chr1 30 1", "rs2 chr1 31 1"]
    columns = 'rsid = "rsid", chrom = "chrom", pos = "pos"'
    prepared = _prepared(tmp_path, table, [f"1 30 rs2 {alt} {base}"], columns, **said)
    study = tmp_path / "s.toml"
    study.write_text(study.read_text() + 'chain = "hg19ToHg38.over.chain"\n')
    prepared = prepare(study)
    read = stages.read_measurements(prepared)
    rows = read.measurements.frame.to_dicts()
    assert [(row["variant_id"], row["source_pos"], row["reason"]) for row in rows] == [
        (f"chr1:50:{alt}>{base}", 30, None), ("chr1:51", 31, "rsid_other_position")
    ]  # fmt: skip
    checks = stages.check_variants(read, opened.open_fasta(prepared)).frame
    turned = checks.filter(pl.col("variant_id") == f"chr1:50:{alt}>{base}").row(0, named=True)
    assert (turned["orientation"], turned["sign"]) == ("swapped", -1)


def test_with_resolved__an_assembly_of_nobody_s_is_refused(tmp_path: Path) -> None:
    said = {"alleles": 'source = "myvariant", assembly = "GRCh37"'}
    with pytest.raises(UserError, match="assembly of the rows or in the genome's.*GRCh38; got GRCh37"):
        stages.read_measurements(_prepared(tmp_path, ["rsid beta", "rs1 1"], [], 'rsid = "rsid"', **said))


def test_with_resolved__a_dataset_without_rsids_is_told(tmp_path: Path) -> None:
    prepared = _prepared(tmp_path, ["chrom pos beta", "chr1 9 1"], [], 'chrom = "chrom", pos = "pos"')
    with pytest.raises(UserError, match="no row has an rsID.*source = 'sites'"):
        stages.read_measurements(prepared)


@pytest.mark.parametrize(
    ("alleles", "said"),
    [
        ('source = "myvariant", file = "x.vcf"', "file, the VCF, with source"),
        ('source = "vcf"', "file, the VCF, with source"),
        ('source = "vcf", file = "x.vcf", url = "https://x"', "url with one service"),
        ('source = ["myvariant", "ensembl"], url = "https://x"', "url with one service"),
        ('source = ["vcf", "sites"], file = "x.vcf"', "alone, or others, each once"),
        ('file = "x.vcf", assembly = "GRCh38"', "alleles by rsID"),
        ('source = "dbsnp"', "dataset.alleles.source"),
    ],
)
def test_alleles_section__says_what_goes_with_what(tmp_path: Path, alleles: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        _prepared(tmp_path, ["rsid beta", "rs1 1"], [], 'rsid = "rsid"', alleles=alleles)


# From here on through the whole program, against services on this machine.

N = 520
SITES = 120


@pytest.fixture
def world(tmp_path: Path) -> World:
    """ATAC QTLs of which 120 have a place in a small genome; the others' rsIDs are known to nobody."""
    made = make_world(tmp_path, n=SITES, source="GRCh37")
    places = [(site.old_pos, site.rsid) for site in made.sites]
    places += [(5_000 + 1_000 * (i % 500), f"rs{900_000 + i}") for i in range(N - SITES)]
    made.write("ATAC-QTLs.csv", ["SNP,gene,beta,p-value", *(
        f"chr1:{pos}_{rsid},chr1:{pos - 100 - i}-{pos + 100},{0.3 + 0.4 * (i % 10) / 10:.2f},{1e-6 * (i + 1):.3g}"
        for i, (pos, rsid) in enumerate(places)
    )])  # fmt: skip
    return made


def _documents(world: World) -> list[Mapping[str, Any]]:
    """One each, but: the first is merged into another, the second has two alternate alleles, the third none in bases,
    the fourth is not known, the fifth is elsewhere."""
    sites = list(world.sites)
    spare = [next(base for base in "ACGT" if base not in (site.ref, site.alt)) for site in sites]
    named = [f"chr1:g.{site.pos}{site.ref}>{site.alt}" for site in sites]
    return [
        hit(named[0], "rs7", merged=(sites[0].rsid,)),
        hit(named[1], sites[1].rsid),
        hit(f"chr1:g.{sites[1].pos}{sites[1].ref}>{spare[1]}", sites[1].rsid),
        hit(f"chr1:g.{sites[2].pos}del", sites[2].rsid),
        hit(f"chr1:g.{sites[4].pos + 1_000}A>G", sites[4].rsid),
        *(hit(name, site.rsid) for name, site in list(zip(named, sites, strict=True))[5:]),
    ]


def _study(world: World, alleles: str) -> Path:
    return with_motif_alone(world, "caqtl", [('{ source = "myvariant", assembly = "GRCh37" }', f"{{ {alleles} }}")])


def _refalt(world: World, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {"REFALT_INPUTS": ""}
    command = [sys.executable, "-m", "refalt", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=world.folder, env=environment)


def _ids(asked: Asked) -> list[str]:
    return urllib.parse.parse_qs(asked.body.decode())["q"][0].split(",")


def test_run__finds_alleles_through_a_service_that_fails_in_passing(world: World, server: LocalServer) -> None:
    documents = _documents(world)

    def reply(asked: Asked) -> Answer:
        attempt = len(server.asked)
        if attempt == 1:
            return Answer(status=429, headers={"Retry-After": "0"})
        whole = _as_myvariant(asked, documents)
        if attempt == 2:
            return Answer(whole.body[: len(whole.body) // 2])
        return whole

    server.reply = reply
    study = _study(world, f'source = "myvariant", url = "{server.url}"')
    done = _refalt(world, "run", study, "--until", "comparison", "--download")
    assert done.returncode == 0, done.stderr
    assert "rsIDs: 500 of 520 answered" in done.stderr
    assert [len(_ids(asked)) for asked in server.asked] == [500, 500, 500, 20]
    [run] = (world.folder / "runs").iterdir()
    ledger = pl.read_csv(run / "attrition.tsv", separator="\t").filter(pl.col("stage") == "measurements")
    assert dict(ledger.select("reason", "n_rows").iter_rows()) == {
        "kept": SITES - 4,
        "rsid_not_found": N - SITES + 1,
        "rsid_several_alleles": 1,
        "rsid_unreadable": 1,
        "rsid_other_position": 1,
    }
    rows = pl.read_parquet(run / "1-measurements.parquet")
    first = world.sites[0]
    assert rows.row(0, named=True)["variant_id"] == f"chr1:{first.pos}:{first.ref}>{first.alt}"
    assert rows.row(0, named=True)["flags"] == ["alleles_by_rsid", "rsid_merged"]
    notes = json.loads((run / "provenance.json").read_text())["notes"]
    assert any(f"from myvariant ({server.url}): 116 of 520 rows" in note for note in notes)


def test_run__a_service_that_stops_answering_leaves_a_run_that_goes_on(world: World, server: LocalServer) -> None:
    documents = _documents(world)
    last = f"rs{900_000 + N - SITES - 1}"

    def failing(asked: Asked) -> Answer:
        late = last in _ids(asked)
        return Answer(status=503, headers={"Retry-After": "9999"}) if late else _as_myvariant(asked, documents)

    server.reply = failing
    study = _study(world, f'source = "myvariant", url = "{server.url}"')
    done = _refalt(world, "run", study, "--until", "measurements", "--download")
    assert done.returncode == ExitCode.STOPPED
    assert "500 of 520 rsIDs are answered and kept in" in done.stderr
    assert "status 503 and asks to wait 9999 s" in done.stderr
    server.asked.clear()
    server.reply = lambda asked: _as_myvariant(asked, documents)
    assert "20 to look up at 127.0.0.1" in _refalt(world, "run", study, "--dry-run").stdout
    assert server.asked == []
    assert _refalt(world, "run", study, "--until", "measurements", "--download").returncode == 0
    assert [len(_ids(asked)) for asked in server.asked] == [20]
    # Now all is known, and nobody is asked.
    assert _refalt(world, "run", study, "--until", "measurements").returncode == 0
    assert len(server.asked) == 1


def test_inputs__says_how_many_rsids_would_be_asked_and_asks_when_told(world: World, server: LocalServer) -> None:
    documents = _documents(world)
    server.reply = lambda asked: _as_myvariant(asked, documents)
    study = _study(world, f'source = "myvariant", url = "{server.url}"')
    listed = _refalt(world, "inputs", study)
    assert listed.returncode == 1
    assert "rsIDs: 520 to look up at 127.0.0.1" in listed.stdout
    assert server.asked == []
    assert _refalt(world, "inputs", study, "--download").returncode == 0
    assert len(server.asked) == 2


def test_run__ensembl_s_unmapped_rsids_have_a_reason_of_their_own(world: World, server: LocalServer) -> None:
    site, unmapped = world.sites[0], world.sites[1]
    records = [
        record(f"{site.ref}/{site.alt}", site.rsid, start=site.pos),
        record("A/G", unmapped.rsid) | {"mappings": [], "failed": "Variant does not map to the genome"},
    ]
    server.reply = lambda asked: _as_ensembl(asked, records)
    study = _study(world, f'source = "ensembl", url = "{server.url}"')
    done = _refalt(world, "run", study, "--until", "measurements", "--download")
    assert done.returncode == 0, done.stderr
    [run] = (world.folder / "runs").iterdir()
    reasons = pl.read_parquet(run / "1-measurements.parquet").get_column("reason").to_list()
    assert reasons[:3] == [None, "rsid_unmapped", "rsid_not_found"]


def test_run__real_documents_merged_multi_allelic_and_deleted(
    world: World, server: LocalServer, real_input: Callable[[str], Path]
) -> None:
    names = ("dbsnp_dbsnp_update_snv_example", "dbsnp_example_one_rsid_multi_variants", "dbsnp_del_example_new")
    documents: list[Mapping[str, Any]] = []
    for name in names:
        content = json.loads(real_input(f"dbsnp/{name}.json").read_text())
        documents += [content] if "_id" in content else list(content.values())
    server.reply = lambda asked: _as_myvariant(asked, documents)
    # dbSNP has them on GRCh37; the slices hold what it says is REF there.
    slices = [">chr18:50519271-50519280", "CCCACCCCCC", ">chr21:34821641-34821660", "CCCCCCCCAAGCCCCCCCCC"]
    world.write("hg19.fa", slices)
    sites = ["chr18:50519274_rs59967963", "chr21:46915521_rs3831208", "chr21:34821649_rs16442", "chr18:50519274_rs1"]
    rows = (f"{site},chr1:{i}-9,0.6,0.01" for i, site in enumerate(sites))
    world.write("ATAC-QTLs.csv", ["SNP,gene,beta,p-value", *rows])
    here = 'assembly = "GRCh37"\nfasta = "hg19.fa"\n'
    study = _study(world, f'source = "myvariant", url = "{server.url}"')
    study.write_text(re.sub(r"(?s)(?<=\[genome\]\n).*?(?=\n\[)", here, study.read_text()))
    done = _refalt(world, "run", study, "--until", "measurements", "--download")
    assert done.returncode == 0, done.stderr
    [run] = (world.folder / "runs").iterdir()
    found = pl.read_parquet(run / "1-measurements.parquet")
    assert found.get_column("variant_id").to_list()[0] == "chr18:50519274:A>G"
    assert found.get_column("variant_id").to_list()[2] == "chr21:34821649:AA>-"
    assert found.get_column("reason").to_list() == [None, "rsid_several_alleles", None, "rsid_not_found"]


def test_read_measurements__stops_without_leave_to_ask_and_keeps_what_was_answered(
    world: World, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFALT_INPUTS", "")
    study = _study(world, f'source = "myvariant", url = "{server.url}"')
    with pytest.raises(UserError, match="520 rsIDs have to be looked up at 127.0.0.1.*--download"):
        stages.read_measurements(prepare(study))

    def fetch(file: PublicFile, folder: Path) -> Path:
        raise AssertionError

    server.script = [Answer(status=500, headers={"Retry-After": "9999"})]
    with pytest.raises(StoppedByLimitError, match="0 of 520 rsIDs are answered"):
        stages.read_measurements(prepare(study, fetch=fetch))
