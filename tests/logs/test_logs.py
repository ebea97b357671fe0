"""Log lines say whose work they are about, as text or as JSON, in every thread and whatever the message holds."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from audapolis.errors import EngineFailed, UnknownName
from audapolis.logs import bound, carry, configure, trace_id_of
from hypothesis import given
from hypothesis import strategies as st

JOB = "6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"
TRACE = "6d0b3c1e7c0a4b639a370d7bb7b1f3a5"

log = logging.getLogger("audapolis.somewhere")

Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _unchanged() -> Iterator[None]:
    """Logging is the process's own: put it back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("audapolis")
    handlers, level = list(root.handlers), ours.level
    yield
    root.handlers[:] = handlers
    ours.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def written() -> Written:
    stream = io.StringIO()
    configure("json", "info", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_has_time_level_logger_and_message(written: Written) -> None:
    log.info("%d models", 3)
    [line] = written()
    moment = datetime.fromisoformat(line.pop("time"))
    assert moment.utcoffset() == timedelta(0)
    assert line == {"level": "info", "logger": "audapolis.somewhere", "message": "3 models"}


def test_lines_tell_the_job_its_trace_and_its_stage_while_these_are_bound(written: Written) -> None:
    with bound(job_id=JOB):
        log.info("one")
        with bound(stage="transcribe"):
            log.info("two")
        log.info("three")
    log.info("four")
    about = [(line.get("job_id"), line.get("trace_id"), line.get("stage")) for line in written()]
    assert about == [(JOB, TRACE, None), (JOB, TRACE, "transcribe"), (JOB, TRACE, None), (None, None, None)]


def test_what_was_bound_is_let_go_of_when_the_work_fails(written: Written) -> None:
    with pytest.raises(ValueError, match="no"), bound(job_id=JOB):
        raise ValueError("no")
    log.info("after")
    assert "job_id" not in written()[0]


def test_threads_do_not_see_each_other_s_work_and_pools_get_it_by_carry(written: Written) -> None:
    gate = threading.Barrier(2)

    def say(message: str) -> None:
        gate.wait(10)
        log.info(message)

    with ThreadPoolExecutor(2) as pool:
        with bound(job_id=JOB, stage="diarize"):
            carried = pool.submit(carry(say), "carried")
        with bound(stage="merge"):
            bare = pool.submit(say, "bare")
        carried.result(10)
        bare.result(10)
    lines = {line["message"]: line for line in written()}
    assert (lines["carried"]["job_id"], lines["carried"]["stage"]) == (JOB, "diarize")
    assert "stage" not in lines["bare"]


def test_our_errors_are_written_with_code_and_hint(written: Written) -> None:
    def work() -> None:
        raise EngineFailed("It broke.", hint="Take another one.")

    try:
        work()
    except EngineFailed:
        log.exception("Job failed")
    [line] = written()
    assert (line["error"], line["hint"]) == ("engine_failed", "Take another one.")
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("It broke. Take another one.")


def test_foreign_errors_are_written_with_their_traceback_only(written: Written) -> None:
    log.error("Odd", exc_info=ValueError("no"))
    [line] = written()
    assert line["exception"] == "ValueError: no"
    assert "error" not in line


@given(st.text())
def test_every_message_stays_on_one_line_and_comes_back_as_it_was(message: str) -> None:
    stream = io.StringIO()
    configure("json", "info", stream)
    log.info("%s", message)
    assert stream.getvalue().isascii()
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue())["message"] == message


def test_text_names_the_job_and_the_stage_only_where_there_are_any() -> None:
    stream = io.StringIO()
    configure("text", "info", stream)
    log.info("before")
    with bound(job_id=JOB, stage="decode"):
        log.warning("within")
    before, within = stream.getvalue().splitlines()
    assert before.endswith(" INFO before")
    assert within.endswith(f" WARNING [job {JOB} decode] within")


def test_text_keeps_tracebacks() -> None:
    stream = io.StringIO()
    configure("text", "info", stream)
    log.error("Odd", exc_info=ValueError("no"))
    assert stream.getvalue().endswith("ERROR Odd\nValueError: no\n")


def test_less_severe_lines_than_wanted_are_left_out_and_libraries_are_heard_from_warning_up() -> None:
    stream = io.StringIO()
    configure("json", "warning", stream)
    log.info("quiet")
    logging.getLogger("somebody.else").info("quiet too")
    logging.getLogger("somebody.else").warning("heard")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["heard"]


def test_a_second_call_replaces_the_first() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("text", "info", first)
    configure("json", "debug", second)
    log.debug("once")
    assert first.getvalue() == ""
    assert json.loads(second.getvalue())["message"] == "once"


@pytest.mark.parametrize("wrong", [("yaml", "info"), ("json", "loud")])
def test_an_unknown_format_or_level_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(UnknownName):
        configure(*wrong)  # type: ignore[arg-type]


def test_warnings_of_libraries_are_json_lines_too() -> None:
    code = "import warnings; from audapolis.logs import configure; configure('json', 'info'); warnings.warn('old way')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    [line] = done.stderr.splitlines()
    assert "old way" in json.loads(line)["message"]


def test_the_trace_of_a_job_is_its_uuid_without_hyphens() -> None:
    assert trace_id_of(JOB) == TRACE
    assert trace_id_of("") == ""


def test_other_ids_get_a_trace_id_too_always_the_same() -> None:
    assert trace_id_of("job-1") == trace_id_of("job-1") != trace_id_of("job-2")
    assert len(bytes.fromhex(trace_id_of("job-1"))) == 16
