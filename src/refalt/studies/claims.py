"""A file of claims: numbers and comparisons that somebody's prose states, to be held against the tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from refalt.errors import UserError
from refalt.studies.read import read_toml, validate_section
from refalt.studies.sections import Filled, Name, Section

#: A number as it is printed; a string, because 0.40 and 0.4 do not claim the same.
Printed = Annotated[str, StringConstraints(pattern=r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$")]
#: Metrics whose textbook p-value follows from the number itself and the number of rows.
CORRELATIONS: Final = ("pearson_r", "spearman_rho")


class Claim(Section):
    """One claim: the value of an estimate, or, with `than`, how one score does beside another.

    `value` and `p` are given as they are printed. `says` is what is said of the score beside the other one: that its
    metric is `more`, that the two are `different`, or that they are the `same`. `where` says where it is written.
    """

    score: Name
    metric: Filled
    label: Filled = "effect"
    stratum: Filled = "all"
    value: Printed | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    p: Printed | None = None
    than: Name | None = None
    says: Literal["more", "different", "same"] = "more"
    where: str = ""

    @model_validator(mode="after")
    def _claims_one_thing(self) -> Claim:
        if (self.value is None) == (self.than is None):
            raise ValueError("a claim is of a value or of a comparison (than): give one of the two")
        if self.p is not None and (self.metric not in CORRELATIONS or self.than is not None):
            raise ValueError(f"p can be recomputed for {' and '.join(CORRELATIONS)} alone: leave it out")
        return self

    def __str__(self) -> str:
        """The claim in words."""
        of = f"{self.metric} of {self.score} ({self.label}, {self.stratum})"
        relation = {"more": "more than", "different": "different from", "same": "the same as"}[self.says]
        said = f"{of} is {self.value}" if self.than is None else f"{of} is {relation} that of {self.than}"
        return f"{said} [{self.where}]" if self.where else said


class _Claims(Section):
    claim: Annotated[tuple[Claim, ...], Field(min_length=1)]


def read_claims(path: Path) -> Sequence[Claim]:
    """Read `[[claim]]` sections of a TOML file, or the rows of a CSV file with the same keys as its header.

    Raises:
        UserError: the file is missing or empty, or a claim is not what it should be.
    """
    content = {"claim": _rows(path)} if path.suffix.lower() == ".csv" else read_toml(path)
    return validate_section(_Claims, content, where=path).claim


def _rows(path: Path) -> list[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} cannot be read", where=str(path.parent), expected="CSV in UTF-8") from error
    if not rows:
        raise UserError("there is no claim in it", where=str(path), expected="a header and a row a claim")
    return [{key: cell for key, cell in row.items() if cell} for row in rows]
