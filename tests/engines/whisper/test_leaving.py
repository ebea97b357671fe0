"""A process ends well although a call of the network, which can't be stopped, still runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_LEAVE_AMID_WORK = """
import sys
from pathlib import Path
import numpy as np
from audapolis.domain.audio import Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecogniseOptions
from audapolis.engines.whisper.engine import WhisperEngine
from tests.engines.sound import ArrayAudio, noise

engine = WhisperEngine(Path(sys.argv[1]), threads=1)
sound = ArrayAudio(noise(120.0, 0.05))
cancel = CancelToken()

def chunks():
    for index in range(8):
        if index == 5:  # the first batch is at work by now
            cancel.cancel()
        yield Chunk(index * 10.0, index * 10.0 + 10.0, index)

try:
    list(engine.recognise(sound, chunks(), RecogniseOptions(language="en"), cancel))
except Exception as error:
    print(type(error).__name__)
engine.close()
"""


def test_a_process_that_leaves_amid_a_call_does_not_crash(tiny_whisper: Path) -> None:
    code = [sys.executable, "-c", _LEAVE_AMID_WORK, str(tiny_whisper)]
    root = Path(__file__).parents[3]
    ended = subprocess.run(code, capture_output=True, text=True, check=False, cwd=root, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "Cancelled\n", "")
