"""One look, the same bytes every time, and no letter that the font lacks."""

import hashlib

import matplotlib as mpl
import pytest

from refalt.plots import theme


def drawn(folder, *, simulated=False, as_published=False):
    with theme.applied():
        sheet = theme.sheet("A title", ("one line",), height=1.5)
        sheet.axes().plot([0, 1], [0, 1])
        theme.stamp(sheet, simulated=simulated, as_published=as_published)
        theme.write(sheet, folder / "figure")
    return [(folder / f"figure.{ending}").read_bytes() for ending in ("svg", "png")]


def test_write__gives_the_same_bytes_twice(tmp_path):
    assert drawn(tmp_path / "one") == drawn(tmp_path / "two")


def test_write__leaves_no_date_in_the_file(tmp_path):
    svg, _ = drawn(tmp_path)
    assert b"dc:date" not in svg


def test_stamp__is_in_the_svg_as_text(tmp_path):
    svg, _ = drawn(tmp_path, simulated=True, as_published=True)
    assert b"SIMULATED" in svg
    assert b"AS PUBLISHED" in svg


def test_stamp__changes_the_picture(tmp_path):
    plain, stamped = drawn(tmp_path / "plain")[1], drawn(tmp_path / "stamped", simulated=True)[1]
    assert hashlib.sha256(plain).digest() != hashlib.sha256(stamped).digest()


def test_applied__leaves_the_settings_of_others_alone():
    before = dict(mpl.rcParams)
    with theme.applied():
        assert mpl.rcParams["svg.hashsalt"] == "refalt"
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(("text", "expected"), [("ρ = 1", "ρ = 1"), ("遺伝子 X", "??? X"), ("a\n\tb\x00", "a b?")])
def test_drawable__keeps_to_one_line_and_to_letters_of_the_font(text, expected):
    assert theme.drawable(text) == expected


def test_shortened__cuts_with_an_ellipsis():
    assert theme.shortened("g" * 300, 10) == "g" * 9 + "…"
    assert theme.shortened("G" * 300, 10) == "G" * 6 + "…"
    assert theme.shortened("short", 10) == "short"


def test_sheet__draws_dollar_signs_as_they_are(tmp_path):
    with theme.applied():
        theme.write(theme.sheet("$x^2$ costs $5", (), height=1), tmp_path / "figure")
    assert "$x^2$ costs $5" in (tmp_path / "figure.svg").read_text()
