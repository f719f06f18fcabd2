from __future__ import annotations

import dataclasses
import urllib.parse
from pathlib import Path

import polars as pl
import pytest

from refalt.errors import StoppedByLimitError, UserError
from refalt.sources.fasta import genome_from_sequences
from refalt.sources.rsids.base import RESOLVED
from refalt.sources.rsids.cache import AnswerCache
from refalt.sources.rsids.ensembl import Ensembl
from refalt.sources.rsids.local_vcf import LocalVcf
from refalt.sources.rsids.myvariant import MyVariant
from refalt.sources.rsids.resolve import count_unknown, resolve, with_genome
from refalt.sources.web import Web

from ..conftest import Answer, LocalServer
from .conftest import Teach
from .documents import hit, record


def _vcf(folder: Path, *lines: str) -> LocalVcf:
    path = folder / "local.vcf"
    path.write_text("##fileformat=VCFv4.2\n" + "".join("\t".join(line.split()) + "\n" for line in lines))
    return LocalVcf(path, "GRCh38")


def _asked(server: LocalServer) -> list[list[str]]:
    return [urllib.parse.parse_qs(asked.body.decode())["q"][0].split(",") for asked in server.asked]


def test_resolve__gives_one_row_a_candidate_and_one_a_failure(myvariant: Teach, web: Web, cache: AnswerCache) -> None:
    documents = [
        hit("chr1:g.100A>G", merged=("rs9",)),
        hit("chr1:g.100A>T", merged=("rs9",)),
        hit("chrMT:g.7C>T", "rs20"),
    ]
    source = MyVariant(base=myvariant(documents).url, web=web)
    asked = ["rs10", " RS9", "rs20", "rs404", "ss5", None, "rs10", "rs1,rs2"]
    found = resolve(asked, sources=[source], cache=cache, allow_network=True)
    assert dict(found.schema) == RESOLVED
    assert found.select("rsid", "chrom", "pos", "ref", "alt", "merged_into", "reason").rows() == [
        ("rs10", "chr1", 100, "A", "G", None, None),
        ("rs10", "chr1", 100, "A", "T", None, None),
        (" RS9", "chr1", 100, "A", "G", "rs10", None),
        (" RS9", "chr1", 100, "A", "T", "rs10", None),
        ("rs20", "chrM", 7, "C", "T", None, None),
        ("rs404", None, None, None, None, None, "rsid_not_found"),
        ("ss5", None, None, None, None, None, "not_an_rsid"),
        ("rs1,rs2", None, None, None, None, None, "not_an_rsid"),
    ]
    assert found.get_column("assembly").unique().to_list() == ["GRCh38"]


def test_resolve__asks_in_batches_and_never_twice(myvariant: Teach, web: Web, cache: AnswerCache) -> None:
    server = myvariant([hit(f"chr1:g.{n}A>G", f"rs{n}") for n in range(1, 8)])
    source = MyVariant(base=server.url, web=web, batch=3)
    told: list[tuple[int, int]] = []
    names = [f"rs{n}" for n in range(1, 9)]
    first = resolve(names, sources=[source], cache=cache, allow_network=True, progress=lambda *at: told.append(at))
    assert _asked(server) == [names[:3], names[3:6], names[6:]]
    assert told == [(3, 8), (6, 8), (8, 8)]
    # The eighth, which is unknown, is not asked for again either, and nothing needs the network now.
    assert resolve(names, sources=[source], cache=AnswerCache(cache.path)).equals(first)
    assert len(server.asked) == 3


def test_resolve__keeps_what_was_answered_before_a_failure(
    server: LocalServer, myvariant: Teach, web: Web, cache: AnswerCache
) -> None:
    documents = [hit(f"chr1:g.{n}A>G", f"rs{n}") for n in range(1, 7)]
    answer = myvariant(documents).reply
    assert answer is not None
    server.reply = lambda asked: answer(asked) if b"rs1" in asked.body else Answer(status=503)
    source = MyVariant(base=server.url, web=web, batch=3)
    names = [f"rs{n}" for n in range(1, 7)]
    with pytest.raises(UserError, match="status 503"):
        resolve(names, sources=[source], cache=cache, allow_network=True)
    server.asked.clear()
    server.reply = answer
    assert resolve(names, sources=[source], cache=cache, allow_network=True).height == 6
    assert _asked(server) == [names[3:]]


