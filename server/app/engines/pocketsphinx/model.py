"""What PocketSphinx needs to recognise a language: an acoustic model, a dictionary and a language model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import EngineUnavailable, InvalidModel

SHIPPED_NAME = "en-us"
ACOUSTIC_FILES = ("mdef", "feat.params", "means", "variances", "transition_matrices", "sendump")
_DICTIONARIES = ("*.dict", "*.dic")
_LANGUAGE_MODELS = ("*.lm.bin", "*.lm", "*.lm.gz", "*.lm.dmp", "*.dmp")
_WANTED = {
    "-lowerf": "130",
    "-upperf": "6800",
    "-nfilt": "25",
    "-transform": "dct",
    "-lifter": "22",
    "-feat": "1s_c_d_dd",
    "-svspec": "0-12/13-25/26-38",
    "-agc": "none",
    "-varnorm": "no",
    "-model": "ptm",
}
"""What our own front end computes and our adaptation expects: the shipped model's parameters."""
_SPHINX_DEFAULTS = {
    "-lowerf": "133.33334",
    "-upperf": "6855.4976",
    "-nfilt": "40",
    "-transform": "legacy",
    "-lifter": "0",
    "-feat": "1s_c_d_dd",
    "-agc": "none",
    "-varnorm": "no",
}
"""What PocketSphinx takes for a parameter that a model's `feat.params` leaves out."""


@dataclass(frozen=True, slots=True)
class PocketSphinxModel:
    """The files of one recogniser.

    Attributes:
        acoustic: Folder of the acoustic model.
        language: BCP-47 code of the one language it knows.
    """

    name: str
    acoustic: Path
    dictionary: Path
    language_model: Path
    language: str = "en"


def shipped() -> PocketSphinxModel:
    """The US English model in PocketSphinx's wheel.

    Raises:
        EngineUnavailable: PocketSphinx can't be loaded.
    """
    try:
        from pocketsphinx import get_model_path
    except ImportError as error:
        raise EngineUnavailable(
            f"The embedded recogniser can't run: PocketSphinx can't be loaded ({error}).",
            hint="Install it again: pip install --force-reinstall 'pocketsphinx>=5.1'.",
        ) from error
    folder = Path(get_model_path(SHIPPED_NAME))
    return PocketSphinxModel(
        SHIPPED_NAME, folder / SHIPPED_NAME, folder / "cmudict-en-us.dict", folder / "en-us.lm.bin"
    )


def model_in(folder: Path, language: str = "en") -> PocketSphinxModel:
    """The model in a folder; a dictionary or language model that is not there is the shipped one's.

    Raises:
        InvalidModel: The acoustic model does not fit our front end, or lacks a file.
    """
    ours = shipped()
    acoustic = next((place for place in (folder, *_inner(folder)) if (place / "mdef").is_file()), ours.acoustic)
    if acoustic != ours.acoustic:
        check_acoustic(acoustic)
    dictionary = _one(folder, _DICTIONARIES) or ours.dictionary
    language_model = _one(folder, _LANGUAGE_MODELS) or ours.language_model
    if acoustic == ours.acoustic and dictionary == ours.dictionary and language_model == ours.language_model:
        raise InvalidModel(f"There is no PocketSphinx model in '{folder.name}'.")
    return PocketSphinxModel(folder.name, acoustic, dictionary, language_model, language)


def check_acoustic(folder: Path) -> None:
    """Refuse an acoustic model that our front end can't serve.

    Raises:
        InvalidModel: The message names the file or parameter.
    """
    missing = [name for name in ACOUSTIC_FILES if not (folder / name).is_file()]
    if missing:
        raise InvalidModel(
            f"The acoustic model lacks {', '.join(missing)}.",
            hint="Only phonetically tied models (with 'sendump') can be used.",
        )
    given = {**_SPHINX_DEFAULTS, **read_parameters(folder / "feat.params")}
    for name, wanted in _WANTED.items():
        if not _same(given.get(name, "unknown"), wanted):
            raise InvalidModel(
                f"The acoustic model was made for other features: '{name} {given.get(name, 'unknown')}' in "
                f"feat.params, where {wanted} is needed.",
                hint="The recogniser's front end computes the features of the shipped en-us model only. "
                "Train the model with its feat.params.",
            )


def read_parameters(path: Path) -> dict[str, str]:
    """The parameters of a `feat.params`: names with values, separated by space."""
    words = path.read_text("utf-8", "replace").split()
    return dict(zip(words[::2], words[1::2], strict=False))


def _same(given: str, wanted: str) -> bool:
    try:
        return abs(float(given) - float(wanted)) < 1e-3
    except ValueError:
        return given == wanted


def _inner(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _one(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    places = (folder, *_inner(folder))
    found = [path for place in places for pattern in patterns for path in sorted(place.glob(pattern))]
    return found[0] if found else None
