"""`refalt score`: scores without a benchmark."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from refalt.cli.asking import Rescore, StoreFolder, Workers, cost_line, metering_of

if TYPE_CHECKING:
    from refalt.models.base import Model
    from refalt.pipeline.score import ScoredVariants, ToScore
    from refalt.scoring.metered import Metering
    from refalt.studies.study import ScoreSection

#: Above this share of rows without a score the exit status says so.
MOST_UNSCORED: Final = 0.01
_SHOWN: Final = 5
Settings = Annotated[
    list[str] | None, typer.Option("--setting", help="Of the model, as [models.NAME] has them.", metavar="KEY=VALUE")
]
Tracks = Annotated[
    list[str] | None, typer.Option("--tracks", help="Outputs to average, as [[score]] tracks.", metavar="KEY=VALUE")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score")(score)


def score(
    variants: Annotated[Path, typer.Argument(help="VCF, or a table of variants.", metavar="VARIANTS")],
    model: Annotated[str, typer.Option(help="Name of the model.", metavar="NAME")],
    genome: Annotated[str, typer.Option(help="Genome of the variants; no index needed.", metavar="[ASSEMBLY=]FASTA")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Parquet to write.", metavar="FILE")] = None,
    tsv: Annotated[Path | None, typer.Option(help="TSV to write; without any file it is printed.")] = None,
    h5ad: Annotated[Path | None, typer.Option(help="AnnData to write: alleles x tracks.", metavar="FILE")] = None,
    assembly: Annotated[str | None, typer.Option(help="Assembly of the variants.", metavar="NAME")] = None,
    scorer: Annotated[str, typer.Option(help="Scorer, as [[score]] has it.", metavar="TEXT")] = "",
    window: Annotated[int | None, typer.Option(min=1, help="Bases the model sees.", metavar="N")] = None,
    tracks: Tracks = None,
    setting: Settings = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="The score has no direction.")] = False,
    store: StoreFolder = None,
    workers: Workers = None,
    rescore: Rescore = False,
) -> int:
    """Score variants with a model, their alleles held against a genome."""
    from refalt.cli.check import genome_of
    from refalt.errors import ExitCode
    from refalt.genome import canonical_assembly
    from refalt.pipeline.annotated import write_h5ad
    from refalt.pipeline.score import as_tsv, build_model, read_to_score, score_variants, write_scores, write_tsv

    settings = _values(setting or [], "--setting")
    built = build_model(model, settings)
    asking = _section(
        model, scorer=scorer, window=window, tracks=_values(tracks or [], "--tracks"), signed=not unsigned
    )
    built.check(asking)
    path, named = genome_of(genome)
    assert path is not None
    declared = canonical_assembly(assembly, where="--assembly") if assembly else None
    to_score = read_to_score(variants, path, asking, assembly=declared, genome_assembly=named)
    metering = metering_of(store, workers, rescore=rescore)
    _say_cost(built, to_score, asking, metering)
    scored = score_variants(to_score, built, asking, metering=metering)
    said = {"model": model, "settings": json.dumps(settings), "score": asking.model_dump_json()}
    said |= {"variants": variants.name, "assembly": to_score.genome.assembly}
    if out is not None:
        write_scores(scored, out, provenance=said)
    if h5ad is not None:
        write_h5ad(scored, h5ad, provenance=said)
    if tsv is not None:
        write_tsv(scored, tsv)
    printed = out is None and tsv is None and h5ad is None
    if printed:
        typer.echo(as_tsv(scored).decode(), nl=False)
    for line in (
        *to_score.remarks,
        *_summary(scored, to_score.genome.assembly),
        *map(str, filter(None, (out, tsv, h5ad))),
    ):
        typer.echo(line, err=printed)
    unscored = scored.n_rows - scored.n_scored
    return int(ExitCode.MANY_FAILURES if unscored > MOST_UNSCORED * scored.n_rows else ExitCode.DONE)


def _section(model: str, **fields: Any) -> ScoreSection:
    from refalt.studies.read import validate_section
    from refalt.studies.study import ScoreSection

    return validate_section(ScoreSection, {"name": model, "model": model, **fields}, where=Path("--tracks"))


def _values(pairs: Iterable[str], option: str) -> dict[str, Any]:
    """KEY=VALUE with the value as TOML has it, or as plain text."""
    from refalt.errors import UserError

    values: dict[str, Any] = {}
    for text in pairs:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UserError(f"{option} {text!r} is not as it should be", expected="KEY=VALUE", got=text)
        try:
            values[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            values[key.strip()] = value
    return values


def _say_cost(model: Model, to_score: ToScore, asking: ScoreSection, metering: Metering) -> None:
    """Say what a metered model will be asked, before it is."""
    from refalt.models.metered import MeteredModel
    from refalt.scoring.metered import dry_run

    if isinstance(model, MeteredModel):
        typer.echo(cost_line(asking.name, dry_run(model, to_score.asked, asking, metering=metering)), err=True)


def _summary(scored: ScoredVariants, assembly: str) -> Iterable[str]:
    """How many have a score, for which alleles, and which have none."""
    lying = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in scored.orientations.items())
    yield f"scored {scored.n_scored:,} of {scored.n_rows:,} rows (assembly: {assembly}); alleles: {lying or 'none'}"
    yield "score_asked is ALT over REF of asked_id, whose REF is the genome's; score_given is alt over ref as given"
    lost = scored.table.unique("source_row", keep="first", maintain_order=True)
    for reason, count in scored.problems.items():
        yield f"no score: {count:,} rows, {reason}"
        rows = lost.filter(problem=reason).head(_SHOWN)
        for row in rows.iter_rows(named=True):
            place = f"line {row['line']}" if "line" in row else f"row {row['source_row']}"
            yield f"  {place}: {row['chrom']}:{row['pos']} {row['ref']}>{row['alt']}: {row['explanation']}"
