"""Checkpoints of other programs: made with those programs' own libraries, converted, and compared in what they say."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from audapolis.catalog.intake import ImportWish
from audapolis.config import Settings
from audapolis.domain.cancellation import CancelToken
from audapolis.engines.conversion.convert import check_installed
from audapolis.engines.conversion.openai import renamed
from audapolis.errors import EngineUnavailable, InvalidModel, InvalidOption
from audapolis.models import ModelLibrary

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "peft")),
    reason="the extra 'convert' is not installed",
)
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(Settings.model_validate({"models": {"dir": tmp_path / "models", "offline": True}}))


def take(library: ModelLibrary, source: Path, **wish: Any) -> Path:
    model, trial = library.import_model(source, ImportWish(**wish), CancelToken())
    assert trial is not None
    return model.path


@pytest.mark.skipif(importlib.util.find_spec("transformers") is not None, reason="the extra 'convert' is installed")
def test_without_the_extra_the_message_says_how_to_install_it(library: ModelLibrary, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper"}))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(EngineUnavailable, match="transformers") as caught:
        take(library, tmp_path, name="mine")
    assert "audapolis[convert]" in caught.value.hint
    with pytest.raises(EngineUnavailable, match="peft"):
        check_installed("lora")


def test_names_of_openai_become_those_of_transformers() -> None:
    assert renamed("decoder.blocks.3.cross_attn.query.weight") == "model.decoder.layers.3.encoder_attn.q_proj.weight"
    assert renamed("encoder.blocks.0.attn_ln.bias") == "model.encoder.layers.0.self_attn_layer_norm.bias"
    assert renamed("encoder.blocks.0.mlp.2.bias") == "model.encoder.layers.0.fc2.bias"
    assert renamed("decoder.token_embedding.weight") == "model.decoder.embed_tokens.weight"
    assert renamed("decoder.positional_embedding") == "model.decoder.embed_positions.weight"
    assert renamed("encoder.ln_post.weight") == "model.encoder.layer_norm.weight"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_whisper: Path) -> Path:
    """A small Whisper of random weights, saved by Transformers, with the tiny Whisper's tokenizer."""
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    vocabulary = json.loads((tiny_whisper / "vocabulary.json").read_text("utf-8"))
    tokens = {name: number for number, name in enumerate(vocabulary)}
    torch.manual_seed(7)
    config = WhisperConfig(
        vocab_size=len(vocabulary),
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
        decoder_start_token_id=tokens["<|startoftranscript|>"],
        bos_token_id=tokens["<|endoftext|>"],
        eos_token_id=tokens["<|endoftext|>"],
        pad_token_id=tokens["<|endoftext|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
        init_std=0.2,
    )
    folder = tmp_path_factory.mktemp("checkpoint")
    WhisperForConditionalGeneration(config).save_pretrained(folder, safe_serialization=True)
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(tiny_whisper / name, folder / name)
    return folder


def scores(model: Path) -> Any:
    """What a converted model thinks of every token at the start of some noise."""
    import ctranslate2
    import numpy as np

    sound = np.random.default_rng(3).normal(size=(1, 80, 3000)).astype(np.float32)
    whisper = ctranslate2.models.Whisper(str(model), compute_type="float32")
    result = whisper.generate(
        ctranslate2.StorageView.from_array(sound),
        [["<|startoftranscript|>", "<|notimestamps|>"]],
        return_logits_vocab=True,
        max_length=2,
        beam_size=1,
        suppress_blank=False,
        suppress_tokens=None,
    )
    return np.array(result[0].logits[0][0])


def truth(checkpoint: Path, adapter: Path | None = None) -> Any:
    """The same from Transformers itself."""
    import numpy as np
    import torch
    from transformers import WhisperForConditionalGeneration

    sound = np.random.default_rng(3).normal(size=(1, 80, 3000)).astype(np.float32)
    model: Any = WhisperForConditionalGeneration.from_pretrained(checkpoint)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    vocabulary = json.loads((checkpoint / "tokenizer.json").read_text("utf-8"))["added_tokens"]
    tokens = {added["content"]: added["id"] for added in vocabulary}
    start = torch.tensor([[tokens["<|startoftranscript|>"], tokens["<|notimestamps|>"]]])
    with torch.no_grad():
        said = model.eval()(input_features=torch.from_numpy(sound), decoder_input_ids=start)
    return said.logits[0, 1].numpy()


def same(one: Any, other: Any) -> bool:
    import numpy as np

    allowed = one > -1e30  # the decoder forbids some tokens
    assert allowed.sum() > 1000
    return bool(np.abs(one - other)[allowed].max() < 0.02 * np.abs(other).max())


@pytest.mark.extra
@needs_torch
def test_a_transformers_checkpoint_says_the_same_after_conversion(library: ModelLibrary, checkpoint: Path) -> None:
    model = take(library, checkpoint, name="mine", precision="float32")
    assert same(scores(model), truth(checkpoint))
    assert (model / "tokenizer.json").is_file()


@pytest.mark.extra
@needs_torch
def test_an_openai_checkpoint_says_the_same(library: ModelLibrary, checkpoint: Path, tmp_path: Path) -> None:
    source = openai_checkpoint(checkpoint, tmp_path / "own.pt")
    with pytest.raises(InvalidOption, match="pickle"):
        take(library, source)
    with pytest.raises(InvalidModel, match=r"tokenizer\.json"):
        take(library, source, allow_pickle=True)
    model = take(library, source, allow_pickle=True, tokenizer=checkpoint, precision="float32")
    assert model.name == "own"
    assert same(scores(model), truth(checkpoint))
    shutil.copy(checkpoint / "tokenizer.json", tmp_path)
    assert take(library, source, allow_pickle=True, name="beside").is_dir()


def openai_checkpoint(checkpoint: Path, to: Path) -> Path:
    """The checkpoint in OpenAI's shape."""
    import torch
    from transformers import WhisperForConditionalGeneration

    model = WhisperForConditionalGeneration.from_pretrained(checkpoint)
    theirs = {}
    for name, value in model.state_dict().items():
        if name != "proj_out.weight":
            theirs[openai_name(name)] = value
    c = model.config
    dims = {
        "n_mels": c.num_mel_bins,
        "n_vocab": c.vocab_size,
        "n_audio_ctx": c.max_source_positions,
        "n_audio_state": c.d_model,
        "n_audio_head": c.encoder_attention_heads,
        "n_audio_layer": c.encoder_layers,
        "n_text_ctx": c.max_target_positions,
        "n_text_state": c.d_model,
        "n_text_head": c.decoder_attention_heads,
        "n_text_layer": c.decoder_layers,
    }
    assert {renamed(name) for name in theirs} == set(model.state_dict()) - {"proj_out.weight"}
    torch.save({"dims": dims, "model_state_dict": theirs}, to)
    return to


def openai_name(name: str) -> str:
    name = name.removeprefix("model.").replace(".layers.", ".blocks.")
    name = name.replace("embed_positions.weight", "positional_embedding").replace("embed_tokens", "token_embedding")
    name = name.replace("encoder_attn_layer_norm", "cross_attn_ln").replace("self_attn_layer_norm", "attn_ln")
    name = name.replace("encoder_attn", "cross_attn").replace("self_attn", "attn")
    name = name.replace("final_layer_norm", "mlp_ln").replace(".fc1.", ".mlp.0.").replace(".fc2.", ".mlp.2.")
    for ours, theirs in (("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out")):
        name = name.replace(ours, theirs)
    return name.replace("encoder.layer_norm", "encoder.ln_post").replace("decoder.layer_norm", "decoder.ln")


@pytest.mark.extra
@needs_torch
def test_an_adapter_is_merged_into_its_checkpoint(library: ModelLibrary, checkpoint: Path, tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import WhisperForConditionalGeneration

    base = WhisperForConditionalGeneration.from_pretrained(checkpoint)
    adapted = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False))
    adapter = tmp_path / "adapter"
    torch.manual_seed(1)
    adapted.save_pretrained(adapter)
    settings = json.loads((adapter / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = "someone/whisper"
    (adapter / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(InvalidOption, match="needs the checkpoint"):
        take(library, adapter, name="merged")
    model = take(library, adapter, name="merged", base=checkpoint, precision="float32")
    assert same(scores(model), truth(checkpoint, adapter))
    assert not same(scores(model), truth(checkpoint))


@pytest.mark.extra
@needs_torch
def test_a_pickle_that_would_run_code_is_refused_even_with_consent(library: ModelLibrary, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return open, (str(tmp_path / "ran"), "w")

    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"dims": Evil(), "model_state_dict": {}}))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InvalidModel, match="can't be converted"):
        take(library, tmp_path / "evil.pt", allow_pickle=True)
    assert not (tmp_path / "ran").exists()


@pytest.mark.extra
@needs_torch
def test_checkpoints_that_lack_weights_or_are_no_whisper_are_refused(
    library: ModelLibrary, checkpoint: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(checkpoint, broken)
    weights = load_file(broken / "model.safetensors")
    weights.pop("model.encoder.conv1.weight")
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(InvalidModel, match=r"lacks weights: model\.encoder\.conv1\.weight"):
        take(library, broken)
    (broken / "model.safetensors").write_bytes((checkpoint / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(InvalidModel, match="can't be converted"):
        take(library, broken)
    (broken / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InvalidModel, match="kind 'bert', not a Whisper"):
        take(library, broken)
