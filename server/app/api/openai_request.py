"""What a client of OpenAI's audio routes asks for, read from its form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from ..domain.options import TranscribeOptions
from ..errors import InvalidOption
from .openai_languages import language_code
from .openai_models import Served
from .schemas import OPTION_NAMES, read_options

Format = Literal["json", "text", "srt", "vtt", "verbose_json", "diarized_json"]
Pairs = Sequence[tuple[str, str]]
FindModel = Callable[[str], Served]

STREAMED: frozenset[Format] = frozenset({"json", "text", "diarized_json"})

_TRANSLATED = ("json", "text", "srt", "vtt", "verbose_json")
_COMMON = frozenset({"model", "prompt", "response_format", "temperature"})
_SPEECH = frozenset({"language", "languages", "keywords", "stream", "include", "timestamp_granularities"})
_FIELDS = _COMMON | _SPEECH | {"chunking_strategy"}

_DEFAULTS = {"reuse": "false"}
"""Where our routes have other defaults: what is found out about these recordings is not kept beyond the request."""

REFUSED = {
    "known_speaker_names": "Speakers can't be recognised from samples in a request.",
    "known_speaker_references": "Speakers can't be recognised from samples in a request.",
}
"""Fields of OpenAI's that can't be honoured, with the reason."""


@dataclass(frozen=True, slots=True)
class AudioRequest:
    """One request, checked.

    Attributes:
        words: Whether `verbose_json` shall list words.
        segments: Whether it shall list segments.
        logprobs: Whether the confidence of each word is wanted beside the text.
    """

    format: Format
    options: TranscribeOptions
    words: bool = False
    segments: bool = True
    logprobs: bool = False
    stream: bool = False


def field_name(raw: str) -> str:
    """The field a part of the form belongs to: lists are sent as `name[]`, objects as `name[key]`."""
    return raw.partition("[")[0]


def _read_transcription(pairs: Pairs, find_model: FindModel) -> AudioRequest:
    """Read the form of `/v1/audio/transcriptions`.

    Args:
        pairs: The form's text fields in order.
        find_model: Knows what a model's name means.

    Raises:
        InvalidOption: A value makes no sense or can't be honoured; the error's data names the field.
        NotFound: There is no such model.
    """
    form = _Form(pairs)
    chosen = cast(Format, form.one_of("response_format", get_args(Format), "json"))
    stream = form.one_of("stream", ("true", "false"), "false") == "true"
    if stream and chosen not in STREAMED:
        raise InvalidOption(
            f"'{chosen}' can't be streamed.", hint=f"Use {', '.join(sorted(STREAMED))}.", field="response_format"
        )
    form.share("temperature")
    _check_chunking(form)
    include = form.all_of("include", ("logprobs",))
    if include and chosen != "json":
        raise InvalidOption("Log probabilities come with 'json' only.", hint="Use verbose_json.", field="include")
    wanted = form.all_of("timestamp_granularities", ("word", "segment"))
    if wanted and chosen != "verbose_json":
        raise InvalidOption("Timestamp granularities are for 'verbose_json' only.", field="timestamp_granularities")
    return AudioRequest(
        format=chosen,
        options=_options(form, find_model, {"diarize": str(chosen == "diarized_json").lower()}),
        words="word" in wanted,
        segments="segment" in wanted or not wanted,
        logprobs=bool(include),
        stream=stream,
    )


def _read_translation(pairs: Pairs, find_model: FindModel) -> AudioRequest:
    """Read the form of `/v1/audio/translations`; raises as for transcriptions."""
    form = _Form(pairs)
    chosen = cast(Format, form.one_of("response_format", _TRANSLATED, "json"))
    form.share("temperature")
    return AudioRequest(chosen, _options(form, find_model, {"diarize": "false", "task": "translate"}))


@dataclass(frozen=True, slots=True)
class Task:
    """One of the two things a client can ask for.

    Attributes:
        fields: OpenAI's parameters of this route, but for the file. Our own options are taken as well.
        read: Makes a request of the form's text fields in order; needs to know what a model's name means.
            Raises InvalidOption, with the field in the error's data, or NotFound for the model.
    """

    fields: frozenset[str]
    read: Callable[[Pairs, FindModel], AudioRequest]

    def check_field(self, raw: str) -> None:
        """Look at the name of a field of the form before its value is read.

        Raises:
            InvalidOption: There is no such field, or it can't be honoured.
        """
        name = field_name(raw)
        if name in REFUSED:
            raise InvalidOption(
                f"The parameter '{name}' can't be honoured: {REFUSED[name]}",
                hint="Leave it out; speakers are called A, B, C … in order of appearance.",
                field=name,
            )
        if name not in self.fields | OPTION_NAMES:
            known = ", ".join(sorted(self.fields))
            raise InvalidOption(f"There is no parameter '{name}'.", hint=f"Known: {known}.", field=name)


class _Form:
    """A form's fields by name, each with all its values."""

    def __init__(self, pairs: Pairs) -> None:
        self._values: dict[str, list[str]] = {}
        self.parts = {raw: value for raw, value in pairs if raw.endswith("]") and not raw.endswith("[]")}
        for raw, value in pairs:
            if raw not in self.parts and value != "":
                self._values.setdefault(field_name(raw), []).append(value)

    def one(self, name: str) -> str:
        """The last value of a field, or ""."""
        return self._values.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return self._values.get(name, [])

    def one_of(self, name: str, known: Sequence[str], default: str) -> str:
        """A value out of a list."""
        value = self.one(name) or default
        if value not in known:
            raise InvalidOption(f"'{name}' can't be '{value}'.", hint=f"Known: {', '.join(known)}.", field=name)
        return value

    def all_of(self, name: str, known: Sequence[str]) -> list[str]:
        """Values out of a list."""
        for value in self.all(name):
            if value not in known:
                raise InvalidOption(f"'{name}' can't be '{value}'.", hint=f"Known: {', '.join(known)}.", field=name)
        return self.all(name)

    def share(self, name: str) -> None:
        """Check a number of 0 to 1."""
        value = self.one(name)
        try:
            fits = not value or 0 <= float(value) <= 1
        except ValueError:
            fits = False
        if not fits:
            raise InvalidOption(f"'{name}' can't be '{value}'.", hint="Give a number from 0 to 1.", field=name)

    @property
    def own(self) -> dict[str, str]:
        """Options by our own names."""
        own = OPTION_NAMES - _FIELDS
        return {name: values[-1] for name, values in self._values.items() if name in own}


