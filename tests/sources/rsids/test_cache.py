from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.rsids.cache import AnswerCache


def test_cache__gives_back_what_was_kept_also_to_another_process(cache: AnswerCache) -> None:
    assert cache.known("q", ["rs1"]) == {}
    cache.keep("q", {"rs1": [{"_id": "é"}], "rs2": []})
    assert AnswerCache(cache.path).known("q", ["rs1", "rs2", "rs3"]) == {"rs1": [{"_id": "é"}], "rs2": []}


def test_cache__keeps_answers_to_other_questions_apart(cache: AnswerCache) -> None:
    cache.keep("hg38", {"rs1": [{"a": 1}]})
    assert cache.known("hg19", ["rs1"]) == {}


def test_cache__takes_the_later_answer_and_says_of_what_day_it_is(cache: AnswerCache) -> None:
    cache.keep("q", {"rs1": []})
    cache.keep("q", {"rs1": [{"a": 1}]})
    assert cache.known("q", ["rs1"]) == {"rs1": [{"a": 1}]}
    connection = sqlite3.connect(cache.path)
    [(day,)] = connection.execute("SELECT answered FROM answers").fetchall()
    connection.close()
    assert len(day) == len("2000-01-01")


def test_cache__says_which_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "rsids.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(UserError, match=r"rsids.sqlite.*remove the file"):
        AnswerCache(path).known("q", ["rs1"])
