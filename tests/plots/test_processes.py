"""Several processes draw what one does, lose nothing, and leave nobody behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from refalt.plots import processes, theme
from refalt.plots.album import Album
from refalt.plots.processes import Worker, draw_album

PROGRAM = """
import sys
from pathlib import Path
from refalt.plots import processes
from refalt.plots.album import Album
{tables}
started = processes.Worker.start
def told(album):
    worker = started(album)
    Path(sys.argv[2]).write_text(str(worker.process.pid))
    return worker
processes.Worker.start = told
view = build()
album = Album((view,) * 20, "figures", Path(sys.argv[1]), False, False)
processes.draw_album(album, processes=2)
"""
TABLES = """
import importlib.util
spec = importlib.util.spec_from_file_location("toy_tables", {path!r})
toy = importlib.util.module_from_spec(spec)
sys.modules["toy_tables"] = toy
spec.loader.exec_module(toy)
build = lambda: toy.view_of(toy.build_tables(200))
"""


@pytest.fixture
def album(toy_view, tmp_path):
    def of(folder="one", n=60, **choices):
        return Album((toy_view("good", n=n, **choices),), "figures", tmp_path / folder, False, False)

    return of


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_draw_album__gives_the_same_bytes_in_the_same_order_by_one_process_and_by_two(album, tmp_path):
    one, two = (draw_album(album(name), processes=n) for name, n in (("one", 1), ("two", 2)))
    assert [found.figure for found in one] == [found.figure for found in two]
    assert len(one) > 8
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_draw_album__has_a_worker_draw(album, monkeypatch):
    monkeypatch.setattr(processes, "_draw_in_turn", lambda *_: None)
    found = draw_album(album(), processes=2)
    assert len(found) > 8
    assert all(one.figure.failed is None for one in found)


def test_draw_album__draws_what_a_dead_worker_leaves(album, monkeypatch, capfd):
    monkeypatch.setattr(processes, "_PROGRAM", "import sys; sys.exit(3)")
    found = draw_album(album(), processes=3)
    assert len(found) == len(list(album().leaves()))
    assert capfd.readouterr().err == ""


def test_draw_album__conveys_a_worker_s_error(album, monkeypatch, tmp_path):
    broken = "import refalt.plots.figures.roc as r; r.Roc.draw = lambda *a: 1 / 0\n"
    program = processes._PROGRAM.replace("answer(line)", f"exec({broken!r}); answer(line)")
    monkeypatch.setattr(processes, "_PROGRAM", program)
    monkeypatch.setattr(processes, "_draw_in_turn", lambda *_: None)
    found = draw_album(album(), processes=2)
    failed = [one for one in found if one.figure.failed]
    assert {one.figure.name for one in failed} == {"roc-given", "roc-direction"}
    assert "ZeroDivisionError" in failed[0].traceback


@pytest.mark.parametrize(("n_figures", "n"), [(1, 1), (11, 1), (24, 2), (500, 4)])
def test_worth__starts_nobody_for_few_figures(album, monkeypatch, n_figures, n):
    monkeypatch.setattr(processes, "_cores", lambda: 8)
    assert processes._worth(album(), n_figures) == n


def test_worth__starts_nobody_where_an_album_is_too_large_to_hold_twice(album, monkeypatch):
    monkeypatch.setattr(processes, "LARGEST", 1000)
    assert processes._worth(album(), 500) == 1


def test_worker__ends_when_it_is_dismissed(album):
    worker = Worker.start(album())
    worker.dismiss()
    worker.leave()
    assert worker.process.returncode is not None
    worker.line.close()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_draw_album__leaves_nobody_behind_however_it_ends(tmp_path, ending):
    tables = TABLES.format(path=str(__file__).replace("test_processes.py", "conftest.py"))
    noted = tmp_path / "pid"
    command = [sys.executable, "-c", PROGRAM.format(tables=tables), str(tmp_path / "plots"), str(noted)]
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    caller = subprocess.Popen(command, env=os.environ | path, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: len(list(tmp_path.glob("plots/**/*.csv"))) > 2)
        caller.send_signal(ending)
        errors = caller.communicate(timeout=60)[1]
    finally:
        caller.kill()
    assert caller.returncode == -ending
    # The caller's own, in however many parts, and none of a worker.
    parts = errors.count("Traceback (most recent") - errors.count("During handling of the above exception")
    assert parts <= (ending is signal.SIGINT)
    wait_until(lambda: not is_alive(int(noted.read_text())))
    if ending is signal.SIGINT:
        assert not list(tmp_path.glob("plots/**/.partial-*.csv"))


def wait_until(true, seconds=60):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def is_alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # A process that nobody has waited for is there in name only.
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_theme__is_the_caller_s_again_afterwards(album):
    import matplotlib as mpl

    before = mpl.rcParams["font.size"]
    draw_album(album(), processes=1)
    assert mpl.rcParams["font.size"] == before
    assert theme.INK
