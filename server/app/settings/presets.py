"""Presets: one word for a set of values. Whatever is set explicitly, anywhere, wins over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

PresetName = Literal["basic", "enhanced", "advanced"]

PRESETS: Mapping[PresetName, Mapping[str, Any]] = {
    "basic": {
        "transcription.engine": "pocketsphinx",
        "transcription.processes": 2,
        "diarization.engine": "acoustic",
        "models.offline": True,
        "jobs.workers": 1,
        "speech.max_chunk_s": 20.0,
    },
    "enhanced": {
        "transcription.engine": "auto",
        "diarization.engine": "auto",
        "models.offline": False,
        "models.defaults": {"*": "small"},
        "jobs.workers": 1,
    },
    "advanced": {
        "transcription.engine": "auto",
        "diarization.engine": "auto",
        "models.offline": False,
        "models.defaults": {"*": "large-v3"},
        "models.warm_up": True,
        "jobs.workers": 1,
    },
}
"""By name: values by the setting's dotted name.

`basic`: the engines that are built in, nothing fetched, little memory. `enhanced`: Whisper `small`, which most
machines can run, and the best speaker engine there is. `advanced`: the largest Whisper, loaded before the first job,
for a machine with a graphics card.
"""
