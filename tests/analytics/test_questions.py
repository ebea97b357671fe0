"""Every question has an answer that programs can read, whatever is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from audapolis.analytics.advice import Site
from audapolis.analytics.plain import plain
from audapolis.analytics.questions import QUESTIONS, Asked, ask
from audapolis.errors import InvalidOption, UnknownName

from .fact_builders import history_of, site, whole

DOCS = Path(__file__).parents[2] / "docs"
SITE = Site(cores=2, memory_bytes=8e9, target_wait_s=300.0, knobs={"workers": 1})


def asked(folder: Path, *, by: tuple[str, ...] = (), jobs: int = 200) -> Asked:
    facts = site(seed=1, jobs=max(jobs, 1))
    return Asked(history_of(folder, facts if jobs else []), whole(facts), lambda: SITE, by)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("jobs", [0, 1, 200])
def test_every_question_is_answered_in_json(name: str, jobs: int, tmp_path: Path) -> None:
    json.dumps(plain(ask(name, asked(tmp_path, jobs=jobs))), allow_nan=False)


@pytest.mark.parametrize(("name", "by"), [(name, by) for name, question in QUESTIONS.items() for by in question.by])
def test_every_question_can_be_grouped_by_all_that_it_says(name: str, by: str, tmp_path: Path) -> None:
    json.dumps(plain(ask(name, asked(tmp_path, by=(by,)))), allow_nan=False)


def test_a_question_that_does_not_exist_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="failures"):
        ask("failure", asked(tmp_path, jobs=0))


def test_what_a_question_cannot_be_grouped_by_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="engine"):
        ask("usage", asked(tmp_path, by=("engine",), jobs=0))


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_in_the_documentation(name: str) -> None:
    assert f"| `{name}` |" in (DOCS / "analytics.md").read_text()
