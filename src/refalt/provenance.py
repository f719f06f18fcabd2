"""What a number was made from, in words that can be compared: canonical JSON, digests, versions."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

import refalt

RECORDED_LIBRARIES = ("numpy", "scipy", "polars", "pyarrow", "pydantic", "matplotlib", "numba", "alphagenome")
SHORT = 8


def canonical_json(content: object) -> str:
    """JSON with sorted keys, no blanks and no NaN: equal content gives equal text."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(content: object) -> str:
    """The sha256 of the canonical JSON of `content`, in hexadecimal."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def seed_from(*parts: object) -> int:
    """A 63-bit seed composed of named parts, so that each use of chance has its own stream.

    Equal parts give equal seeds on every machine; `seed_from(1, "bootstrap", "auroc")` does not depend on
    what else was drawn before it.
    """
    return int(digest_of([str(part) for part in parts])[:16], 16) >> 1


def library_versions() -> Mapping[str, str]:
    """Versions of refalt, Python and every library that can change a number; absent ones are left out."""
    found = {"refalt": refalt.__version__, "python": platform.python_version()}
    for name in RECORDED_LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
