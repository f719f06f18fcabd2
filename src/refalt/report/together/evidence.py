"""What a page of several runs is made of: a list of members, each a run folder, and tables of what they share."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import refalt
from refalt.errors import UserError
from refalt.files import write_text
from refalt.plots.record import Figure, read_figures
from refalt.report.evidence import Evidence, read_evidence
from refalt.report.together.sweep import Scaling, Sweep
from refalt.runs import RunFolder
from refalt.tables import Comparisons, Table

MEMBERS: Final = "members.json"
COMPARISONS: Final = "comparisons.parquet"
SWEEP: Final = "sweep.parquet"
SCALING: Final = "scaling.json"
_LAYOUT: Final = "1"
_Kind = TypeVar("_Kind", bound=Table)


@dataclass(frozen=True)
class Member:
    """One run of several.

    Attributes:
        label: Its name on the page.
        folder: Its run folder, relative to the page's folder; empty where it never came to one.
        ended: How it ended, in a sentence, where it left no estimate; empty where it did.
        exit_code: Of its run; None where that is not known.
        window: Its place on the axis of a sweep.
        evidence: What its folder holds; None where there is no folder.
    """

    label: str
    folder: str = ""
    ended: str = ""
    exit_code: int | None = None
    window: int | None = None
    evidence: Evidence | None = None

    @property
    def report(self) -> str | None:
        """Its own page, relative to this one's folder; None where there is none."""
        if self.evidence is None or not self.evidence.run.report.is_file():
            return None
        return f"{self.folder}/{self.evidence.run.report.name}"


@dataclass(frozen=True)
class Together:
    """Several runs.

    Attributes:
        root: Folder of the page.
        kind: `suite` or `comparison`.
        swept: Score whose window was swept; None where nothing was.
        notes: Sentences about pairs of runs that could not be compared.
        comparisons: Differences between scores of different members, on the rows they share.
        sweep: One row a window; None where nothing was swept.
        tables: Names of further tables -> members whose estimates stand in each.
    """

    root: Path
    kind: str
    name: str
    question: str
    swept: str | None
    notes: tuple[str, ...]
    members: tuple[Member, ...]
    comparisons: Comparisons
    sweep: Sweep | None = None
    scaling: Scaling | None = None
    figures: tuple[Figure, ...] = ()
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def present(self) -> Sequence[tuple[Member, Evidence]]:
        """Members that left a run folder."""
        return [(member, member.evidence) for member in self.members if member.evidence is not None]

    @property
    def report(self) -> Path:
        """The page."""
        return self.root / "report.html"

    @property
    def plots(self) -> Path:
        """Folder of figures."""
        return self.root / "plots"

    @property
    def tables_folder(self) -> Path:
        """Folder of tab-separated tables."""
        return self.root / "tables"

    @property
    def simulated(self) -> bool:
        """Whether any member is simulated."""
        return any(evidence.simulated for _, evidence in self.present)

    @property
    def as_published(self) -> bool:
        """Whether any member repeats a published setting with its mistakes."""
        return any(evidence.as_published for _, evidence in self.present)


def write_members(together: Together) -> None:
    """Write what the tables do not hold: the members and how they ended."""
    members = [asdict(replace(member, evidence=None)) | {"digest": _digest(member)} for member in together.members]
    content = {
        "layout": _LAYOUT, "refalt": refalt.__version__, "kind": together.kind, "name": together.name,
        "question": together.question, "swept": together.swept, "notes": together.notes, "members": members,
        "tables": {name: list(members) for name, members in together.tables.items()},
    }  # fmt: skip
    write_text(together.root / MEMBERS, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def holds_several(root: Path) -> bool:
    """Whether a folder is that of several runs."""
    return (root / MEMBERS).is_file()


def read_together(root: Path) -> Together:
    """Read a folder of several runs, and the run folder of each member.

    Raises:
        UserError: not such a folder, or one of another layout; a file of it or of a member is missing or damaged.
    """
    content = _read(root)
    return Together(
        root=root,
        kind=content["kind"],
        name=content["name"],
        question=content["question"],
        swept=content["swept"],
        notes=tuple(content["notes"]),
        members=tuple(_member(root, fields) for fields in content["members"]),
        comparisons=_table(root / COMPARISONS, Comparisons) or Comparisons.empty(),
        sweep=_table(root / SWEEP, Sweep),
        scaling=_scaling(root / SCALING),
        figures=tuple(read_figures(root / "plots")),
        tables=content.get("tables", {}),
    )


def relative(folder: Path, to: Path) -> str:
    """The way from one folder to another, with `/`."""
    return Path(os.path.relpath(folder, to)).as_posix()


def _digest(member: Member) -> str | None:
    return str(member.evidence.lock.get("digest", "")) if member.evidence else None


def _member(root: Path, fields: Mapping[str, Any]) -> Member:
    folder = root / str(fields["folder"])
    here = fields["folder"] and RunFolder(folder).provenance.is_file()
    kept = {name: value for name, value in fields.items() if name != "digest"}
    return Member(**kept | {"evidence": read_evidence(RunFolder(folder)) if here else None})


def _read(root: Path) -> Mapping[str, Any]:
    path = root / MEMBERS
    if not path.is_file():
        raise UserError(f"{root} is not a folder of several runs", expected=f"a folder that holds {MEMBERS}")
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        layout = content["layout"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{MEMBERS} cannot be read", where=str(root), remedy="run it again") from error
    if layout != _LAYOUT:
        raise UserError(
            f"{MEMBERS} has another layout", where=str(root), expected=_LAYOUT, got=str(layout), remedy="run it again"
        )
    return content


def _table(path: Path, kind: type[_Kind]) -> _Kind | None:
    return kind.read(path) if path.is_file() else None


def _scaling(path: Path) -> Scaling | None:
    return Scaling(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
