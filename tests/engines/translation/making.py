"""A tiny package of Argos Translate, made on the spot: a real tokenizer and a real, if untaught, CTranslate2 model."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

PIECES = ["<unk>", "<s>", "</s>", *[f"▁{word}" for word in ["hello", "world", "good", "morning", "and", "goes", "it"]]]
PIECES += ["▁", *"abcdefghijklmnopqrstuvwxyz.,?!'"]


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes | int | float) -> bytes:
    """One field of a Protocol Buffers message."""
    if isinstance(content, bytes):
        return varint(number << 3 | 2) + varint(len(content)) + content
    if isinstance(content, float):
        return varint(number << 3 | 5) + struct.pack("<f", content)
    return varint(number << 3) + varint(content)


def piece_model(kind: int = 1) -> bytes:
    """A SentencePiece model file with `PIECES`; longer ones are likelier."""
    data = b""
    for index, piece in enumerate(PIECES):
        type_ = 2 if index == 0 else 3 if index < 3 else 1
        score = -0.1 if len(piece) > 2 else -5.0
        data += field(1, field(1, piece.encode()) + field(2, score) + field(3, type_))
    return data + field(2, field(3, kind) + field(4, len(PIECES))) + field(3, field(1, b"identity") + field(3, 1))


def translation_model(folder: Path) -> None:
    """A transformer of one layer with random weights, in CTranslate2's format."""
    from ctranslate2.specs import TransformerSpec

    rng = np.random.default_rng(5)
    spec = TransformerSpec.from_config(num_layers=1, num_heads=2)
    for name, value in spec.variables().items():
        if value is None:
            weights = rng.normal(0, 1, _shape(name)) if not name.endswith("layer_norm/gamma") else np.ones(_SIZE)
            owner, last = _owner(spec, name)
            setattr(owner, last, weights.astype(np.float32))
    spec.register_source_vocabulary(PIECES)
    spec.register_target_vocabulary(PIECES)
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))


def package(folder: Path, **metadata: str) -> Path:
    """A whole package in a folder."""
    translation_model(folder / "model")
    (folder / "sentencepiece.model").write_bytes(piece_model())
    told = {"from_code": "en", "to_code": "de", "package_version": "1.0", **metadata}
    (folder / "metadata.json").write_text(json.dumps(told))
    (folder / "README.md").write_text("A test.")
    return folder


def archived(folder: Path, archive: Path) -> Path:
    """The same as it is published: a zip with everything in one folder."""
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                out.write(path, f"translate-en_de/{path.relative_to(folder)}")
    return archive


_SIZE, _WIDTH = 16, 32


def _shape(name: str) -> tuple[int, ...]:
    """The shape of a variable by the end of its name."""
    shapes = {
        "embeddings_0/weight": (len(PIECES), _SIZE),
        "embeddings/weight": (len(PIECES), _SIZE),
        "projection/weight": (len(PIECES), _SIZE),
        "layer_norm/beta": (_SIZE,),
        "self_attention/linear_0/weight": (3 * _SIZE, _SIZE),
        "attention/linear_1/weight": (2 * _SIZE, _SIZE),
        "self_attention/linear_1/weight": (_SIZE, _SIZE),
        "ffn/linear_0/weight": (_WIDTH, _SIZE),
        "ffn/linear_1/weight": (_SIZE, _WIDTH),
    }
    found = [end for end in shapes if name.endswith("/" + end)]
    return shapes[max(found, key=len)] if found else (_SIZE, _SIZE)


def _owner(spec: Any, name: str) -> tuple[Any, str]:
    """The part of a specification that holds a variable."""
    *path, last = name.split("/")
    for part in path:
        stem, _, index = part.rpartition("_")
        spec = getattr(spec, part) if hasattr(spec, part) else getattr(spec, stem)[int(index)]
    return spec, last
