"""The trained network as a folder that CTranslate2 and faster-whisper load: int8, without torch or transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ctranslate2.specs import whisper_spec
from numpy.typing import NDArray

from . import vocabulary as v

if TYPE_CHECKING:
    from .model import TinyWhisper

TIMING_HEAD = (1, 0)
"""The cross-attention head, as (layer, head), that word times are read from; training says where it looks."""

WINDOW_S = 10
"""Longest sound to hear at once, though the network hears up to 30 s: so small a one makes fewer mistakes in 10 s."""

PREPROCESSOR = {
    "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80, "sampling_rate": 16000, "hop_length": 160,
    "chunk_length": WINDOW_S, "n_fft": 400, "padding_value": 0.0, "return_attention_mask": False,
}  # fmt: skip

CONFIG: dict[str, Any] = {
    "alignment_heads": [list(TIMING_HEAD)],
    "lang_ids": [v.language_id(language) for language in v.LANGUAGES],
    "suppress_ids": [],
    # Not the end of text, as usual: a window in which nobody speaks begins with it.
    "suppress_ids_begin": [v.ID[v.spell(" ")]],
}

Arrays = Mapping[str, NDArray[np.float32]]


def write(model: TinyWhisper, folder: Path) -> None:
    """Write a model, replacing what the folder holds of an older one."""
    arrays = {name: tensor.numpy() for name, tensor in model.arrays().items()}
    shape = model.shape
    spec = whisper_spec.WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    _fill(spec, arrays)
    spec.register_vocabulary(list(v.TOKENS))
    for name, value in CONFIG.items():
        setattr(spec.config, name, value)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer = json.dumps(v.tokenizer_json(), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(tokenizer + "\n", encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=2) + "\n", encoding="utf-8")


def _fill(spec: Any, arrays: Arrays) -> None:
    for side, part in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        part.position_encodings.encodings = arrays[f"{side}.embed_positions.weight"]
        _norm(part.layer_norm, arrays, f"{side}.layer_norm")
        for index, layer in enumerate(part.layer):
            _layer(layer, arrays, f"{side}.layers.{index}")
    for name in ("conv1", "conv2"):
        convolution = getattr(spec.encoder, name)
        convolution.weight, convolution.bias = arrays[f"encoder.{name}.weight"], arrays[f"encoder.{name}.bias"]
    spec.decoder.embeddings.weight = arrays["decoder.embed_tokens.weight"]
    spec.decoder.projection.weight = spec.decoder.embeddings.weight


def _layer(layer: Any, arrays: Arrays, name: str) -> None:
    _norm(layer.self_attention.layer_norm, arrays, f"{name}.self_attn_layer_norm")
    _linear(layer.self_attention.linear[0], arrays, *(f"{name}.self_attn.{part}_proj" for part in "qkv"))
    _linear(layer.self_attention.linear[1], arrays, f"{name}.self_attn.out_proj")
    if f"{name}.encoder_attn.q_proj.weight" in arrays:
        _norm(layer.attention.layer_norm, arrays, f"{name}.encoder_attn_layer_norm")
        _linear(layer.attention.linear[0], arrays, f"{name}.encoder_attn.q_proj")
        _linear(layer.attention.linear[1], arrays, *(f"{name}.encoder_attn.{part}_proj" for part in "kv"))
        _linear(layer.attention.linear[2], arrays, f"{name}.encoder_attn.out_proj")
    _norm(layer.ffn.layer_norm, arrays, f"{name}.final_layer_norm")
    _linear(layer.ffn.linear_0, arrays, f"{name}.fc1")
    _linear(layer.ffn.linear_1, arrays, f"{name}.fc2")


def _norm(norm: Any, arrays: Arrays, name: str) -> None:
    norm.gamma, norm.beta = arrays[f"{name}.weight"], arrays[f"{name}.bias"]


def _linear(linear: Any, arrays: Arrays, *names: str) -> None:
    """Several projections side by side are one; keys have no bias."""
    weights = [arrays[f"{name}.weight"] for name in names]
    zeros = (np.zeros(len(weight), np.float32) for weight in weights)
    linear.weight = np.concatenate(weights)
    linear.bias = np.concatenate([arrays.get(f"{n}.bias", zero) for n, zero in zip(names, zeros, strict=True)])
