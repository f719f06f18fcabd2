"""Sections of a page of several runs, one file each, in the order of the page."""

from refalt.report.together.sections import (
    differences,
    findings,
    leaderboard,
    losses,
    members,
    pictures,
    studies,
    windows,
)

SECTIONS = (
    windows.build,
    leaderboard.build,
    differences.build,
    pictures.build,
    studies.build,
    findings.build,
    losses.build,
    members.build,
)
