"""Failures never carry the key."""

from __future__ import annotations

import pytest

from refalt.models.alphagenome.troubles import DeniedError, RefusedError, TransientError


@pytest.mark.parametrize("trouble", [DeniedError, RefusedError, TransientError])
def test_troubles__are_redacted_at_birth(trouble: type[Exception], api_key: str) -> None:
    made = trouble(f"the key {api_key} was sent")
    assert api_key not in repr(made) + str(made)
    assert "[API key removed]" in str(made)
