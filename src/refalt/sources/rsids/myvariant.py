"""rsIDs from MyVariant.info (https://docs.myvariant.info/en/latest/doc/variant_query_service.html)."""

from __future__ import annotations

import functools
import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from refalt.errors import UserError
from refalt.sources.rsids.base import Candidate, Documents, Unresolved, readable
from refalt.sources.web import BrokenAnswerError, Web, read_json

#: Canonical assembly -> the service's word for it.
_ASSEMBLIES: Final = {"GRCh38": "hg38", "GRCh37": "hg19"}
_SCOPES: Final = "dbsnp.rsid,dbsnp.dbsnp_merges.rsid"
_PLACES: Final = "dbsnp.rsid,dbsnp.ref,dbsnp.alt,dbsnp.chrom,dbsnp.dbsnp_merges,vcf"
#: The service's own default gives ten hits an rsID, fewer than some repeats have alleles.
_HITS: Final = "1000"
#: A variant's name in the index: genomic HGVS, 1-based, both ends included.
_NAME: Final = re.compile(
    r"chr(?P<chrom>[0-9A-Za-z]+):[gm]\.(?P<first>[0-9]+)(?:_(?P<last>[0-9]+))?"
    r"(?P<change>[ACGT]>[ACGT]|delins|del[ACGT]*ins|del|ins|dup|inv)(?P<bases>[ACGT]*)"
)


@dataclass(frozen=True)
class MyVariant:
    """MyVariant.info.

    One document is one pair of alleles, so an rsID with three alternate alleles has three. The document's name states
    position and alleles; `dbsnp.ref` and `dbsnp.alt` are used only where the name leaves bases out, because in some
    documents they belong to another allele of the same rsID.

    Attributes:
        assembly: "GRCh38" or "GRCh37".
        base: Address of the service.
        batch: rsIDs a request; the service takes at most 1,000.
        web: How it is asked.
    """

    assembly: str = "GRCh38"
    base: str = "https://myvariant.info/v1"
    batch: int = 500
    web: Web = field(default_factory=Web, repr=False)
    name: str = "myvariant"

    def __post_init__(self) -> None:
        if self.assembly not in _ASSEMBLIES:
            raise UserError(f"MyVariant.info has no {self.assembly}", expected=" or ".join(_ASSEMBLIES))

    @property
    def address(self) -> str:
        """Address of the service."""
        return self.base

    @property
    def question(self) -> str:
        """The request, but for the rsIDs."""
        return f"{self.base}/query?{urllib.parse.urlencode(self._asked)}"

    @property
    def _asked(self) -> Mapping[str, str]:
        build = _ASSEMBLIES[self.assembly]
        fields = f"{_PLACES},dbsnp.{build}"
        return {"scopes": _SCOPES, "fields": fields, "assembly": build, "size": _HITS}

    def ask(self, rsids: Sequence[str]) -> Mapping[str, Documents]:
        """The documents that carry each rsID, today or before it was merged.

        Raises:
            UserError: the service cannot be asked.
        """
        return self.web.ask(
            f"{self.base}/query",
            body=urllib.parse.urlencode({"q": ",".join(rsids), **self._asked}).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            read=functools.partial(_by_rsid, asked=rsids),
            remedy="try again later, or take Ensembl or a VCF as the source of rsIDs",
        )

    def read(self, rsid: str, documents: Documents) -> Sequence[Candidate] | Unresolved:
        """One candidate a document that carries the rsID.

        Raises:
            UserError: the documents are of another assembly.
        """
        if not documents:
            return Unresolved.NOT_FOUND
        return readable([self._candidate(rsid, document) for document in documents])

    def _candidate(self, rsid: str, document: Mapping[str, Any]) -> Candidate | None:
        records = [record for record in _listed(document.get("dbsnp")) if rsid in _carried(record)]
        places = {build for record in records for build in _ASSEMBLIES.values() if build in record}
        if places and _ASSEMBLIES[self.assembly] not in places:
            raise UserError(
                f"MyVariant.info answered for another assembly than {self.assembly}",
                where=f"{rsid}, {document.get('_id')}",
                got=", ".join(sorted(places)),
                remedy="report this to refalt with the rsID",
            )
        found = _NAME.fullmatch(str(document.get("_id")))
        if not records or found is None:
            return None
        current = {str(record["rsid"]) for record in records if isinstance(record.get("rsid"), str)}
        into = None if rsid in current else min(current, default=None)
        place = _placed(found, document, records[0])
        return Candidate(found["chrom"], *place, merged_into=into) if place else None


