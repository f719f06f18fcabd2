"""Choosing tracks by what they are, and saying what is near when nothing matches."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.tracks import TrackTable, described, ontology_term, select_tracks
from refalt.studies.study import TrackChoice

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.data import ontology
    from alphagenome.models.v1 import track_data_utils
    from alphagenome.protos.v1 import dna_model_pb2


def table_of(*tracks: dict[str, Any]) -> TrackTable:
    return TrackTable(dna_model_pb2.TracksMetadata(metadata=list(tracks)).SerializeToString())


K562 = {"ontology_type": dna_model_pb2.ONTOLOGY_TYPE_EFO, "id": 2067}
HEPG2 = {"ontology_type": dna_model_pb2.ONTOLOGY_TYPE_EFO, "id": 1187}
LINE = dna_model_pb2.BIOSAMPLE_TYPE_CELL_LINE
TABLE = table_of(
    {"name": "EFO:0002067 ctcf", "strand": 3, "ontology_term": K562, "transcription_factor_code": "CTCF"},
    {"name": "EFO:0002067 gata1", "strand": 3, "ontology_term": K562, "transcription_factor_code": "GATA1"},
    {"name": "EFO:0001187 ctcf", "strand": 3, "ontology_term": HEPG2, "transcription_factor_code": "CTCF"},
    {"name": "x", "strand": 1, "biosample": {"name": "liver", "type": LINE}, "assay": "total RNA-seq"},
    {"name": "x", "strand": 2, "biosample": {"name": "liver", "type": LINE}, "assay": "total RNA-seq"},
    {"name": "y", "strand": 3, "histone_mark_code": "H3K27ac"},
    {"name": "padding", "strand": 3},
)


def chosen(**choice: Any) -> list[str]:
    return select_tracks(described(TABLE, "CHIP_TF"), TrackChoice(**choice)).get_column("track_id").to_list()


def test_select_tracks__by_each_property_and_by_several() -> None:
    assert chosen(ontology_curie="EFO:0002067") == ["CHIP_TF|EFO:0002067 ctcf|.", "CHIP_TF|EFO:0002067 gata1|."]
    assert chosen(transcription_factor="CTCF", ontology_curie="EFO:0001187") == ["CHIP_TF|EFO:0001187 ctcf|."]
    assert chosen(biosample_name="liver", strand="-") == ["CHIP_TF|x|-"]
    assert chosen(assay="total RNA-seq") == ["CHIP_TF|x|+", "CHIP_TF|x|-"]
    assert chosen(histone_mark="H3K27ac") == ["CHIP_TF|y|."]
    assert chosen(output="CHIP_TF", strand="+") == ["CHIP_TF|x|+"]


def test_select_tracks__without_a_choice_is_every_track_but_padding() -> None:
    assert len(chosen()) == 6


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"transcription_factor": "CTFC"}, "a transcription_factor that is there: CTCF"),
        ({"ontology_curie": "EFO:0002784"}, "a ontology_curie that is there: EFO:0002067"),
        (
            {"ontology_curie": "EFO:0001187", "transcription_factor": "GATA1"},
            "there with ontology_curie = EFO:0001187: CTCF",
        ),
        ({"histone_mark": "H3K27AC"}, "H3K27ac"),
        ({"biosample_name": "Liver"}, "liver"),
        ({"assay": "ATAC-seq"}, "total RNA-seq"),
    ],
)
def test_select_tracks__that_match_nothing_names_what_is_near(choice: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        chosen(**choice)
    assert said in str(caught.value)
    assert "refalt list tracks" in str(caught.value)


def test_select_tracks__says_when_no_track_has_such_a_property() -> None:
    plain = described(table_of({"name": "a", "strand": 3}), "DNASE")
    with pytest.raises(UserError, match="no histone_mark at all"):
        select_tracks(plain, TrackChoice(histone_mark="H3K27ac"))


@pytest.mark.parametrize("output", ["DNASE", "CAGE", "CHIP_TF", "CHIP_HISTONE", "SPLICE_SITES", "CONTACT_MAPS"])
def test_frame__has_what_the_official_client_reads(hosted: Hosted, official: Any, output: str) -> None:
    theirs = getattr(official.output_metadata(), output.lower())
    ours = hosted.offered()[output].frame
    for column in theirs.columns:
        name = "assay" if column == "Assay title" else column
        expected = [None if value != value else value for value in theirs[column].tolist()]
        assert ours.get_column(name).to_list() == expected


@pytest.mark.parametrize("curie", ["EFO:0002067", "CL:0000624", "UBERON:0001157", "CLO:0037116", "NTR:0000646"])
def test_ontology_term__is_the_official_one(curie: str) -> None:
    assert ontology_term(curie) == ontology.from_curie(curie).to_proto()


@pytest.mark.parametrize("curie", ["EFO", "EFO:x", "BTO:0000001", "", "UNSPECIFIED:1"])
def test_ontology_term__refuses_what_is_none(curie: str) -> None:
    with pytest.raises(UserError, match="CL, CLO, EFO, NTR, UBERON"):
        ontology_term(curie)


def test_select_tracks__in_the_published_table_finds_the_cell_lines_by_their_terms(
    real_input: Callable[[str], Path],
) -> None:
    published = pl.read_parquet(real_input("alphagenome/track_metadata_human.parquet"))
    dnase = published.filter(pl.col("output_type") == "dnase").rename({"track_name": "name"}).to_pandas()
    content = track_data_utils.metadata_to_proto(dnase.where(dnase.notna(), None)).SerializeToString()
    tracks = described(TrackTable(content), "DNASE")
    for curie, biosample in {"EFO:0002067": "K562", "EFO:0001187": "HepG2", "EFO:0002784": "GM12878"}.items():
        found = select_tracks(tracks, TrackChoice(ontology_curie=curie))
        assert found.get_column("biosample_name").unique().to_list() == [biosample]
        by_name = select_tracks(tracks, TrackChoice(biosample_name=biosample))
        assert by_name.get_column("track_id").to_list() == found.get_column("track_id").to_list()
    assert select_tracks(tracks, TrackChoice()).height == 305
