"""`refalt check`: the pre-flight audits alone, on a study or on anybody's table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from refalt.cli.fetching import Download, fetch_of
from refalt.cli.run import InputFolders

if TYPE_CHECKING:
    from refalt.pipeline.check import Checked, FilesBeside
    from refalt.pipeline.undescribed import Told
    from refalt.sources.fetch import Fetch
    from refalt.studies.sections import RowFilter


class FailOn(StrEnum):
    """From which severity on the exit status is 2."""

    FATAL = "fatal"
    SERIOUS = "serious"
    NEVER = "never"


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


_RULE: Final = re.compile(r"^\s*(?P<column>.+?)\s*(?P<op><=|>=|!=|==|=|<|>)\s*(?P<value>.*?)\s*$")
Effect = Annotated[str | None, typer.Option(help="Column of the effect.", metavar="COL")]
Assembly = Annotated[str | None, typer.Option(help="Assembly of the positions.", metavar="NAME")]
GenomeFile = Annotated[
    str | None, typer.Option("--genome", help="Genome to hold alleles against.", metavar="[ASSEMBLY=]FASTA")
]
Genes = Annotated[
    list[str] | None, typer.Option("--genes", help="Gene starts, one an assembly.", metavar="ASSEMBLY=FILE")
]
Chains = Annotated[list[str] | None, typer.Option("--chain", help="Lift-over chain.", metavar="SOURCE:TARGET=FILE")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", help="Read FIELD from column NAME; with no NAME, from none.", metavar="FIELD=NAME"),
]
Keep = Annotated[list[str] | None, typer.Option("--keep", help="Rows to keep, as 'fdr<0.05'.", metavar="RULE")]
Of = Annotated[
    str | None, typer.Option(help="Allele the effect is for: alt, ref, or the column that names it.", metavar="ALLELE")
]
Waive = Annotated[list[str] | None, typer.Option("--waive", help="Accept a finding.", metavar="CODE=REASON")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    subjects: Annotated[
        list[Path],
        typer.Argument(help="Study or suite files, or tables: TSV, CSV, parquet or VCF.", metavar="FILE..."),
    ],
    effect: Effect = None,
    assembly: Assembly = None,
    genome: GenomeFile = None,
    genes: Genes = None,
    chain: Chains = None,
    column: Columns = None,
    keep: Keep = None,
    of: Of = None,
    of_source: Annotated[str, typer.Option(help="Where that is written.", metavar="WORDS")] = "",
    scale: Annotated[str | None, typer.Option(help="Scale of the effect.", metavar="SCALE")] = None,
    null: Annotated[float | None, typer.Option(help="Value of no effect.", metavar="NUMBER")] = None,
    design: Annotated[str | None, typer.Option(help="natural, mutagenesis, base_editor or synthetic.")] = None,
    waive: Waive = None,
    inputs: InputFolders = None,
    download: Download = False,
    fail_on: Annotated[FailOn, typer.Option(help="Exit with 2 from this severity on.")] = FailOn.FATAL,
    style: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
) -> int:
    """Audit studies, the studies of suites, or any tables of variants, without predicting anything."""
    from refalt.audits.base import Severity
    from refalt.cli.findings import as_json, as_sarif, as_text
    from refalt.errors import ExitCode

    told = _told(
        columns=[*(column or []), *([f"effect={effect}"] if effect else [])], keep=keep or [], assembly=assembly,
        of=of, of_source=of_source, scale=scale, null=null, design=design,
    )  # fmt: skip
    beside = _beside(genome, genes or [], chain or [])
    waived = dict(_pair(text, "--waive", "CODE=REASON") for text in waive or [])
    fetch = fetch_of(download)
    checked = [one for subject in subjects for one in _checked(subject, told, beside, waived, inputs or [], fetch)]
    failed = [fail_on is not FailOn.NEVER and each.fails_on(Severity(fail_on.value)) for each in checked]
    codes = [int(ExitCode.FATAL_FINDING if bad else ExitCode.DONE) for bad in failed]
    if style is Format.TEXT:
        typer.echo("\n\n".join(as_text(each) for each in checked))
    elif style is Format.SARIF:
        typer.echo(json.dumps(as_sarif(*checked), indent=2))
    else:
        several = [as_json(each, exit_code=code) for each, code in zip(checked, codes, strict=True)]
        typer.echo(json.dumps(several if len(several) > 1 else several[0], indent=2))
    return max(codes)


def _checked(
    subject: Path,
    told: Told,
    beside: FilesBeside,
    waived: Mapping[str, str],
    inputs: Sequence[Path],
    fetch: Fetch | None,
) -> Sequence[Checked]:
    """A table, a study, or the members of a suite."""
    from refalt.errors import UserError
    from refalt.pipeline.check import check_members, check_table

    if not _is_study(subject):
        return [check_table(subject, told, beside, waive=waived)]
    if told != _told() or beside != _beside(None, [], []) or waived:
        raise UserError(
            "options that describe a table do not go with a study file",
            where=str(subject),
            remedy="say it in the study file; --inputs, --download, --fail-on and --format remain",
        )
    return check_members(subject, folders=inputs, fetch=fetch)


def _is_study(subject: Path) -> bool:
    """Whether it is a study file, or a name that may be that of a study that comes with refalt."""
    from refalt.studies.library import library_names

    if subject.suffix.lower() == ".toml":
        return True
    return not subject.exists() and (not subject.suffix or str(subject) in library_names())


def _told(
    *,
    columns: Iterable[str] = (),
    keep: Iterable[str] = (),
    assembly: str | None = None,
    of: str | None = None,
    of_source: str = "",
    scale: str | None = None,
    null: float | None = None,
    design: str | None = None,
) -> Told:
    """Options, each checked against what it may be."""
    from typing import get_args

    from refalt.errors import unknown_name
    from refalt.genome import canonical_assembly
    from refalt.pipeline.undescribed import Told
    from refalt.studies.sections import DatasetSection, Scale

    for option, given, known in (
        ("scale", scale, get_args(Scale)),
        ("design", design, get_args(DatasetSection.model_fields["design"].annotation)),
    ):
        if given is not None and given not in known:
            raise unknown_name(option, given, known, where=f"--{option}")
    return Told(
        {field: name or None for field, name in (_pair(text, "--column", "FIELD=NAME") for text in columns)},
        tuple(rule_of(text) for text in keep),
        canonical_assembly(assembly, where="--assembly") if assembly else None,
        of,
        of_source,
        scale,
        null,
        design,
    )


def _beside(genome: str | None, genes: Iterable[str], chains: Iterable[str]) -> FilesBeside:
    from refalt.errors import UserError
    from refalt.genome import canonical_assembly
    from refalt.pipeline.check import FilesBeside

    path, named = genome_of(genome)
    tables, links = {}, {}
    for text in genes:
        name, file = _pair(text, "--genes", "ASSEMBLY=FILE")
        tables[canonical_assembly(name, where="--genes")] = existing(file, "--genes")
    for text in chains:
        names, file = _pair(text, "--chain", "SOURCE:TARGET=FILE")
        source, colon, target = names.partition(":")
        if not colon:
            raise UserError(f"--chain {text}", expected="SOURCE:TARGET=FILE", got=names)
        pair = (canonical_assembly(source, where="--chain"), canonical_assembly(target, where="--chain"))
        links[pair] = existing(file, "--chain")
    return FilesBeside(path, named, tables, links)


def genome_of(text: str | None) -> tuple[Path | None, str | None]:
    """The path of --genome and the assembly written before it, canonical, where there is one."""
    from refalt.errors import UserError
    from refalt.genome import canonical_assembly

    if text is None:
        return None, None
    name, equals, file = text.partition("=")
    try:
        assembly = canonical_assembly(name) if equals else None
    except UserError:
        # A file's own name may hold "=".
        return existing(text, "--genome"), None
    return existing(file if equals else text, "--genome"), assembly


def existing(file: str, option: str) -> Path:
    """The path of a file that an option names.

    Raises:
        UserError: there is no such file.
    """
    from refalt.errors import UserError

    path = Path(file)
    if not path.is_file():
        raise UserError(f"there is no file {file}", where=option, remedy="check the name and the folder")
    return path


def _pair(text: str, option: str, expected: str) -> tuple[str, str]:
    from refalt.errors import UserError

    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UserError(f"{option} {text!r} is not as it should be", expected=expected, got=text)
    return name.strip(), value.strip()


def rule_of(text: str) -> RowFilter:
    """The row filter that `fdr<0.05` or `Release=GRCh38` means; equality compares text.

    Raises:
        UserError: it is none, or compares by size with something that is not a number.
    """
    from refalt.errors import UserError
    from refalt.studies.sections import RowFilter

    found = _RULE.match(text)
    if found is None or not found["value"]:
        raise UserError(f"--keep {text!r} is not a rule", expected="COLUMN, one of = != < <= > >=, and a value")
    column, op, value = found["column"], found["op"], found["value"]
    if op in ("=", "==", "!="):
        return RowFilter(column=column, op="!=" if op == "!=" else "==", value=value)
    try:
        return RowFilter(column=column, op=op, value=float(value))  # type: ignore[arg-type]
    except ValueError as error:
        raise UserError(f"--keep {text!r} compares by size", expected="a number", got=value) from error
