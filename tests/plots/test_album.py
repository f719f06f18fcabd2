"""One figure of an album: its file, and what happens when it cannot be drawn."""

import dataclasses

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.plots import theme
from refalt.plots.album import Album, draw_leaf, path_part
from refalt.plots.figures.roc import Roc


@pytest.fixture
def album(toy_view, tmp_path):
    return Album((toy_view("good", n=60),), "figures", tmp_path, simulated=False, as_published=False)


def leaf_of(album, kind):
    return next(leaf for leaf in album.leaves() if leaf.drawing.name == kind)


def drawn(leaf, album):
    with theme.applied():
        return draw_leaf(leaf, album)


def test_leaves__have_files_of_their_own_where_names_differ_only_in_what_a_path_cannot_hold(toy_view, tmp_path):
    names = ("score 遺", "score 伝", "SCORE_?", "G" * 300, "G" * 299 + "H")
    views = tuple(dataclasses.replace(toy_view("good", n=60), score_name=name) for name in names)
    stems = [leaf.stem for leaf in Album(views, "figures", tmp_path, simulated=False, as_published=False).leaves()]
    assert len({stem.lower() for stem in stems}) == len(stems) > 20
    assert max(map(len, stems)) < 260


def test_draw_leaf__puts_an_error_on_the_figure_and_keeps_its_traceback(album, monkeypatch, tmp_path):
    def broken(*_):
        raise ZeroDivisionError("no room for <this>")

    monkeypatch.setattr(Roc, "draw", broken)
    found = drawn(leaf_of(album, "roc"), album)
    assert found.figure.failed == "not drawn: ZeroDivisionError: no room for <this>"
    assert "in broken" in found.traceback
    text = (tmp_path / found.figure.svg).read_text()
    assert "NOT DRAWN" in text
    assert "no room for &lt;this&gt;" in text
    assert pl.read_csv(tmp_path / found.figure.csv).to_dicts() == [{"withheld": found.figure.failed}]


def test_draw_leaf__says_what_a_kind_of_figure_fails_at_before_it_draws(album, monkeypatch):
    def broken(*_):
        raise KeyError("cluster_id")

    monkeypatch.setattr(Roc, "subjects", broken)
    found = drawn(leaf_of(album, "roc"), album)
    assert found.figure.failed == "not drawn: KeyError: 'cluster_id'"
    assert found.figure.name == "roc"


def test_draw_leaf__draws_what_is_sound(album):
    found = drawn(leaf_of(album, "roc"), album)
    assert (found.figure.failed, found.traceback) == (None, "")


def test_draw_leaf__leaves_a_folder_that_cannot_be_written_to_the_user(album, tmp_path):
    (tmp_path / "toy").write_text("in the way")
    with pytest.raises(UserError):
        drawn(leaf_of(album, "roc"), album)


@pytest.mark.parametrize(
    ("name", "part"),
    [("ag-dnase", "ag-dnase"), ("../../x", "_.._x"), ("a/b c", "a_b_c"), ("...", "_"), ("G" * 300, "G" * 120)],
)
def test_path_part__is_one_safe_part_of_a_path(name, part):
    assert path_part(name) == part
