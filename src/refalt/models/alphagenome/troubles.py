"""The ways in which one request can fail, and what each asks for. Texts are redacted at birth."""

from __future__ import annotations

from refalt.errors import UserError, redact


class TransientError(Exception):
    """May pass: ask again. `overloaded` when asking less is what would help."""

    def __init__(self, text: str, *, overloaded: bool = False) -> None:
        self.overloaded = overloaded
        super().__init__(redact(text))


class RefusedError(Exception):
    """Will not pass: this request has no answer, the others are not concerned."""

    def __init__(self, text: str) -> None:
        super().__init__(redact(text))


class DeniedError(UserError):
    """The key is wrong or may not do this: nothing else can be answered either."""
