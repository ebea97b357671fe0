"""The embedded recogniser as a whole: real decoder processes, synthetic speech."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import pairwise

import numpy as np
import psutil
import pytest
from audapolis.domain.audio import Chunk, Samples
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecogniseOptions
from audapolis.engines.pocketsphinx.engine import PocketSphinxEngine, long_ones_before_the_end
from audapolis.errors import Cancelled, EngineFailed, EngineUnavailable

from ..sound import ArrayAudio, noise, silence
from .conftest import SENTENCE, chunks_of, recognise, text_of


def test_a_clear_sentence_is_recognised_with_times(engine: PocketSphinxEngine, sentence: Samples) -> None:
    length_s = len(sentence) / 16_000
    (result,) = recognise(engine, np.concatenate([silence(5), sentence]), [Chunk(5.0, 5.0 + length_s, 0)])
    assert text_of(result) == SENTENCE
    assert result.language == "en"
    assert 5.2 < result.words[0].start_s < 5.5
    assert all(5 <= w.start_s < w.end_s <= 5 + length_s for w in result.words)
    assert all(a.end_s <= b.start_s for a, b in pairwise(result.words))
    assert all(0 <= w.confidence <= 1 for w in result.words)


def test_the_same_chunk_gives_the_same_words_in_any_company(engine: PocketSphinxEngine, sentence: Samples) -> None:
    length_s = len(sentence) / 16_000
    tone = np.sin(np.arange(len(sentence)) * 0.3).astype(np.float32)
    sound = np.concatenate([sentence, tone + noise(length_s)[: len(tone)], sentence * 0.02, sentence, sentence])
    results = recognise(engine, sound, chunks_of(5, length_s))
    relative = [
        [(w.text, round(w.start_s - r.chunk.start_s, 2), w.confidence) for w in r.words]
        for r in results
        if r.chunk.index in (0, 3, 4)
    ]
    assert relative[0] == relative[1] == relative[2]


def test_chunks_without_sound_or_too_short_have_no_words(engine: PocketSphinxEngine) -> None:
    results = recognise(engine, silence(3), [Chunk(0, 2, 0), Chunk(2, 2.05, 1), Chunk(3, 5, 2)])
    assert [r.words for r in results] == [(), (), ()]


def test_chunks_are_pulled_only_as_decoders_get_free(engine: PocketSphinxEngine, sentence: Samples) -> None:
    pulled = 0

    def chunks() -> object:
        nonlocal pulled
        for chunk in chunks_of(6, 1.0):
            pulled += 1
            yield chunk

    results = engine.recognise(ArrayAudio(np.tile(sentence, 4)), chunks(), RecogniseOptions(mode="fast"), CancelToken())
    next(results)
    assert pulled <= 3
    assert len(list(results)) == 5


def test_cancelling_ends_within_two_seconds(engine: PocketSphinxEngine, sentence: Samples) -> None:
    cancel = CancelToken()
    threading.Timer(1.0, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        recognise(engine, np.tile(sentence, 60), chunks_of(4, 25.0), cancel)
    assert time.monotonic() - began < 3.0


def test_a_killed_decoder_costs_one_try_of_its_chunk(engine: PocketSphinxEngine, sentence: Samples) -> None:
    threading.Timer(0.5, lambda: [d.kill() for d in _decoders()[:1]]).start()
    length_s = len(sentence) / 16_000
    results = recognise(engine, np.tile(sentence, 6), chunks_of(2, 3 * length_s))
    assert all(SENTENCE in text_of(result) for result in results)


def test_a_chunk_that_kills_its_decoder_twice_fails_the_run(sentence: Samples) -> None:
    engine = PocketSphinxEngine(1)
    stop = threading.Event()

    def kill_all() -> None:
        while not stop.wait(0.1):
            for decoder in _decoders():
                decoder.kill()

    thread = threading.Thread(target=kill_all)
    thread.start()
    try:
        with pytest.raises(EngineFailed, match="failed 2 times"):
            recognise(engine, sentence, chunks_of(1, 2.0))
    finally:
        stop.set()
        thread.join()
        engine.close()


def test_two_recordings_share_one_engine(engine: PocketSphinxEngine, sentence: Samples) -> None:
    heard: list[str] = []
    length_s = len(sentence) / 16_000

    def work() -> None:
        heard.extend(text_of(r) for r in recognise(engine, np.tile(sentence, 2), chunks_of(2, length_s)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [SENTENCE] * 4


def test_closing_leaves_no_process(sentence: Samples) -> None:
    before = {p.pid for p in _decoders()}
    engine = PocketSphinxEngine(1)
    recognise(engine, sentence, chunks_of(1, 2.0))
    assert {p.pid for p in _decoders()} - before
    engine.close()
    assert not {p.pid for p in _decoders()} - before


@pytest.mark.parametrize("language", ["de", "fr-FR", "zh"])
def test_other_languages_are_refused_with_a_way_out(engine: PocketSphinxEngine, language: str) -> None:
    with pytest.raises(EngineUnavailable, match="Whisper"):
        list(engine.recognise(ArrayAudio(silence(1)), [], RecogniseOptions(language), CancelToken()))


@pytest.mark.parametrize("language", [None, "en", "en-GB", "EN_us"])
def test_english_by_any_name_is_taken(engine: PocketSphinxEngine, language: str | None) -> None:
    assert not list(engine.recognise(ArrayAudio(silence(1)), [], RecogniseOptions(language), CancelToken()))


_PARENT = """
import sys, numpy as np
from audapolis.domain.audio import Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.base import RecogniseOptions
from audapolis.engines.pocketsphinx.engine import PocketSphinxEngine, long_ones_before_the_end

class Noise:
    def read(self, start_s, end_s, channel=0):
        return np.random.default_rng(1).standard_normal(16_000 * 60).astype(np.float32) * 0.1

chunks = [Chunk(i, i + 60, i) for i in range(2)]
list(PocketSphinxEngine(2).recognise(Noise(), chunks, RecogniseOptions(), CancelToken()))
"""


def test_decoders_die_when_their_parent_is_killed_in_the_middle_of_a_chunk() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT])
    children: list[psutil.Process] = []
    while len(children) < 2 or any(sum(c.cpu_times()[:2]) < 1.5 for c in children):
        children = psutil.Process(parent.pid).children()
        time.sleep(0.05)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    time.sleep(1.0)
    assert not [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE]


def _decoders() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children():
        with suppress(psutil.Error):
            if any(part.endswith("pocketsphinx.child") for part in process.cmdline()):
                found.append(process)
    return found


def test_the_last_chunks_go_from_long_to_short_so_that_all_processes_end_together() -> None:
    lengths = [9.0, 1.0, 8.0] * 6
    chunks = [Chunk(100.0 * n, 100.0 * n + length_s, n) for n, length_s in enumerate(lengths)]
    ordered = list(long_ones_before_the_end(chunks, 2))
    assert ordered[:8] == chunks[:8]
    assert [chunk.duration_s for chunk in ordered[8:]] == sorted(lengths[8:], reverse=True)
    assert sorted(ordered, key=lambda chunk: chunk.index) == chunks
    assert long_ones_before_the_end(chunks, 1) is chunks
