"""A suite: its members run in order into one folder, and what they say together on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from refalt.errors import ExitCode, UserError, unknown_name
from refalt.pipeline.compare import write_comparison
from refalt.pipeline.prepare import Prepared, prepare, study_file
from refalt.pipeline.run import Ended, Notify, run_study
from refalt.pipeline.sweep import write_sweep
from refalt.provenance import SHORT, digest_of
from refalt.report.evidence import read_evidence
from refalt.report.together.evidence import Member, Together, write_members
from refalt.report.together.render import render_together
from refalt.runs import RunFolder
from refalt.scoring.metered import Metering
from refalt.sources.fetch import Fetch
from refalt.studies.study import Primary, Study
from refalt.studies.suite import Suite, at_window, is_suite, read_suite
from refalt.tables import Comparisons

#: From the best end to the worst: the later, the less was done.
_WORSE: Final = (
    ExitCode.DONE, ExitCode.MANY_FAILURES, ExitCode.FATAL_FINDING, ExitCode.BUG, ExitCode.USER_ERROR, ExitCode.STOPPED
)  # fmt: skip


@dataclass(frozen=True)
class PreparedMember:
    """A member, looked up; `window` is its place on the axis of a sweep."""

    prepared: Prepared
    window: int | None = None

    @property
    def label(self) -> str:
        """Its study's name."""
        return self.prepared.study.study.name


@dataclass(frozen=True)
class PreparedSuite:
    """A suite whose every member has been looked up.

    Attributes:
        suite: The suite file.
        members: In order.
        swept: Score whose window is swept; None where nothing is.
    """

    suite: Suite
    members: tuple[PreparedMember, ...]
    swept: str | None

    @property
    def run_name(self) -> str:
        """Name of the suite's folder."""
        digests = [member.prepared.resolved.digest for member in self.members]
        return f"{self.suite.suite.name}-{digest_of([self.suite.model_dump(mode='json'), digests])[:SHORT]}"


@dataclass
class SuiteEnded:
    """How a suite ended.

    Attributes:
        root: Its folder.
        members: As they stand on its page.
        ended: Of the members that were run now.
    """

    root: Path
    members: list[Member] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """The worst of the members that were run now."""
        codes = [ExitCode(member.exit_code) for member in self.members if member.exit_code is not None]
        return max(codes, key=_WORSE.index, default=ExitCode.DONE)


def prepare_suite(
    path: Path, *, folders: Sequence[Path] = (), limit: int | None = None, fetch: Fetch | None = None
) -> PreparedSuite:
    """Read a suite file and look up all that its members name, before any of them is run.

    Args:
        path: The suite file; its studies lie beside it, or are names of studies that come with refalt.
        folders: Where input files are looked for.
        limit: Rows of a pilot of every member.
        fetch: Brings public files that are missing; None asks nobody.

    Raises:
        UserError: any mistake in the suite file or in a study file.
    """
    path = study_file(path)
    suite = read_suite(path)
    paths = [path.parent / name if (path.parent / name).exists() else Path(name) for name in suite.suite.studies]
    found = [prepare(one, folders=folders, limit=limit, fetch=fetch) for one in paths]
    if suite.sweep is None:
        _require_distinct([one.study.study.name for one in found], path)
        _require_members(suite, [one.study.study.name for one in found], path)
        return PreparedSuite(suite, tuple(PreparedMember(one) for one in found), None)
    study, score_name = found[0], _swept_score(found[0], suite.sweep.score, path)
    members = tuple(
        PreparedMember(_member_at(study, score_name, window, suite_file=path), window) for window in suite.sweep.window
    )
    return PreparedSuite(suite, members, score_name)


def prepare_members(path: Path, *, folders: Sequence[Path] = (), fetch: Fetch | None = None) -> Sequence[Prepared]:
    """The study looked up, or, of a suite, every member; of a sweep one, for its members read the same rows.

    Raises:
        UserError: any mistake in a suite file or a study file.
    """
    if not is_suite(study_file(path)):
        return [prepare(path, folders=folders, fetch=fetch)]
    suite = prepare_suite(path, folders=folders, fetch=fetch)
    members = [member.prepared for member in suite.members]
    return members[:1] if suite.swept else members


