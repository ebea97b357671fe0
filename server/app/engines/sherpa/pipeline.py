"""sherpa-onnx's diarization in memory; runs only in the diarizer's process (`speakers.child`).

The library ends the process where it dislikes a model's file, and its Python binding can't be stopped half-way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import EngineFailed, EngineUnavailable, ModelMissing
from ..base import SpeakerCount
from ..speakers.messages import Found, ModelSpec, RawTurn, Sound
from .engine import EMBEDDING, SEGMENTATION

_SAMPLE_RATE_HZ = 16_000
_VOICE_S = 60.0
"""A minute of somebody is enough for their vector."""
_LEAST_VOICE_S = 0.3
_NEEDED = {
    SEGMENTATION: ("sample_rate", "window_size", "num_speakers", "num_classes", "powerset_max_classes"),
    EMBEDDING: ("sample_rate", "output_dim"),
}
"""What the library reads from a network's description; it ends the process where that is missing."""


class SherpaPipeline:
    """The two networks, loaded; implements `speakers.messages.Loaded`."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load the networks of a folder.

        Raises:
            EngineUnavailable: sherpa-onnx can't be imported.
            ModelMissing: A network is missing, damaged, or not for this purpose; the file is named.
        """
        self._library = _import_library()
        folder = Path(spec.folder)
        for name, wanted in _NEEDED.items():
            _check(folder / name, wanted)
        self._spec = spec
        self._embedding_model = _name_of_space(folder / EMBEDDING)
        extractor = self._library.SpeakerEmbeddingExtractorConfig(
            model=str(folder / EMBEDDING), num_threads=spec.threads
        )
        self._config = self._library.OfflineSpeakerDiarizationConfig(
            segmentation=self._library.OfflineSpeakerSegmentationModelConfig(
                pyannote=self._library.OfflineSpeakerSegmentationPyannoteModelConfig(str(folder / SEGMENTATION)),
                num_threads=spec.threads,
            ),
            embedding=extractor,
            clustering=self._library.FastClusteringConfig(num_clusters=-1, threshold=spec.threshold or 0.5),
        )
        try:
            self._diarization = self._library.OfflineSpeakerDiarization(self._config)
            self._extractor = self._library.SpeakerEmbeddingExtractor(extractor)
        except RuntimeError as error:
            raise ModelMissing(
                f"The sherpa model in {folder} can't be loaded: {error}.", hint="Fetch it again."
            ) from error

    def diarize(self, sound: Sound, count: SpeakerCount) -> Found:
        """See `Loaded.diarize`.

        The library finds either exactly so many speakers, or as many as its threshold makes. So limits are kept
        in a second pass, only where the first found too few or too many: with as many as the limit that was hit.
        """
        exact = count.minimum if count.minimum == count.maximum else None
        turns = self._turns(sound, exact)
        found = len({turn.label for turn in turns})
        if exact is None and found:
            wanted = max(count.minimum, min(found, count.maximum or found))
            if wanted != found:
                turns = self._turns(sound, wanted)
        return Found(tuple(turns), self._voices(sound, turns), self._embedding_model)

    def _turns(self, sound: Sound, speakers: int | None) -> list[RawTurn]:
        self._config.clustering = self._library.FastClusteringConfig(
            num_clusters=speakers or -1, threshold=self._spec.threshold or 0.5
        )
        self._diarization.set_config(self._config)
        try:
            result = self._diarization.process(sound)
        except RuntimeError as error:
            raise EngineFailed(f"sherpa could not tell the speakers apart: {error}.") from error
        return [RawTurn(s.start, s.end, str(s.speaker)) for s in result.sort_by_start_time()]

    def _voices(self, sound: Sound, turns: list[RawTurn]) -> dict[str, tuple[float, ...]]:
        voices = {}
        for label in {turn.label for turn in turns}:
            own = [turn for turn in turns if turn.label == label]
            others = [turn for turn in turns if turn.label != label]
            samples = _joined(sound, (piece for turn in own for piece in without(turn, others)))
            if len(samples) < _LEAST_VOICE_S * _SAMPLE_RATE_HZ:
                samples = _joined(sound, own)
            if vector := self._vector(samples):
                voices[label] = vector
        return voices

    def _vector(self, samples: Sound) -> tuple[float, ...]:
        stream = self._extractor.create_stream()
        stream.accept_waveform(_SAMPLE_RATE_HZ, samples)
        stream.input_finished()
        if len(samples) < _LEAST_VOICE_S * _SAMPLE_RATE_HZ or not self._extractor.is_ready(stream):
            return ()
        return tuple(float(value) for value in self._extractor.compute(stream))


def without(turn: RawTurn, others: Iterable[RawTurn]) -> list[RawTurn]:
    """What is left of a turn when nobody else talks."""
    pieces = [turn]
    for other in others:
        if other.start_s >= turn.end_s or other.end_s <= turn.start_s:
            continue
        cut: list[RawTurn] = []
        for piece in pieces:
            before = RawTurn(piece.start_s, min(piece.end_s, other.start_s), turn.label)
            after = RawTurn(max(piece.start_s, other.end_s), piece.end_s, turn.label)
            cut += [part for part in (before, after) if part.end_s > part.start_s]
        pieces = cut
    return pieces


def _joined(sound: Sound, turns: Iterable[RawTurn]) -> Sound:
    """The sound of the turns, one after another; of the first minute."""
    parts: list[Sound] = [np.zeros(0, np.float32)]
    missing = int(_VOICE_S * _SAMPLE_RATE_HZ)
    for turn in turns:
        first = int(turn.start_s * _SAMPLE_RATE_HZ)
        last = min(int(turn.end_s * _SAMPLE_RATE_HZ), first + missing)
        parts.append(sound[first:last])
        missing -= len(parts[-1])
        if missing <= 0:
            break
    return np.concatenate(parts)


def _import_library() -> Any:
    try:
        import sherpa_onnx
    except (ImportError, OSError) as error:
        raise EngineUnavailable(
            f"sherpa-onnx is installed but can't be imported: {error}.", hint="Install it again."
        ) from error
    return sherpa_onnx


def _check(path: Path, wanted: tuple[str, ...]) -> None:
    """Refuse a network that the library would end the process for."""
    import onnxruntime

    damaged = "It is probably damaged or meant for something else; fetch the model again."
    try:
        known = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).get_modelmeta()
    except Exception as error:  # onnxruntime's own exceptions share no base
        raise ModelMissing(f"{path} is not a network that can be read: {_brief(error)}", hint=damaged) from error
    missing = [name for name in wanted if name not in known.custom_metadata_map]
    if missing:
        raise ModelMissing(f"{path} lacks what sherpa-onnx wants to know: {', '.join(missing)}.", hint=damaged)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _name_of_space(path: Path) -> str:
    """The same for the same network, wherever it came from."""
    with path.open("rb") as file:
        return f"sherpa-{hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"
