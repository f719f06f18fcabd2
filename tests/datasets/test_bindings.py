from __future__ import annotations

import polars as pl

from refalt.datasets.bindings import BY_NAME, BY_VALUES, GIVEN, Bindings
from refalt.datasets.column_names import LOOKS, RSIDS


def table(
    told: dict[str, str | None] | None = None, assembly: str | None = None, **columns: list[str | None]
) -> Bindings:
    return Bindings(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)), told or {}, assembly)


def test_by_name__prefers_the_first_name_and_uses_a_column_once() -> None:
    bindings = table(position=["7"], pos=["5"])
    bindings.by_name("pos", ("pos", "position"), LOOKS["pos"])
    bindings.by_name("start", ("pos", "position"), LOOKS["start"])
    assert [(bound.field, bound.column, bound.why, bound.example) for bound in bindings] == [
        ("pos", "pos", BY_NAME, "5"),
        ("start", "position", BY_NAME, "7"),
    ]
    assert bindings.free() == []


def test_by_name__takes_the_next_column_when_values_contradict_and_says_so() -> None:
    bindings = table(p=["12", "13"], pval=["0.1", "0.2"])
    bindings.by_name("p_value", ("p", "pval"), LOOKS["p_value"])
    assert bindings.column("p_value") == "pval"
    words = "only 0% of its values are numbers from 0 to 1 (the first is '12'): not used"
    assert bindings.remarks == [f"column 'p' is named like p_value and {words}"]


def test_by_name__a_decimal_comma_is_named_as_the_reason() -> None:
    bindings = table(p=["0,012", "0,5"])
    bindings.by_name("p_value", ("p",), LOOKS["p_value"])
    assert "(the first is '0,012', with a decimal comma): not used" in bindings.remarks[0]


def test_by_name__believes_the_name_of_an_empty_column() -> None:
    bindings = table(p=[None, None])
    bindings.by_name("p_value", ("p",), LOOKS["p_value"])
    assert bindings.column("p_value") == "p"


def test_by_name__takes_the_declared_assembly_s_column_and_never_another_s() -> None:
    columns: dict[str, list[str | None]] = {"pos_hg18": ["1"], "pos_hg38": ["2"]}
    for assembly, expected in (("hg18", "pos_hg18"), ("GRCh38", "pos_hg38"), ("GRCh37", None), (None, "pos_hg18")):
        bindings = table(assembly=assembly, **columns)
        bindings.by_name("pos", ("pos",), LOOKS["pos"])
        assert bindings.column("pos") == expected


def test_by_values__takes_the_first_column_that_looks_right() -> None:
    bindings = table(a=["x"], b=["rs1"], c=["rs2"])
    bindings.by_values("rsid", RSIDS, least=0.9)
    assert [(bound.column, bound.why) for bound in bindings] == [("b", BY_VALUES)]


def test_told__is_taken_as_said_and_closes_the_field() -> None:
    bindings = table({"p_value": "b", "rsid": None}, p=["0.1"], b=["99"], rs=["rs1"])
    bindings.by_name("p_value", ("p",), LOOKS["p_value"])
    bindings.by_values("rsid", RSIDS, least=0.9)
    bindings.release("p_value")
    assert [(bound.field, bound.column, bound.why) for bound in bindings] == [("p_value", "b", GIVEN)]


def test_release__takes_back_a_guess() -> None:
    bindings = table(pos=["1"])
    bindings.by_name("pos", ("pos",), LOOKS["pos"])
    bindings.release("pos")
    assert not bindings.has("pos")
    assert bindings.free() == ["pos"]
