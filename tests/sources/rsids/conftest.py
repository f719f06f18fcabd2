"""Services on this machine that answer as MyVariant.info and Ensembl do, from documents given to them."""

from __future__ import annotations

import json
import random
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from refalt.sources.rsids.cache import AnswerCache
from refalt.sources.web import Web

from ..conftest import Answer, Asked, LocalServer, server

__all__ = ["server"]

Document = Mapping[str, Any]
Teach = Callable[[Sequence[Document]], LocalServer]


def _carries(document: Document, rsid: str) -> bool:
    record = document.get("dbsnp", {})
    merges = record.get("dbsnp_merges", [])
    merged = [each.get("rsid", each.get("merged_rsid")) for each in (merges if isinstance(merges, list) else [merges])]
    return rsid in [record.get("rsid"), *merged]


def _as_myvariant(asked: Asked, documents: Sequence[Document]) -> Answer:
    sent = urllib.parse.parse_qs(asked.body.decode())
    hits: list[Document] = []
    for rsid in sent["q"][0].split(","):
        found = [dict(document) | {"query": rsid} for document in documents if _carries(document, rsid)]
        hits += found or [{"query": rsid, "notfound": True}]
    return Answer(json.dumps(hits).encode())


def _as_ensembl(asked: Asked, records: Sequence[Document]) -> Answer:
    ids = set(json.loads(asked.body)["ids"])
    always = {"name": "rs699", "synonyms": [], "mappings": []}
    found = [record for record in [always, *records] if ids & {record["name"], *record["synonyms"]}]
    return Answer(json.dumps({record["name"]: record for record in found}).encode())


@pytest.fixture
def myvariant(server: LocalServer) -> Teach:
    """Makes the server answer as MyVariant.info would if it held these documents only."""

    def teach(documents: Sequence[Document]) -> LocalServer:
        server.reply = lambda asked: _as_myvariant(asked, documents)
        return server

    return teach


@pytest.fixture
def ensembl(server: LocalServer) -> Teach:
    """Makes the server answer as Ensembl would if it held these records only."""

    def teach(records: Sequence[Document]) -> LocalServer:
        server.reply = lambda asked: _as_ensembl(asked, records)
        return server

    return teach


@pytest.fixture
def web() -> Web:
    """Asks without sleeping, at most three times."""
    return Web(attempts=3, timeout_s=5.0, sleep=lambda _: None, rng=random.Random(1))


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    """A cache with nothing in it."""
    return AnswerCache(tmp_path / "cache" / "rsids.sqlite")
