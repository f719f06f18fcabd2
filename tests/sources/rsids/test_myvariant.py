from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from refalt.errors import UserError
from refalt.sources.rsids.base import Candidate, Unresolved
from refalt.sources.rsids.myvariant import MyVariant
from refalt.sources.web import Web

from ..conftest import Answer, LocalServer
from .conftest import Teach
from .documents import hit

HG19 = {"build": "hg19"}


def _read(*documents: Mapping[str, Any], assembly: str = "GRCh38", rsid: str = "rs10") -> object:
    return MyVariant(assembly).read(rsid, documents)


def test_ask__sends_what_the_service_understands(myvariant: Teach, web: Web) -> None:
    server = myvariant([hit("chr1:g.100A>G")])
    source = MyVariant(base=f"{server.url}/v1", web=web)
    assert list(source.ask(["rs10", "rs11"])) == ["rs10"]
    sent = urllib.parse.parse_qs(server.asked[0].body.decode())
    assert (server.asked[0].method, server.asked[0].path) == ("POST", "/v1/query")
    assert server.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent["q"] == ["rs10,rs11"]
    assert sent["assembly"] == ["hg38"]
    assert sent["scopes"] == ["dbsnp.rsid,dbsnp.dbsnp_merges.rsid"]
    assert {"dbsnp.ref", "dbsnp.alt", "dbsnp.hg38", "dbsnp.rsid", "dbsnp.dbsnp_merges"} <= {
        *sent["fields"][0].split(",")
    }


@pytest.mark.parametrize(
    "body",
    [b'[{"query": "rs10", "notfo', b"{}", b'[{"query": "rs11", "notfound": true}]', b'["rs10"]', b'{"error": 1}'],
)
def test_ask__asks_again_for_an_answer_that_is_not_one(server: LocalServer, web: Web, body: bytes) -> None:
    good = Answer(json.dumps([hit("chr1:g.100A>G") | {"query": "rs10"}]).encode())
    server.script = [Answer(body), good]
    assert list(MyVariant(base=server.url, web=web).ask(["rs10"])) == ["rs10"]
    assert len(server.asked) == 2


def test_read__gives_one_candidate_a_document() -> None:
    found = _read(hit("chr1:g.100A>G"), hit("chr1:g.100A>T"))
    assert found == [Candidate("1", 100, "A", "G"), Candidate("1", 100, "A", "T")]


def test_read__says_what_an_rsid_was_merged_into() -> None:
    several, single = hit("chr1:g.100A>G", merged=("rs8", "rs9")), hit("chr1:g.100A>G", merged=("rs9",))
    for document in (several, single):
        assert _read(document, rsid="rs9") == [Candidate("1", 100, "A", "G", "rs10")]
        assert _read(document, rsid="rs10") == [Candidate("1", 100, "A", "G")]


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("chr1:g.100_101insAC", {}, (101, "-", "AC")),
        ("chr1:g.100_102delACT", {}, (100, "ACT", "-")),
        # dbSNP's record reaches over the repeat (bases 94 to 100), the name has the right end of it.
        ("chr1:g.100del", {"ref": "TTTTTTT", "alt": "TTTTTT"}, (100, "T", "-")),
        ("chr1:g.99_100del", {"ref": "CACA", "alt": "CA"}, (99, "CA", "-")),
        ("chr1:g.99_100del", {"ref": "CA", "alt": ""}, (99, "CA", "-")),
        ("chr1:g.99_100dup", {"ref": "CACA", "alt": "CACACA"}, (101, "-", "CA")),
        ("chr1:g.100dup", {"vcf": {"position": "94", "ref": "A", "alt": "AT"}}, (94, "A", "AT")),
        ("chr1:g.99_100delinsTTT", {"ref": "CA", "alt": "TTT"}, (99, "CA", "TTT")),
        ("chr1:g.99_100delCAinsTTT", {}, (99, "CA", "TTT")),
        ("chr1:g.99_100inv", {"ref": "CA", "alt": "TG"}, (99, "CA", "TG")),
        ("chr1:g.99_100del", {"vcf": {"position": "98", "ref": "GCA", "alt": "G"}}, (98, "GCA", "G")),
    ],
)
def test_read__understands_insertions_and_deletions(
    name: str, more: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert _read(hit(name, **more)) == [Candidate("1", *expected)]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("chr1:g.100del", {}),
        ("chr1:g.100_101del", {"ref": "CA", "alt": "T"}),
        ("chr1:g.100dup", {"ref": "CA", "alt": "CAGT"}),
        ("chr1:g.100_101delinsTTT", {"ref": "C", "alt": "TTT"}),
        ("chr1:g.100A>N", {}),
        ("chr1:g.100_200A>G", {}),
        ("chr1:g.(100_200)del", {}),
        ("some digest of a long name", {}),
    ],
)
def test_read__guesses_no_bases(name: str, more: dict[str, Any]) -> None:
    assert _read(hit(name, **more)) is Unresolved.UNREADABLE
    assert _read(hit("chr1:g.100A>G"), hit(name, **more)) is Unresolved.UNREADABLE


