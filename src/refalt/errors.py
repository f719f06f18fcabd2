"""The two kinds of failure: the user's mistake, said in one sentence, and refalt's own bug.

Every text that leaves refalt passes `redact`, because a server can echo an API key in its own messages.
"""

from __future__ import annotations

import difflib
import enum
import os
from collections.abc import Iterable, Sequence

API_KEY_VARIABLE = "ALPHA_GENOME_API_KEY"
SHOWN_EXAMPLES = 5
# "pos" for "position": shorter beginnings fit too many names.
SHORTEST_BEGINNING = 3


class ExitCode(enum.IntEnum):
    """What the process says when it ends; documented in docs/reference/exit-codes.md."""

    DONE = 0
    USER_ERROR = 1
    FATAL_FINDING = 2
    MANY_FAILURES = 3
    BUG = 70
    STOPPED = 75
    INTERRUPTED = 130


class UserError(Exception):
    """Something the user can put right: what happened, where, what was expected, what was found, what to do.

    `str()` gives one sentence in that order; a part that is not given is left out.
    """

    exit_code = ExitCode.USER_ERROR

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what, self.where, self.expected, self.got, self.remedy = what, where, expected, got, remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        compared = "; ".join(
            f"{label} {text}" for label, text in (("expected", self.expected), ("got", self.got)) if text
        )
        parts = [part.rstrip(".") for part in (head, compared, self.remedy) if part]
        sentences = [part[0].upper() + part[1:] if i else part for i, part in enumerate(parts)]
        return redact(" ".join(part if part.endswith("?") else f"{part}." for part in sentences))


class StoppedByLimitError(UserError):
    """Quota or time ran out; everything answered is kept and the same command goes on from there."""

    exit_code = ExitCode.STOPPED


def redact(text: str) -> str:
    """Return `text` with the API key of this process, should it occur, replaced by a marker."""
    key = os.environ.get(API_KEY_VARIABLE, "").strip()
    return text.replace(key, "[API key removed]") if key else text


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name closest in spelling to `name`; else the one that begins as it does; else None."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if not close and len(name) >= SHORTEST_BEGINNING:
        close = [lower for lower in by_lower if lower.startswith(name.lower()) or name.lower().startswith(lower)]
    return by_lower[close[0]] if len(close) == 1 else None


def unknown_name(kind: str, name: str, known: Iterable[str], *, where: str | None = None) -> UserError:
    """The error for a name that is not in a closed list: it shows the nearest one and the list."""
    names = sorted(known)
    near = nearest_name(name, names)
    return UserError(
        f"there is no {kind} named {name!r}",
        where=where,
        expected=f"one of {', '.join(names)}" if names else f"a {kind} (none is known here)",
        remedy=f"did you mean {near!r}?" if near else None,
    )


def shown(values: Sequence[object], limit: int = SHOWN_EXAMPLES) -> str:
    """At most `limit` values for a message, and how many more there are."""
    listed = ", ".join(str(value) for value in values[:limit])
    return f"{listed} and {len(values) - limit} more" if len(values) > limit else listed
