from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from tests.datasets.conftest import Write, reasons

from refalt.columns import Reason
from refalt.datasets.base import Published
from refalt.datasets.reading import SourceColumns, publish, wanted_columns, with_reason
from refalt.errors import UserError
from refalt.studies.sections import DatasetSection, RowFilter

ROW = {"chrom": "1", "pos": "10", "ref": "A", "alt": "C", "beta": "0.5"}
COLUMNS = SourceColumns(chrom="chrom", pos="pos", ref="ref", alt="alt")
Publish = Callable[..., Published]


def _section(**settings: Any) -> DatasetSection:
    effect = {"column": "beta", "of": "alt"}
    return DatasetSection.model_validate({"name": "table", "assembly": "hg19", "effect": effect, **settings})


@pytest.fixture
def published(write: Write) -> Publish:
    def made(
        *rows: dict[str, Any], columns: SourceColumns = COLUMNS, settings: dict[str, Any] | None = None, **more: Any
    ) -> Published:
        return publish(
            write("t.tsv", [ROW | row for row in rows]), columns, declared=_section(**settings or {}), **more
        )

    return made


def test_publish__fills_refalts_columns_and_touches_no_sign(published: Publish) -> None:
    rows = published({"beta": "-0.5"}).rows
    expected = {"source_row": 1, "kind": "variant", "source_chrom": "chr1", "source_pos": 10, "beta": -0.5}
    assert rows.select(list(expected)).row(0, named=True) == expected
    assert rows.get_column("reason").item() is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"pos": "ten"}, Reason.UNPARSABLE),
        ({"pos": "10.5"}, Reason.UNPARSABLE),
        ({"beta": "large"}, Reason.UNPARSABLE),
        ({"beta": "inf"}, Reason.UNPARSABLE),
        ({"chrom": "NA"}, Reason.NO_POSITION),
        ({"pos": "."}, Reason.NO_POSITION),
        ({"pos": "0"}, Reason.BAD_POSITION),
        ({"pos": "-4"}, Reason.BAD_POSITION),
        ({"alt": "R"}, Reason.BAD_ALLELE),
        ({"alt": "<DEL>"}, Reason.BAD_ALLELE),
        ({"alt": "C,G"}, Reason.BAD_ALLELE),
        ({"alt": "NA"}, Reason.BAD_ALLELE),
        ({"alt": "A"}, Reason.REF_EQUALS_ALT),
        ({"alt": "a"}, Reason.REF_EQUALS_ALT),
        ({"beta": "NA"}, Reason.NOTHING_MEASURED),
        ({"beta": "-nan"}, Reason.NOTHING_MEASURED),
        ({"alt": "-"}, None),
        ({"pos": "10.0"}, None),
    ],
)
def test_publish__says_what_is_wrong_with_a_row_and_keeps_it(
    published: Publish, row: dict[str, str], reason: Reason | None
) -> None:
    assert reasons(published(row, {})) == [reason and reason.value, None]


def test_publish__position_only_rows_are_no_mistake(published: Publish) -> None:
    assert reasons(published({"ref": "NA", "alt": "NA"})) == [None]


def test_publish__lower_case_alleles_are_read_and_flagged(published: Publish) -> None:
    rows = published({"ref": "a"}, {}).rows
    assert rows.get_column("ref").to_list() == ["A", "A"]
    assert rows.get_column("flags").to_list() == [["lower_case_alleles"], []]


def test_publish__starts_are_0_based(published: Publish) -> None:
    columns = SourceColumns(chrom="chrom", start="pos", ref="ref", alt="alt")
    assert published({"pos": "0"}, columns=columns).rows.get_column("source_pos").item() == 1


def test_publish__labels_are_0_and_1(published: Publish) -> None:
    columns = SourceColumns(chrom="chrom", pos="pos", ref="ref", alt="alt", label="label")
    found = published(*({"label": label} for label in ("1", "0", "NA", "2")), columns=columns)
    assert found.rows.get_column("label").to_list()[:3] == [1, 0, None]
    assert reasons(found) == [None, None, None, "unparsable"]


def test_publish__a_filtered_row_stays_with_its_reason(published: Publish) -> None:
    keep = [RowFilter(column="fdr", op="<", value=0.05)]
    found = published(*({"fdr": fdr} for fdr in ("0.01", "0.2", "NA")), keep=keep)
    assert reasons(found) == [None, "filtered", "filtered"]


def test_publish__reads_strata_as_text_and_recorded_scores_with_their_alleles(published: Publish) -> None:
    recorded = {"s": {"column": "score", "of": {"column": "favoured"}}}
    rows = published(
        {"score": "1.5", "favoured": "c", "set": "7"}, settings={"recorded": recorded}, strata={"set": "set"}
    ).rows
    assert rows.select("recorded.s", "recorded.s.allele", "stratum.set").row(0) == (1.5, "C", "7")


