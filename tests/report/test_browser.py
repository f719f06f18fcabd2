"""The page in a real browser: nothing fails, nothing is fetched, tables work, a phone shows it whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from refalt.report import render

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
BROWSER, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="no chromium with its driver on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def opened(browser, path, *, width: int = 1280):
    """Load a page at a width, and clear what the browser logged before."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(path.as_uri())
    return browser


@pytest.fixture
def page(browser, shared_run):
    return opened(browser, shared_run.report)


def requests(browser) -> list[str]:
    """Addresses that the page asked for."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def column(browser, table: str, place: int) -> list[str]:
    """Texts of one column's visible rows."""
    script = (
        "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter(row => !row.hidden)"
        ".map(row => row.children[arguments[1]].textContent.trim())"
    )
    return browser.execute_script(script, table, place)


def click_heading(browser, table: str, place: int) -> str:
    """Press the button of a heading; returns what the heading then says of its order."""
    script = (
        "const heading = document.querySelectorAll(arguments[0] + ' thead th')[arguments[1]];"
        "heading.querySelector('button').click(); return heading.getAttribute('aria-sort')"
    )
    return browser.execute_script(script, table, place)


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-").replace(",", "")) for text in texts if text != "–"]


def test_page__logs_no_error_and_asks_for_nothing(page, shared_run):
    assert page.get_log("browser") == []
    assert [url for url in requests(page) if not url.startswith("data:")] == [shared_run.report.as_uri()]


def test_page__shows_every_figure(page):
    sizes = page.execute_script(
        "return [...document.querySelectorAll('figure svg, figure img')].map(one => one.getBoundingClientRect().width)"
    )
    assert len(sizes) > 15
    shown = page.execute_script(
        "document.querySelectorAll('details').forEach(one => { one.open = true });"
        "return [...document.querySelectorAll('figure svg, figure img')].filter(one =>"
        " one.getBoundingClientRect().width < 250 || (one.naturalWidth === 0)).length"
    )
    assert shown == 0


def test_estimates__sort_by_number_both_ways(page):
    assert click_heading(page, "#estimates-table", 4) == "ascending"
    rising = numbers(column(page, "#estimates-table", 4))
    assert rising == sorted(rising)
    assert click_heading(page, "#estimates-table", 4) == "descending"
    assert numbers(column(page, "#estimates-table", 4)) == sorted(rising, reverse=True)


def test_estimates__keep_missing_values_last_both_ways(page):
    for _ in range(2):
        click_heading(page, "#estimates-table", 5)
        assert column(page, "#estimates-table", 5)[-1] == "–"


def test_estimates__sort_with_the_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    button = page.find_element("css selector", "#estimates-table thead th button")
    button.send_keys(Keys.ENTER)
    names = column(page, "#estimates-table", 0)
    assert names == sorted(names)


def test_estimates__filter_by_text_and_by_choice(page):
    field = page.find_element("css selector", '[data-filter="text"]')
    field.send_keys("chrom=chr3")
    assert set(column(page, "#estimates-table", 3)) == {"chrom=chr3"}
    page.execute_script(
        "const box = document.querySelector('[data-filter=\"score\"]'); box.value = 'poor';"
        "box.dispatchEvent(new Event('input'))"
    )
    assert column(page, "#estimates-table", 0) == ["poor"]
    assert page.find_element("id", "status").text == "1 rows shown"


def test_explorer__shows_searches_and_switches_lists(page):
    from selenium.webdriver.support.ui import Select

    first = column(page, "#explorer-table", 0)
    assert len(first) == 50
    page.find_element("id", "explorer-more").click()
    assert len(column(page, "#explorer-table", 0)) == 100
    Select(page.find_element("id", "explorer-list")).select_by_value("disagreeing")
    assert column(page, "#explorer-table", 0) != first
    page.find_element("id", "explorer-search").send_keys(first[0])
    assert column(page, "#explorer-table", 0) == [first[0]]
    address = page.execute_script("return document.querySelector('#explorer-table tbody td span').dataset.cell")
    assert address.startswith("comparison:")
    assert address.endswith("|good:variant")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_page__does_not_scroll_sideways(browser, shared_run, width):
    page = opened(browser, shared_run.report, width=width)
    page.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true })")
    root = "document.documentElement"
    widths = page.execute_script(f"return [{root}.scrollWidth, {root}.clientWidth, window.innerWidth]")
    assert widths[0] == widths[1]
    assert widths[2] == width


def test_page__shows_scores_with_long_names_on_a_phone(browser, run_folder):
    names = {"遺伝子" + "G" * 300: 0.7, "=cmd()|' /C calc'!A0": 3.0}
    page = opened(browser, render(run_folder(n=40, scores=names)), width=390)
    page.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.execute_script("return document.documentElement.scrollWidth") == 390
    assert page.get_log("browser") == []
    assert set(names) <= set(column(page, "#estimates-table", 0))


def test_page__is_walked_through_by_keyboard_in_the_order_of_the_page(page):
    from selenium.webdriver.common.keys import Keys

    page.execute_script("document.getElementById('explorer-score').focus()")
    met = []
    for _ in range(10):
        met.append(page.execute_script("return document.activeElement.id || document.activeElement.textContent.trim()"))
        page.switch_to.active_element.send_keys(Keys.TAB)
    assert met[:4] == ["explorer-score", "explorer-list", "explorer-search", "Copy as TSV"]
    assert met[5:] == ["Variant", "Target", "Score", "Effect", "Label"]


def test_page__keeps_hostile_text_as_text(browser, run_folder):
    run = run_folder(n=64, hostile=True, study={"question": "<b id=injected>q</b>" + "G" * 300})
    page = opened(browser, render(run), width=390)
    assert page.get_log("browser") == []
    assert page.title == "toy-study · refalt report"
    assert page.find_elements("css selector", "#injected, img[src=x]") == []
    assert page.execute_script("return document.documentElement.scrollWidth") == 390
    assert any("<script>" in text for text in column(page, "#explorer-table", 1))


def test_page__opens_on_a_run_without_estimates(browser, run_folder):
    run = run_folder(n=30)
    for path in (run.comparison, run.estimates, run.attrition):
        path.unlink()
    run.write_json(run.provenance, {"digest": "d", "tables": {}})
    page = opened(browser, render(run))
    assert page.get_log("browser") == []


def test_page__prints_what_is_folded(page):
    page.execute_cdp_cmd("Page.printToPDF", {})
    script = "return [...document.querySelectorAll('details:not(.more):not(figure details)')].map(one => one.open)"
    opened_now = page.execute_script(script)
    assert len(opened_now) > 10
    assert all(opened_now)
