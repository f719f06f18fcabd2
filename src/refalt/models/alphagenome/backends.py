"""What can answer: the hosted service, its precomputed scores, or a model on this machine; and what each offers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from refalt.models.alphagenome.address import parse_address
from refalt.models.alphagenome.answers import Part, table_name
from refalt.models.alphagenome.requests import Request
from refalt.models.alphagenome.settings import AlphaGenomeSection
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.metered import Shelf
from refalt.provenance import canonical_json


class Backend(Protocol):
    """What answers requests. One object may be asked by several threads at once, up to `most_workers`."""

    most_workers: int | None

    def offered(self) -> Mapping[str, TrackTable]:
        """Output -> its tracks."""

    def answer(self, request: Request, *, timeout_s: float) -> tuple[Part, ...]:
        """Answer one request, checked.

        Raises:
            TransientError: asking again may help.
            RefusedError: it will not.
            UserError: nothing can be answered.
        """

    def inspect(self, payload: bytes) -> None:
        """Refuse an answer that must not be kept."""

    def close(self) -> None:
        """Break off what is under way."""


def open_backend(settings: AlphaGenomeSection, dna_model: Any = None, *, reach_s: float = 10.0) -> Backend:
    """Open what the settings name.

    Args:
        settings: The checked section.
        dna_model: An object of the official `DnaModel` class, to be asked instead.
        reach_s: Seconds a service may take to accept a connection.

    Raises:
        UserError: there is no key, the service cannot be reached, or the open weights are not installed.
    """
    if dna_model is not None or settings.backend == "local":
        from refalt.models.alphagenome.local import Local, open_weights

        model = dna_model if dna_model is not None else open_weights(settings.revision, settings.weights)
        return Local(model, organism=settings.organism)
    from refalt.models.alphagenome.atlas import Atlas
    from refalt.models.alphagenome.hosted import Hosted
    from refalt.models.alphagenome.transport import Line, read_key

    line = Line(parse_address(settings.address), key=read_key())
    line.wait_until_ready(reach_s)
    if settings.backend == "atlas":
        return Atlas(line)
    return Hosted(line, organism=settings.organism, revision=settings.revision)


def shelve_tables(backend: Backend, organism: str, shelf: Shelf) -> Mapping[str, TrackTable]:
    """Ask for the tracks of every output and keep them: output -> tracks."""
    tables = backend.offered()
    for table in tables.values():
        backend.inspect(table.content)
        shelf.put(table_name(table.digest), table.content)
    listed = [(output, table.digest) for output, table in tables.items()]
    shelf.put(_shelf_name(organism), canonical_json(listed).encode())
    return tables


def shelved_tables(organism: str, shelf: Shelf) -> Mapping[str, TrackTable] | None:
    """The tracks of every output as an earlier call kept them; None when there was none."""
    listed = shelf.get(_shelf_name(organism))
    if listed is None:
        return None
    contents = {output: shelf.get(table_name(digest)) for output, digest in json.loads(listed)}
    return {output: TrackTable(content) for output, content in contents.items() if content is not None}


def _shelf_name(organism: str) -> str:
    return f"offered/{organism}"
