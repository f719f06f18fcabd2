"""The verdict's sentence as plain text, for the terminal: the same words and numbers as on the page."""

from __future__ import annotations

import re

from markupsafe import Markup

from refalt.report.evidence import read_evidence
from refalt.report.page_text import environment
from refalt.report.sections import verdict
from refalt.runs import RunFolder

_SENTENCE = re.compile(r'<p class="sentence">(.*?)</p>', re.DOTALL)


def headline(run: RunFolder) -> str:
    """The sentence.

    Raises:
        UserError: the folder is not a run, or a table of it is missing or damaged.
    """
    section = verdict.build(read_evidence(run))
    html = environment().get_template("sections/verdict.html").render(section=section)
    found = _SENTENCE.search(html)
    return Markup(found.group(1)).striptags() if found else ""
