"""Answers in plain arrays: kept whole, and named as measurements name them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from refalt.models.alphagenome.answers import GeneLine, pack, table_name, unpack
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.alphagenome.tracks import TrackTable

RequestAt = Callable[..., VariantRequest]


def test_pack__keeps_an_answer_whole(hosted: Hosted, request_at: RequestAt) -> None:
    parts = hosted.answer(request_at(20_000, *RECOMMENDED_SCORERS.values()), timeout_s=60)
    payload, shared = pack(parts)
    tables = {name: TrackTable(content) for name, content in shared.items()}
    again = unpack(payload, lambda digest: tables[table_name(digest)])
    assert len(again) == len(parts)
    for part, other in zip(parts, again, strict=True):
        np.testing.assert_array_equal(part.values, other.values)
        assert part.lines == other.lines
        assert part.table.content == other.table.content
    assert pack(again) == (payload, shared)


def test_target__is_the_gene_without_its_version_and_its_junction() -> None:
    assert GeneLine("ENSG00000100342.22", "APOL1", "+", "protein_coding").target == "ENSG00000100342"
    assert GeneLine("ENSG00000100342", None, None, None, 5, 90).target == "ENSG00000100342:5-90"
