"""What scores read of kept answers, when tables of tracks differ between them, and of which strand."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from refalt.models.alphagenome.answers import GeneLine, Part, pack
from refalt.models.alphagenome.reading import ScorerReading, SequenceReading
from refalt.models.alphagenome.scorers import parse_choice
from refalt.models.alphagenome.sequence_scores import SequenceScore
from refalt.models.alphagenome.tracks import TrackTable
from refalt.models.metered import NoValueError
from refalt.studies.study import TrackChoice

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.protos.v1 import dna_model_pb2


class Shelf(dict[str, bytes]):
    """A shelf in memory, and answers put on it."""

    def put(self, name: str, content: bytes) -> None:
        self[name] = content

    def answer(self, *parts: Part) -> bytes:
        payload, shared = pack(parts)
        self.update(shared)
        return payload


def table(*names: str) -> TrackTable:
    strands = {"+": 1, "-": 2, ".": 3}
    tracks = [dna_model_pb2.TrackMetadata(name=name[:-1], strand=strands[name[-1]]) for name in names]
    return TrackTable(dna_model_pb2.TracksMetadata(metadata=tracks).SerializeToString())


def part(values: Any, tracks: TrackTable, *lines: GeneLine) -> Part:
    return Part(np.asarray(values, np.float32), tracks, lines)


def test_values__of_another_table_are_found_by_the_identity_of_their_tracks() -> None:
    shelf = Shelf()
    reading = ScorerReading(parse_choice("DNASE"), TrackChoice(), shelf)
    first = shelf.answer(part([[[1, 2, 3]]], table("a.", "b.", "padding.")))
    second = shelf.answer(part([[[9, 20, 10]]], table("x.", "b.", "a.")))
    assert reading.values({"": first}, None).raw.tolist() == [[1, 2]]
    assert reading.values({"": second}, None).raw.tolist() == [[10, 20]]
    assert reading.tracks().get_column("track_id").to_list() == ["DNASE|a|.", "DNASE|b|."]
    lacking = shelf.answer(part([[[1]]], table("a.")))
    with pytest.raises(NoValueError, match="lacks tracks"):
        reading.values({"": lacking}, None)


def test_values__of_several_scorers_stand_side_by_side_with_quantiles_only_where_all_have_them() -> None:
    shelf = Shelf()
    reading = ScorerReading(parse_choice("DNASE + ATAC"), TrackChoice(), shelf)
    both = [part([[[1, 2]], [[0.1, 0.2]]], table("a.", "b.")), part([[[3]], [[0.3]]], table("a."))]
    found = reading.values({"": shelf.answer(*both)}, None)
    assert found.raw.tolist() == [[1, 2, 3]]
    assert found.quantile is not None
    assert found.quantile.tolist() == [[np.float32(0.1), np.float32(0.2), np.float32(0.3)]]
    assert reading.tracks().get_column("track_id").to_list() == ["DNASE|a|.", "DNASE|b|.", "ATAC|a|."]
    one = [both[0], part([[[3]]], table("a."))]
    assert reading.values({"": shelf.answer(*one)}, None).quantile is None


def test_values__by_gene_are_nothing_on_tracks_of_the_other_strand() -> None:
    shelf = Shelf()
    reading = ScorerReading(parse_choice("RNA_SEQ"), TrackChoice(), shelf)
    genes = (GeneLine("G1", strand="+"), GeneLine("G2", strand="-"), GeneLine("G3"))
    payload = shelf.answer(part([[[1, 2, 3]] * 3][0:1], table("a+", "a-", "b."), *genes))
    found = reading.values({"": payload}, None)
    np.testing.assert_array_equal(found.raw, [[1, np.nan, 3], [np.nan, 2, 3], [1, 2, 3]])
    assert found.targets == ("G1", "G2", "G3")
    assert reading.values({"": payload}, "G2.5").targets == ("G2",)


def test_values__by_gene_say_when_there_is_none() -> None:
    shelf = Shelf()
    reading = ScorerReading(parse_choice("RNA_SEQ"), TrackChoice(), shelf)
    payload = shelf.answer(part(np.zeros((2, 0, 1)), table("a.")))
    with pytest.raises(NoValueError, match="no gene lies wholly within the window"):
        reading.values({"": payload}, None)


def test_values__of_sequences_compare_and_average_strands_with_their_tracks_exchanged() -> None:
    shelf = Shelf()

    def activities(*values: float) -> bytes:
        return shelf.answer(Part(np.array([[values], [[0, 0, 0]], [[0, 0, 0]]], float), table("a+", "a-", "b.")))

    reading = SequenceReading(SequenceScore("CAGE", "MEAN", None, "DIFFERENCE"), TrackChoice(), shelf)
    plain = reading.values({"ref": activities(1, 2, 3), "alt": activities(2, 4, 6)}, None)
    assert plain.raw.tolist() == [[1, 2, 3]]
    averaged = reading.values(
        {
            "ref": activities(1, 2, 3),
            "ref-reversed": activities(4, 3, 5),
            "alt": activities(0, 0, 0),
            "alt-reversed": activities(0, 0, 0),
        },
        None,
    )
    assert averaged.raw.tolist() == [[-2, -3, -4]]
    centre = SequenceReading(SequenceScore("CAGE", "CENTRE"), TrackChoice(), shelf)
    assert centre.values({"ref": activities(1, 2, 3)}, None).raw.tolist() == [[0, 0, 0]]


def test_tracks__are_none_when_nothing_was_read() -> None:
    assert ScorerReading(parse_choice("DNASE"), TrackChoice(), Shelf()).tracks().is_empty()
