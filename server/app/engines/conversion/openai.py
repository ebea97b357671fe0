"""OpenAI's own checkpoints of Whisper, by their names of the weights (github.com/openai/whisper, whisper/model.py)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_RENAMED = (
    (r"^(encoder|decoder)\.blocks\.", r"model.\1.layers."),
    (r"^encoder\.(conv[12])\.", r"model.encoder.\1."),
    (r"^encoder\.positional_embedding$", "model.encoder.embed_positions.weight"),
    (r"^decoder\.positional_embedding$", "model.decoder.embed_positions.weight"),
    (r"^decoder\.token_embedding\.", "model.decoder.embed_tokens."),
    (r"^encoder\.ln_post\.", "model.encoder.layer_norm."),
    (r"^decoder\.ln\.", "model.decoder.layer_norm."),
    (r"\.cross_attn_ln\.", ".encoder_attn_layer_norm."),
    (r"\.cross_attn\.", ".encoder_attn."),
    (r"\.attn_ln\.", ".self_attn_layer_norm."),
    (r"\.attn\.", ".self_attn."),
    (r"\.mlp_ln\.", ".final_layer_norm."),
    (r"\.mlp\.0\.", ".fc1."),
    (r"\.mlp\.2\.", ".fc2."),
    (r"\.query\.", ".q_proj."),
    (r"\.key\.", ".k_proj."),
    (r"\.value\.", ".v_proj."),
    (r"\.out\.", ".out_proj."),
)


def renamed(name: str) -> str:
    """Transformers' name of a weight from OpenAI's."""
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def load_openai(weights: Path, tokenizer: Path) -> Any:
    """A `.pt` checkpoint as a Transformers model.

    Args:
        weights: Read with PyTorch's restricted unpickler, which runs no code of the file's.
        tokenizer: Folder with the tokenizer.json that fits it.

    Raises:
        ValueError: It is no Whisper checkpoint, or some weights are missing or too many.
    """
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    content = torch.load(weights, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not {"dims", "model_state_dict"} <= set(content):
        raise ValueError(f"'{weights.name}' is no Whisper checkpoint of OpenAI's: it has no 'dims' and weights")
    dims = content["dims"]
    tokens = _special_tokens(tokenizer)
    config = WhisperConfig(
        vocab_size=dims["n_vocab"],
        num_mel_bins=dims["n_mels"],
        max_source_positions=dims["n_audio_ctx"],
        max_target_positions=dims["n_text_ctx"],
        d_model=dims["n_audio_state"],
        encoder_layers=dims["n_audio_layer"],
        encoder_attention_heads=dims["n_audio_head"],
        encoder_ffn_dim=4 * dims["n_audio_state"],
        decoder_layers=dims["n_text_layer"],
        decoder_attention_heads=dims["n_text_head"],
        decoder_ffn_dim=4 * dims["n_text_state"],
        decoder_start_token_id=tokens["<|startoftranscript|>"],
        eos_token_id=tokens["<|endoftext|>"],
        bos_token_id=tokens["<|endoftext|>"],
        pad_token_id=tokens["<|endoftext|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config)
    ours = {renamed(name): value for name, value in content["model_state_dict"].items()}
    absent, strange = model.load_state_dict(ours, strict=False)
    if wrong := [*(name for name in absent if name != "proj_out.weight"), *strange]:
        raise ValueError(f"'{weights.name}' lacks weights or has strange ones: {', '.join(wrong[:3])}")
    model.tie_weights()
    languages = {name: id_ for name, id_ in tokens.items() if _between(id_, tokens)}
    model.generation_config = GenerationConfig(
        decoder_start_token_id=tokens["<|startoftranscript|>"],
        eos_token_id=tokens["<|endoftext|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[tokens["<|endoftext|>"]],
        alignment_heads=[
            [layer, head]
            for layer in range(dims["n_text_layer"] // 2, dims["n_text_layer"])
            for head in range(dims["n_text_head"])
        ],
        lang_to_id=languages,
    )
    return model


def _special_tokens(tokenizer: Path) -> dict[str, int]:
    """Numbers of the tokens in angle brackets, as tokenizer.json has them."""
    described = json.loads((tokenizer / "tokenizer.json").read_text("utf-8"))
    tokens = {str(added["content"]): int(added["id"]) for added in described.get("added_tokens", [])}
    if not {"<|startoftranscript|>", "<|endoftext|>"} <= set(tokens):
        raise ValueError("the tokenizer.json is not one of a Whisper")
    return tokens


def _between(id_: int, tokens: dict[str, int]) -> bool:
    """Whether a token stands where languages do: after the start, before the tasks."""
    tasks = min(tokens.get("<|translate|>", 0), tokens.get("<|transcribe|>", 0))
    return tokens["<|startoftranscript|>"] < id_ < tasks
