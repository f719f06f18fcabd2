"""Figures of one album drawn by several processes at once: this one, and workers that have the album too.

A worker is a fresh interpreter that is told the place of one figure after another and answers with what it drew.
It starts without the caller's main program, has a session of its own, so that Ctrl-C reaches this process alone,
and ends when its connection does, however this process ends. This process draws as well: a worker costs it no wait.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Final

from refalt.errors import UserError
from refalt.plots import theme
from refalt.plots.album import Album, Drawn, Leaf, draw_leaf

#: Processes at most, this one counted: more wait for each other's disk and memory.
MOST: Final = 4
#: Figures a process must have to draw: starting one costs about as much time as drawing eight.
FEWEST: Final = 12
#: An album is held once more by each worker; one with more bytes of rows is drawn by this process alone.
LARGEST: Final = 400_000_000
#: Seconds a worker has for the figure in its hand once nobody wants it.
PATIENCE: Final = 20.0

_PROGRAM: Final = """
import sys
from multiprocessing.connection import Connection
line = Connection(int(sys.argv[1]))
sys.path[:] = line.recv()
from refalt.plots.processes import answer
answer(line)
"""


def draw_album(album: Album, *, processes: int | None = None) -> list[Drawn]:
    """Draw every figure of an album, in its order.

    Args:
        album: What is drawn.
        processes: That draw at once; one a core, at most `MOST`, and only where the figures are worth it when not
            given.

    Raises:
        UserError: the folder cannot be written to.
    """
    leaves = tuple(album.leaves())
    n_workers = (_worth(album, len(leaves)) if processes is None else processes) - 1
    turns, done = deque(range(len(leaves))), dict[int, Drawn]()
    workers = [Worker.start(album) for _ in range(max(n_workers, 0))]
    threads = [threading.Thread(target=_ask, args=(worker, leaves, turns, done), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        _draw_in_turn(album, leaves, turns, done)
        for thread in threads:
            thread.join()
        # What a worker had in hand when it died, its error included, is met again here.
        _draw_in_turn(album, leaves, turns, done)
    finally:
        for worker in workers:
            worker.dismiss()
        for thread, worker in zip(threads, workers, strict=True):
            worker.leave()
            if thread.is_alive():
                thread.join()
            worker.line.close()
    return [done[place] for place in range(len(leaves))]


@dataclass(frozen=True)
class Worker:
    """Another process that draws, and the line to it."""

    process: subprocess.Popen[bytes]
    line: Connection[Any, Any]
    album: Album

    @classmethod
    def start(cls, album: Album) -> Worker:
        """Start a process; it is given the album by the thread that asks it."""
        here, there = Pipe()
        with there:
            number = there.fileno()
            command = [sys.executable, "-c", _PROGRAM, str(number)]
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[number], start_new_session=True
            )
        return cls(process, here, album)

    def dismiss(self) -> None:
        """Ask it for nothing more: it ends when the figure in its hand is whole on disk."""
        with socket.socket(fileno=os.dup(self.line.fileno())) as end:
            end.shutdown(socket.SHUT_WR)

    def leave(self) -> None:
        """Wait until it has ended."""
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def answer(line: Connection[Any, Any]) -> None:
    """What a worker does: draw what it is told to until nobody asks any more.

    An error that ends the run is met again by the process that asked, which says it; here it only ends the worker.
    """
    with contextlib.suppress(EOFError, OSError, UserError), theme.applied():
        album: Album = line.recv()
        leaves = {leaf.stem: leaf for leaf in album.leaves()}
        while (stem := line.recv()) in leaves:
            line.send(draw_leaf(leaves[stem], album))


def _ask(worker: Worker, leaves: Sequence[Leaf], turns: deque[int], done: dict[int, Drawn]) -> None:
    """Have one worker draw until no figure is left; what it fails to answer goes back to the others."""
    place = None
    try:
        worker.line.send(sys.path)
        worker.line.send(worker.album)
        while turns:
            place = turns.popleft()
            worker.line.send(leaves[place].stem)
            done[place] = worker.line.recv()
            place = None
    except (OSError, EOFError, IndexError):
        # Nothing is lost: this process draws what is left over.
        if place is not None:
            turns.append(place)


def _draw_in_turn(album: Album, leaves: Sequence[Leaf], turns: deque[int], done: dict[int, Drawn]) -> None:
    with theme.applied():
        while turns:
            try:
                place = turns.popleft()
            except IndexError:
                return
            done[place] = draw_leaf(leaves[place], album)


def _worth(album: Album, n_figures: int) -> int:
    held = sum(view.rows.estimated_size() for view in album.views)
    if held > LARGEST or not sys.executable:
        return 1
    return max(min(_cores(), MOST, n_figures // FEWEST), 1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
