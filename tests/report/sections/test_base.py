"""What a section is."""

from refalt.report.sections.base import Section


def test_template__is_named_for_the_section():
    assert Section("verdict", "Verdict", "", "", {}).template == "sections/verdict.html"
