"""`refalt list`: what there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from refalt.cli.asking import StoreFolder
from refalt.cli.tracks import CHOICES, list_tracks

KINDS: Final = ("datasets", "models", "audits", "metrics", "studies", "columns")
TRACKS: Final = "tracks"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("list")(listing)


def listing(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join((*KINDS, TRACKS))}.", metavar="KIND")],
    model: Annotated[str, typer.Option(help="Whose tracks.", metavar="NAME")] = "alphagenome",
    output: Annotated[str | None, typer.Option(help="Of tracks: DNASE, ATAC, CHIP_HISTONE, ...")] = None,
    ontology: Annotated[str | None, typer.Option(help="Of tracks: CURIE of a cell or tissue.", metavar="CURIE")] = None,
    biosample: Annotated[str | None, typer.Option(help="Of tracks: name of a cell or tissue.")] = None,
    mark: Annotated[str | None, typer.Option(help="Of tracks: histone mark.")] = None,
    factor: Annotated[str | None, typer.Option(help="Of tracks: transcription factor.")] = None,
    strand: Annotated[str | None, typer.Option(help="Of tracks: + - or .")] = None,
    address: Annotated[str | None, typer.Option(help="Where the model listens, if not the hosted service.")] = None,
    store: StoreFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List datasets, models, audits, metrics, studies, columns, or the tracks of a model."""
    from refalt.errors import unknown_name

    if kind == TRACKS:
        chosen = dict(zip(CHOICES, (output, ontology, biosample, mark, factor, strand), strict=True))
        return list_tracks(model, chosen, address=address, store=store, as_json=as_json)

    makers = {
        "datasets": _datasets, "models": _models, "audits": _audits, "metrics": _metrics, "studies": _studies,
        "columns": _columns,
    }  # fmt: skip
    if kind not in makers:
        raise unknown_name("list", kind, {*makers, TRACKS})
    found = makers[kind]()
    width = max((len(name) for name in found), default=0)
    lines = [f"{name.ljust(width)}  {words}" for name, words in found.items()]
    typer.echo(json.dumps(found, indent=2) if as_json else "\n".join(lines))
    return 0


def _datasets() -> Mapping[str, str]:
    from refalt import datasets
    from refalt.datasets.base import Dataset
    from refalt.plugins import find_plugin, module_names

    names = module_names(datasets)
    return {name: find_plugin(datasets, name, Dataset).card.title for name in names}  # type: ignore[type-abstract]


def _models() -> Mapping[str, str]:
    from refalt import models
    from refalt.models.base import Model
    from refalt.plugins import find_plugin, module_names

    names = module_names(models)
    return {name: find_plugin(models, name, Model).readout for name in names}  # type: ignore[type-abstract]


def _audits() -> Mapping[str, str]:
    from refalt import audits
    from refalt.audits.base import Audit
    from refalt.plugins import every_class

    classes = sorted(every_class(audits, Audit), key=lambda audit: audit.code)
    return {audit.code: f"{audit.severity.value:8}{audit.affirms}" for audit in classes}


def _metrics() -> Mapping[str, str]:
    from refalt.stats.metric import METRICS

    return {name: metric.meaning for name, metric in METRICS.items()}


def _studies() -> Mapping[str, str]:
    from refalt.studies.library import library_names, library_study
    from refalt.studies.read import read_study
    from refalt.studies.suite import is_suite, read_suite

    found = {name: path for name in library_names() if (path := library_study(name))}
    return {
        name: f"(suite) {read_suite(path).suite.question}" if is_suite(path) else read_study(path).study.question
        for name, path in found.items()
    }


def _columns() -> Mapping[str, str]:
    from refalt.tables import ALL_TABLES

    return {
        f"{table.title}.{column.name}": f"{column.meaning}{f' ({column.unit})' if column.unit else ''}"
        for table in ALL_TABLES
        for column in table.declared
    }
