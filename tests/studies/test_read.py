from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.studies.read import read_study, read_toml

GOOD = """
[study]
name = "s"
question = "q?"

[dataset]
name = "table"

[[score]]
name = "a"
model = "recorded"

[evaluation]
resamples = 200
"""


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_read_study__fills_defaults(tmp_path: Path) -> None:
    study = read_study(_written(tmp_path, GOOD))
    assert (study.study.seed, study.study.alpha, study.evaluation.resamples) == (1, 0.05, 200)


def test_read_study__takes_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_study(path).study.name == "s"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "resamples = 200",
            "resample = 200",
            r"line 14: unknown key 'evaluation.resample'.*Did you mean 'resamples'\?",
        ),
        ('question = "q?"', 'qestion = "q?"', r"line 4: unknown key 'study.qestion'.*Did you mean 'question'"),
        ("[evaluation]", "[evalution]", r"line 13: unknown key 'evalution'.*Did you mean 'evaluation'"),
        ('name = "a"', 'name = "A b"', r"line 10: 'score.0.name' is not as it should be.*got 'A b'"),
        ("resamples = 200", "resamples = 3", r"line 14: 'evaluation.resamples'.*greater than or equal to 100; got 3"),
        ('name = "s"\n', "", r"the key 'study.name' is missing"),
        ('model = "recorded"', 'model = "motif"', r"without its \[models.motif\] section"),
        ("[dataset]", "[dataset", r"not valid TOML"),
    ],
)
def test_read_study__says_line_key_expectation_and_nearest(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in GOOD
    with pytest.raises(UserError, match=words):
        read_study(_written(tmp_path, GOOD.replace(before, after, 1)))


def test_read_toml__says_what_is_missing_and_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no study file .*refalt new study"):
        read_toml(tmp_path / "none.toml")


def test_read_toml__refuses_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b"\x80\x81\x82")
    with pytest.raises(UserError, match="not a text file"):
        read_toml(tmp_path / "s.toml")
