"""The catalogue: models known by name, with published figures and who published them.

Sizes are those of the repositories' files when this was written; what a download really takes is asked of the hub.
What nobody has published is left out rather than guessed.
"""

from __future__ import annotations

from .entries import CatalogEntry, Figure, Pick

_PAPER = "Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, 2022, table 8 (greedy decoding)"
_README = "github.com/openai/whisper, README (English speech on an A100)"
_DISTIL = "github.com/huggingface/distil-whisper, README (mean of four test sets not trained on)"
_CLEAN, _OTHER = "WER % on LibriSpeech test-clean", "WER % on LibriSpeech test-other"
_UNSEEN = "WER % on short recordings"

WHISPER_FILES = ("model.bin", "config.json", "preprocessor_config.json", "tokenizer.json", "vocabulary.*")
"""The files that a Whisper in CTranslate2's format consists of."""


def hub_page(repo: str) -> str:
    """Address of a repository for people."""
    return f"https://huggingface.co/{repo}"


def _whisper(
    name: str,
    size_mb: float,
    parameters_m: float | None,
    speed: float | None = None,
    wer: tuple[float, float] | None = None,
    *,
    repo: str = "",
    languages: tuple[str, ...] = (),
    licence: str = "MIT",
    speed_source: str = _README,
    figures: tuple[Figure, ...] = (),
) -> CatalogEntry:
    repo = repo or f"Systran/faster-whisper-{name}"
    published = zip((_CLEAN, _OTHER), wer or (), strict=False)
    return CatalogEntry(
        name=name,
        kind="speech",
        engine="whisper",
        languages=("en",) if name.endswith(".en") else languages,
        size_bytes=round(size_mb * 1_000_000),
        source=hub_page(repo),
        licence=licence,
        picks=(Pick(repo, WHISPER_FILES),),
        parameters_m=parameters_m,
        relative_speed=speed,
        speed_source=speed_source if speed else "",
        figures=(*(Figure(what, value, _PAPER) for what, value in published), *figures),
    )


def _distilled(name: str, size_mb: float, parameters_m: float, speed: float, wer: float) -> CatalogEntry:
    return _whisper(
        name,
        size_mb,
        parameters_m,
        speed,
        repo=f"Systran/faster-distil-whisper-{name.removeprefix('distil-')}",
        languages=("en",),
        speed_source=_DISTIL,
        figures=(Figure(_UNSEEN, wer, _DISTIL),),
    )


