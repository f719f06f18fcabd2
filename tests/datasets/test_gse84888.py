from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.datasets.gse84888 import Gse84888Section
from refalt.datasets.placement import measurements, place
from refalt.studies.sections import RowFilter

SIX = "PPREwt_129_chr5_51987228_51987244_-_AGTAGGGGAAAGAGTA"
SEVEN = "MAC_chr13_46069370_46069386_+_TGAAGGTCAGAGTTTA"
HEADER = "name\ttags\tcounts.rna\tcounts.plasmid"
POOL6 = [HEADER, f"{SIX}_lxr_1_9_fos\t20\t0\t7", f"{SIX}_wt\t100\t15\t31", f"{SIX}_odd\t9\t1\t1"]
POOL7 = [HEADER, f"{SEVEN}\t5\t3\t1", f"{SEVEN}_lxr_lxr_1_2\t5\t31\t7"]


@pytest.fixture
def files(write: Write) -> dict[str, Path]:
    return {"pool6": write("6.txt", POOL6), "pool7": write("7.txt", POOL7)}


def test_gse84888__a_row_is_an_element_of_a_locus_in_a_pool(files: dict[str, Path], read_dataset: ReadDataset) -> None:
    published = read_dataset("gse84888", files)
    rows = published.rows
    assert reasons(published) == [None, None, "unparsable", None, None]
    assert rows.get_column("source_row").to_list() == [1, 2, 3, 4, 5]
    assert rows.get_column("kind").unique().to_list() == ["element"]
    assert rows.get_column("element_id").to_list()[:2] == [f"{SIX}_lxr_1_9_fos", f"{SIX}_wt"]
    assert rows.get_column("wild_type_id").to_list() == [f"{SIX}_wt", f"{SIX}_wt", None, SEVEN, SEVEN]
    assert rows.get_column("target_id").to_list()[1:4:2] == ["chr5:51987228-51987244:-", "chr13:46069370-46069386:+"]
    assert rows.get_column("context_id").to_list() == ["Pool6"] * 3 + ["Pool7"] * 2
    # The source's start is 0-based.
    assert rows.select("source_chrom", "source_pos").row(0) == ("chr5", 51_987_229)
    assert rows.get_column("beta").to_list() == [-3.0, -1.0, 0.0, 1.0, 2.0]
    assert rows.get_column("stratum.factor").to_list() == [["lxr", "fos"], None, None, None, ["lxr"]]
    assert rows.get_column("stratum.strand").to_list() == ["-", "-", None, "+", "+"]
    assert rows.get_column("stratum.tags").to_list() == [20, 100, 9, 5, 5]


def test_gse84888__rows_without_rna_are_flagged_and_a_bad_name_is_shown(
    files: dict[str, Path], read_dataset: ReadDataset
) -> None:
    published = read_dataset("gse84888", files)
    assert published.rows.get_column("flags").to_list() == [["zero_rna"], [], [], [], []]
    said = f"6.txt: 1 names do not follow the grammar of Pool6: row 3: '{SIX}_odd'"
    assert published.remarks[0] == said


def test_gse84888__an_effect_is_the_difference_from_the_wild_type_of_the_locus_and_pool(
    files: dict[str, Path], read_dataset: ReadDataset
) -> None:
    published = read_dataset("gse84888", files, value="difference_from_wild_type")
    # A wild type is not compared with itself.
    assert reasons(published) == [None, "ref_equals_alt", "unparsable", "ref_equals_alt", None]
    assert published.rows.get_column("beta").to_list() == [-2.0, 0.0, None, 0.0, 1.0]
    rows = measurements(place(published.rows, source_assembly="mm9", lift=None, same_assembly=True)).frame
    assert rows.get_column("variant_id").to_list()[0] == f"{SIX}_lxr_1_9_fos"
    assert rows.get_column("element_id").null_count() == rows.height
    assert rows.get_column("chrom").to_list()[0] == "chr5"


