"""What answers, by the settings; and its tracks, kept on a shelf."""

from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.models.alphagenome.atlas import Atlas
from refalt.models.alphagenome.backends import open_backend, shelve_tables, shelved_tables
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.local import Local
from refalt.models.alphagenome.settings import AlphaGenomeSection
from refalt.models.metered import Identity
from refalt.scoring.store import open_store
from refalt.serve.server import RunningServer


def test_open_backend__is_what_the_settings_name(server: RunningServer) -> None:
    for settings, kind in (
        (AlphaGenomeSection(address=server.address), Hosted),
        (AlphaGenomeSection(address=server.address, backend="atlas"), Atlas),
    ):
        backend = open_backend(settings)
        assert isinstance(backend, kind)
        backend.close()
    assert isinstance(open_backend(AlphaGenomeSection(), object()), Local)


def test_open_backend__says_when_nobody_answers() -> None:
    with pytest.raises(UserError, match="cannot be reached.*within 0.2 s"):
        open_backend(AlphaGenomeSection(address="127.0.0.1:9"), reach_s=0.2)


def test_shelved_tables__are_those_that_were_asked_for(hosted: Hosted, tmp_path: Path) -> None:
    with open_store(Identity("alphagenome", "x"), tmp_path) as store:
        assert shelved_tables("human", store) is None
        asked = shelve_tables(hosted, "human", store)
        kept = shelved_tables("human", store)
        assert shelved_tables("mouse", store) is None
    assert kept is not None
    assert {output: table.content for output, table in kept.items()} == {
        output: table.content for output, table in asked.items()
    }
    assert list(kept) == list(asked)
    assert len(kept) == 11
