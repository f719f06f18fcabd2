from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from refalt.errors import UserError
from refalt.sources.rsids.base import Candidate, Unresolved
from refalt.sources.rsids.ensembl import Ensembl
from refalt.sources.web import Web

from ..conftest import Answer, LocalServer
from .conftest import Teach
from .documents import record


def _read(document: dict[str, Any], rsid: str = "rs10") -> object:
    return Ensembl().read(rsid, [document])


def test_ask__sends_ids_as_json_and_finds_merged_ones_by_their_synonym(ensembl: Teach, web: Web) -> None:
    server = ensembl([record("A/G", synonyms=("rs9", "CM000001"))])
    source = Ensembl(base=server.url, web=web)
    answers = source.ask(["rs9", "rs10", "rs11"])
    assert server.asked[0].path == "/variation/human"
    assert {"rs9", "rs10", "rs11"} <= {*json.loads(server.asked[0].body)["ids"]}
    assert {rsid: source.read(rsid, found) for rsid, found in answers.items()} == {
        "rs9": [Candidate("1", 100, "A", "G", "rs10")],
        "rs10": [Candidate("1", 100, "A", "G")],
    }


def test_ask__tells_a_failure_inside_the_service_from_unknown_rsids(server: LocalServer, web: Web) -> None:
    server.script = [Answer(b"{}")]
    with pytest.raises(UserError, match="without rs699"):
        Ensembl(base=server.url, web=web).ask(["rs10"])


def test_ask__finds_the_rsid_that_every_batch_carries(ensembl: Teach, web: Web) -> None:
    assert list(Ensembl(base=ensembl([]).url, web=web).ask(["rs699", "rs10"])) == ["rs699"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (record("A/G/T"), [("A", "G", 100), ("A", "T", 100)]),
        (record("A/G", strand=-1), [("T", "C", 100)]),
        (record("AC/ACAC/-", strand=-1), [("GT", "GTGT", 100), ("GT", "-", 100)]),
        (record("-/AT", start=101, end=100), [("-", "AT", 101)]),
    ],
)
def test_read__gives_alleles_on_the_forward_strand(
    document: dict[str, Any], expected: list[tuple[str, str, int]]
) -> None:
    assert _read(document) == [Candidate("1", pos, ref, alt) for ref, alt, pos in expected]


@pytest.mark.parametrize("alleles", ["HGMD_MUTATION", "A", "", "A/(LARGEDELETION)", "N/A"])
def test_read__guesses_no_bases(alleles: str) -> None:
    assert _read(record(alleles)) is Unresolved.UNREADABLE


def test_read__does_not_take_a_haplotype_for_a_second_place() -> None:
    document = record("A/G")
    document["mappings"] += record("A/G", seq_region_name="HSCHR1_1_CTG3")["mappings"]
    assert _read(document) == [Candidate("1", 100, "A", "G")]
    assert _read(record("A/G", seq_region_name="HSCHR1_1_CTG3")) is Unresolved.UNMAPPED


def test_read__refuses_another_assembly() -> None:
    with pytest.raises(UserError, match="another assembly than GRCh38"):
        _read(record("A/G", assembly_name="GRCh37"))


def test_source__has_an_address_an_assembly() -> None:
    assert Ensembl("GRCh37").address != Ensembl("GRCh38").address
    with pytest.raises(UserError, match="serves no mm10"):
        Ensembl("mm10")


def test_read__real_records(real_input: Callable[[str], Path], ensembl: Teach, web: Web) -> None:
    names = ("ensembl_rest_variation_rs36146027_unmapped.json", "ensembl_rest_variation_rs534125149_GRCh37.json")
    records = [json.loads(real_input(f"dbsnp/{name}").read_text()) for name in names]
    source = Ensembl("GRCh37", base=ensembl(records).url, web=web)
    answers = source.ask(["rs36146027", "rs534125149"])
    assert source.read("rs36146027", answers["rs36146027"]) is Unresolved.UNMAPPED
    assert source.read("rs534125149", answers["rs534125149"]) == [Candidate("15", 89444934, "TGTT", "TGTTGTT")]
