"""Small documents in the shape of the services' own."""

from __future__ import annotations

from typing import Any


def hit(
    name: str, rsid: str = "rs10", *, build: str = "hg38", merged: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """A MyVariant.info document; `more` are fields of its dbSNP record, or `vcf`."""
    vcf = {"vcf": more.pop("vcf")} if "vcf" in more else {}
    record: dict[str, Any] = {"rsid": rsid, build: {"start": 1, "end": 1}, **more}
    if merged:
        merges = [{"rsid": old, "date": "2006-03-11T02:21Z", "rv": 126} for old in merged]
        # The service gives a list of one as its only member.
        record["dbsnp_merges"] = merges if len(merges) > 1 else merges[0]
    return {"_id": name, "_score": 1.0, "dbsnp": record, **vcf}


def record(
    alleles: str, name: str = "rs10", *, start: int = 100, synonyms: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """An Ensembl record with one place; `more` are fields of that place."""
    place = {
        "assembly_name": "GRCh38",
        "allele_string": alleles,
        "seq_region_name": "1",
        "start": start,
        "strand": 1,
        "coord_system": "chromosome",
    }
    return {"name": name, "synonyms": list(synonyms), "mappings": [place | more], "var_class": "SNP"}
