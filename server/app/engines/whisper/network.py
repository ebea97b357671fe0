"""The network itself: sound in, tokens and alignments out.

All calls of CTranslate2 are in this module. None of them can be stopped.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...domain.audio import Samples
from ...errors import ModelBroken, UnknownName
from .files import TOKENIZER, ModelFacts, read_facts
from .foreign import mapped

Tokens = Sequence[int]
Features = npt.NDArray[np.float32]
"""Shape (mels, frames), 10 ms per frame, without padding."""

MOST_TOKENS = 448
"""Positions the decoder has, for prompt and answer together."""
_FRAMES = 3000
"""Frames the encoder always hears; what is missing is filled with zeros, as in training."""
_SHORTEST_SAMPLES = 400
"""One window of the spectrogram; shorter sound is filled up with silence."""


@dataclass(frozen=True, slots=True)
class Search:
    """How tokens are searched for: along a beam, or drawn at random when `temperature` is above 0."""

    beam: int
    temperature: float = 0.0
    repetition_penalty: float = 1.0
    no_repeat: int = 0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the decoder answered for one window.

    Attributes:
        average_logprob: Mean natural logarithm of the tokens' probabilities.
        no_speech: Probability that nobody speaks, 0..1.
    """

    tokens: tuple[int, ...]
    average_logprob: float
    no_speech: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which token sounds where: frame (20 ms) at which each token begins, and the tokens' probabilities."""

    starts: tuple[int, ...]
    probabilities: tuple[float, ...]


