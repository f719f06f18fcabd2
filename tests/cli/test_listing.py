from __future__ import annotations

import json

import pytest

from refalt.cli.app import exit_status
from refalt.cli.listing import KINDS
from refalt.studies.library import library_names


@pytest.mark.parametrize("kind", KINDS)
def test_list__every_kind_lists_something_in_words(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["list", kind, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found
    assert all(found.values())


def test_list__studies_are_there_and_suites_say_that_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["list", "studies", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == set(library_names())
    assert {name for name, words in found.items() if words.startswith("(suite) ")} >= {"qtl-benchmark", "window-sweep"}


def test_list__an_unknown_kind_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["list", "dataset"]) == 1
    assert "Did you mean 'datasets'?" in capsys.readouterr().err
