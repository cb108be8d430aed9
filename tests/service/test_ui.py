"""The page to try it, opened in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

PAGE = (
    "<title>Pier</title><nav><ul><li><a href=/>Home</a></li><li><a href=/s>Sport</a></li></ul></nav><h1>The pier</h1>"
    "<p>The pier was closed for the winter, and nobody who lives on the island minded it very much, they said.</p>"
    "<p>Boats will go from the other side of the bay until the ice comes, which may be as late as January.</p>"
)


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("missing part: Chromium (the Debian package chromium)")
    return found


def test_a_pasted_page_is_shown_with_its_verdicts(start: Callable[..., object], chromium: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="missing part: playwright")
    url = str(start(state="memory").url)  # type: ignore[attr-defined]
    problems: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(url) else None)
        page.goto(url)
        page.fill("#page", PAGE)
        page.fill("#url", "https://pier.example/a")
        page.click("button")
        page.wait_for_selector(".block", timeout=60_000)
        kept = page.locator(".block:not(.gone) .text").all_inner_texts()
        gone = page.locator(".block.gone .text").all_inner_texts()
        browser.close()
    assert kept[0] == "The pier"
    assert len(kept) == 3
    assert set(gone) == {"Home", "Sport"}
    assert [problem for problem in problems if "favicon" not in problem] == []


def test_a_mail_stays_text_and_arabic_runs_from_right_to_left(start: Callable[..., object], chromium: str) -> None:
    """What stands in angle brackets was read as a tag, and was gone; a full stop stood before its sentence."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="missing part: playwright")
    url = str(start(state="memory").url)  # type: ignore[attr-defined]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.fill("#page", "<ann@pier.example> wrote to <bob@pier.example>:\n\nكان الميناء القديم مغلقا طوال الشتاء.")
        page.select_option("#mode", "annotate")
        page.click("button")
        page.wait_for_selector(".block", timeout=60_000)
        texts = page.locator(".block .text").all_inner_texts()
        directions = page.locator(".block .text").evaluate_all(
            "all => all.map(one => getComputedStyle(one).direction)"
        )
        browser.close()
    assert texts[0] == "<ann@pier.example> wrote to <bob@pier.example>:"
    assert directions == ["ltr", "rtl"]


_DROP = """bytes => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "page.html"));
  document.getElementById("page").dispatchEvent(new DragEvent("drop", {dataTransfer: data}));
}"""


@pytest.mark.parametrize("charset", ["windows-1251", "utf-8", "none-such"])
def test_a_dropped_file_is_read_in_its_own_encoding(
    start: Callable[..., object], chromium: str, charset: str
) -> None:
    """A page of another encoding would be judged, and shown, as rubbish."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="missing part: playwright")
    url = str(start(state="memory").url)  # type: ignore[attr-defined]
    text = "Причал открыт"
    content = f"<meta charset={charset}><p>{text}</p>".encode("utf-8" if charset == "none-such" else charset)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.evaluate(_DROP, list(content))
        page.wait_for_function("document.getElementById('page').value !== ''")
        assert text in page.input_value("#page")
        browser.close()
