"""Small source files, and a dataset plug-in read from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from refalt import datasets
from refalt.datasets.base import Dataset, Published
from refalt.plugins import find_plugin
from refalt.studies.sections import RowFilter

Write = Callable[..., Path]
ReadDataset = Callable[..., Published]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows, given as dicts or as lines, to a file of that name."""

    def written(name: str, rows: Sequence[Mapping[str, Any]] | Sequence[str]) -> Path:
        path = tmp_path / name
        if rows and isinstance(rows[0], str):
            path.write_text("\n".join(str(row) for row in rows) + "\n", encoding="utf-8")
        else:
            separator = "," if path.suffix == ".csv" else "\t"
            pl.DataFrame(rows, infer_schema_length=None).write_csv(path, separator=separator, null_value="NA")
        return path

    return written


@pytest.fixture
def read_dataset() -> ReadDataset:
    """Read files, role by role, with the plug-in of that name and a section of these settings."""

    def read(name: str, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = (), **settings: Any) -> Published:
        plugin = find_plugin(datasets, name, Dataset)  # type: ignore[type-abstract]
        dataset = plugin(plugin.section.model_validate({"name": name, **settings}))
        assert {needed.role for needed in dataset.needed_files()} == set(files)
        return dataset.read(files, keep=keep)

    return read


def reasons(published: Published) -> list[str | None]:
    """The reason of each row."""
    return published.rows.get_column("reason").to_list()
