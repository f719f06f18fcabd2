from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.peaks import PeakLimits, read_peaks

#: Width 100 and q of 1e-5, 300 and 1e-2, 5,000 and 1e-1.
NARROW = [
    "chr1\t1000\t1100\ta\t0\t.\t9\t8\t5\t50",
    "chr1\t2000\t2300\tb\t0\t.\t9\t3\t2\t50",
    "chr2\t3000\t8000\tc\t0\t.\t9\t2\t1\t50",
]


def _peaks(folder: Path, limits: PeakLimits, lines: list[str] = NARROW, assembly: str = "GRCh38") -> list[int]:
    path = folder / "p.narrowPeak"
    path.write_text("\n".join(lines) + "\n")
    intervals, remark = read_peaks(path, assembly, limits)
    assert remark.startswith(f"{len(intervals)} of {len(lines)} intervals of p.narrowPeak")
    return intervals.frame.get_column("start").to_list()


@pytest.mark.parametrize(
    ("limits", "starts"),
    [
        (PeakLimits(), [1000, 2000, 3000]),
        (PeakLimits(q_value=0.01), [1000, 2000]),
        (PeakLimits(q_value=0.009), [1000]),
        (PeakLimits(p_value=0.001), [1000, 2000]),
        (PeakLimits(max_width=300), [1000, 2000]),
        (PeakLimits(min_width=101), [2000, 3000]),
        (PeakLimits(q_value=0.01, min_width=101), [2000]),
    ],
)
def test_read_peaks__takes_those_that_keep_every_limit(tmp_path: Path, limits: PeakLimits, starts: list[int]) -> None:
    assert _peaks(tmp_path, limits) == starts


@pytest.mark.parametrize(
    ("lines", "limits", "said"),
    [
        (["chr1\t1\t5"], PeakLimits(q_value=0.1), "states no q_value.*narrowPeak file"),
        ([*NARROW, "chr1\t1\t5\tx\t0\t.\t9\t-1\t-1\t1"], PeakLimits(q_value=0.1), "1 of 4 intervals have no q_value"),
        (["chr1\t1\t5\tx\t0\t.\t9\tNA\t1\t1"], PeakLimits(p_value=0.1), "1 of 1 intervals have no p_value"),
        (NARROW, PeakLimits(max_width=10), "no interval keeps the limits"),
    ],
)
def test_read_peaks__a_limit_that_cannot_be_kept_is_told(
    tmp_path: Path, lines: list[str], limits: PeakLimits, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        _peaks(tmp_path, limits, lines)


def test_read_peaks__intervals_of_another_build_are_refused_where_they_show_it(tmp_path: Path) -> None:
    # The last base of chr1 in GRCh37, which GRCh38 does not have.
    lines = [*NARROW, "1\t249250000\t249250621"]
    assert len(_peaks(tmp_path, PeakLimits(), lines, "GRCh37")) == 4
    with pytest.raises(UserError, match="1 of 4 intervals end beyond their chromosome in GRCh38.*248,956,422"):
        _peaks(tmp_path, PeakLimits(), lines, "GRCh38")


def test_read_peaks__real_narrow_peaks_by_q_and_width(real_input: Callable[[str], Path]) -> None:
    path = real_input("peaks/K562_DNase_chr22_hg38.macs2.narrowPeak")
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    expected = sum(float(row[8]) >= 2 and int(row[2]) - int(row[1]) <= 10_000 for row in rows)
    assert 0 < expected < len(rows) == 26_612
    remark = read_peaks(path, "GRCh38", PeakLimits(q_value=0.01, max_width=10_000))[1]
    assert remark.startswith(f"{expected:,} of 26,612 intervals")
