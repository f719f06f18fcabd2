from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.download import PublicFile
from refalt.sources.fetch import InputFinder, NeededFile


def _file(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_find__looks_beside_the_study_first_then_in_folders_then_in_the_environment(tmp_path: Path) -> None:
    here, given, environment = tmp_path / "study", tmp_path / "given", tmp_path / "environment"
    for folder in (here, given, environment):
        folder.mkdir()
    finder = InputFinder(here, [given], environment=str(environment))
    _file(environment / "a.tsv")
    assert finder.find(NeededFile("dataset", "a.tsv")).path == environment / "a.tsv"
    _file(given / "a.tsv")
    assert finder.find(NeededFile("dataset", "a.tsv")).path == given / "a.tsv"
    _file(here / "a.tsv")
    assert finder.find(NeededFile("dataset", "a.tsv")).path == here / "a.tsv"


def test_find__searches_subfolders_and_refuses_a_name_that_stands_for_two_files(tmp_path: Path) -> None:
    _file(tmp_path / "in" / "one" / "a.tsv")
    found = InputFinder(tmp_path, [tmp_path / "in"], environment="").find(NeededFile("dataset", "a.tsv"))
    assert found.path.parent.name == "one"
    _file(tmp_path / "in" / "two" / "a.tsv")
    finder = InputFinder(tmp_path, [tmp_path / "in"], environment="")
    with pytest.raises(UserError, match="two files are called 'a.tsv'"):
        finder.find(NeededFile("dataset", "a.tsv"))
    assert finder.find(NeededFile("dataset", "two/a.tsv")).path.parent.name == "two"


def test_find__says_where_it_looked_the_nearest_name_and_the_origin(tmp_path: Path) -> None:
    _file(tmp_path / "in" / "degner.tsv")
    finder = InputFinder(tmp_path, [tmp_path / "in"], environment="")
    with pytest.raises(UserError, match=r"'degnr.tsv' was not found.*Did you mean 'degner.tsv'.*it comes from GEO"):
        finder.find(NeededFile("dataset", "degnr.tsv", origin="GEO"))
    assert finder.look_up(NeededFile("dataset", "degnr.tsv")) is None


def test_finder__refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        InputFinder(tmp_path, [tmp_path / "none"], environment="")


PUBLISHED = PublicFile("https://example.org/dsqtl.tsv")


def test_find__looks_among_the_downloads_last(tmp_path: Path) -> None:
    kept, given = _file(tmp_path / "kept" / "a.tsv"), tmp_path / "given"
    given.mkdir()
    finder = InputFinder(tmp_path, [given], environment="", downloads=kept.parent)
    assert finder.find(NeededFile("dataset", "a.tsv")).path == kept
    mine = _file(given / "a.tsv")
    finder = InputFinder(tmp_path, [given], environment="", downloads=kept.parent)
    assert finder.find(NeededFile("dataset", "a.tsv")).path == mine


def test_find__fetches_only_when_told_how(tmp_path: Path) -> None:
    needed = NeededFile("dataset", "dsqtl.tsv", published=PUBLISHED)
    told: list[PublicFile] = []

    def fetch(file: PublicFile, folder: Path) -> Path:
        told.append(file)
        return _file(folder / file.file_name)

    silent = InputFinder(tmp_path, environment="", downloads=tmp_path / "kept")
    with pytest.raises(UserError, match="let it be fetched with --download"):
        silent.find(needed)
    finder = InputFinder(tmp_path, environment="", downloads=tmp_path / "kept", download=fetch)
    assert finder.look_up(needed) is None
    assert told == []
    assert finder.find(needed).path == tmp_path / "kept" / "dsqtl.tsv"
    assert silent.find(needed).path == tmp_path / "kept" / "dsqtl.tsv"
    assert told == [PUBLISHED]


def test_find__fetches_nothing_that_is_published_nowhere(tmp_path: Path) -> None:
    def fetch(*_: object) -> Path:
        raise AssertionError

    finder = InputFinder(tmp_path, environment="", downloads=tmp_path / "kept", download=fetch)
    with pytest.raises(UserError, match="was not found"):
        finder.find(NeededFile("dataset", "mine.tsv"))


def test_look_up__refuses_a_download_that_was_changed(tmp_path: Path) -> None:
    kept = _file(tmp_path / "kept" / "a.tsv")
    finder = InputFinder(tmp_path, environment="", downloads=kept.parent)
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    _file(kept.with_name("a.tsv.sha256"), f"{digest}  a.tsv\n")
    assert finder.find(NeededFile("dataset", "a.tsv")).sha256 == digest
    kept.write_text("y")
    with pytest.raises(UserError, match="was changed after it came"):
        finder.look_up(NeededFile("dataset", "a.tsv"))
