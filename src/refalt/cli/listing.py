"""`refalt list`: what there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Final

import typer

KINDS: Final = ("datasets", "models", "audits", "metrics", "studies", "columns")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("list")(listing)


def listing(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.", metavar="KIND")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List datasets, models, audits, metrics, studies or columns."""
    from refalt.errors import unknown_name

    makers = {
        "datasets": _datasets, "models": _models, "audits": _audits, "metrics": _metrics, "studies": _studies,
        "columns": _columns,
    }  # fmt: skip
    if kind not in makers:
        raise unknown_name("list", kind, makers)
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

    found = {name: library_study(name) for name in library_names()}
    return {name: read_study(path).study.question for name, path in found.items() if path}


def _columns() -> Mapping[str, str]:
    from refalt.tables import ALL_TABLES

    return {
        f"{table.title}.{column.name}": f"{column.meaning}{f' ({column.unit})' if column.unit else ''}"
        for table in ALL_TABLES
        for column in table.declared
    }
