"""A Whisper of the size of `tiny`, with random weights and a full-sized vocabulary, that answers at a set length.

It understands nothing, but costs what the real one costs: 39 M parameters, 51 865 tokens, windows of 30 s. Each
position of its decoder points at one token, so that the answer to every window is the same, certain and `tokens`
long, without repetitions that would make anybody try again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEADS, LAYERS, MELS = 384, 6, 4, 80
TEXT_TOKENS, LANGUAGES, TIMESTAMPS, POSITIONS = 50257, 99, 1501, 448
END = TEXT_TOKENS
PROMPT_TOKENS = 4
ALIGNMENT_HEADS = [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]
_POINTING = 10.0
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]

Array = NDArray[np.float32]


def build(folder: Path, tokens: int = 90, seed: int = 1) -> Path:
    """Write the model; the folder is made if need be.

    Args:
        folder: Where to.
        tokens: How many tokens the answer to a window has. Speech has three or four a second.
        seed: Of the weights.
    """
    from ctranslate2.specs import whisper_spec

    random = np.random.default_rng(seed)
    spec = whisper_spec.WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    names = _tokens()
    _fill(spec, random, len(names), tokens)
    spec.register_vocabulary(names)
    config = spec.config
    config.suppress_ids, config.suppress_ids_begin = [], []
    config.lang_ids = list(range(END + 2, END + 2 + LANGUAGES))
    config.alignment_heads = ALIGNMENT_HEADS
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer(names)))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS, "chunk_length": 30}))
    return folder


def _fill(spec: Any, random: np.random.Generator, vocabulary: int, tokens: int) -> None:
    def weights(*shape: int) -> Array:
        drawn: Array = (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
        return drawn

    def linear(target: Any, rows: int, columns: int) -> None:
        target.weight, target.bias = weights(rows, columns), np.zeros(rows, np.float32)

    def norm(target: Any) -> None:
        target.gamma, target.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = weights(WIDTH, MELS, 3), np.zeros(WIDTH, np.float32)
    encoder.conv2.weight, encoder.conv2.bias = weights(WIDTH, WIDTH, 3), np.zeros(WIDTH, np.float32)
    encoder.position_encodings.encodings = weights(1500, WIDTH)
    for layer in [*encoder.layer, *decoder.layer]:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * WIDTH, WIDTH)
        linear(layer.self_attention.linear[1], WIDTH, WIDTH)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * WIDTH, WIDTH)
        linear(layer.ffn.linear_1, WIDTH, 4 * WIDTH)
    for layer in decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], WIDTH, WIDTH)
        linear(layer.attention.linear[1], 2 * WIDTH, WIDTH)
        linear(layer.attention.linear[2], WIDTH, WIDTH)
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    embeddings = weights(vocabulary, WIDTH)
    decoder.embeddings.weight = embeddings
    decoder.projection.weight = embeddings
    answer = np.full(POSITIONS, END)
    answer[PROMPT_TOKENS - 1 : PROMPT_TOKENS - 1 + tokens] = random.permutation(np.arange(256, TEXT_TOKENS - 1))[
        :tokens
    ]
    decoder.position_encodings.encodings = _POINTING * np.sqrt(WIDTH).astype(np.float32) * embeddings[answer]


def _tokens() -> list[str]:
    """Names of all tokens in Whisper's order. The empty one marks a model for many languages."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    bytes_ = [*map(chr, printable), *(chr(0x100 + rank) for rank in range(256 - len(printable)))]
    words = [_SYLLABLES[n % 70] + _SYLLABLES[n // 70 % 70] + _SYLLABLES[n // 4900] for n in range(TEXT_TOKENS - 257)]
    text = [*bytes_, *("\u0120" + word if at % 4 else word for at, word in enumerate(words)), ""]
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES[:LANGUAGES]]
    named = ["endoftext", "startoftranscript"]
    others = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    stamps = [f"<|{step * 0.02:.2f}|>" for step in range(TIMESTAMPS)]
    return [*text, *(f"<|{name}|>" for name in named), *languages, *(f"<|{name}|>" for name in others), *stamps]


def _tokenizer(names: list[str]) -> dict[str, Any]:
    bytelevel = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    added = [
        {"id": number, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": number < END + 2 + LANGUAGES + 6}
        for number, name in enumerate(names)
        if number >= END
    ]  # fmt: skip
    vocabulary = {name: number for number, name in enumerate(names[:END])}
    model: dict[str, Any] = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary, "merges": [],
    }  # fmt: skip
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": bytelevel, "post_processor": None, "decoder": bytelevel, "model": model,
    }  # fmt: skip
