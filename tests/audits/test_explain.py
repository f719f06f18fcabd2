from __future__ import annotations

import pytest

from refalt.audits.explain import index, page, pages
from refalt.audits.runner import every_audit
from refalt.errors import UserError


def test_page__holds_every_text_of_the_audit() -> None:
    for audit in every_audit():
        text = page(audit.code)
        for part in (audit.affirms, audit.why, audit.example, audit.remedy, f"**{audit.severity}**"):
            assert part in text


def test_page__takes_a_code_in_any_case_and_shows_the_nearest() -> None:
    assert page(" ef001 ").startswith("# EF001: ")
    with pytest.raises(UserError, match="Did you mean 'EF003'"):
        page("EF033")


def test_page__says_what_it_needs_and_when() -> None:
    text = page("SA002")
    assert "the rows of the dataset, the clusters of the rows; it also reads alleles held against" in text
    assert "before anything is predicted" in text
    assert "and again after the estimates" in page("SA001")


def test_pages__has_one_an_audit() -> None:
    assert list(pages()) == [audit.code for audit in every_audit()]


def test_page__says_when_it_is_found_and_by_which_thresholds() -> None:
    text = page("EF004")
    assert "## Found when" in text
    assert "`REPEATED_FACTOR` = 10.0, `REPEATED_ON_GRID` = 3.0: Counts of neighbouring values" in text


def test_index__links_every_page() -> None:
    assert all(f"[{audit.code}](audits/{audit.code}.md)" in index() for audit in every_audit())
