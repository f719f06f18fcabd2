from __future__ import annotations

from collections.abc import Callable

from refalt.report.headline import headline
from refalt.runs import RunFolder


def test_headline__is_the_sentence_of_the_page_without_its_markup(run_folder: Callable[..., RunFolder]) -> None:
    text = headline(run_folder(n=60))
    assert text.startswith("On toy, the ")
    assert "<" not in text
    assert "95% interval" in text
    assert text.endswith(".")
