"""rsIDs from a VCF on this machine: dbSNP's own release, or the study's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from refalt.errors import UserError
from refalt.sources.rsids.base import Candidate, Documents, Unresolved, readable

#: Where dbSNP publishes its VCF.
RELEASE: Final = "https://ftp.ncbi.nih.gov/snp/latest_release/VCF/"
_FIELDS: Final = ("chrom", "pos", "id", "ref", "alt")
#: Versions of the RefSeq accessions NC_000001 to NC_000024 in GRCh38; in GRCh37 each is one less.
_GRCH38_VERSIONS: Final = (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10)
_EARLIER: Final = {"GRCh38": 0, "GRCh37": 1}


@dataclass(frozen=True)
class LocalVcf:
    """A VCF, plain or compressed, read once from end to end for all rsIDs together.

    Attributes:
        path: The file. Contigs may be RefSeq accessions, as in dbSNP's release.
        assembly: Of its positions; a VCF need not say it, so the user does.
    """

    path: Path
    assembly: str
    name: str = "vcf"
    address: str = ""
    batch: int = 1 << 62

    @property
    def question(self) -> str:
        """The file."""
        return str(self.path)

    def ask(self, rsids: Sequence[str]) -> Mapping[str, Documents]:
        """The lines of each rsID.

        Raises:
            UserError: the file cannot be read, or its accessions are of another assembly.
        """
        wanted = pl.Series(rsids, dtype=pl.String).implode()
        named = self._lines().filter(pl.col("id").is_in(wanted) | pl.col("id").str.contains(";", literal=True))
        each = named.with_columns(pl.col("id").str.split(";")).explode("id", empty_as_null=False)
        found = self._collected(each.filter(pl.col("id").is_in(wanted)))
        spelled = found.with_columns(self._contigs(found.get_column("chrom")))
        grouped: dict[str, list[Mapping[str, Any]]] = {}
        for row in spelled.iter_rows(named=True):
            grouped.setdefault(row["id"], []).append(row)
        return grouped

    def read(self, _rsid: str, documents: Documents, /) -> Sequence[Candidate] | Unresolved:
        """One candidate an alternate allele of each line, with the base before an indel as the file has it."""
        if not documents:
            return Unresolved.NOT_FOUND
        return readable([each for line in documents for each in _candidates(line)])

    def _lines(self) -> pl.LazyFrame:
        # A separator that occurs in no text file: every line is one cell, however many samples follow.
        lines = pl.scan_csv(
            self.path, separator="\x01", quote_char=None, has_header=False, new_columns=["text"], infer_schema=False
        )
        parts = pl.col("text").str.splitn("\t", len(_FIELDS) + 1).struct
        fields = [parts.field(f"field_{i}").alias(name) for i, name in enumerate(_FIELDS)]
        return lines.filter(~pl.col("text").str.starts_with("#")).select(fields)

    def _collected(self, lines: pl.LazyFrame) -> pl.DataFrame:
        try:
            return lines.collect(engine="streaming")
        except (OSError, pl.exceptions.PolarsError) as error:
            raise UserError(
                "the VCF of rsIDs cannot be read",
                where=str(self.path),
                expected=f"a complete VCF, plain, gzip or bgzip, such as those in {RELEASE}",
                got=str(error).splitlines()[0],
            ) from error

    def _contigs(self, chrom: pl.Series) -> pl.Expr:
        """Accessions of chromosomes by their numbers; other contigs as they are.

        Raises:
            UserError: an accession is that of another assembly.
        """
        names = {"23": "X", "24": "Y"}
        other = {build: _accessions(less) for build, less in _EARLIER.items() if build != self.assembly}
        for build, accessions in other.items():
            if refuting := [name for name in chrom.unique() if name in accessions]:
                raise UserError(
                    f"the VCF of rsIDs is in {build}, not in {self.assembly}", where=str(self.path), got=refuting[0]
                )
        known = _accessions(_EARLIER[self.assembly]) if self.assembly in _EARLIER else {}
        spelled = {accession: names.get(number, number) for accession, number in known.items()}
        return pl.col("chrom").replace(spelled | {"NC_012920.1": "MT"})


def _accessions(less: int) -> Mapping[str, str]:
    """RefSeq accession -> number of the chromosome."""
    return {f"NC_{n:06d}.{version - less}": str(n) for n, version in enumerate(_GRCH38_VERSIONS, start=1)}


def _candidates(line: Mapping[str, Any]) -> list[Candidate | None]:
    if not str(line["pos"]).isdigit() or not line["ref"] or line["alt"] in (None, "", "."):
        return [None]
    return [
        Candidate(str(line["chrom"]), int(line["pos"]), str(line["ref"]).upper(), alt.upper())
        for alt in str(line["alt"]).split(",")
        # "*" is a deletion that begins elsewhere, with its own line.
        if alt != "*"
    ]