def test_gse84888__a_locus_without_a_wild_type_has_no_differences(write: Write, read_dataset: ReadDataset) -> None:
    lost = write("6.txt", [line for line in POOL6 if "_wt" not in line])
    published = read_dataset(
        "gse84888", {"pool6": lost, "pool7": write("7.txt", POOL7)}, value="difference_from_wild_type"
    )
    assert reasons(published)[0] == "nothing_measured"
    assert published.rows.get_column("wild_type_id").to_list()[:2] == [None, None]


def test_gse84888__a_wild_type_that_is_filtered_out_is_none(files: dict[str, Path], read_dataset: ReadDataset) -> None:
    keep = [RowFilter(column="tags", op=">=", value=10), RowFilter(column="pool", op="!=", value="Pool5")]
    kept = read_dataset("gse84888", files, keep=keep, value="difference_from_wild_type")
    assert reasons(kept) == [None, "ref_equals_alt", "unparsable", "nothing_measured", "nothing_measured"]
    assert reasons(read_dataset("gse84888", files, keep=keep)) == [None, None, "unparsable", "filtered", "filtered"]


def test_gse84888__per_million_changes_activities_by_the_depth_of_their_pool(
    files: dict[str, Path], read_dataset: ReadDataset
) -> None:
    one, other = (read_dataset("gse84888", files, counts=counts).rows for counts in ("as_counted", "per_million"))
    assert other.get_column("beta")[4] == pytest.approx(math.log2((31e6 / 34 + 1) / (7e6 / 8 + 1)))
    assert one.get_column("beta")[4] == 2.0


def test_gse84888__designed_elements_come_from_their_files(
    files: dict[str, Path], read_dataset: ReadDataset, write: Write
) -> None:
    held = {"elements6": (f"{SIX}_lxr_1_9_fos", f"{SIX}_wt"), "elements7": (SEVEN,)}
    for role, names in held.items():
        rows = [{"id": name, "bases": "ACGT" + "A" * i} for i, name in enumerate(names)]
        files |= {role: write(f"{role}.txt", pl.DataFrame(rows).to_dicts())}
    elements = {"pool6": "a", "pool7": "b", "name": "id", "sequence": "bases"}
    alone = read_dataset("gse84888", files, elements=elements)
    assert alone.sequences.select("source_row", "ref_sequence").rows() == [(1, "ACGT"), (2, "ACGTA"), (4, "ACGT")]
    assert alone.remarks[-1] == "2 of 5 rows have no sequence in the files of Pool6 and Pool7"
    beside = read_dataset("gse84888", files, elements=elements, value="difference_from_wild_type")
    assert beside.sequences.rows()[0] == (1, "ACGTA", "ACGT", 2)


def test_gse84888__recorded_scores_come_from_a_file_of_predictions(
    files: dict[str, Path], read_dataset: ReadDataset, write: Write
) -> None:
    files |= {"predictions": write("p.csv", [{"element": SEVEN, "dnase": 0.5}])}
    settings: dict[str, Any] = {"predictions": {"file": "p.csv", "name": "element"}}
    rows = read_dataset("gse84888", files, **settings, recorded={"ag": {"column": "dnase"}}).rows
    assert rows.get_column("recorded.ag").to_list() == [None, None, None, 0.5, None]


def test_gse84888_section__what_is_measured_follows_from_the_value() -> None:
    effect = Gse84888Section.model_validate({"name": "gse84888", "value": "difference_from_wild_type"})
    assert (effect.quantity, effect.effect and effect.effect.of) == ("effect", "alt")
    activity = Gse84888Section.model_validate({"name": "gse84888"})
    assert (activity.quantity, activity.effect and activity.effect.column) == ("activity", "activity")
    with pytest.raises(ValidationError, match="leave effect and quantity out"):
        Gse84888Section.model_validate({"name": "gse84888", "quantity": "effect"})
    with pytest.raises(ValidationError, match="give both or neither"):
        Gse84888Section.model_validate({"name": "gse84888", "recorded": {"a": {"column": "b"}}})
    with pytest.raises(ValidationError, match="value"):
        Gse84888Section.model_validate({"name": "gse84888", "value": "ratio"})
