"""Matrices from a file in JASPAR's own format."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.errors import UserError
from refalt.motifs.motif_set import MotifSet

BASES: Final = "ACGT"
EXPECTED: Final = "'>id name' and then four lines of counts, such as 'A [ 87 167 281 ]', for A, C, G and T"
#: First letters of files in other formats, and what those are called.
OTHER_FORMATS: Final = (("MEME", "MEME"), ("AC ", "TRANSFAC"), ("ID ", "TRANSFAC"), ("VV ", "TRANSFAC"))

#: Number of a line in its file, counted from 1, and its text.
Line = tuple[int, str]


def read_jaspar(path: Path, *, licence: str = "not stated") -> MotifSet:
    """Read a file in JASPAR format: `>id name`, then a line of counts for each of A, C, G and T, in that order.

    The format knows no families, so each matrix counts as a family of its own.

    Raises:
        UserError: the file cannot be read, is empty or in another format, has a malformed or unusable matrix, or an
            identifier twice; names the line.
    """
    lines = _lines(path)
    headers = [_header(path, line) for line in lines[::5]]
    matrices = [_matrix(path, lines[at : at + 5]) for at in range(0, len(lines), 5)]
    ids = tuple(motif_id for motif_id, _ in headers)
    motif_id, times = collections.Counter(ids).most_common(1)[0]
    if times > 1:
        raise UserError("a matrix identifier occurs more than once", where=str(path), got=motif_id)
    return MotifSet(
        ids=ids,
        names=tuple(name for _, name in headers),
        families=("",) * len(ids),
        classes=("",) * len(ids),
        lengths=np.array([len(matrix) for matrix in matrices], dtype=np.int64),
        counts=np.concatenate(matrices),
        release=path.name,
        licence=licence,
    )


def _lines(path: Path) -> list[Line]:
    """Every line that is not blank."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("the matrix file cannot be read", where=str(path), expected="text", got=str(error)) from error
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise UserError("the matrix file is empty", where=str(path), expected=EXPECTED)
    for beginning, name in OTHER_FORMATS:
        if lines[0][1].startswith(beginning):
            raise UserError(
                f"the matrix file is in {name} format",
                where=str(path),
                expected="JASPAR format",
                remedy="JASPAR offers every matrix in several formats; take the one called JASPAR",
            )
    return lines


def _header(path: Path, line: Line) -> tuple[str, str]:
    """Identifier and factor name; a matrix without a name goes by its identifier."""
    number, text = line
    words = text[1:].split(maxsplit=1)
    if not text.startswith(">") or not words:
        raise _malformed(path, number, text)
    return words[0], words[-1].strip()


def _matrix(path: Path, record: Sequence[Line]) -> npt.NDArray[np.float64]:
    """float64[columns, 4] of a header and the four lines after it."""
    rows = []
    for base, (number, text) in zip(BASES, record[1:], strict=False):
        words = text.replace("[", " ").replace("]", " ").split()
        try:
            rows.append([float(word) for word in words[1:]])
        except ValueError:
            raise _malformed(path, number, text) from None
        if words[0].upper() != base or len(rows[-1]) != len(rows[0]):
            raise _malformed(path, number, text)
    if len(rows) != len(BASES):
        raise _malformed(path, record[-1][0], "the end of the file")
    return np.array(rows, dtype=np.float64).T


def _malformed(path: Path, number: int, text: str) -> UserError:
    return UserError(
        "not a matrix in JASPAR format", where=f"{path}, line {number}", expected=EXPECTED, got=repr(text[:60])
    )
