"""The filter language of list requests (AIP-160), as far as the atlas client writes it.

`field = value`, `field = "value"` and `field:*` (it is there), `-` or `NOT` before a term, parentheses, `AND` and `OR`,
the latter binding tighter, as AIP-160 has it. A field that is not there equals nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from refalt.serve.methods import invalid

#: Field -> its value, for those that are there.
Fields = Mapping[str, str]
Test = Callable[[Fields], bool]

_TOKEN: Final = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[()=:-])|(?P<word>[\w.*]+))')


def read_filter(text: str, known: Collection[str]) -> Test:
    """The test that a filter makes; an empty one lets everything pass.

    Args:
        text: The filter.
        known: Fields that it may name.

    Raises:
        RefusedError: the text is not such a filter, or names another field.
    """
    if not text.strip():
        return lambda _: True
    reader = _Reader(_tokens(text), known)
    test = reader.all_of()
    if reader.left:
        raise invalid(f"The filter has {reader.left[0]!r} where it should end.")
    return test


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise invalid(f"The filter cannot be read from its character {at + 1} on: {text[at : at + 20]!r}.")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


@dataclass
class _Reader:
    """Reads a filter from left to right.

    Attributes:
        left: Tokens not read yet.
        known: Fields that may be named.
    """

    left: list[str]
    known: Collection[str] = field(repr=False)

    def all_of(self) -> Test:
        tests = [self._any_of()]
        while self._took("AND"):
            tests.append(self._any_of())
        return lambda fields: all(test(fields) for test in tests)

    def _any_of(self) -> Test:
        tests = [self._term()]
        while self._took("OR"):
            tests.append(self._term())
        return lambda fields: any(test(fields) for test in tests)

    def _term(self) -> Test:
        if self._took("-") or self._took("NOT"):
            negated = self._term()
            return lambda fields: not negated(fields)
        if self._took("("):
            inner = self.all_of()
            if not self._took(")"):
                raise invalid("The filter has a parenthesis that is not closed.")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        name = self._next()
        if name not in self.known:
            raise invalid(f"The filter names {name!r}, which cannot be filtered by.")
        sign, value = self._next(), self._next()
        if sign == ":" and value == "*":
            return lambda fields: name in fields
        if sign != "=":
            raise invalid(f"The filter compares {name} by {sign!r}; '=' and ':*' are known here.")
        wanted = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        return lambda fields: fields.get(name) == wanted

    def _took(self, token: str) -> bool:
        if self.left and self.left[0] == token:
            del self.left[0]
            return True
        return False

    def _next(self) -> str:
        if not self.left:
            raise invalid("The filter ends too early.")
        return self.left.pop(0)
