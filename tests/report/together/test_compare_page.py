"""The page that `refalt compare` writes, in a real browser."""

import dataclasses

import pytest
from tests.report.test_browser import browser, click_heading, column, opened, pytestmark, requests  # noqa: F401

from refalt.pipeline.compare import write_comparison
from refalt.report.together.evidence import Member


@pytest.fixture(scope="module")
def page_path(members, tmp_path_factory):
    """Two runs that share rows, one of them of a name that fills no phone."""
    root = members[0].evidence.run.root.parent
    names = ("one", "two-" + "n" * 300)
    found = [
        dataclasses.replace(member, label=name) if isinstance(member, Member) else member
        for member, name in zip(members, names, strict=False)
    ]
    return write_comparison(found, root, kind="comparison", name=" and ".join(names))


@pytest.mark.parametrize("width", [390, 1280])
def test_page__logs_nothing_asks_for_nothing_and_does_not_scroll_sideways(browser, page_path, width):  # noqa: F811
    page = opened(browser, page_path, width=width)
    page.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true })")
    root = "document.documentElement"
    assert page.execute_script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    assert page.get_log("browser") == []
    assert [url for url in requests(page) if not url.startswith("data:")] == [page_path.as_uri()]


def test_leaderboard__sorts_both_ways_and_filters(browser, page_path):  # noqa: F811
    page = opened(browser, page_path)
    assert click_heading(page, "#leaderboard-table", 1) == "ascending"
    rising = column(page, "#leaderboard-table", 1)
    assert rising == sorted(rising)
    assert click_heading(page, "#leaderboard-table", 1) == "descending"
    assert column(page, "#leaderboard-table", 1) == sorted(rising, reverse=True)
    page.find_element("css selector", 'form[data-for="leaderboard-table"] [data-filter]').send_keys("two-n")
    assert len(column(page, "#leaderboard-table", 0)) == len(rising) // 2
    assert all(name.startswith("two-n") for name in column(page, "#leaderboard-table", 0))


def test_headings__are_reached_and_pressed_by_keyboard(browser, page_path):  # noqa: F811
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, page_path)
    met = []
    for _ in range(60):
        page.switch_to.active_element.send_keys(Keys.TAB)
        met.append(page.execute_script("return document.activeElement.closest('th, input, a, summary')?.tagName || ''"))
        if met[-1] == "TH":
            break
    assert met[0] == "A"
    assert "INPUT" in met
    assert met[-1] == "TH"
    page.switch_to.active_element.send_keys(Keys.SPACE)
    order = page.execute_script("return document.activeElement.closest('th').getAttribute('aria-sort')")
    assert order == "ascending"