def test_publish__the_effect_allele_may_stand_in_a_column(published: Publish) -> None:
    effect = {"column": "beta", "of": {"column": "favoured"}}
    rows = published({"favoured": "ref"}, {"favoured": "A"}, settings={"effect": effect}).rows
    assert rows.get_column("effect_allele").to_list() == ["REF", "A"]


def test_publish__derived_columns_are_made_of_what_the_source_has(published: Publish) -> None:
    columns = SourceColumns(chrom="chrom", pos="pos", ref="ref", alt="alt", target_id="gene")
    made = {"gene": pl.col("name").str.split("|").list.first()}
    rows = published({"name": "G1|x"}, columns=columns, derived=made).rows
    assert rows.get_column("target_id").to_list() == ["G1"]


def test_publish__a_derived_column_may_have_the_name_of_one_it_is_made_of(published: Publish) -> None:
    rows = published({"chrom": "contig1"}, derived={"chrom": pl.col("chrom").str.strip_prefix("contig")}).rows
    assert rows.get_column("source_chrom").to_list() == ["chr1"]


def test_publish__a_missing_column_is_told_with_the_nearest_name(write: Write) -> None:
    path = write("t.tsv", [{"chrom": "1", "position": "3", "ref": "A", "alt": "C", "beta": "1"}])
    columns = SourceColumns(chrom="chrom", pos="positon", ref="ref", alt="alt")
    with pytest.raises(UserError, match="no column 'positon'.*Did you mean 'position'"):
        publish(path, columns, declared=_section())


def test_publish__a_table_without_rows_is_an_error(write: Write) -> None:
    path = write("t.tsv", ["chrom\tpos\tref\talt\tbeta"])
    with pytest.raises(UserError, match="a header and no rows"):
        publish(path, COLUMNS, declared=_section())


def test_publish__activities_need_the_names_of_their_elements(published: Publish) -> None:
    with pytest.raises(UserError, match="no column names them"):
        published({}, settings={"quantity": "activity"})


def test_publish__an_element_needs_no_position(published: Publish) -> None:
    columns = SourceColumns(element_id="name")
    found = published({"name": "e1"}, columns=columns, settings={"quantity": "activity"})
    assert found.rows.select("kind", "element_id", "reason").row(0) == ("element", "e1", None)


def test_publish__unparsable_cells_are_remarked(published: Publish) -> None:
    (remark,) = published({}, {"pos": "ten"}).remarks
    assert "1 rows" in remark
    assert "row 2, column pos: 'ten'" in remark


SEQUENCES = {"sequences": {"ref": "r", "alt": "a", "offset": 1}}


def test_publish__carries_sequences_in_upper_case_where_there_are_any(published: Publish) -> None:
    found = published({"r": "gac", "a": "gcc"}, {"r": "NA", "a": "NA"}, settings=SEQUENCES)
    assert found.sequences.rows() == [(1, "GAC", "GCC", 1)]


def test_publish__the_anchor_is_the_sequence_that_carries_ref(published: Publish) -> None:
    of_ref = {"sequences": SEQUENCES["sequences"] | {"of": "ref"}}
    found = published({"r": "GAC", "a": "GCC"}, settings=of_ref)
    assert found.sequences.rows() == [(1, "GCC", "GAC", 1)]


def test_publish__a_gap_in_alt_is_no_base_and_other_letters_are_not_used(published: Publish) -> None:
    found = published({"r": "GAC", "a": "G-C"}, {"r": "GAC", "a": "GRC"}, {"r": "G-AC", "a": "GCC"}, settings=SEQUENCES)
    assert found.sequences.rows() == [(1, "GAC", "GC", 1)]
    assert found.rows.get_column("flags").to_list()[1:] == [["carried_sequence_illegible"]] * 2
    assert "2 rows carry sequences" in found.remarks[0]


def test_with_reason__leaves_a_reason_that_stands() -> None:
    rows = pl.DataFrame({"x": [1, 1, 2, None], "reason": [None, "filtered", None, None]})
    marked = with_reason(rows, pl.col("x") == 1, Reason.NOTHING_MEASURED)
    assert marked.get_column("reason").to_list() == ["nothing_measured", "filtered", None, None]


def test_wanted_columns__are_all_that_a_dataset_declares() -> None:
    declared = _section(recorded={"s": {"column": "score"}}, **SEQUENCES)
    wanted = wanted_columns(COLUMNS, declared, strata={"set": "set"}, keep=[RowFilter(column="n", op=">", value=1)])
    assert set(wanted) == {"chrom", "pos", "ref", "alt", "beta", "score", "r", "a", "set", "n"}
    assert (wanted["pos"], wanted["n"], wanted["set"]) == (pl.Int64, pl.Float64, pl.String)


def test_source_columns__named_leaves_out_what_is_not_there() -> None:
    assert COLUMNS.named == {"chrom": "chrom", "pos": "pos", "ref": "ref", "alt": "alt"}
