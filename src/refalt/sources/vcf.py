"""VCF as published (https://samtools.github.io/hts-specs/VCFv4.3.pdf): one row an alternate allele, none left out.

Only the first five columns are read. `source_pos` is 1-based, as POS is.
"""

from __future__ import annotations

import gzip
import io
import itertools
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from refalt.columns import Reason
from refalt.errors import UserError, shown
from refalt.genome import ucsc_contig
from refalt.sources.fasta import BGZF_END

_COLUMNS: Final = ("CHROM", "POS", "ID", "REF", "ALT")
_GZIP, _BCF = b"\x1f\x8b", b"BCF"
_MARK: Final = "##fileformat=VCF"
_NAMES: Final = "#" + "\t".join(_COLUMNS)
_CONTIG: Final = re.compile(r"^##contig=<(?P<fields>.*)>\s*$")
_FIELD: Final = re.compile(r'(\w+)=("[^"]*"|[^,]*)')
_REFERENCE: Final = re.compile(r"^##(?:reference|assembly)=(?P<said>.*)$")
_ALLELE: Final = r"^[ACGTN]+$"
_LINE: Final = re.compile(r"^[^\t ]+\t[0-9]+\t[^\t]*\t[A-Za-z]+\t([A-Za-z.*<>\[\]:,0-9_-]+)(\t|$)")
#: Flag of a row -> what is the matter with it, and the pattern of its ALT (upper case) where that tells.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "no_alternate_allele": ("without an alternate allele ('.')", r"^\.?$"),
    "spanning_deletion": ("with ALT '*', a deletion that begins elsewhere", r"^\*$"),
    "symbolic_allele": ("with a symbolic allele such as <DEL>, which states no sequence", r"^<.*>$"),
    "breakend": ("with a breakend, which joins two places", r"[\[\]]|^\.[A-Za-z]|[A-Za-z]\.$"),
    "ambiguity_code": ("with an IUPAC code for several bases", r"^[ACGTNRYSWKMBDHV]*[RYSWKMBDHV][ACGTNRYSWKMBDHV]*$"),
}
_OTHER_WORDS: Final[Mapping[str, str]] = {
    "multi_allelic": "from lines with several alternate alleles, each now a row of its own",
    "lower_case_alleles": "with alleles in lower case, read as upper case",
    "undeclared_contig": "on contigs that the header does not declare",
    "beyond_contig_end": "beyond the end that the header gives their contig",
}
#: Flag -> words that follow "rows".
FLAG_WORDS: Final[Mapping[str, str]] = {flag: words for flag, (words, _) in _KINDS.items()} | dict(_OTHER_WORDS)


@dataclass(frozen=True)
class VcfHeader:
    """What stands above the rows.

    Attributes:
        contigs: Declared contig -> length in bases, None where the header gives none.
        reference: What the header says of the assembly: the values of ##reference, ##assembly and of `assembly` in
            ##contig, each once.
        n_lines: Lines above the first row.
        named: Whether there is a #CHROM line.
    """

    contigs: Mapping[str, int | None]
    reference: tuple[str, ...]
    n_lines: int
    named: bool


@dataclass(frozen=True)
class Vcf:
    """A VCF, read.

    Attributes:
        header: What stands above the rows.
        rows: One row an alternate allele, in file order: source_row (from 1), kind, line of the file, alt_number
            (from 1), source_chrom (UCSC spelling), source_pos (1-based), identifier and rsid (of ID), ref and alt
            (upper case), reason (why it cannot be compared or scored) and flags.
        remarks: What a reader should know, in sentences.
    """

    header: VcfHeader
    rows: pl.DataFrame = field(repr=False)
    remarks: tuple[str, ...]


def is_vcf(path: Path) -> bool:
    """Whether a file is a VCF by its name or by its first lines."""
    if re.search(r"\.vcf(\.b?gz)?$", path.name, flags=re.IGNORECASE):
        return True
    try:
        first = [line for line in itertools.islice(_lines(path), 2) if line]
    except (OSError, EOFError, zlib.error, UserError):
        return False
    return bool(first) and (first[0].startswith(_MARK) or any(line.startswith(_NAMES) for line in first))