_WHISPERS = (
    _whisper("tiny", 78.2, 39, 10, (7.6, 16.9)),
    _whisper("tiny.en", 78.1, 39, 10, (5.6, 14.6)),
    _whisper("base", 147.9, 74, 7, (5.0, 12.4)),
    _whisper("base.en", 147.8, 74, 7, (4.2, 10.2)),
    _whisper("small", 486.2, 244, 4, (3.4, 7.6)),
    _whisper("small.en", 486.1, 244, 4, (3.1, 7.4)),
    _whisper("medium", 1530.6, 769, 2, (2.9, 5.9)),
    _whisper("medium.en", 1530.5, 769, 2, (3.1, 6.3)),
    _whisper("large-v1", 3089.6, 1550, 1, (2.7, 5.6)),
    _whisper("large-v2", 3089.6, 1550, 1, (2.7, 5.2)),
    _whisper("large-v3", 3090.8, 1550, 1, figures=(Figure(_UNSEEN, 8.4, _DISTIL),)),
    _whisper("large-v3-turbo", 1621.4, 809, 8, repo="mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
    _distilled("distil-small.en", 335.0, 166, 5.6, 12.1),
    _distilled("distil-medium.en", 792.0, 394, 6.8, 11.1),
    _distilled("distil-large-v2", 1515.0, 756, 5.8, 10.1),
    _distilled("distil-large-v3", 1516.5, 756, 6.3, 9.7),
    _whisper("distil-large-v3.5", 1516.5, 756, repo="distil-whisper/distil-large-v3.5-ct2", languages=("en",)),
)

_FINE_TUNED = (
    _whisper(
        "kotoba-whisper-v2.0",
        1516.0,
        756,
        repo="kotoba-tech/kotoba-whisper-v2.0-faster",
        languages=("ja",),
        licence="Apache-2.0",
    ),
    _whisper(
        "ivrit-large-v3-turbo",
        1621.0,
        809,
        repo="ivrit-ai/whisper-large-v3-turbo-ct2",
        languages=("he",),
        licence="Apache-2.0",
    ),
    _whisper("kb-whisper-small", 490.0, 244, repo="KBLab/kb-whisper-small", languages=("sv",), licence="Apache-2.0"),
    _whisper("kb-whisper-large", 3090.0, 1550, repo="KBLab/kb-whisper-large", languages=("sv",), licence="Apache-2.0"),
)

_SPEAKERS = (
    CatalogEntry(
        name="sherpa-titanet-small",
        kind="speakers",
        engine="sherpa",
        languages=(),
        size_bytes=5_992_913 + 40_257_283,
        source=hub_page("csukuangfj/sherpa-onnx-pyannote-segmentation-3-0"),
        licence="MIT (segmentation), Apache-2.0 (embedding)",
        picks=(
            Pick("csukuangfj/sherpa-onnx-pyannote-segmentation-3-0", ("model.onnx",), "segmentation.onnx"),
            Pick("csukuangfj/speaker-embedding-models", ("nemo_en_titanet_small.onnx",), "embedding.onnx"),
        ),
    ),
    CatalogEntry(
        name="sherpa-wespeaker-resnet34",
        kind="speakers",
        engine="sherpa",
        languages=(),
        size_bytes=32_500_000,
        source=hub_page("csukuangfj/speaker-embedding-models"),
        licence="MIT (segmentation), CC-BY-4.0 (embedding)",
        picks=(
            Pick("csukuangfj/sherpa-onnx-pyannote-segmentation-3-0", ("model.onnx",), "segmentation.onnx"),
            Pick("csukuangfj/speaker-embedding-models", ("wespeaker_en_voxceleb_resnet34_LM.onnx",), "embedding.onnx"),
        ),
    ),
    CatalogEntry(
        name="pyannote-community-1",
        kind="speakers",
        engine="pyannote",
        languages=(),
        size_bytes=33_000_000,
        source=hub_page("pyannote/speaker-diarization-community-1"),
        licence="CC-BY-4.0",
        picks=(
            Pick(
                "pyannote/speaker-diarization-community-1",
                ("config.yaml", "segmentation/*", "embedding/*", "plda/*"),
            ),
        ),
        gated=True,
    ),
    CatalogEntry(
        name="pyannote-3.1",
        kind="speakers",
        engine="pyannote",
        languages=(),
        size_bytes=32_600_000,
        source=hub_page("pyannote/speaker-diarization-3.1"),
        licence="MIT (pipeline, segmentation), CC-BY-4.0 (embedding)",
        picks=(
            Pick("pyannote/speaker-diarization-3.1", ("config.yaml",)),
            Pick("pyannote/segmentation-3.0", ("pytorch_model.bin", "config.yaml"), "segmentation/"),
            Pick("pyannote/wespeaker-voxceleb-resnet34-LM", ("pytorch_model.bin", "config.yaml"), "embedding/"),
        ),
        gated=True,
    ),
)

CATALOG: dict[str, CatalogEntry] = {entry.name: entry for entry in (*_WHISPERS, *_FINE_TUNED, *_SPEAKERS)}
"""Every known model by name."""

ALIASES: dict[str, str] = {
    "large": "large-v3",
    "turbo": "large-v3-turbo",
    "kotoba": "kotoba-whisper-v2.0",
    "community-1": "pyannote-community-1",
}
"""Other names that people use."""


def repository_entry(repo: str) -> CatalogEntry:
    """Any repository of the hub that holds a Whisper in CTranslate2's format, by `owner/name`."""
    return CatalogEntry(
        name=repo.rpartition("/")[2],
        kind="speech",
        engine="whisper",
        languages=(),
        size_bytes=0,
        source=hub_page(repo),
        licence="see the source",
        picks=(Pick(repo, WHISPER_FILES),),
    )
