"""The page of several runs in a real browser."""

import pytest
from tests.report.test_browser import browser, click_heading, column, opened, pytestmark, requests  # noqa: F401

from refalt.report.together import render_together


@pytest.fixture(scope="module")
def report(several):
    return render_together(several)


@pytest.mark.parametrize("width", [390, 1280])
def test_page__does_not_scroll_sideways_and_logs_nothing(browser, report, width):  # noqa: F811
    page = opened(browser, report, width=width)
    page.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_log("browser") == []
    assert [url for url in requests(page) if not url.startswith("data:")] == [report.as_uri()]
    assert page.find_elements("css selector", "#injected, img[src=x]") == []


def test_tables__sort_and_filter(browser, report):  # noqa: F811
    page = opened(browser, report)
    assert click_heading(page, "#windows-table", 0) == "ascending"
    assert click_heading(page, "#windows-table", 0) == "descending"
    assert column(page, "#windows-table", 0) == ["512", "128"]
    page.find_element("css selector", '[data-for="findings-table"] input').send_keys("w512")
    assert set(column(page, "#findings-table", 0)) == {"w512"}


def test_figures__are_all_drawn(browser, report):  # noqa: F811
    page = opened(browser, report)
    widths = page.execute_script(
        "return [...document.querySelectorAll('figure svg, figure img')].map(one => one.getBoundingClientRect().width)"
    )
    assert len(widths) == 2
    assert min(widths) > 250
