"""The stage: figures always, a cleaned copy only where one helps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from audapolis.audio.decoding import decode
from audapolis.audio.filters.figures import SoundFigures
from audapolis.audio.pcm import PcmAudio, PcmFile
from audapolis.audio.spool import Spool
from audapolis.config import load_settings
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.codec import from_json, to_json
from audapolis.domain.events import Event, StageProgress, StageStarted
from audapolis.domain.options import Denoise, TranscribeOptions
from audapolis.domain.recording import AudioFacts
from audapolis.domain.transcript import Transcript
from audapolis.domain.transcript_file import transcript_schema
from audapolis.errors import Cancelled
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext
from audapolis.stages.enhance import CLEAN_PCM_NAME, EnhanceStage
from audapolis.stages.runner import run_stages
from audapolis.stages.work import Enhanced, Work

from ..audio.filters.sounds import hum, speech, white
from ..audio.making import Sound, write_wav
from .test_runner import Memory

GOOD = speech(8) + white(8, -70)
HUMMING = GOOD + hum(8, 50, -16)


def decoded(folder: Path, sound: Sound, denoise: Denoise = "auto") -> Work:
    """Work as `decode` leaves it."""
    with Spool(folder / "audio.pcm", 1) as spool:
        spool.write(sound[:, None])
    work = Work(Path("x.wav"), "x.wav", TranscribeOptions(denoise=denoise))
    facts = AudioFacts(0, 1, "pcm_s16le", 16_000, 1, "mono")
    work.pcm = PcmFile(str(folder / "audio.pcm"), len(sound), 1, facts)
    return work


class Enhance(EnhanceStage):
    """Runs without the stages before it."""

    after = ()  # type: ignore[assignment]


def enhanced(work: Work, context: StageContext) -> Enhanced:
    run_stages([Enhance()], work, context)
    return work.enhanced


@pytest.mark.parametrize("denoise", ["off", "auto", "light", "strong"])
def test_good_sound_is_measured_and_costs_no_disk(tmp_path: Path, denoise: Denoise) -> None:
    work = decoded(tmp_path, GOOD, denoise)
    result = enhanced(work, StageContext(tmp_path))
    assert result.channels[0].figures.snr_db == pytest.approx(44, abs=2)
    assert (result.pcm, result.channels[0].steps) == (None, ())
    assert [path.name for path in tmp_path.iterdir()] == ["audio.pcm"]
    np.testing.assert_array_equal(work.audio.read(0, 8), work.original.read(0, 8))


def test_engines_hear_the_cleaned_sound_and_the_original_is_kept(tmp_path: Path) -> None:
    work = decoded(tmp_path, HUMMING)
    before = Path(work.pcm.path).read_bytes()
    result = enhanced(work, StageContext(tmp_path))
    assert result.pcm is not None
    assert {step.filter for step in result.channels[0].steps} == {"bandreject"}
    assert Path(work.pcm.path).read_bytes() == before
    assert work.audio.duration_s == work.original.duration_s == work.duration_s == 8.0
    assert np.std(work.audio.read(2, 8) - GOOD[2 * 16000 :]) < 0.2 * np.std(HUMMING - GOOD)


def test_off_leaves_even_hum_in_but_measures_it(tmp_path: Path) -> None:
    result = enhanced(decoded(tmp_path, HUMMING, "off"), StageContext(tmp_path))
    assert result.pcm is None
    assert result.channels[0].figures.hum is not None


@pytest.mark.parametrize("sound", [GOOD, HUMMING])
def test_a_finished_stage_is_not_repeated_while_its_copy_is_there(tmp_path: Path, sound: Sound) -> None:
    memory, events = Memory(), list[Event]()
    context = StageContext(tmp_path, emit=events.append, checkpoints=memory)
    first = enhanced(decoded(tmp_path, sound), context)
    assert enhanced(decoded(tmp_path, sound), context) == first
    assert [event.resumed for event in events if isinstance(event, StageStarted)] == [False, True]
    assert from_json(Enhanced, to_json(first)) == first


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"cut")])
def test_a_copy_that_is_gone_or_cut_short_is_made_again(tmp_path: Path, damage: object) -> None:
    context = StageContext(tmp_path, checkpoints=Memory())
    first = enhanced(decoded(tmp_path, HUMMING), context)
    whole = (tmp_path / CLEAN_PCM_NAME).read_bytes()
    damage(tmp_path / CLEAN_PCM_NAME)  # type: ignore[operator]
    assert enhanced(decoded(tmp_path, HUMMING), context) == first
    assert (tmp_path / CLEAN_PCM_NAME).read_bytes() == whole


@pytest.mark.parametrize("seconds", [0.05, 0.4, 1.3])
def test_very_short_sound_is_no_trouble(tmp_path: Path, seconds: float) -> None:
    result = enhanced(decoded(tmp_path, speech(seconds), "strong"), StageContext(tmp_path))
    assert isinstance(result.channels[0].figures, SoundFigures)


def test_progress_reaches_from_measuring_to_cleaning(tmp_path: Path) -> None:
    events: list[Event] = []
    enhanced(decoded(tmp_path, HUMMING), StageContext(tmp_path, emit=events.append))
    done = [event.done_s for event in events if isinstance(event, StageProgress)]
    assert done == sorted(done)
    assert all(0 <= done_s <= 8 for done_s in done)


def test_a_stop_is_heeded(tmp_path: Path) -> None:
    cancel = CancelToken()

    def stop(event: Event) -> None:
        if isinstance(event, StageProgress):
            cancel.cancel()

    with pytest.raises(Cancelled):
        enhanced(decoded(tmp_path, HUMMING), StageContext(tmp_path, emit=stop, cancel=cancel))
    assert not (tmp_path / CLEAN_PCM_NAME).exists()


Run = Callable[[Sound, Denoise], tuple[Transcript, list[str]]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Transcribes sound; gives the transcript and what is in the work folder then."""
    with ModernPipeline(load_settings(data_dir=tmp_path_factory.mktemp("data"))) as pipeline:

        def transcribe(sound: Sound, denoise: Denoise) -> tuple[Transcript, list[str]]:
            folder = tmp_path_factory.mktemp("work")
            recording = write_wav(folder / "talk.wav", sound)
            options = TranscribeOptions(engine="pocketsphinx", mode="fast", denoise=denoise)
            transcript = pipeline.run(recording, options, context=StageContext(folder))
            return transcript, [path.name for path in folder.iterdir()]

        yield transcribe


