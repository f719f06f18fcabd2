"""The shape of a suite file: several studies in order, or one study at several places of one axis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from refalt.studies.read import read_toml, validate_section
from refalt.studies.sections import Filled, Name, Section
from refalt.studies.study import Study

Window = Annotated[int, Field(ge=1)]


class SuiteSection(Section):
    """What is run: study files, looked for beside the suite file.

    `tables` names tables of the page, each of the estimates of some members: `tables/<name>_metrics.tsv`.
    """

    name: Name
    question: str = ""
    studies: Annotated[tuple[Filled, ...], Field(min_length=1)]
    tables: dict[Filled, Annotated[tuple[Name, ...], Field(min_length=1)]] = {}

    @field_validator("studies")
    @classmethod
    def _each_study_once(cls, studies: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(studies)) < len(studies):
            raise ValueError("each study once")
        return studies


class SweepSection(Section):
    """One axis: the window of a score, in bp, everything else being equal."""

    window: Annotated[tuple[Window, ...], Field(min_length=2)]
    score: Name | None = None

    @field_validator("window")
    @classmethod
    def _each_window_once(cls, window: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(window)) < len(window):
            raise ValueError("each window once")
        return tuple(sorted(window))


class Suite(Section):
    """A suite file, read and checked."""

    suite: SuiteSection
    sweep: SweepSection | None = None

    @model_validator(mode="after")
    def _a_sweep_has_one_study(self) -> Suite:
        if self.sweep and len(self.suite.studies) > 1:
            raise ValueError("[sweep] takes one study, [suite] studies lists several")
        if self.sweep and self.suite.tables:
            raise ValueError("[suite] tables are of several studies, and a sweep has one")
        return self


def is_suite(path: Path) -> bool:
    """Whether a TOML file is a suite rather than a study; a file that cannot be read is neither."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"^\s*\[\s*suite\s*\]", text, flags=re.MULTILINE) is not None


def read_suite(path: Path) -> Suite:
    """Read and check a suite file.

    Raises:
        UserError: the file is missing, is not TOML, or has a wrong or unknown key.
    """
    content: Mapping[str, Any] = read_toml(path)
    return validate_section(Suite, content, where=path)


def at_window(study: Study, score_name: str, window: int) -> Study:
    """The study with one score's window replaced, named for it, and its other scores left out.

    The sample is the study's own, so it is the same for every window. What is not swept is not run again and again.
    """
    swept = [score.model_copy(update={"window": window}) for score in study.score if score.name == score_name]
    named = study.study.model_copy(update={"name": f"{study.study.name[:50]}-w{window}"})
    kept = {score.model for score in swept}
    models = {name: section for name, section in study.models.items() if name in kept}
    return study.model_copy(update={"study": named, "score": tuple(swept), "models": models})
