"""A real browser for the tests that need one; they are skipped with a message where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of the system."""
    found = next(filter(None, map(shutil.which, NAMES)), None) or pytest.skip(
        f"none of {', '.join(NAMES)} is installed"
    )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()


def until(page: Page, expression: str, *, seconds: float = 10.0) -> None:
    """Wait for something to become true; `wait_for_function` would need what the page's policy forbids."""
    for _ in range(round(seconds * 50)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    pytest.fail(f"never true: {expression}")
