from __future__ import annotations

import pytest

from refalt.columns import SPARING_RECORDED, Reason


@pytest.mark.parametrize("reason", Reason)
def test_reason__says_what_it_means(reason: Reason) -> None:
    assert len(reason.meaning.split()) > 2


def test_sparing_recorded__what_lacks_a_place_in_the_genome_keeps_its_published_score() -> None:
    assert {Reason.NOT_LIFTED, Reason.NO_CONTIG, Reason.REF_MISMATCH} <= set(SPARING_RECORDED)
    assert not {Reason.FILTERED, Reason.UNPARSABLE, Reason.DUPLICATE_ROW} & set(SPARING_RECORDED)
