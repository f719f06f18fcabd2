"""Write the reference pages that are made from the code: commands, tables, metrics, reasons, exit codes, audits.

Run by `make docs`. A test fails when a page differs from what this script would write.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from refalt.audits.explain import index as audit_index
from refalt.audits.explain import pages as audit_pages
from refalt.cli.app import app
from refalt.columns import Reason
from refalt.errors import ExitCode
from refalt.stats.metric import METRICS
from refalt.tables import ALL_TABLES

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
EXIT_WORDS = {
    ExitCode.DONE: "done; up to 1 % of predictions may have failed",
    ExitCode.USER_ERROR: "a mistake that the user can put right, usage errors included",
    ExitCode.FATAL_FINDING: "a fatal finding that no waiver accepts",
    ExitCode.MANY_FAILURES: "finished, but over 1 % of predictions failed",
    ExitCode.BUG: "a bug in refalt; its traceback is in a file",
    ExitCode.STOPPED: "stopped by quota or time; run again to go on",
    ExitCode.INTERRUPTED: "interrupted; run again to go on",
}

_BACK = "\n[All audits](../audits.md), [how often they err](../audit-performance.md)\n"
_ABOUT_AUDITS = """# Audits

An audit affirms one sentence about a study, and answers with counts, a statistic and its threshold, example rows and a
remedy: clear, found, skipped for want of something, or waived with a reason in the study file. A fatal finding stops
the study before anything is predicted, a serious one stands in the verdict, a note stands in the report. The same page
is printed by `refalt explain EF001`. How often audits err is measured in [audit performance](audit-performance.md)."""


def pages() -> Mapping[str, str]:
    """File name -> content of every generated page."""
    made = {
        "commands.md": _commands(),
        "tables.md": _tables(),
        "metrics.md": _metrics(),
        "reasons.md": _reasons(),
        "exit-codes.md": _exit_codes(),
        "audits.md": _audits(),
        **{f"audits/{code}.md": text + _BACK for code, text in audit_pages().items()},
    }
    return {name: text.rstrip("\n") + "\n" for name, text in made.items()}


def _commands() -> str:
    group = typer.main.get_command(app)
    parts = ["# Commands", "Results go to standard output, progress to standard error; `--json` is for machines."]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        parts += [f"## refalt {name}", command.help or "", "| option | meaning |\n|---|---|\n" + _options(command)]
    return "\n\n".join(parts)


def _options(command: object) -> str:
    rows = []
    for parameter in command.params:  # type: ignore[attr-defined]
        if parameter.name == "help":
            continue
        shown = (
            ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.metavar or parameter.name
        )
        rows.append(f"| `{shown}` | {(parameter.help or '').strip()} |")
    return "\n".join(rows)


def _tables() -> str:
    parts = [
        "# Tables",
        "Every column of every table in a run folder. `pos` is 1-based, `start` and `end` 0-based half-open.",
    ]
    for table in ALL_TABLES:
        rows = [
            f"| `{column.name}` | {column.dtype!s} | {column.unit} | {column.meaning} |" for column in table.declared
        ]
        head = "| column | type | unit | meaning |\n|---|---|---|---|\n"
        parts += [f"## {table.title}", f"Key: {', '.join(table.key)}.", head + "\n".join(rows)]
    return "\n\n".join(parts)


def _metrics() -> str:
    rows = [
        f"| `{name}` | {metric.needs} | {'yes' if metric.signed else 'no'} | {metric.meaning} |"
        for name, metric in METRICS.items()
    ]
    return "# Metrics\n\n| metric | held against | reads the sign | meaning |\n|---|---|---|---|\n" + "\n".join(rows)


def _reasons() -> str:
    spared, always = "only where a genome or sequence is needed", "always"
    rows = [
        f"| `{reason.value}` | {reason.meaning} | {spared if reason.spares_recorded else always} |" for reason in Reason
    ]
    head = "| reason | meaning | the row leaves |\n|---|---|---|\n"
    return "# Reasons\n\nWhy a row is not compared.\n\n" + head + "\n".join(rows)


def _exit_codes() -> str:
    rows = [f"| {int(code)} | {words} |" for code, words in EXIT_WORDS.items()]
    return "# Exit status\n\n| status | meaning |\n|---|---|\n" + "\n".join(rows)


def _audits() -> str:
    return f"{_ABOUT_AUDITS}\n\n{audit_index()}\n"


def main() -> int:
    """Write the pages; with --check only compare, and say which differ."""
    differing = []
    for name, text in pages().items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            differing.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print(f"differing: {', '.join(differing) or 'none'}")
    return int(bool(differing) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
