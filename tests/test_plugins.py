from __future__ import annotations

import pytest

from refalt import datasets, models
from refalt.datasets.base import Dataset
from refalt.errors import UserError
from refalt.models.base import Model
from refalt.plugins import find_plugin, module_names


def test_module_names__are_the_files_of_the_folder_without_the_scaffold() -> None:
    assert "table" in module_names(datasets)
    assert not set(module_names(datasets)) & {"base", "reading", "placement", "filters"}


def test_find_plugin__suggests_the_nearest_name() -> None:
    with pytest.raises(UserError, match="there is no dataset named 'tabel'.*Did you mean 'table'"):
        find_plugin(datasets, "tabel", Dataset)  # type: ignore[type-abstract]


@pytest.mark.parametrize("name", module_names(datasets))
def test_find_plugin__every_dataset_has_a_filled_card_and_a_section(name: str) -> None:
    plugin = find_plugin(datasets, name, Dataset)  # type: ignore[type-abstract]
    card = plugin.card
    assert all((card.title, card.measures, card.citation, card.url, card.licence))
    assert plugin.section.model_fields["name"]


@pytest.mark.parametrize("name", module_names(models))
def test_find_plugin__every_model_says_what_it_reads_out(name: str) -> None:
    assert find_plugin(models, name, Model).readout  # type: ignore[type-abstract]