def test_resolve__asks_nobody_without_permission_and_says_what_to_do(
    myvariant: Teach, web: Web, cache: AnswerCache
) -> None:
    server = myvariant([hit("chr1:g.100A>G")])
    source = MyVariant(base=server.url, web=web)
    with pytest.raises(UserError) as raised:
        resolve(["rs10", "rs11"], sources=[source], cache=cache)
    for part in ("2 rsIDs", "rs10, rs11", "--download", str(cache.path), "https://ftp.ncbi.nih.gov/snp"):
        assert part in str(raised.value)
    assert server.asked == []


def test_resolve__asks_the_next_source_for_what_the_first_does_not_know(
    ensembl: Teach, tmp_path: Path, web: Web, cache: AnswerCache
) -> None:
    unmapped = record("A/G", "rs3") | {"mappings": [], "failed": "Variant does not map to the genome"}
    online = Ensembl(base=ensembl([record("A/G", "rs2"), unmapped]).url, web=web)
    local = _vcf(tmp_path, "chr7 1 rs1 A C", "chr7 2 rs4 A <DEL>")
    found = resolve(["rs1", "rs2", "rs3", "rs4", "rs5"], sources=[local, online], cache=cache, allow_network=True)
    assert found.select("rsid", "source", "alt", "reason").rows() == [
        ("rs1", "vcf", "C", None),
        ("rs2", "ensembl", "G", None),
        ("rs3", "ensembl", None, "rsid_unmapped"),
        ("rs4", "vcf", None, "rsid_unreadable"),
        ("rs5", None, None, "rsid_not_found"),
    ]


def test_resolve__does_not_let_the_weather_choose_the_source(
    server: LocalServer, tmp_path: Path, web: Web, cache: AnswerCache
) -> None:
    server.script = [Answer(status=500)]
    with pytest.raises(UserError, match="status 500"):
        resolve(
            ["rs1"],
            sources=[MyVariant(base=server.url, web=web), _vcf(tmp_path, "chr7 1 rs1 A C")],
            cache=cache,
            allow_network=True,
        )


def test_resolve__needs_no_network_for_a_vcf_and_keeps_none_of_it(tmp_path: Path, cache: AnswerCache) -> None:
    found = resolve(["rs1"], sources=[_vcf(tmp_path, "chr7 1 rs1 A C")], cache=cache)
    assert found.select("chrom", "pos", "ref", "alt").rows() == [("chr7", 1, "A", "C")]
    assert not cache.path.exists()


def test_resolve__refuses_sources_of_two_assemblies(tmp_path: Path, cache: AnswerCache) -> None:
    vcf = _vcf(tmp_path, "chr7 1 rs1 A C")
    with pytest.raises(UserError, match="need one assembly"):
        resolve(["rs1"], sources=[vcf, dataclasses.replace(vcf, assembly="GRCh37")], cache=cache)


def test_with_genome__reads_the_length_of_ref(tmp_path: Path, cache: AnswerCache) -> None:
    lines = ("chr1 2 rs1 CG A", "chr1 9 rs2 C A", "chr2 1 rs3 C A")
    found = resolve(["rs1", "rs2", "rs3", "x"], sources=[_vcf(tmp_path, *lines)], cache=cache)
    found = pl.concat([found, found.head(1).with_columns(ref=pl.lit("-"))])
    genome = genome_from_sequences({"chr1": "ACGTACGT"}, "GRCh38")
    assert with_genome(found, genome).get_column("genome_ref").to_list() == ["CG", None, None, None, "-"]
    assert with_genome(found, None).get_column("genome_ref").to_list() == [None] * 5
    with pytest.raises(UserError, match="another assembly"):
        with_genome(found, genome_from_sequences({"chr1": "ACGT"}, "hg18"))


def test_count_unknown__counts_distinct_rsids_that_a_service_was_not_asked_for(
    myvariant: Teach, web: Web, cache: AnswerCache, tmp_path: Path
) -> None:
    source = MyVariant(base=myvariant([hit("chr1:g.100A>G")]).url, web=web)
    resolve(["rs10", "rs11"], sources=[source], cache=cache, allow_network=True)
    assert count_unknown(["rs10", "RS10 ", "rs12", "esv1", None], sources=[source], cache=cache) == (2, 1)
    assert count_unknown(["rs10", "rs12"], sources=[_vcf(tmp_path)], cache=cache) == (2, 0)


def test_resolve__a_service_that_stops_answering_says_what_is_kept(
    server: LocalServer, web: Web, cache: AnswerCache
) -> None:
    server.script = [Answer(status=503)]
    with pytest.raises(StoppedByLimitError, match=rf"status 503.*0 of 1 rsIDs are answered and kept in {cache.path}"):
        resolve(["rs10"], sources=[MyVariant(base=server.url, web=web)], cache=cache, allow_network=True)
