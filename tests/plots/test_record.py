"""The index of figures, and figures inside a page."""

import json
import re

import pytest

from refalt.errors import UserError
from refalt.plots.record import Figure, inline, read_figures, write_index

FIGURE = Figure("roc-given", "toy", "good", "auroc", "given", "ROC curve", "AUROC 0.7", "seen", "help",
                "toy/good/roc-given.png", "toy/good/roc-given.svg", "toy/good/roc-given.csv")  # fmt: skip
SVG = (
    '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg><metadata><x/></metadata><defs><clipPath id="p1"/></defs>'
    '<g id="axes" clip-path="url(#p1)"><use href="#m1"/></g></svg>'
)


def placed(folder, svg=SVG):
    (folder / "toy/good").mkdir(parents=True)
    (folder / FIGURE.svg).write_text(svg)
    (folder / FIGURE.png).write_bytes(b"\x89PNG")
    return folder


def test_read_figures__gives_back_what_was_written(tmp_path):
    write_index([FIGURE], tmp_path)
    assert read_figures(tmp_path) == [FIGURE]


def test_read_figures__is_empty_where_nothing_was_drawn(tmp_path):
    assert read_figures(tmp_path) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"figures": [{"name": "x"}]}', '{"figures": 3}'])
def test_read_figures__names_a_damaged_index(tmp_path, text):
    (tmp_path / "figures.json").write_text(text)
    with pytest.raises(UserError, match=r"figures.json is not an index"):
        read_figures(tmp_path)


def test_read_figures__refuses_a_path_outside_the_folder(tmp_path):
    fields = vars(FIGURE) | {"svg": "../../etc/passwd"}
    (tmp_path / "figures.json").write_text(json.dumps({"figures": [fields]}))
    with pytest.raises(UserError, match="outside its folder"):
        read_figures(tmp_path)


def test_inline__gives_the_svg_element_with_ids_of_its_own(tmp_path):
    kind, markup = inline(FIGURE, placed(tmp_path), prefix="k-")
    assert kind == "svg"
    assert markup.startswith("<svg")
    assert "metadata" not in markup
    assert set(re.findall(r'(?:id="|#)([^")]+)', markup)) == {"k-p1", "k-axes", "k-m1"}


def test_inline__gives_the_png_when_the_svg_is_large(tmp_path):
    kind, address = inline(FIGURE, placed(tmp_path, SVG + " " * 100_000), prefix="k-")
    assert kind == "png"
    assert address.startswith("data:image/png;base64,")


def test_inline__names_a_figure_that_is_gone(tmp_path):
    with pytest.raises(UserError, match=r"roc-given is missing"):
        inline(FIGURE, tmp_path, prefix="k-")
