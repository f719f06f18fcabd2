from __future__ import annotations

import polars as pl
import pytest

from refalt import datasets
from refalt.datasets.base import Dataset, Published
from refalt.plugins import find_plugin, module_names


def test_dataset__cannot_be_made_without_a_reader() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Dataset(None)  # type: ignore[abstract, arg-type]


def test_published__has_no_remarks_unless_given() -> None:
    assert Published(pl.DataFrame(), pl.DataFrame()).remarks == ()


@pytest.mark.parametrize("name", module_names(datasets))
def test_card__says_where_the_direction_is_written_unless_the_user_must(name: str) -> None:
    plugin = find_plugin(datasets, name, Dataset)  # type: ignore[type-abstract]
    assert plugin.card.effect_direction_source or name in ("table", "simulated")
