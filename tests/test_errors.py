from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.errors import (
    API_KEY_VARIABLE,
    ExitCode,
    StoppedByLimitError,
    UserError,
    nearest_name,
    redact,
    shown,
    unknown_name,
)


def test_user_error__says_place_matter_expectation_finding_and_remedy_in_that_order() -> None:
    error = UserError("no such column", where="a.tsv", expected="beta", got="bta", remedy="correct it")
    assert str(error) == "a.tsv: no such column. Expected beta; got bta. Correct it."


def test_user_error__leaves_out_what_is_not_given() -> None:
    assert str(UserError("the file is empty")) == "the file is empty."


def test_user_error__does_not_put_a_full_stop_behind_a_question() -> None:
    assert str(UserError("x", remedy="did you mean 'y'?")) == "x. Did you mean 'y'?"


def test_user_error__hides_the_key_that_a_server_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "secret-123")
    assert "secret-123" not in str(UserError("refused", got="key secret-123 is not valid"))


def test_redact__without_a_key_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "  ")
    assert redact("a b  c") == "a b  c"


@pytest.mark.parametrize(("typed", "meant"), [("bta", "beta"), ("Chrom", "chrom"), ("zzz", None)])
def test_nearest_name__finds_a_misspelling_and_not_a_stranger(typed: str, meant: str | None) -> None:
    assert nearest_name(typed, ["beta", "chrom", "pos"]) == meant


def test_unknown_name__shows_the_list_and_the_nearest() -> None:
    text = str(unknown_name("model", "motf", ["motif", "recorded"]))
    assert "'motf'" in text
    assert "motif, recorded" in text
    assert "did you mean 'motif'?" in text.lower()


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_shown__never_lists_more_than_the_limit(values: list[int], limit: int) -> None:
    text = shown(values, limit)
    assert text.count(",") < limit
    assert (f"and {len(values) - limit} more" in text) == (len(values) > limit)


def test_exit_codes__are_those_documented() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 70, 75, 130]
    assert StoppedByLimitError("x").exit_code == 75