def run_suite(
    prepared: PreparedSuite,
    *,
    out: Path,
    only: Sequence[str] = (),
    notify: Notify = lambda _: None,
    metering: Metering | None = None,
) -> SuiteEnded:
    """Run the members in order, and write one page for all.

    A member that meets a user's mistake does not keep the others from running. Members that are left out by `only`
    stand on the page with what an earlier run of the same suite left.

    Args:
        prepared: The suite, looked up.
        out: The folder that holds run folders.
        only: Names of the members to run; all when empty.
        notify: Told the name of each member and stage as it begins.
        metering: What metered models are asked with.

    Raises:
        UserError: `only` names no member.
    """
    names = [member.label for member in prepared.members]
    for name in only:
        if name not in names:
            raise unknown_name("member", name, names, where="--only")
    done = SuiteEnded(out / prepared.run_name)
    for member in prepared.members:
        if only and member.label not in only:
            done.members.append(_left_by_earlier_run(member, done.root))
            continue
        notify(f"study {member.label}")
        done.members.append(_run_member(member, done, notify, metering))
    _write_page(prepared, done, notify)
    return done


def _run_member(member: PreparedMember, done: SuiteEnded, notify: Notify, metering: Metering | None) -> Member:
    try:
        ended = run_study(member.prepared, out=done.root, notify=notify, metering=metering)
    except UserError as error:
        return Member(member.label, ended=str(error), exit_code=int(error.exit_code), window=member.window)
    done.ended.append(ended)
    evidence = read_evidence(ended.run)
    stopped = "" if ended.reached == "report" else f"stopped after {ended.reached} by a fatal finding"
    return Member(member.label, ended.run.root.name, stopped, int(ended.exit_code), member.window, evidence)


def _left_by_earlier_run(member: PreparedMember, root: Path) -> Member:
    run = RunFolder(root / member.prepared.resolved.run_name)
    if not run.provenance.is_file():
        return Member(member.label, ended="not run yet", window=member.window)
    return Member(member.label, run.root.name, window=member.window, evidence=read_evidence(run))


def _write_page(prepared: PreparedSuite, done: SuiteEnded, notify: Notify) -> None:
    section = prepared.suite.suite
    if prepared.swept is None:
        write_comparison(
            done.members, done.root, kind="suite", name=section.name, question=section.question, notify=notify,
            tables=section.tables,
        )  # fmt: skip
        return
    notify("windows")
    together = Together(
        done.root, "suite", section.name, section.question, prepared.swept, (), tuple(done.members), Comparisons.empty()
    )
    write_members(write_sweep(together, prepared.swept))
    notify("page")
    render_together(done.root)


def _require_members(suite: Suite, names: Sequence[str], path: Path) -> None:
    for name in dict.fromkeys(name for table in suite.suite.tables.values() for name in table):
        if name not in names:
            raise unknown_name("member", name, names, where=f"{path}, [suite] tables")


def _require_distinct(names: Sequence[str], path: Path) -> None:
    repeated = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if repeated:
        raise UserError(
            f"two studies are named {repeated!r}", where=str(path), remedy="give each [study] a name of its own"
        )


def _swept_score(prepared: Prepared, named: str | None, path: Path) -> str:
    asked = [score.name for score in prepared.study.score]
    if named is not None:
        if named not in asked:
            raise unknown_name("score", named, asked, where=f"{path}, [sweep] score")
        return named
    if len(asked) != 1:
        raise UserError(
            "which score is swept is not said",
            where=f"{path}, [sweep]",
            expected=f"score = one of {', '.join(asked) or 'the [[score]] sections, and the study has none'}",
        )
    return asked[0]


def _member_at(prepared: Prepared, score_name: str, window: int, *, suite_file: Path) -> Prepared:
    """The study at one window; its model says whether it takes that window."""
    study = _with_primary(at_window(prepared.study, score_name, window), score_name)
    # The suite file is what runs it again; files have been looked for beside the study file.
    found = replace(prepared, study=study, path=suite_file)
    for score in study.score:
        prepared.models[score.model].check(score)
    return found


def _with_primary(study: Study, score_name: str) -> Study:
    """The study with the swept score's answer to its primary question as primary estimate."""
    declared = study.evaluation.primary or Primary(score=score_name, metric="spearman_rho", label="effect")
    primary = declared.model_copy(update={"score": score_name})
    return study.model_copy(update={"evaluation": study.evaluation.model_copy(update={"primary": primary})})
