"""The process that converts: a checkpoint of any layout becomes a Transformers checkpoint, that becomes CTranslate2."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ..errand import answer
from .openai import load_openai

_PREPROCESSOR = {"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16_000, "hop_length": 160,
                 "n_fft": 400, "chunk_length": 30, "padding_value": 0.0}  # fmt: skip


def _convert(request: dict[str, Any]) -> dict[str, Any]:
    import torch

    torch.set_grad_enabled(False)
    folder, into = Path(request["folder"]), Path(request["into"])
    with tempfile.TemporaryDirectory(dir=into.parent) as room:
        work = Path(room) / "checkpoint"
        work.mkdir()
        _LAYOUTS[request["layout"]](request, folder, work)
        _to_ctranslate2(work, into, request["precision"])
    return {"done": True}


def _from_transformers(request: dict[str, Any], folder: Path, work: Path) -> None:
    model = _load(folder, allow_pickle=request["allow_pickle"])
    _save(model, folder, work)


def _from_openai(request: dict[str, Any], folder: Path, work: Path) -> None:
    [weights] = folder.glob("*.pt")
    tokenizer = Path(request["tokenizer"] or folder)
    if not (tokenizer / "tokenizer.json").is_file():
        raise ValueError(
            "an OpenAI checkpoint does not carry its tokenizer: put the tokenizer.json of the Whisper it was trained "
            "from beside it, or name a folder that has it with --tokenizer"
        )
    _save(load_openai(weights, tokenizer), tokenizer, work)


def _from_lora(request: dict[str, Any], folder: Path, work: Path) -> None:
    from peft import PeftModel

    base = Path(request["base"])
    if not (folder / "adapter_model.safetensors").is_file() and not request["allow_pickle"]:
        raise ValueError("the adapter's weights are a pickle; --allow-pickle accepts that")
    merged = PeftModel.from_pretrained(_load(base, allow_pickle=request["allow_pickle"]), str(folder))
    _save(merged.merge_and_unload(), base, work)


_LAYOUTS = {"transformers": _from_transformers, "openai": _from_openai, "lora": _from_lora}


def _load(folder: Path, *, allow_pickle: bool) -> Any:
    """A Transformers checkpoint of Whisper, all of its weights."""
    from transformers import AutoConfig, WhisperForConditionalGeneration

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if config.model_type != "whisper":
        raise ValueError(f"this is a model of the kind '{config.model_type}', not a Whisper")
    model, report = WhisperForConditionalGeneration.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=None if allow_pickle else True,
        weights_only=True,
        output_loading_info=True,
    )
    missing = sorted(set(report["missing_keys"]) - {"proj_out.weight"})
    if missing:
        raise ValueError(f"the checkpoint lacks weights: {', '.join(missing[:3])}{' …' if missing[3:] else ''}")
    return model


def _save(model: Any, tokenizer_folder: Path, work: Path) -> None:
    """Write a model with safe weights, and its tokenizer beside it."""
    model.save_pretrained(work, safe_serialization=True)
    given = tokenizer_folder / "tokenizer.json"
    if given.is_file():
        shutil.copy(given, work / "tokenizer.json")
        kind = {"tokenizer_class": "PreTrainedTokenizerFast"}
        (work / "tokenizer_config.json").write_text(json.dumps(kind), "utf-8")
    else:
        from transformers import WhisperTokenizerFast

        WhisperTokenizerFast.from_pretrained(tokenizer_folder, local_files_only=True).save_pretrained(work)
    own = tokenizer_folder / "preprocessor_config.json"
    settings = json.loads(own.read_text("utf-8")) if own.is_file() else _PREPROCESSOR
    settings |= {"feature_size": model.config.num_mel_bins}
    settings.pop("mel_filters", None)  # long, and computed anyway
    (work / "preprocessor_config.json").write_text(json.dumps(settings), "utf-8")


def _to_ctranslate2(work: Path, into: Path, precision: str) -> None:
    from ctranslate2.converters import TransformersConverter

    converter = TransformersConverter(str(work), copy_files=["tokenizer.json", "preprocessor_config.json"])
    converter.convert(str(into), quantization=precision)


if __name__ == "__main__":
    answer(_convert)
