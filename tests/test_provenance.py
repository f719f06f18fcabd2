from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.provenance import canonical_json, digest_of, library_versions, seed_from


def test_canonical_json__does_not_depend_on_the_order_of_keys() -> None:
    assert (
        canonical_json({"b": 1, "a": [1.5, "x"]})
        == canonical_json({"a": [1.5, "x"], "b": 1})
        == '{"a":[1.5,"x"],"b":1}'
    )


def test_canonical_json__refuses_nan() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        canonical_json(float("nan"))


def test_digest_of__is_the_sha256_of_the_text() -> None:
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(st.lists(st.one_of(st.integers(), st.text()), max_size=4), st.text())
def test_seed_from__differs_by_its_parts_and_fits_63_bits(parts: list[object], more: str) -> None:
    assert 0 <= seed_from(*parts) < 2**63
    assert seed_from(*parts) == seed_from(*parts)
    assert seed_from(*parts) != seed_from(*parts, more)


def test_library_versions__names_what_can_change_a_number() -> None:
    assert {"refalt", "python", "numpy", "scipy", "polars"} <= set(library_versions())
