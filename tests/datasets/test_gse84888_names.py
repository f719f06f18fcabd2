from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.datasets.gse84888_names import NAME_FIELDS, distinct_factors, parsed_names

SIX = "PPREwt_129_chr5_51987228_51987244_-_AGTAGGGGAAAGAGTA"
SEVEN = "MAC_chr13_46069370_46069386_+_TGAAGGTCAGAGTTTA"
FACTORS = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True).filter(lambda name: name != "wt")
NUMBERS = st.integers(0, 99)


def _read(name: str, pool: str) -> dict[str, object]:
    return parsed_names(pl.Series("name", [name]), pool).row(0, named=True)


def test_parsed_names__a_wild_type_of_pool_6_says_so_and_one_of_pool_7_says_nothing() -> None:
    assert _read(f"{SIX}_wt", "Pool6") == {
        "chromosome": "chr5",
        "start": 51_987_228,
        "strand": "-",
        "site": "AGTAGGGGAAAGAGTA",
        "locus": "chr5:51987228-51987244:-",
        "is_wild_type": True,
        "factor_tokens": [],
        "legible": True,
    }
    bare = _read(SEVEN, "Pool7")
    assert (bare["locus"], bare["is_wild_type"], bare["factor_tokens"]) == ("chr13:46069370-46069386:+", True, [])


@pytest.mark.parametrize(
    ("changed", "pool", "tokens"),
    [
        (f"{SIX}_ap1_49_57_zfp410", "Pool6", ["ap1", "zfp410"]),
        (f"{SIX}_lxr_49_57_lxr", "Pool6", ["lxr", "lxr"]),
        (f"{SEVEN}_e4bp4_fos_2_1", "Pool7", ["e4bp4", "fos"]),
    ],
)
def test_parsed_names__the_factors_are_those_of_the_pool_s_grammar(changed: str, pool: str, tokens: list[str]) -> None:
    assert _read(changed, pool)["factor_tokens"] == tokens
    other = {"Pool6": "Pool7", "Pool7": "Pool6"}[pool]
    assert not _read(changed, other)["legible"]


@pytest.mark.parametrize(
    "name",
    [
        SIX,  # in Pool 6 a wild type says so
        f"{SIX}_ap1_49_57",
        f"{SIX}_ap1_49_57_",
        f"{SIX}_ap1_49_57_zfp410_x",
        f"{SIX}_AP1_49_57_lxr",
        f"{SIX}_wt2",
        SIX.replace("51987244", "51987245") + "_wt",
        SIX.replace("chr5", "5") + "_wt",
        SIX.replace("_-_", "_._") + "_wt",
        SIX.replace("AGTAGG", "AGTNGG") + "_wt",
        "",
        "wt",
    ],
)
def test_parsed_names__a_name_of_another_form_says_nothing(name: str) -> None:
    read = _read(name, "Pool6")
    assert read == dict.fromkeys(NAME_FIELDS) | {"legible": False}


def test_parsed_names__a_missing_name_is_illegible() -> None:
    assert parsed_names(pl.Series("name", [None], dtype=pl.String), "Pool7").get_column("legible").to_list() == [False]


@given(FACTORS, FACTORS, NUMBERS, NUMBERS)
def test_parsed_names__reads_back_whatever_either_grammar_writes(one: str, other: str, low: int, high: int) -> None:
    six, seven = f"{SIX}_{one}_{low}_{high}_{other}", f"{SEVEN}_{one}_{other}_{low}_{high}"
    assert _read(six, "Pool6")["factor_tokens"] == _read(seven, "Pool7")["factor_tokens"] == [one, other]


def test_distinct_factors__a_homotypic_element_counts_its_factor_once() -> None:
    tokens = pl.DataFrame({"tokens": [["lxr", "lxr"], ["lxr", "fos"], [], None]})
    found = tokens.select(distinct_factors(pl.col("tokens"))).to_series().to_list()
    assert found == [["lxr"], ["lxr", "fos"], None, None]