class Network:
    """A loaded Whisper.

    Args:
        folder: The model.
        device: Where it runs.
        device_index: Which GPU.
        precision: `auto`, or one of those the device supports.
        threads: CPU threads; ignored on a GPU.

    Raises:
        ModelMissing: There is no model in the folder.
        ModelBroken: A file of it is damaged.
        UnknownName: The device can't compute in that precision.
        OutOfDeviceMemory: It does not fit.
    """

    def __init__(
        self, folder: Path, *, device: Literal["cpu", "cuda"], device_index: int, precision: str, threads: int
    ) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        self.facts: ModelFacts = read_facts(folder)
        import ctranslate2
        from faster_whisper.feature_extractor import FeatureExtractor

        self._ct2 = ctranslate2
        self._on_cpu = device == "cpu"
        wanted = _precision(precision, device, device_index)
        with mapped(f"The Whisper model '{folder.name}' can't be loaded"):
            self._model = ctranslate2.models.Whisper(
                str(folder), device=device, device_index=device_index, compute_type=wanted, intra_threads=threads
            )
        self.tokenizer = _open_tokenizer(folder)
        self._extractor = FeatureExtractor(feature_size=self._model.n_mels)

    @property
    def precision(self) -> str:
        """The precision it computes in."""
        return str(self._model.compute_type)

    @property
    def multilingual(self) -> bool:
        """Whether it was trained on more than one language."""
        return bool(self._model.is_multilingual)

    def features(self, samples: Samples) -> Features:
        """The log-mel spectrogram of a window."""
        if len(samples) < _SHORTEST_SAMPLES:
            samples = np.pad(samples, (0, _SHORTEST_SAMPLES - len(samples)))
        spectrogram: Features = self._extractor(samples)[:, :-1]
        return spectrogram

    def encode(self, features: Sequence[Features], check: Callable[[], None] = lambda: None) -> Any:
        """Run the encoder on a batch; the answer is opaque and goes to the other calls.

        On the CPU a batch gains nothing here, so that windows go one by one and may be stopped between.

        Args:
            features: Of each window.
            check: Called between windows; may raise.
        """
        alone = [self._padded([one]) for one in features] if self._on_cpu else [self._padded(features)]
        parts = []
        for batch in alone:
            check()
            with mapped("Whisper failed to listen"):
                parts.append(self._model.encode(self._ct2.StorageView.from_array(batch)))
        if len(parts) == 1:
            return parts[0]
        return self._ct2.StorageView.from_array(np.concatenate([np.asarray(part) for part in parts]))

    def _padded(self, features: Sequence[Features]) -> npt.NDArray[np.float32]:
        batch = np.zeros((len(features), features[0].shape[0], _FRAMES), np.float32)
        for row, one in zip(batch, features, strict=True):
            row[:, : one.shape[1]] = one[:, :_FRAMES]
        return batch

    def generate(self, encoded: Any, prompts: Sequence[Tokens], search: Search, suppress: Tokens) -> list[Hypothesis]:
        """Decode a batch; one answer per prompt."""
        if search.temperature > 0:
            how = {"beam_size": 1, "num_hypotheses": 5, "sampling_topk": 0, "sampling_temperature": search.temperature}
        else:
            how = {"beam_size": search.beam}
        with mapped("Whisper failed to decode"):
            results = self._model.generate(
                encoded,
                [list(prompt) for prompt in prompts],
                max_length=MOST_TOKENS,
                return_scores=True,
                return_no_speech_prob=True,
                suppress_blank=True,
                suppress_tokens=list(suppress),
                repetition_penalty=search.repetition_penalty,
                no_repeat_ngram_size=search.no_repeat,
                **how,
            )
        return [_hypothesis(result) for result in results]

    def align(self, encoded: Any, start: Tokens, tokens: Sequence[Tokens], frames: Sequence[int]) -> list[Alignment]:
        """Find when each token of a batch sounds.

        Args:
            encoded: What `encode` returned.
            start: The tokens for language and task.
            tokens: Text tokens of each window; may be empty.
            frames: Length of each window in frames of 10 ms.
        """
        with mapped("Whisper failed to find the times of words"):
            results = self._model.align(encoded, list(start), [list(t) for t in tokens], list(frames))
        return [_alignment(result, len(text)) for result, text in zip(results, tokens, strict=True)]

    def languages(self, encoded: Any, first: int | None = None) -> list[dict[str, float]]:
        """How probable each language is, for each window of a batch; on the CPU only for the `first`, if given."""
        if first is not None and self._on_cpu:
            encoded = self._ct2.StorageView.from_array(np.ascontiguousarray(np.asarray(encoded)[:first]))
        with mapped("Whisper failed to tell the language"):
            results = self._model.detect_language(encoded)
        return [{token[2:-2]: probability for token, probability in result} for result in results]

    def close(self) -> None:
        """Free the memory."""
        self._model.unload_model()

    def abandon(self) -> None:
        """Leave the network to itself because a call still runs: destroying it would wait for the call's end."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._model))


def _hypothesis(result: Any) -> Hypothesis:
    tokens = tuple(result.sequences_ids[0])
    # The score is divided by the length without the end token (length penalty 1); Whisper's mean counts it.
    return Hypothesis(tokens, result.scores[0] * len(tokens) / (len(tokens) + 1), result.no_speech_prob)


def _alignment(result: Any, count: int) -> Alignment:
    """The path through the attention as the frame at which it first reaches each token, and the end."""
    starts: list[int] = []
    for token, frame in result.alignments:
        if token == len(starts):
            starts.append(frame)
    starts += [starts[-1] if starts else 0] * (count + 1 - len(starts))
    return Alignment(tuple(starts[: count + 1]), tuple(result.text_token_probs[:count]))


def _precision(wanted: str, device: str, index: int) -> str:
    import ctranslate2

    with mapped("The device can't be used"):
        supported = ctranslate2.get_supported_compute_types(device, index)
    if wanted == "auto":
        best = ("float16", "int8_float16", "int8") if device == "cuda" else ("int8",)
        return next((name for name in best if name in supported), "float32")
    if wanted not in supported:
        raise UnknownName("precision", wanted, ["auto", *supported])
    return wanted


def _open_tokenizer(folder: Path) -> Any:
    import tokenizers

    path = folder / TOKENIZER
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ModelBroken(
            f"The Whisper model in {folder} can't be used: {TOKENIZER}: {error}.",
            hint="Fetch or convert the model again; nothing was changed.",
            file=str(path),
        ) from error
