from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from Bio import motifs as bio

from refalt.errors import UserError
from refalt.motifs import read_jaspar

TWO = """>MA0004.1 Arnt
A  [ 4 19  0  0  0  0 ]
C  [16  0 20  0  0  0 ]
G  [ 0  1  0 20  0 20 ]
T  [ 0  0  0  0 20  0 ]

>MA0006.2\tAHR::ARNT
A [ 0.5 1 2 3 ]
C [ 1 1 1 1 ]
G [ 9 9 9 9 ]
T [ 0 0 0 1 ]
"""


@pytest.fixture
def jaspar(tmp_path: Path) -> Path:
    path = tmp_path / "two.jaspar"
    path.write_text(TWO, encoding="utf-8")
    return path


def test_read_jaspar__reads_what_biopython_reads(jaspar: Path) -> None:
    ours = read_jaspar(jaspar)
    with jaspar.open() as lines:
        theirs = bio.parse(lines, "jaspar")
    assert ours.ids == tuple(motif.matrix_id for motif in theirs)
    assert ours.names == tuple(motif.name for motif in theirs)
    expected = np.concatenate([[motif.counts[base] for base in "ACGT"] for motif in theirs], axis=1).T
    np.testing.assert_array_equal(ours.counts, expected)
    assert (ours.lengths.tolist(), ours.release) == ([6, 4], "two.jaspar")


def test_read_jaspar__makes_each_matrix_a_family_of_its_own(jaspar: Path) -> None:
    assert read_jaspar(jaspar).by_family[1].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("MEME version 4\n\nALPHABET= ACGT\n", "is in MEME format. Expected JASPAR format"),
        ("AC  MA0004.1\nXX\n", "is in TRANSFAC format"),
        (TWO.replace(">MA0006.2", "MA0006.2"), "line 7: not a matrix in JASPAR format"),
        (TWO.replace("C  [16", "G  [16"), "line 3: not a matrix"),
        (TWO.replace("[16  0", "[16  zero"), "line 3: not a matrix"),
        (TWO.replace("G  [ 0  1", "G  [ 1"), "line 4: not a matrix"),
        (TWO[: TWO.index("T [ 0 0")], "line 10: not a matrix.*the end of the file"),
        (
            TWO.replace("MA0006.2", "MA0004.1"),
            "occurs more than once; got MA0004.1|occurs more than once. Got MA0004.1",
        ),
        (TWO.replace("9 9 9 9", "9 9 9 -9"), "cannot be scored.*MA0006.2"),
    ],
)
def test_read_jaspar__says_what_is_wrong_with_a_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_jaspar(path)


def test_read_jaspar__says_that_a_file_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_jaspar(tmp_path / "absent.jaspar")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        read_jaspar(tmp_path / "binary")
