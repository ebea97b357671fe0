"""What tests of the audio room share: decoding within this process, where coverage sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audapolis.audio.pcm import PcmAudio, PcmFile
from audapolis.audio.reading import Job
from audapolis.audio.settling import decode_file
from audapolis.domain.audio import Samples

Decode = Callable[..., tuple[PcmFile, Samples]]


@pytest.fixture
def decode_here(tmp_path: Path) -> Decode:
    """Decodes as the child does, but here; gives the result and its first channel's samples."""

    def run(path: Path, **changes: Any) -> tuple[PcmFile, Samples]:
        out = tmp_path / "decoded.pcm"
        settings: dict[str, Any] = {
            "track": None,
            "split_channels": "auto",
            "min_duration_s": 0.05,
            "max_duration_s": 3600.0,
            "max_channels": 64,
        }
        result = decode_file(Job(path=path, out=out, **{**settings, **changes}), lambda _done, _total: None)
        pcm = PcmFile(str(out), result.frames, result.channels, result.facts, result.gain, result.damage)
        audio = PcmAudio(pcm)
        return pcm, audio.read(0, audio.duration_s)

    return run