def read_vcf(path: Path) -> Vcf:
    """Read a VCF, plain, gzip or bgzip.

    A file without the #CHROM line is read as if it had one when its first row looks like a VCF's, and a remark says
    so. A row without a usable allele or position gets a reason; none is dropped.

    Raises:
        UserError: the file is missing, empty, cut short, a BCF, without rows, or has no VCF columns.
    """
    header = _read_header(path)
    rows = _judged(_split(_raw_rows(path, header)), header)
    return Vcf(header, rows, _remarks(rows, header))


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as stream:
        magic = stream.read(18)
        stream.seek(max(stream.seek(0, io.SEEK_END) - len(BGZF_END), 0))
        end = stream.read()
    if magic[12:14] == b"BC" and end != BGZF_END:
        raise EOFError("the block that ends a bgzip file is missing")
    with gzip.open(path, "rb") if magic[:2] == _GZIP else path.open("rb") as stream:
        head = stream.peek(3) if isinstance(stream, gzip.GzipFile) else magic
        if head[:3] == _BCF:
            raise UserError("this is a BCF", where=str(path), expected="a VCF", remedy="convert it: bcftools view")
        for line in stream:
            yield line.decode("utf-8-sig", errors="replace").rstrip("\r\n")


def _read_header(path: Path) -> VcfHeader:
    contigs: dict[str, int | None] = {}
    reference: list[str] = []
    try:
        for number, line in enumerate(_lines(path)):
            if line.startswith("##"):
                _note(line, contigs, reference)
            elif line.strip():
                return VcfHeader(contigs, tuple(dict.fromkeys(reference)), *_end_of_header(line, number, path))
    except FileNotFoundError as error:
        raise UserError(f"there is no file {path}", remedy="check the name and the folder") from error
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, error) from error
    raise UserError("the file holds no variants", where=str(path), expected="a #CHROM line and rows")


def _note(line: str, contigs: dict[str, int | None], reference: list[str]) -> None:
    """Keep what a header line says of contigs and of the assembly."""
    if found := _CONTIG.match(line):
        fields = {name: value.strip('"') for name, value in _FIELD.findall(found["fields"])}
        length = fields.get("length", "")
        contigs[fields.get("ID", "")] = int(length) if length.isdigit() else None
        reference += [fields["assembly"]] if fields.get("assembly") else []
    elif found := _REFERENCE.match(line):
        reference.append(found["said"].strip())


def _end_of_header(line: str, number: int, path: Path) -> tuple[int, bool]:
    """How many lines the header has, and whether it names the columns; `line` is the first without "##"."""
    if line.startswith(_NAMES):
        return number + 1, True
    if not line.startswith("#") and _LINE.match(line):
        return number, False
    blanks = " and the fields separated by blanks" if re.match(r"#?\S+ +\S+ +\S+ +\S+ +\S+", line) else ""
    raise UserError(
        "this is not a VCF, or its header is missing",
        where=f"{path}, line {number + 1}",
        expected=f"a line that begins with {_NAMES.expandtabs(1)}, tab-separated, before the first variant",
        got=f"{line[:60]!r}{blanks}",
        remedy="take the file from its source again, or name its columns and give it another ending than .vcf",
    )


def _raw_rows(path: Path, header: VcfHeader) -> pl.DataFrame:
    """line, CHROM, POS, ID, REF, ALT as text; what a short line lacks is null."""
    parts = pl.col("text").str.strip_chars_end("\r").str.splitn("\t", len(_COLUMNS) + 1).struct
    fields = [parts.field(f"field_{i}").str.strip_chars().alias(name) for i, name in enumerate(_COLUMNS)]
    try:
        # A separator that occurs in no text file: every line is one cell, however many samples follow.
        lines = pl.scan_csv(
            path,
            separator="\x01",
            quote_char=None,
            has_header=False,
            new_columns=["text"],
            infer_schema=False,
            skip_lines=header.n_lines,
        )
        numbered = lines.with_row_index("line", offset=header.n_lines + 1)
        present = numbered.filter(pl.col("text").str.contains(r"\S"))
        return present.select(pl.col("line").cast(pl.Int64), *fields).collect(engine="streaming")
    except pl.exceptions.NoDataError as error:
        raise UserError("the VCF has a header and no variants", where=str(path), expected="at least one row") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(path, error) from error


