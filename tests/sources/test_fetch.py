from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.fetch import InputFinder, NeededFile
from refalt.sources.public_file import PublicFile


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
    finder = InputFinder(tmp_path, environment="", downloads=tmp_path / "kept", fetch=fetch)
    assert finder.look_up(needed) is None
    assert told == []
    assert finder.find(needed).path == tmp_path / "kept" / "dsqtl.tsv"
    assert silent.find(needed).path == tmp_path / "kept" / "dsqtl.tsv"
    assert told == [PUBLISHED]


def test_find__fetches_nothing_that_is_published_nowhere(tmp_path: Path) -> None:
    def fetch(*_: object) -> Path:
        raise AssertionError

    finder = InputFinder(tmp_path, environment="", downloads=tmp_path / "kept", fetch=fetch)
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


def test_find__brings_a_file_into_the_first_folder_given(tmp_path: Path) -> None:
    given, other = tmp_path / "given", tmp_path / "other"
    given.mkdir()
    other.mkdir()
    finder = InputFinder(
        tmp_path,
        [given],
        environment=str(other),
        downloads=tmp_path / "kept",
        fetch=lambda file, folder: _file(folder / file.file_name),
    )
    needed = NeededFile("dataset", "dsqtl.txt", published=PublicFile("https://example.org/dsqtl.txt.gz"))
    assert finder.find(needed).path == given / "dsqtl.txt.gz"
    assert not (tmp_path / "kept").exists()
    found = InputFinder(tmp_path, [given], environment="").find(needed)
    assert found.path == given / "dsqtl.txt.gz"
    assert found.name == "dsqtl.txt"


def test_find__takes_another_name_of_the_same_content_and_prefers_its_own(tmp_path: Path) -> None:
    needed = NeededFile("dataset", "all.tar", also=("one.txt.gz", "one.txt"))
    finder = InputFinder(tmp_path, environment="")
    one = _file(tmp_path / "one.txt")
    assert finder.find(needed).path == one
    whole = _file(tmp_path / "all.tar")
    assert finder.find(needed).path == whole


def test_find__says_exactly_what_to_do_by_hand(tmp_path: Path) -> None:
    finder = InputFinder(tmp_path, [tmp_path], environment="", downloads=tmp_path / "kept")
    packed = NeededFile("genome", "hg38.fa", published=PublicFile("https://example.org/hg38.fa.gz", unpacked=True))
    with pytest.raises(
        UserError, match=f"fetch https://example.org/hg38.fa.gz, unpack it, and put it as hg38.fa into {tmp_path}"
    ):
        finder.find(packed)
    with pytest.raises(UserError, match="it comes from GEO: put it as a.csv into"):
        finder.find(NeededFile("dataset", "a.csv", origin="GEO"))
    assert InputFinder(tmp_path, environment="").by_hand(packed).endswith("a folder that you name with --inputs")


def test_look_up__refuses_a_changed_download_among_the_inputs(tmp_path: Path) -> None:
    _file(tmp_path / "a.tsv.sha256", "0" * 64 + "  a.tsv")
    _file(tmp_path / "a.tsv")
    with pytest.raises(UserError, match="was changed after it came"):
        InputFinder(tmp_path / "study", [tmp_path], environment="").look_up(NeededFile("dataset", "a.tsv"))
