from __future__ import annotations

import pytest

from refalt.models.base import Model, ModelSection
from refalt.models.recorded import Recorded


def test_model__a_plugin_must_say_tracks_and_predict() -> None:
    assert Model.__abstractmethods__ == {"tracks", "predict"}


def test_model__sections_refuse_unknown_keys() -> None:
    with pytest.raises(ValueError, match="revison"):
        ModelSection.model_validate({"revison": "1"})


def test_model__needs_no_files_unless_it_says_so() -> None:
    assert Recorded(ModelSection()).needed_files() == ()
