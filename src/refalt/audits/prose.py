"""What prose states, held against the tables: numbers (RC004) and differences between scores (IN004)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.columns import WHOLE
from refalt.evaluation.labels import BESIDE
from refalt.studies.claims import Claim
from refalt.studies.study import Primary, Study
from refalt.tables import Comparisons, Estimates

#: Printed digits end in a five now and then: what lies half a unit away, up to rounding of the double, is either.
HALF_A_UNIT: Final = Decimal("0.5000001")
_Row = Mapping[str, Any]


def unit_of(printed: str) -> Decimal:
    """What one step in the last printed digit is worth: 0.01 of "0.40", 1e-130 of "3.68e-128"."""
    exponent = Decimal(printed).as_tuple().exponent
    return Decimal(1).scaleb(int(exponent))


def prints_as(value: float, printed: str) -> bool:
    """Whether a number is the printed one once it is rounded to the printed digits."""
    return abs(Decimal(value) - Decimal(printed)) <= HALF_A_UNIT * unit_of(printed)


def p_of_correlation(r: float, n: int) -> float:
    """Two-sided p of r over n independent rows: t = r sqrt((n - 2) / (1 - r^2)) on n - 2 degrees of freedom."""
    from scipy.special import betaincc

    return float(betaincc(0.5, (n - 2) / 2, r * r))


class ProseIsInTables(Audit):
    """RC004.

    A stated number is not the estimate of its name to the last digit it is printed with; its n is another; or
    its p is not that of the stated r and n.
    """

    code = "RC004"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Numbers that prose states are the numbers in the tables, to the last printed digit."
    why = (
        "Text is copied from run to run and tables are not: a README spoke of a power over 99 % where its own numbers "
        "gave 90.6 %, and of an N that no table held. Whoever reads it cannot see that it is of another run."
    )
    example = "claims.toml says that spearman_rho of delta is 0.0375 with p = 0.24; the table holds 0.0412."
    remedy = "Correct the prose, or the claim if it was copied wrongly; write generated numbers where you can."

    def check(self, *, claims: Sequence[Claim], estimates: Estimates) -> Finding:
        """Hold each printed value, its n and its p against the estimate of its name."""
        stated = [claim for claim in claims if claim.than is None]
        if not stated:
            return self.skipped("no claim states a number")
        wrong = {str(claim): list(_complaints(claim, _named(estimates.frame, claim))) for claim in stated}
        lines = [f"{said}: {'; '.join(complaints)}" for said, complaints in wrong.items() if complaints]
        numbers: Numbers = {"n_affected": len(lines), "n_examined": len(stated)}
        if not lines:
            return self.clear(f"All {len(stated)} stated numbers are in the tables, to the last digit.", **numbers)
        said = f"{len(lines)} of {len(stated)} stated numbers do not hold: {lines[0]}"
        return self.found(f"{said}.", examples=tuple(lines), **numbers)


def _named(estimates: pl.DataFrame, claim: Claim) -> _Row | None:
    wanted = {"score_name": claim.score, **_question(claim)}
    rows = estimates.filter(*(pl.col(name) == value for name, value in wanted.items()))
    return rows.row(0, named=True) if rows.height else None


def _question(asked: Claim | Primary) -> dict[str, str]:
    return {"metric": asked.metric, "label_name": asked.label, "stratum": asked.stratum}


def _complaints(claim: Claim, row: _Row | None) -> Iterator[str]:
    printed = str(claim.value)
    agrees = False
    if row is None:
        yield "no table holds it"
    elif not math.isfinite(row["value"]):
        yield f"the table holds no number ({row['reason']})"
    else:
        agrees = prints_as(row["value"], printed)
        if not agrees:
            yield f"the table holds {row['value']:.10g}"
        if claim.n is not None and claim.n != row["n"]:
            yield f"n is said to be {claim.n:,} and is {row['n']:,}"
    if claim.p is not None:
        n = claim.n or (row["n"] if row else None)
        yield from wrong_p(printed, claim.p, n, exact=row["value"] if row and agrees else None)


def wrong_p(printed: str, p: str, n: int | None, *, exact: float | None = None) -> Iterator[str]:
    """What the p-value of a printed correlation should be, where it is not that.

    A correlation known by its printed digits alone, without its `exact` value, leaves a range of p-values.
    """
    if n is None or n < 3:
        yield "p cannot be recomputed without n"
        return
    near = abs(float(printed) if exact is None else exact)
    slack = float(unit_of(printed)) / 2 if exact is None else 0.0
    least, most = (p_of_correlation(min(max(r, 0.0), 1.0), n) for r in (near + slack, near - slack))
    allowed = float(HALF_A_UNIT * unit_of(p))
    if not least - allowed <= float(p) <= most + allowed:
        between = f"{least:.10g}" if least == most else f"between {least:.4g} and {most:.4g}"
        yield f"p is said to be {p}, and of n = {n:,} rows it is {between}"


class DifferencesAreTested(Audit):
    """IN004.

    A stated comparison is not borne out by the interval of the paired difference; or two scores on the same
    rows have no paired test, which is a note.
    """

    code = "IN004"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Scores are told apart by the test of their difference, not by the sizes of two numbers."
    why = (
        "Windows were compared by whether their largest correlation lay 0.05 above the smallest. Two correlations on "
        "the same rows share their noise: 0.05 can be far beyond chance or nothing at all, and only the interval of "
        "the paired difference knows."
    )
    example = "0.41 and 0.36 on the same 400 rows, and the longer window is said to be the better one."
    remedy = "Run both scores in one study or sweep, and quote the interval of their difference (5c-comparisons)."

    def check(
        self, *, estimates: Estimates, comparisons: Comparisons, study: Study, claims: Sequence[Claim] = ()
    ) -> Iterator[Finding]:
        """Look for a paired test of each pair on the primary question, then for one behind each stated comparison."""
        stated = [claim for claim in claims if claim.than is not None]
        yield self._pairs(estimates, comparisons, study)
        if stated:
            yield self._stated(stated, comparisons, margin=study.evaluation.equivalence_margin)

    def _pairs(self, estimates: Estimates, comparisons: Comparisons, study: Study) -> Finding:
        primary = study.evaluation.primary
        metric, label = (primary.metric, primary.label) if primary else ("spearman_rho", "effect")
        question = {"metric": metric, "label_name": label, "stratum": WHOLE}
        asked = [pl.col(name) == value for name, value in question.items()]
        rows = estimates.frame.filter(*asked, ~pl.col("model").is_in(BESIDE), pl.col("value").is_finite())
        pairs = list(itertools.combinations(rows.get_column("score_name").sort(), 2))
        if not pairs:
            return self.skipped(f"{rows.height} score has a {metric} ({label}): there is nothing to tell apart")
        tests = {pair: _difference(comparisons.frame.filter(*asked), *pair) for pair in pairs}
        bare = {pair: row for pair, row in tests.items() if row is None or not _has_interval(row)}
        numbers: Numbers = {"n_affected": len(bare), "n_examined": len(pairs)}
        said = f"{len(pairs) - len(bare)} of {len(pairs)} pairs of scores have a paired test of {metric} ({label})"
        if not bare:
            return self.clear(f"{said}.", **numbers)
        lines = tuple(f"{one}, {other}: {_why_bare(row)}" for (one, other), row in bare.items())
        # Nothing ranks them yet: it is whoever does so by size that is wrong, and then a claim says so.
        return self.found(f"{said}; {lines[0]}.", severity=Severity.NOTE, examples=lines, **numbers)

    def _stated(self, stated: Sequence[Claim], comparisons: Comparisons, *, margin: float) -> Finding:
        lines = []
        for claim in stated:
            rows = comparisons.frame.filter(*(pl.col(name) == value for name, value in _question(claim).items()))
            complaint = _unsupported(claim, _difference(rows, claim.score, str(claim.than)), margin)
            lines += [f"{claim}: {complaint}"] if complaint else []
        numbers: Numbers = {"subject": "claims", "n_affected": len(lines), "n_examined": len(stated)}
        if not lines:
            return self.clear(f"All {len(stated)} stated comparisons have a paired test that says so.", **numbers)
        said = f"{len(lines)} of {len(stated)} stated comparisons have no paired test that says so: {lines[0]}"
        return self.found(f"{said}.", examples=tuple(lines), **numbers)


def _difference(rows: pl.DataFrame, first: str, second: str) -> _Row | None:
    """The comparison of a pair, turned so that it is first minus second."""
    for one, other, sign in ((first, second, 1), (second, first, -1)):
        found = rows.filter((pl.col("first") == one) & (pl.col("second") == other))
        if found.height:
            row = dict(found.row(0, named=True))
            limits = sorted((sign * _number(row["lower"]), sign * _number(row["upper"])))
            return row | {"difference": sign * _number(row["difference"]), "lower": limits[0], "upper": limits[1]}
    return None


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _has_interval(row: _Row) -> bool:
    return math.isfinite(row["lower"]) and math.isfinite(row["upper"])


def _why_bare(row: _Row | None) -> str:
    return "no table holds both" if row is None else str(row["reason"] or "their difference has no interval")


def _unsupported(claim: Claim, row: _Row | None, margin: float) -> str | None:
    """Why the paired test does not bear a comparison out; None where it does."""
    if row is None or not _has_interval(row):
        return _why_bare(row)
    lower, upper = row["lower"], row["upper"]
    said = f"the paired difference is {row['difference']:+.4f}, from {lower:+.4f} to {upper:+.4f}"
    if claim.says == "same":
        return None if max(-lower, upper) <= margin else f"{said}, which goes beyond the margin of {margin:g}"
    if claim.says == "more":
        return None if lower > 0 else f"{said}: it is not above 0"
    return None if lower > 0 or upper < 0 else f"{said}, and holds 0"
