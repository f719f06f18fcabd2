"""The store of answers: what is committed stays, whatever happens to the process or the disk."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.models.metered import Identity, Question
from refalt.scoring import store as store_module
from refalt.scoring.store import digest_of_key, open_store, store_file

IDENTITY = Identity("alphagenome", "FOLD_0")
#: Commits answers until it is killed, and says which are committed.
COMMIT = """
import sys
from pathlib import Path
from refalt.models.metered import Identity, Question
from refalt.scoring.store import open_store
with open_store(Identity("alphagenome", "FOLD_0"), Path(sys.argv[1])) as store:
    for number in range(10**6):
        store.keep(Question(str(number), number), str(number).encode() * 500, shared={"t": b"table"})
        print(number, flush=True)
"""


def test_keep__gives_an_answer_back_and_what_it_shares(tmp_path: Path) -> None:
    with open_store(IDENTITY, tmp_path) as store:
        digest = digest_of_key("k")
        assert not store.has(digest)
        assert store.payload(digest) is None
        store.keep(Question("k", 0, kind="x"), b"answer", shared={"tracks/1": b"table"}, attempts=3)
        assert store.has(digest)
        assert store.payload(digest) == b"answer"
        assert store.get("tracks/1") == b"table"
        assert store.mean_payload("x") == 6
        assert store.mean_payload("y") is None
    with open_store(IDENTITY, tmp_path) as store:
        assert store.payload(digest) == b"answer"
        assert len(store) == 1


def test_keep__leaves_an_answer_that_is_there(tmp_path: Path) -> None:
    with open_store(IDENTITY, tmp_path) as store:
        store.keep(Question("k", 0), b"first", shared={"t": b"first"})
        store.keep(Question("k", 0), b"second", shared={"t": b"second"})
        assert store.payload(digest_of_key("k")) == b"first"
        assert store.get("t") == b"first"
        assert len(store) == 1


@pytest.mark.parametrize(("seconds", "n_through"), [(0.0, 3), (1e9, 0)])
def test_keep__writes_through_what_was_committed_since_the_last_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, n_through: int
) -> None:
    monkeypatch.setattr(store_module, "WRITE_THROUGH_S", seconds)
    with open_store(IDENTITY, tmp_path / "one") as opened:
        for key in "abc":
            opened.keep(Question(key, 0), b"answer", shared={})
        # What a power failure leaves at worst: the file itself without the log beside it.
        shutil.copy(opened.path, tmp_path / "left.sqlite")
    with contextlib.closing(sqlite3.connect(tmp_path / "left.sqlite")) as connection:
        tables = connection.execute("select count(*) from sqlite_master where name = 'answers'").fetchone()[0]
        left = connection.execute("select count(*) from answers").fetchone()[0] if tables else 0
    assert left == n_through


def test_forget__makes_room_and_keeps_the_old_answer_in_the_file(tmp_path: Path) -> None:
    with open_store(IDENTITY, tmp_path) as store:
        digest = digest_of_key("k")
        for answer in (b"one", b"two", b"three"):
            store.forget(digest)
            assert not store.has(digest)
            store.keep(Question("k", 0), answer, shared={})
        assert store.payload(digest) == b"three"
        path = store.path
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select payload from answers order by number").fetchall() == [
            (b"one",),
            (b"two",),
            (b"three",),
        ]


def test_store__says_which_versions_its_answers_came_through(tmp_path: Path) -> None:
    with open_store(IDENTITY, tmp_path) as store:
        for key in "abc":
            store.keep(Question(key, 0), b"", shared={})
        ((client, libraries), count) = next(iter(store.versions().items()))
    assert count == 3
    assert client == json.loads(libraries)["alphagenome"] == "0.10.0"
    assert {"refalt", "python", "numpy"} <= set(json.loads(libraries))


def test_store__is_a_file_per_model_revision_and_origin(tmp_path: Path) -> None:
    names = {
        store_file(identity, tmp_path).name
        for identity in (
            IDENTITY,
            Identity("alphagenome", "FOLD_1"),
            Identity("alphagenome", "FOLD_0", "loopback"),
            Identity("../other", "a/b", "x:y"),
        )
    }
    assert names == {
        "alphagenome-FOLD_0.sqlite",
        "alphagenome-FOLD_1.sqlite",
        "alphagenome-FOLD_0@loopback.sqlite",
        ".._other-a_b@x_y.sqlite",
    }


def test_store_file__is_where_the_command_line_the_environment_or_the_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFALT_STORE", str(tmp_path / "env"))
    assert store_file(IDENTITY, tmp_path / "given").parent == tmp_path / "given"
    assert store_file(IDENTITY, tmp_path / "mine.sqlite") == tmp_path / "mine.sqlite"
    assert store_file(IDENTITY).parent == tmp_path / "env"
    monkeypatch.delenv("REFALT_STORE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert store_file(IDENTITY).parent == tmp_path / "xdg" / "refalt"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert store_file(IDENTITY).parent == Path.home() / ".local" / "share" / "refalt"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert store_file(IDENTITY).parent == Path.home() / "Library" / "Application Support" / "refalt"


def test_open_store__of_another_revision_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.sqlite"
    with open_store(IDENTITY, file) as store:
        store.keep(Question("k", 0), b"", shared={})
    with (
        pytest.raises(UserError, match="another model or revision.*alphagenome-FOLD_1; got alphagenome-FOLD_0"),
        open_store(Identity("alphagenome", "FOLD_1"), file),
    ):
        pass


def test_open_store__of_another_layout_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.sqlite"
    with open_store(IDENTITY, file) as store:
        store.note("layout", "0")
    with (
        pytest.raises(UserError, match="expected layout 1; got layout 0|Expected layout 1; got layout 0"),
        open_store(IDENTITY, file),
    ):
        pass


def test_open_store__says_who_has_it(tmp_path: Path) -> None:
    with (
        open_store(IDENTITY, tmp_path),
        pytest.raises(UserError, match=f"in use by process {os.getpid()} on .*--store"),
        open_store(IDENTITY, tmp_path),
    ):
        pass


def test_open_store__says_when_the_file_is_none(tmp_path: Path) -> None:
    file = tmp_path / "mine.sqlite"
    file.write_bytes(b"this is a text, and no store of anything" * 100)
    with pytest.raises(UserError, match="store of answers cannot be used.*not a database"), open_store(IDENTITY, file):
        pass


def test_open_store__says_when_the_place_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"), open_store(IDENTITY, tmp_path / "file" / "folder"):
        pass


def test_open_store__lets_the_bodys_own_errors_through(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="not the store's"), open_store(IDENTITY, tmp_path):
        raise ConnectionError("not the store's")


def test_store__has_everything_that_was_committed_when_its_process_is_killed(tmp_path: Path) -> None:
    for committed_at_least in (1, 40):
        with subprocess.Popen(
            [sys.executable, "-c", COMMIT, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            said = [int(writer.stdout.readline()) for _ in range(committed_at_least)]
            writer.kill()
            said += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        with open_store(IDENTITY, tmp_path) as store:
            for number in said:
                assert store.payload(digest_of_key(str(number))) == str(number).encode() * 500
            # Of what was not said to be committed at most one answer can be there.
            assert len(said) <= len(store) <= len(said) + 1 or committed_at_least == 40
            assert store.get("t") == b"table"


def test_store__counts_the_clients_of_the_answers_that_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"k{i}" for i in range(2_000)]
    for version, part in (("0.9", keys[:700]), ("0.10", keys[700:])):
        monkeypatch.setattr(store_module, "library_versions", lambda version=version: {"alphagenome": version})
        with open_store(IDENTITY, tmp_path) as store:
            for key in part:
                store.keep(Question(key, 0), b"", shared={})
    with open_store(IDENTITY, tmp_path) as store:
        assert store.clients(map(digest_of_key, keys)) == {"0.9": 700, "0.10": 1_300}
        assert store.clients(map(digest_of_key, [*keys[700:], "unasked"])) == {"0.10": 1_300}
        assert store.clients([]) == {}