def _options(form: _Form, find_model: FindModel, defaults: dict[str, str]) -> TranscribeOptions:
    if not form.one("model"):
        raise InvalidOption("The form has no field 'model'.", hint="Any of /v1/models; 'auto' will do.", field="model")
    served = find_model(form.one("model"))
    given = {
        "language": language_code(form.one("language") or _only(form.all("languages"))),
        "prompt": form.one("prompt"),
        "vocabulary": "\n".join(form.all("keywords")),
    }
    return read_options({**_DEFAULTS, **defaults, **given, **served.options, **form.own})


def _only(languages: list[str]) -> str:
    """One possible language is the language; of several the engine finds out which."""
    return languages[0] if len(languages) == 1 else ""


def _check_chunking(form: _Form) -> None:
    """Speech is always found and cut by the server; how it does that is a setting, not a matter of one request."""
    value = form.one("chunking_strategy") or form.parts.get("chunking_strategy[type]", "auto")
    tuned = [raw for raw in form.parts if raw != "chunking_strategy[type]"]
    if value not in ("auto", "server_vad") or tuned:
        raise InvalidOption(
            f"'chunking_strategy' can't be tuned by {tuned[0]}." if tuned else f"There is no strategy '{value}'.",
            hint="Give 'auto'. How speech is found is set by AUDAPOLIS_SPEECH__… (docs/settings.md).",
            field="chunking_strategy",
        )


TRANSCRIPTION = Task(_FIELDS, _read_transcription)
TRANSLATION = Task(_COMMON, _read_translation)
