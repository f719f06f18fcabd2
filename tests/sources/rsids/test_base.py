from __future__ import annotations

import pytest

from refalt.sources.rsids.base import Candidate, Unresolved, readable


def test_unresolved__has_words_for_each_reason() -> None:
    assert len({reason.meaning for reason in Unresolved}) == len(Unresolved)


def test_readable__keeps_each_candidate_once() -> None:
    one, other = Candidate("1", 5, "A", "G"), Candidate("1", 5, "A", "-")
    assert readable([one, other, one]) == [one, other]


@pytest.mark.parametrize(
    "bad", [None, Candidate("1", 5, "A", "N"), Candidate("1", 5, "A", "A"), Candidate("1", 5, "A", "")]
)
def test_readable__gives_nothing_when_one_might_have_been_the_right_one(bad: Candidate | None) -> None:
    assert readable([Candidate("1", 5, "A", "G"), bad]) is Unresolved.UNREADABLE
    assert readable([]) is Unresolved.UNREADABLE
