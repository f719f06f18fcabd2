from __future__ import annotations

import numpy as np
import pytest
from alphagenome.models.v1 import dna_client, dna_model
from alphagenome.protos.v1 import dna_model_pb2

from refalt.serve.methods import RefusedError
from refalt.serve.services import encoding, requests
from refalt.serve.simulation.scene import Variant, Window
from refalt.serve.simulation.tracks import synthetic_tracks

WINDOW = Window("chr1", 1_000, 16_384)


def _interval(start: int, end: int, contig: str = "chr1") -> object:
    return dna_model_pb2.Interval(chromosome=contig, start=start, end=end)


def _variant(pos: int, ref: str = "A", alt: str = "C", contig: str = "chr1") -> object:
    return dna_model_pb2.Variant(chromosome=contig, position=pos, reference_bases=ref, alternate_bases=alt)


def test_lengths__are_those_of_the_official_client() -> None:
    assert list(requests.LENGTHS) == list(dna_client.SUPPORTED_SEQUENCE_LENGTHS.values())
    assert list(requests.VERSIONS) == [version.name for version in dna_model.ModelVersion]
    assert requests.WIDEST_ISM == dna_client.MAX_ISM_INTERVAL_WIDTH


def test_window__takes_the_lengths_and_no_other() -> None:
    for length in requests.LENGTHS:
        assert requests.window(_interval(-5, length - 5)) == Window("chr1", -5, length)
    for length in (2_048, 16_383, 0, -16_384):
        with pytest.raises(RefusedError, match=r"not supported.*16384, 131072, 524288, 1048576"):
            requests.window(_interval(0, length))


def test_sequence__takes_upper_case_dna_of_a_length_that_is_taken() -> None:
    codes = requests.sequence("ACGTN" + "A" * 16_379)
    assert codes[:6].tolist() == [0, 1, 2, 3, 4, 0]
    for letters, said in (("A" * 2_048, "2048"), ("X" + "A" * 16_383, "'X'"), ("a" + "A" * 16_383, "lower-case")):
        with pytest.raises(RefusedError, match=said):
            requests.sequence(letters)


def test_variant__must_lie_in_the_window() -> None:
    assert requests.variant(_variant(1_001), WINDOW) == Variant("chr1", 1_001, "A", "C")
    assert requests.variant(_variant(17_384), WINDOW).end == WINDOW.end
    assert requests.variant(_variant(1_001, ""), WINDOW).ref == ""
    for message, said in (
        (_variant(1_000), "does not lie"),
        (_variant(17_385), "does not lie"),
        (_variant(17_384, "AC"), "does not lie"),
        (_variant(0), "begin at 1"),
        (_variant(5_000, contig="chr2"), "on chr2, the interval on chr1"),
        (_variant(5_000, "R"), "reference allele.*'R'"),
        (_variant(5_000, alt="<DEL>"), "alternate allele"),
        (_variant(5_000, alt="c"), "lower-case"),
    ):
        with pytest.raises(RefusedError, match=said):
            requests.variant(message, WINDOW)


def test_mutated__takes_one_to_ten_bases_of_the_window() -> None:
    assert requests.mutated(_interval(1_000, 1_010), WINDOW) == Window("chr1", 1_000, 10)
    for message, said in (
        (_interval(1_000, 1_011), "has 11"),
        (_interval(1_000, 1_000), "has 0"),
        (_interval(999, 1_001), "does not lie"),
        (_interval(2_000, 2_001, "chr2"), "does not lie"),
    ):
        with pytest.raises(RefusedError, match=said):
            requests.mutated(message, WINDOW)


def test_outputs__each_once_in_the_order_asked_with_the_tracks_of_the_terms() -> None:
    table = synthetic_tracks("human")
    term = encoding.ontology_message("EFO:0002067")
    numbers = [dna_model_pb2.OUTPUT_TYPE_SPLICE_SITES, dna_model_pb2.OUTPUT_TYPE_CAGE, dna_model_pb2.OUTPUT_TYPE_CAGE]
    sites, cage = requests.outputs(numbers, [term], table)
    assert (sites.output, cage.output) == ("SPLICE_SITES", "CAGE")
    assert sites.tracks.size == len(table.by_output["SPLICE_SITES"])
    chosen = [table.by_output["CAGE"][i].name for i in cage.tracks]
    assert chosen == ["EFO:0002067 hCAGE"] * 2
    (everything,) = requests.outputs(numbers[2:], [], table)
    np.testing.assert_array_equal(everything.tracks, np.arange(len(table.by_output["CAGE"])))
    (nothing,) = requests.outputs(numbers[2:], [encoding.ontology_message("EFO:9999999")], table)
    assert nothing.tracks.size == 0
    for number, said in ((0, "UNSPECIFIED"), (77, "77")):
        with pytest.raises(RefusedError, match=said):
            requests.outputs([number], [], table)


def test_organism_and_version__refuse_what_there_is_not() -> None:
    assert requests.organism(9606) == "human"
    assert requests.organism(10090) == "mouse"
    assert requests.version("") == requests.version("ALL_FOLDS") == "ALL_FOLDS"
    with pytest.raises(RefusedError, match="Organism 0"):
        requests.organism(0)
    with pytest.raises(RefusedError, match=r"FOLD_9.*FOLD_3"):
        requests.version("FOLD_9")