def _by_rsid(answer: bytes, asked: Sequence[str]) -> Mapping[str, Documents]:
    """Documents by the rsID they answer; an rsID without an entry of either kind was not answered."""
    hits = read_json(answer)
    if not isinstance(hits, list) or not all(isinstance(hit, dict) and "query" in hit for hit in hits):
        raise BrokenAnswerError(f"something other than a list of hits: {json.dumps(hits)[:80]}")
    found: dict[str, list[Mapping[str, object]]] = {}
    for hit in hits:
        found.setdefault(str(hit["query"]).lower(), []).extend([] if hit.get("notfound") else [hit])
    if missing := [rsid for rsid in asked if rsid not in found]:
        raise BrokenAnswerError(f"{len(missing)} of {len(asked)} rsIDs without an answer")
    return {rsid: found[rsid] for rsid in asked if found[rsid]}


def _carried(record: Mapping[str, Any]) -> set[str]:
    """The rsIDs of a dbSNP record: its own and those merged into it, under the newer or the older name of the field."""
    merged = [each.get("rsid", each.get("merged_rsid")) for each in _listed(record.get("dbsnp_merges"))]
    own = record.get("rsid")
    return {str(each) for each in [*(own if isinstance(own, list) else [own]), *merged] if each}


def _listed(value: Any) -> Sequence[Mapping[str, Any]]:
    """The service gives a list of one as its only member."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def _placed(name: re.Match[str], document: Mapping[str, Any], record: Mapping[str, Any]) -> tuple[int, str, str] | None:
    """pos, ref and alt; the document's VCF columns serve where the name is not that of a single base."""
    first, change, bases = int(name["first"]), name["change"], name["bases"]
    if ">" in change:
        return (first, change[0], change[2]) if not bases and name["last"] is None else None
    vcf = document.get("vcf")
    if isinstance(vcf, dict) and str(vcf.get("position", "")).isdigit() and vcf.get("ref") and vcf.get("alt"):
        return int(vcf["position"]), str(vcf["ref"]).upper(), str(vcf["alt"]).upper()
    if change == "ins":
        return (int(name["last"]), "-", bases) if name["last"] and bases else None
    length = int(name["last"] or first) - first + 1
    ref, alt = (str(record.get(key, "")).upper() for key in ("ref", "alt"))
    return _from_record(change, bases, first, length, ref, alt)


def _from_record(change: str, bases: str, first: int, length: int, ref: str, alt: str) -> tuple[int, str, str] | None:
    """pos, ref and alt of a name that leaves bases out.

    In dbSNP's record `ref` and `alt` reach over the whole repeat, and the name gives the change at the repeat's right
    end, so the bases in question are the last ones.
    """
    if change == "del" and len(bases) in (0, length):
        removed = bases or (ref[-length:] if ref[:-length] == alt and len(ref) >= length else "")
        return (first, removed, "-") if removed else None
    if change.startswith("del") and change.endswith("ins") and bases:
        removed = change[3:-3] or ref
        return (first, removed, bases) if len(removed) == length else None
    if change == "delins" and bases:
        return (first, ref, bases) if len(ref) == length and alt == bases else None
    if change == "dup":
        added = bases or (alt[-length:] if alt.startswith(ref) and len(alt) - len(ref) == length else "")
        return (first + length, "-", added) if len(added) == length else None
    return (first, ref, alt) if change == "inv" and len(ref) == len(alt) == length else None