def _split(raw: pl.DataFrame) -> pl.DataFrame:
    """One row an alternate allele; lower case is noted before it is lost."""
    alleles = pl.col("ALT").fill_null("").str.split(",")
    rows = raw.with_columns(
        ALT=alleles, n_alleles=alleles.list.len(), alt_number=pl.int_ranges(1, alleles.list.len() + 1)
    )
    rows = rows.explode("ALT", "alt_number")
    lower = [
        pl.col(name).str.contains("^[acgtn]*[acgtn]+[acgtnACGTN]*$").fill_null(value=False) for name in ("REF", "ALT")
    ]
    spelled = pl.col("ALT").str.contains("^[A-Za-z]+$")
    return rows.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row"),
        pl.lit("variant").alias("kind"),
        "line",
        pl.col("alt_number").cast(pl.Int64),
        pl.col("CHROM").alias("contig"),
        ucsc_contig(pl.col("CHROM")).alias("source_chrom"),
        pl.col("POS"),
        pl.col("POS").cast(pl.Int64, strict=False).alias("source_pos"),
        pl.when(pl.col("ID") != ".").then("ID").alias("identifier"),
        pl.col("ID").str.extract(r"(?:^|;)(rs[0-9]+)(?:;|$)").alias("rsid"),
        pl.col("REF").str.to_uppercase().alias("ref"),
        pl.when(spelled).then(pl.col("ALT").str.to_uppercase()).otherwise("ALT").alias("alt"),
        (pl.col("n_alleles") > 1).alias("multi_allelic"),
        pl.any_horizontal(lower).alias("lower_case_alleles"),
    )


def _judged(rows: pl.DataFrame, header: VcfHeader) -> pl.DataFrame:
    """Add reason and flags. A symbolic, broken-end or missing ALT states no bases: a bad allele."""
    named = [pl.col("alt").str.contains(pattern).fill_null(value=True) for _, pattern in _KINDS.values()]
    codes = pl.col("ref").str.contains(_KINDS["ambiguity_code"][1]).fill_null(value=False)
    tests = dict(zip(_KINDS, named, strict=True))
    tests |= {"ambiguity_code": tests["ambiguity_code"] | codes} | _contig_tests(header)
    tests |= {name: pl.col(name) for name in ("multi_allelic", "lower_case_alleles")}
    flags = pl.concat_list(
        pl.when(test).then(pl.lit([flag])).otherwise(pl.lit([], pl.List(pl.String))) for flag, test in tests.items()
    )
    stated = pl.all_horizontal(pl.col(name).str.contains(_ALLELE).fill_null(value=False) for name in ("ref", "alt"))
    checks = (
        (pl.col("contig").is_null() | (pl.col("contig") == "") | pl.col("POS").is_null(), Reason.NO_POSITION),
        (pl.col("source_pos").is_null(), Reason.UNPARSABLE),
        (pl.col("source_pos") < 1, Reason.BAD_POSITION),
        (~stated, Reason.BAD_ALLELE),
        (pl.col("ref") == pl.col("alt"), Reason.REF_EQUALS_ALT),
    )
    reason = pl.coalesce(pl.when(test.fill_null(value=False)).then(pl.lit(why.value)) for test, why in checks)
    return rows.with_columns(reason.alias("reason"), flags.alias("flags")).drop(
        "contig", "POS", "multi_allelic", "lower_case_alleles"
    )


def _contig_tests(header: VcfHeader) -> dict[str, pl.Expr]:
    if not header.contigs:
        return {}
    names = pl.Series([*header.contigs, None], dtype=pl.String).implode()
    lengths = {name: length for name, length in header.contigs.items() if length is not None}
    end = pl.col("contig").replace_strict(lengths, default=None, return_dtype=pl.Int64)
    return {
        "undeclared_contig": ~pl.col("contig").is_in(names),
        "beyond_contig_end": (pl.col("source_pos") > end).fill_null(value=False),
    }


def _remarks(rows: pl.DataFrame, header: VcfHeader) -> tuple[str, ...]:
    counts = dict(rows.get_column("flags").explode().drop_nulls().value_counts().iter_rows())
    said = [f"rows {words}: {counts[flag]:,}" for flag, words in FLAG_WORDS.items() if flag in counts]
    if not header.named:
        said.insert(0, "there is no #CHROM line: columns were taken in the order CHROM, POS, ID, REF, ALT")
    short = rows.filter(pl.col("ref").is_null()).get_column("line")
    if short.len():
        said.append(f"lines with fewer than five tab-separated fields: {short.len():,} (line {shown(short.to_list())})")
    return tuple(said)


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(
        "the file ends too early or is damaged",
        where=str(path),
        expected="a complete VCF, plain, gzip or bgzip",
        got=str(error).splitlines()[0] if str(error) else type(error).__name__,
        remedy="download or copy it again",
    )
