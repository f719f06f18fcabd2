from __future__ import annotations

import re
from itertools import chain

import pytest
from alphagenome.data import ontology
from alphagenome.models.v1 import dna_output
from alphagenome.protos.v1 import dna_model_pb2

from refalt.errors import UserError
from refalt.serve.simulation.tracks import HOSTED_SIZES, RESOLUTIONS, synthetic_tracks


def test_resolutions__has_every_output_of_the_protocol() -> None:
    assert set(RESOLUTIONS) == {output.name for output in dna_output.OutputType}


@pytest.mark.parametrize("organism", ["human", "mouse"])
@pytest.mark.parametrize("sizes", [{}, HOSTED_SIZES])
def test_synthetic_tracks__name_and_strand_are_a_key_within_an_output(organism: str, sizes: dict[str, int]) -> None:
    table = synthetic_tracks(organism, sizes=sizes)
    for tracks in table.by_output.values():
        assert len({(track.name, track.strand) for track in tracks}) == len(tracks) > 0


@pytest.mark.parametrize("sizes", [{}, HOSTED_SIZES, {"RNA_SEQ": 3}])
def test_synthetic_tracks__forward_and_reverse_tracks_are_pairs_in_one_order(sizes: dict[str, int]) -> None:
    for tracks in synthetic_tracks(sizes=sizes).by_output.values():
        assert "".join(track.strand for track in tracks) == "".join(sorted((t.strand for t in tracks), key="+-.".index))
        forward, reverse = ([track.name for track in tracks if track.strand == strand] for strand in "+-")
        assert forward == reverse


def test_synthetic_tracks__has_what_selections_ask_for() -> None:
    table = synthetic_tracks("human").by_output
    every = list(chain.from_iterable(table.values()))
    curies = {track.biosample.curie for track in every if track.biosample}
    assert {curie.split(":")[0] for curie in curies} == {"CL", "CLO", "EFO", "UBERON"}
    assert {"EFO:0002067", "EFO:0001187", "EFO:0002784", "CL:0000624", "CL:0000236"} <= curies
    assert all(ontology.from_curie(curie).ontology_curie == curie for curie in curies)
    assert {track.mark for track in table["CHIP_HISTONE"]} >= {"H3K27ac", "H3K4me3"}
    assert {track.factor for track in table["CHIP_TF"]} >= {"CTCF", "GATA1"}
    assert {track.strand for track in table["RNA_SEQ"]} == {"+", "-", "."}
    # A term does not name one track.
    assert sum(track.biosample is not None and track.biosample.curie == "EFO:0002067" for track in table["RNA_SEQ"]) > 1
    kinds = {track.biosample.kind for track in every if track.biosample}
    assert all(f"BIOSAMPLE_TYPE_{kind.upper()}" in dna_model_pb2.BiosampleType.keys() for kind in kinds)  # noqa: SIM118
    assert not any(re.search("padding", track.name, re.IGNORECASE) for track in every)


def test_synthetic_tracks__can_be_as_large_as_the_hosted_table() -> None:
    table = synthetic_tracks(sizes=HOSTED_SIZES).by_output
    assert {output: len(table[output]) for output in HOSTED_SIZES} == dict(HOSTED_SIZES)
    assert any(track.biosample and track.biosample.curie.startswith("NTR:") for track in table["DNASE"])


def test_synthetic_tracks__unknown_names_are_mistakes() -> None:
    with pytest.raises(UserError, match="mouse"):
        synthetic_tracks("mousse")
    with pytest.raises(UserError, match="DNASE"):
        synthetic_tracks(sizes={"DNAS": 3})
