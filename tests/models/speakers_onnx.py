"""Makes a minimal speaker model for sherpa-onnx: two networks written down by hand, nothing downloaded or trained.

* `segmentation.onnx` says, for each frame of ten seconds, whether nobody speaks, a deep voice or a high one: by the
  energy, and by the share of it at a deep voice's pitch.
* `embedding.onnx` describes a voice by its average spectrum, relative to the average of several made-up voices.

They tell apart voices such as those of `tests/engines/acoustic/voices.py`, and have the descriptions that
sherpa-onnx insists on: that is all they are for. Run as `python -m tests.models.speakers_onnx FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..engines.acoustic.voices import FormantVoice

_RATE_HZ = 16_000
_WINDOW = 160_000
_SHIFT = 270
_KERNEL = 1620
_PITCHES_HZ = (90.0, 98.0, 106.0, 114.0)
_SILENCE = 2e-5
_DEEP_SHARE = 0.004
_BANDS = 80
_IR_VERSION, _OPSET = 8, 13
"""Old enough for the onnxruntime in sherpa-onnx."""


def make_sherpa_model(folder: Path) -> Path:
    """Write both networks into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(_segmentation(), folder / "segmentation.onnx", _SEGMENTATION_FACTS)
    _save(_embedding(np.zeros(_BANDS, np.float32)), folder / "embedding.onnx", _EMBEDDING_FACTS)
    average = np.mean([_vector(folder / "embedding.onnx", voice) for voice in _some_voices()], 0)
    _save(_embedding(average.astype(np.float32)), folder / "embedding.onnx", _EMBEDDING_FACTS)
    return folder


_SEGMENTATION_FACTS = {
    "model_type": "pyannote-segmentation-3.0",
    "sample_rate": _RATE_HZ,
    "window_size": _WINDOW,
    "num_speakers": 3,
    "powerset_max_classes": 2,
    "num_classes": 7,
    "receptive_field_size": _SHIFT,
    "receptive_field_shift": _SHIFT,
}

_EMBEDDING_FACTS = {
    "framework": "wespeaker",
    "language": "English",
    "sample_rate": _RATE_HZ,
    "output_dim": _BANDS,
    "normalize_samples": 1,
}


def _segmentation() -> onnx.GraphProto:
    pad = (_KERNEL - _SHIFT) // 2
    time = np.arange(_KERNEL) / _RATE_HZ
    taper = np.hanning(_KERNEL) / _KERNEL
    waves = [wave(2 * np.pi * hz * time) * taper for hz in _PITCHES_HZ for wave in (np.cos, np.sin)]
    constants = {
        "waves": np.array(waves)[:, None],
        "mean": np.full((1, 1, _KERNEL), 1 / _KERNEL),
        "short": np.full((1, 1, 3), 1 / 3),
        "long": np.full((1, 1, 51), 1 / 51),
        "silence": np.full((1, 1, 1), _SILENCE),
        "share": np.full((1, 1, 1), _DEEP_SHARE),
        "never": np.full((1, 1, 1), -1.0),
        "nothing": np.zeros((1, 1, 1)),
    }
    node = helper.make_node
    strided = {"strides": [_SHIFT], "pads": [pad, pad]}
    nodes = [
        node("Conv", ["x", "waves"], ["swings"], **strided),
        node("Mul", ["swings", "swings"], ["squares"]),
        node("ReduceSum", ["squares", "axis"], ["deep"], keepdims=1),
        node("Mul", ["x", "x"], ["power"]),
        node("Conv", ["power", "mean"], ["energy"], **strided),
        node("Conv", ["energy", "short"], ["loudness"], pads=[1, 1]),
        node("Conv", ["energy", "long"], ["around"], pads=[25, 25]),
        node("Conv", ["deep", "long"], ["deep_around"], pads=[25, 25]),
        node("Mul", ["around", "share"], ["limit"]),
        node("Greater", ["deep_around", "limit"], ["is_deep"]),
        node("Where", ["is_deep", "loudness", "nothing"], ["deep_voice"]),
        node("Where", ["is_deep", "nothing", "loudness"], ["high_voice"]),
        node("Mul", ["loudness", "nothing"], ["zeros"]),
        node("Add", ["zeros", "silence"], ["nobody"]),
        node("Add", ["zeros", "never"], ["others"]),
        node("Concat", ["nobody", "deep_voice", "high_voice", *["others"] * 4], ["classes"], axis=1),
        node("Transpose", ["classes"], ["y"], perm=[0, 2, 1]),
    ]
    initial = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    initial.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    return helper.make_graph(
        nodes,
        "segmentation",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, "T"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", "F", 7])],
        initial,
    )


def _embedding(average: np.ndarray) -> onnx.GraphProto:
    node = helper.make_node
    nodes = [
        node("ReduceMean", ["x"], ["spectrum"], axes=[1], keepdims=0),
        node("ReduceMean", ["spectrum"], ["level"], axes=[1], keepdims=1),
        node("Sub", ["spectrum", "level"], ["shape"]),
        node("Sub", ["shape", "average"], ["y"]),
    ]
    return helper.make_graph(
        nodes,
        "embedding",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "T", _BANDS])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", _BANDS])],
        [numpy_helper.from_array(average[None], "average")],
    )


def _save(graph: onnx.GraphProto, path: Path, facts: dict[str, str | int]) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    helper.set_model_props(model, {name: str(value) for name, value in facts.items()})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _some_voices() -> list[FormantVoice]:
    throats = {90: 0.88, 120: 0.96, 150: 1.0, 180: 1.08, 220: 1.12, 250: 1.2}
    return [FormantVoice(pitch, throat, -6 - 3 * (n % 3)) for n, (pitch, throat) in enumerate(throats.items())]


def _vector(path: Path, voice: FormantVoice) -> np.ndarray:
    import sherpa_onnx

    extractor = sherpa_onnx.SpeakerEmbeddingExtractor(sherpa_onnx.SpeakerEmbeddingExtractorConfig(str(path)))
    stream = extractor.create_stream()
    stream.accept_waveform(_RATE_HZ, voice.say(6.0, seed=99))
    stream.input_finished()
    return np.array(extractor.compute(stream))


if __name__ == "__main__":
    print(make_sherpa_model(Path(sys.argv[1])))
