"""Pages in a browser."""

import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_browser = pytest.mark.skipif(not BROWSER, reason=f"no browser on the PATH ({', '.join(BROWSERS)})")

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def start_browser():
    """Yield a browser and close it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


def visit(browser, path, size, route="", **options):
    """Yield the page at a path, with all it asked for (`asked`) and all that went wrong, which must be nothing."""
    context = browser.new_context(viewport=size, **options)
    page = context.new_page()
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda told: page.wrong.append(told.text) if told.type == "error" else None)
    page.goto(path.as_uri() + (f"#{route}" if route else ""))
    yield page
    assert page.wrong == []
    context.close()


def violations(page):
    """The serious barriers that axe finds: rule, impact, elements."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (one["id"], one["impact"], [node["html"][:150] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
