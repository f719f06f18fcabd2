"""Runs held side by side: what each says, and, where they share rows, the difference between them on those rows."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from refalt.errors import UserError
from refalt.evaluation.beside.comparisons import compare_scores
from refalt.evaluation.beside.significance import adjusted
from refalt.pipeline.shared_rows import entries, same_score, shared, terms_of
from refalt.plots import draw_across
from refalt.plots.base import Reading
from refalt.provenance import SHORT, digest_of
from refalt.report.evidence import Evidence, read_evidence
from refalt.report.together.evidence import (
    COMPARISONS,
    MEMBERS,
    Member,
    Together,
    read_together,
    relative,
    write_members,
)
from refalt.report.together.render import render_together
from refalt.report.together.sections.leaderboard import leading_rows
from refalt.runs import RunFolder
from refalt.tables import Comparison, Comparisons


def compare_runs(
    roots: Sequence[Path], *, out: Path | None = None, notify: Callable[[str], None] = lambda _: None
) -> Path:
    """Compare runs; return the folder that holds the page, its tables and figures.

    Args:
        roots: Run folders, and folders of suites, which stand for their members.
        out: The folder to write to; `runs/comparison-<digest>` when not given.
        notify: Told what is being done.

    Raises:
        UserError: fewer than two runs; a folder is no run, is of another layout, or a table of it is not what the run
            wrote.
    """
    folders = list(dict.fromkeys(folder.resolve() for root in roots for folder in run_folders(root)))
    if len(folders) < 2:
        raise UserError("nothing to compare", expected="at least two run folders", got=str(len(folders)))
    evidence = [unchanged(RunFolder(folder)) for folder in folders]
    digest = digest_of(sorted(str(one.lock.get("digest", "")) for one in evidence))
    target = out or Path("runs") / f"comparison-{digest[:SHORT]}"
    names = labels([str(one.study["name"]) for one in evidence], [folder.name for folder in folders])
    members = [
        Member(label, relative(folder, target.resolve()), evidence=one)
        for label, folder, one in zip(names, folders, evidence, strict=True)
    ]
    write_comparison(members, target, kind="comparison", name=" and ".join(names[:3]), notify=notify)
    return target


def write_comparison(
    members: Sequence[Member],
    root: Path,
    *,
    kind: str,
    name: str,
    question: str = "",
    tables: Mapping[str, Sequence[str]] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write what members share, figures and the page into `root`; return the page's path.

    `tables` names further tables: of the estimates of the members listed.
    """
    present = [member for member in members if member.evidence]
    notify("differences")
    found, notes = differences(present)
    if len(found):
        found.write(root / COMPARISONS)
    together = Together(root, kind, name, question, None, tuple(notes), tuple(members), found, tables=tables or {})
    write_members(together)
    notify("page")
    readings = [
        replace(Reading.from_row(row), score_name=f"{member.label}: {row['score_name']}")
        for member, row in leading_rows(together)
    ]
    draw_across(
        Comparison.empty().frame,
        readings,
        name=name,
        folder=together.plots,
        simulated=together.simulated,
        as_published=together.as_published,
    )
    return render_together(root)


def run_folders(root: Path) -> list[Path]:
    """The run folder itself, or those of a suite's members that have one."""
    if not (root / MEMBERS).is_file():
        return [root]
    return [root / member.folder for member, _ in read_together(root).present]


def unchanged(run: RunFolder) -> Evidence:
    """A run's content.

    Raises:
        UserError: not a run, of another layout, or a table is missing or not what the run wrote.
    """
    evidence = read_evidence(run)
    for name in (*evidence.changed, *evidence.missing):
        raise UserError(
            f"{name} is not what the run wrote",
            where=str(run.root),
            expected=f"the digest in {run.provenance.name}",
            got="no file" if name in evidence.missing else "another digest",
            remedy="run the study again",
        )
    return evidence


def labels(names: Sequence[str], folders: Sequence[str]) -> list[str]:
    """A name for each run that no other has: the study's, else the folder's, else with a number."""
    counts, met = Counter(names), Counter[str]()
    found = [name if counts[name] == 1 else folder for name, folder in zip(names, folders, strict=True)]
    again = Counter(found)
    for place, label in enumerate(found):
        met[label] += 1
        if again[label] > 1:
            found[place] = f"{label}-{met[label]}"
    return found


def differences(members: Sequence[Member]) -> tuple[Comparisons, list[str]]:
    """Paired differences of every two runs that share rows, and why others that share rows have none.

    Two runs are compared score by score; of more than two, their primary scores are.
    """
    found, notes = [], []
    for one, other in itertools.combinations(members, 2):
        pairs = itertools.product(
            entries(one, only_primary=len(members) > 2), entries(other, only_primary=len(members) > 2)
        )
        for first, second in pairs:
            if same_score(first, second):
                continue
            joined, why = shared([first, second])
            if why:
                notes.append(f"{one.label} and {other.label} are not compared: {why}")
                break
            if len(joined.comparison):
                found.append(compare_scores(joined, [first.section, second.section], terms_of([first, second])))
    if not found:
        return Comparisons.empty(), notes
    return Comparisons(adjusted(pl.concat(found))), notes
