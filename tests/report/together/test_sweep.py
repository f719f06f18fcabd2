"""The table of windows."""

import pytest
from tests.report.together.conftest import sweep_table

from refalt.report.together.sweep import Sweep
from refalt.tables import TableError


def test_sweep__is_written_and_read(tmp_path):
    table = sweep_table(128, 512)
    table.write(tmp_path / "sweep.parquet")
    assert Sweep.read(tmp_path / "sweep.parquet").frame.equals(table.frame)


def test_sweep__has_each_window_once():
    with pytest.raises(TableError, match="repeat a key"):
        sweep_table(128, 128)
