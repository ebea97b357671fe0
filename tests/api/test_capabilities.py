"""What this installation can do, over HTTP."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from audapolis.api.configuration import Survey, look_elsewhere
from audapolis.capabilities import Capabilities
from audapolis.config import Settings, load_settings
from audapolis.domain.capability import Capability
from audapolis.domain.codec import to_plain
from audapolis.survey.advice import Recommendation
from audapolis.survey.limits import Cores
from audapolis.survey.machine import Disk, Graphics, Machine, Memory, Processor
from audapolis.survey.report import ModelHere, Report

from .conftest import Served

_HEAVY = ("torch", "ctranslate2", "faster_whisper", "pocketsphinx", "onnxruntime", "pyannote", "sherpa_onnx", "av")


def test_the_report_is_that_of_the_doctor(client: httpx.Client, served: Served) -> None:
    answer = client.get("/api/capabilities")
    assert answer.status_code == 200
    told, own = answer.json(), to_plain(Capabilities(served.settings).report())
    assert told.keys() == own.keys()
    for same in ("schema", "version", "libraries", "libav", "used", "models", "recommended"):
        assert told[same] == own[same]
    assert [each["name"] for each in told["capabilities"]] == [each["name"] for each in own["capabilities"]]


def test_what_is_not_there_has_a_reason_a_remedy_and_a_substitute(client: httpx.Client) -> None:
    told = client.get("/api/capabilities").json()
    kinds = {each["kind"] for each in told["capabilities"]}
    assert {"speech", "speakers", "device", "decoding", "format", "store", "live", "cluster"} <= kinds
    for each in told["capabilities"]:
        if not each["available"]:
            assert each["reason"], each
            assert each["remedy"], each
            assert each["instead"], each


def test_a_look_is_remembered_until_the_settings_change() -> None:
    looks: list[Settings] = []
    report = Capabilities(load_settings()).report()

    def look(settings: Settings) -> Report:
        looks.append(settings)
        return report

    survey, other = Survey(look), load_settings(speech={"pad_s": 0.1})
    assert survey.report(load_settings()) is survey.report(load_settings()) is report
    survey.report(other)
    assert looks == [load_settings(), other]


def test_the_page_describes_every_field_of_the_report() -> None:
    page = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text("utf-8")
    table = page.split("## Capabilities")[1].split("\n## ")[0]
    for kind in (Report, Machine, Processor, Cores, Memory, Graphics, Disk, Capability, ModelHere, Recommendation):
        for field in dataclasses.fields(kind):
            assert re.search(rf"\b{field.name}\b", table), f"{kind.__name__}.{field.name}"


@pytest.mark.slow
def test_the_report_comes_from_another_process_with_conflicts(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, speech={"max_chunk_s": 60}, transcription={"engine": "auto"})
    found = look_elsewhere(settings)
    assert any(each.settings == ("speech.max_chunk_s",) for each in found.conflicts)
    assert found.machine.free_bytes("data")


@pytest.mark.slow
def test_the_servers_process_loads_no_engine_to_tell_what_does_not_fit(tmp_path: Path) -> None:
    program = (
        "import sys; from audapolis.api.configuration import misfits_of, check_settings, look_elsewhere\n"
        "from audapolis.config import load_settings\n"
        "if __name__ == '__main__':\n"
        f"    settings = load_settings(data_dir={str(tmp_path)!r}); check_settings(settings); misfits_of(settings)\n"
        f"    look_elsewhere(settings); print([name for name in {_HEAVY!r} if name in sys.modules])"
    )
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, tmp_path / "program.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "[]\n", done.stderr