def test_read__takes_no_document_of_another_rsid() -> None:
    assert _read(hit("chr1:g.100A>G", "rs11")) is Unresolved.UNREADABLE
    assert _read({"_id": "chr1:g.100A>G"}) is Unresolved.UNREADABLE
    assert _read() is Unresolved.NOT_FOUND


def test_read__refuses_another_assembly() -> None:
    with pytest.raises(UserError, match=r"another assembly than GRCh38.*got hg19|Got hg19"):
        _read(hit("chr1:g.100A>G", **HG19))
    assert _read(hit("chr1:g.100A>G", **HG19), assembly="GRCh37") == [Candidate("1", 100, "A", "G")]


def test_source__serves_two_assemblies() -> None:
    with pytest.raises(UserError, match="has no mm10"):
        MyVariant("mm10")
    assert MyVariant("GRCh37").question != MyVariant("GRCh38").question


def _documents(path: Path) -> list[dict[str, Any]]:
    read = json.loads(path.read_text())
    return list(read.values()) if "_id" not in read else [read]


def test_read__real_multi_allelic_rsid_has_four_alleles_and_four_earlier_names(
    real_input: Callable[[str], Path], myvariant: Teach, web: Web
) -> None:
    documents = _documents(real_input("dbsnp/dbsnp_example_one_rsid_multi_variants.json"))
    # These documents are of the older shape and name no build; dbSNP's own record of the rsID says what the four are.
    source = MyVariant("GRCh37", base=myvariant(documents).url, web=web)
    answers = source.ask(["rs3028017", "rs59800922"])
    dbsnp = json.loads(real_input("dbsnp/dbsnp_ins_example_source.json").read_text())
    placement = next(
        each for each in dbsnp["primary_snapshot_data"]["placements_with_allele"] if each["seq_id"] == "NC_000021.8"
    )
    spdi = [each["allele"]["spdi"] for each in placement["alleles"]]
    expected = {
        ("21", each["position"] + 1, "-", each["inserted_sequence"]) for each in spdi if each["inserted_sequence"]
    }
    for rsid, into in (("rs3028017", None), ("rs59800922", "rs3028017")):
        found = source.read(rsid, answers[rsid])
        assert not isinstance(found, Unresolved)
        assert {(each.chrom, each.pos, each.ref, each.alt) for each in found} == expected
        assert {each.merged_into for each in found} == {into}


@pytest.mark.parametrize(
    ("name", "rsid", "expected"),
    [
        ("dbsnp_dbsnp_update_snv_example.json", "rs714", Candidate("18", 50519274, "A", "G")),
        ("dbsnp_dbsnp_update_snv_example.json", "rs59967963", Candidate("18", 50519274, "A", "G", "rs714")),
        ("dbsnp_del_example_new.json", "rs16442", Candidate("21", 34821649, "AA", "-")),
        ("dbsnp_snv_example.json", "rs8936", Candidate("MT", 8120, "C", "T")),
        ("dbsnp_snv_example_old.json", "rs8936", Candidate("MT", 8120, "C", "T")),
    ],
)
def test_read__real_documents(
    real_input: Callable[[str], Path], myvariant: Teach, web: Web, name: str, rsid: str, expected: Candidate
) -> None:
    source = MyVariant("GRCh37", base=myvariant(_documents(real_input(f"dbsnp/{name}"))).url, web=web)
    assert source.read(rsid, source.ask([rsid])[rsid]) == [expected]


def test_read__real_index_of_today(real_input: Callable[[str], Path], myvariant: Teach, web: Web) -> None:
    lines = [json.loads(line) for line in real_input("dbsnp/myvariant_mvtest_hg38.ndjson").read_text().splitlines()]
    documents = [content | named["index"] for named, content in zip(lines[::2], lines[1::2], strict=True)]
    source = MyVariant(base=myvariant(documents).url, web=web)
    answers = source.ask(["rs1226580099", "rs746621915", "rs137852818"])
    assert [source.read(rsid, found) for rsid, found in answers.items()] == [
        [Candidate("X", 30718532, "C", "T")],
        [Candidate("X", 41345508, "A", "G")],
        [Candidate("X", 41542717, "T", "C")],
    ]
