"""rsIDs from Ensembl's REST service (https://rest.ensembl.org/documentation/info/variation_post)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from refalt.errors import UserError
from refalt.sources.rsids.base import Candidate, Documents, Unresolved, readable
from refalt.sources.web import BrokenAnswerError, Web, read_json

#: Canonical assembly -> where it is served.
_ADDRESSES: Final = {"GRCh38": "https://rest.ensembl.org", "GRCh37": "https://grch37.rest.ensembl.org"}
#: Asked for with every batch: the service gives an empty object both for rsIDs it does not know and when it fails
#: inside, and this one it always knows.
_SURELY_KNOWN: Final = "rs699"
#: The assembled chromosomes; a patch or an alternate haplotype is not another place.
_CHROMOSOME: Final = re.compile(r"[0-9]{1,2}|X|Y|MT")
_COMPLEMENT: Final = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Ensembl:
    """Ensembl's REST service.

    Attributes:
        assembly: "GRCh38" or "GRCh37".
        base: Address of the service; that of the assembly when empty.
        batch: rsIDs a request; the service takes at most 200.
        web: How it is asked.
    """

    assembly: str = "GRCh38"
    base: str = ""
    batch: int = 199
    web: Web = field(default_factory=Web, repr=False)
    name: str = "ensembl"

    def __post_init__(self) -> None:
        if self.assembly not in _ADDRESSES:
            raise UserError(f"Ensembl serves no {self.assembly}", expected=" or ".join(_ADDRESSES))

    @property
    def address(self) -> str:
        """Address of the service."""
        return self.base or _ADDRESSES[self.assembly]

    @property
    def question(self) -> str:
        """The request, but for the rsIDs."""
        return f"{self.address}/variation/human#{self.assembly}"

    def ask(self, rsids: Sequence[str]) -> Mapping[str, Documents]:
        """The record of each rsID; one that was merged is found by the synonyms of the one it was merged into.

        Raises:
            UserError: the service cannot be asked.
        """
        asked = list(dict.fromkeys([*rsids, _SURELY_KNOWN]))
        return self.web.ask(
            f"{self.address}/variation/human",
            body=json.dumps({"ids": asked}).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            read=functools.partial(_by_rsid, asked=rsids),
            remedy="try again later, or take MyVariant.info or a VCF as the source of rsIDs",
        )

    def read(self, rsid: str, documents: Documents) -> Sequence[Candidate] | Unresolved:
        """One candidate an alternate allele and place; the first allele of a place is the reference.

        Raises:
            UserError: the records are of another assembly.
        """
        if not documents:
            return Unresolved.NOT_FOUND
        record: Mapping[str, Any] = documents[0]
        mappings = [each for each in record.get("mappings") or [] if isinstance(each, dict)]
        on_chromosomes = [each for each in mappings if _CHROMOSOME.fullmatch(str(each.get("seq_region_name")))]
        if not on_chromosomes:
            return Unresolved.UNMAPPED
        builds = {str(each.get("assembly_name")) for each in on_chromosomes}
        if builds != {self.assembly}:
            got = ", ".join(sorted(builds))
            raise UserError(f"{self.address} answered for another assembly than {self.assembly}", where=rsid, got=got)
        name = str(record.get("name"))
        into = None if name == rsid else name
        return readable([each for place in on_chromosomes for each in _candidates(place, into)])


def _by_rsid(answer: bytes, asked: Sequence[str]) -> Mapping[str, Documents]:
    records = read_json(answer)
    if not isinstance(records, dict) or _SURELY_KNOWN not in records or not all(map(_is_record, records.values())):
        raise BrokenAnswerError(f"an answer without {_SURELY_KNOWN}, which was asked for: {json.dumps(records)[:80]}")
    merged: dict[str, Documents] = {name: [record] for record in records.values() for name in record["synonyms"]}
    found = merged | {str(record["name"]): [record] for record in records.values()}
    return {rsid: found[rsid] for rsid in asked if rsid in found}


def _is_record(record: Any) -> bool:
    return isinstance(record, dict) and {"name", "synonyms", "mappings"} <= record.keys()


def _candidates(place: Mapping[str, Any], merged_into: str | None) -> list[Candidate | None]:
    """Of `allele_string`, "A/G/T" on the given strand; an insertion has its start one beyond its end."""
    alleles = str(place.get("allele_string", "")).upper().split("/")
    if place.get("strand") == -1:
        alleles = [allele[::-1].translate(_COMPLEMENT) for allele in alleles]
    if not isinstance(place.get("start"), int) or len(alleles) < 2:
        return [None]
    chrom, pos = str(place["seq_region_name"]), place["start"]
    return [Candidate(chrom, pos, alleles[0], alt, merged_into) for alt in alleles[1:]]