@pytest.fixture(scope="module")
def excerpt(conversation: Path, tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """The first seconds of the sample conversation."""
    return PcmAudio(decode(conversation, tmp_path_factory.mktemp("excerpt") / "all.pcm")).read(0, 6)


@pytest.mark.parametrize(
    ("damage", "denoise", "filters"),
    [
        (hum(6, 50, -14), "auto", {"bandreject"}),
        pytest.param(0.0, "auto", set(), marks=pytest.mark.slow),
        pytest.param(hum(6, 50, -14), "off", set(), marks=pytest.mark.slow),
        pytest.param(white(6, -40), "strong", {"afftdn"}, marks=pytest.mark.slow),
    ],
    ids=["hum", "clean", "hum, off", "noise, strong"],
)
def test_a_transcript_tells_how_good_the_sound_was_and_what_was_done(
    run: Run, excerpt: Sound, damage: Sound, denoise: Denoise, filters: set[str]
) -> None:
    transcript, left = run((excerpt + damage).astype(np.float32), denoise)
    jsonschema.validate(json.loads(to_json(transcript)), transcript_schema())
    audio = transcript.quality["audio"]
    assert {step["filter"] for step in audio["channels"][0]["steps"]} == filters
    assert audio["cleaned"] is bool(filters) is (CLEAN_PCM_NAME in left)
    assert len(transcript.words) > 5
    assert transcript.recording.duration_s == pytest.approx(6, abs=0.001)
