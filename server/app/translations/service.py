"""A translation service that speaks LibreTranslate's protocol, at an address the user gave.

Only texts and the two languages are sent, in batches as large as the service takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..domain.languages import matching_language, primary_language
from ..errors import AudapolisError, EngineFailed, EngineUnavailable, InvalidOption, TooLarge
from .exchange import BUSY, JsonExchange, Refused

BATCH_TEXTS = 50
BATCH_CHARACTERS = 4000
"""A batch holds at most this much, unless a single text is longer; public services take 5000."""
_OWN_CODES = {"zt": "zh-Hant", "pb": "pt-BR"}
"""Codes of LibreTranslate's that are no language tags."""


class TranslationService:
    """One service. Asks it once which languages it knows; may serve all threads."""

    def __init__(self, url: str, *, api_key: str = "", **patience: Any) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: Where the service is: `http://127.0.0.1:5000`, with or without `/translate`.
            api_key: For services that want one; sent encrypted or to this machine only.
            **patience: How long to wait, see `exchange.JsonExchange`.

        Raises:
            InvalidOption: It is no such address, or the key would be sent unencrypted.
        """
        address = url.strip().rstrip("/").removesuffix("/translate")
        self._exchange = JsonExchange(address, secret=bool(api_key), **patience)
        self._key = api_key
        self._codes: Mapping[str, str] | None = None

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate texts; see `base.Translator`."""
        pair = {"source": self._code(source) if primary_language(source) != "und" else "auto"}
        pair["target"] = self._code(target)
        return [answer for batch in _batches(texts) for answer in self._batch(batch, pair)]

    def _batch(self, texts: Sequence[str], pair: Mapping[str, str]) -> list[str]:
        """Translate a batch, by halves where it is too much for the service."""
        try:
            return self._ask(texts, pair)
        except TooLarge:
            if len(texts) == 1:
                raise
        middle = len(texts) // 2
        return [*self._batch(texts[:middle], pair), *self._batch(texts[middle:], pair)]

    def _ask(self, texts: Sequence[str], pair: Mapping[str, str]) -> list[str]:
        body = {"q": list(texts), **pair, "format": "text", **({"api_key": self._key} if self._key else {})}
        try:
            answer = self._exchange.request("/translate", body)
        except Refused as refused:
            raise self._meaning(refused) from None
        found = answer.get("translatedText") if isinstance(answer, dict) else None
        if isinstance(found, str) and len(texts) == 1:
            found = [found]
        if not isinstance(found, list) or len(found) != len(texts) or not all(isinstance(t, str) for t in found):
            raise EngineFailed(
                f"{self._exchange.host} answered with something else than {len(texts)} translations.",
                hint="Is it a LibreTranslate server of version 1.3 or newer?",
            )
        return found

    def _code(self, language: str) -> str:
        """What the service calls a language.

        Raises:
            InvalidOption: It does not know it.
        """
        if self._codes is None:
            self._codes = self._known()
        found = matching_language(language, self._codes)
        if found is not None:
            return self._codes[found]
        if not self._codes:
            return primary_language(language)
        raise InvalidOption(
            f"{self._exchange.host} does not know the language '{language}'.",
            hint=f"It knows: {', '.join(self._codes)}.",
        )

    def _known(self) -> dict[str, str]:
        """Codes of the languages the service knows, by tag; none where it does not say."""
        try:
            answer = self._exchange.request("/languages")
        except Refused as refused:
            if refused.status in BUSY:
                raise self._meaning(refused) from None
            return {}
        entries = [entry for entry in answer if isinstance(entry, dict)] if isinstance(answer, list) else []
        codes = [code for entry in entries if isinstance(code := entry.get("code"), str)]
        return {_OWN_CODES.get(code, code): code for code in codes}

    def _meaning(self, refused: Refused) -> AudapolisError:
        host, status = self._exchange.host, refused.status
        said = f": {refused.said}" if refused.said else "."
        if status == 413 or (status == 400 and "limit" in refused.said.lower()):
            return TooLarge(f"The text is too long for {host}{said}", hint="It has to be split into shorter segments.")
        if status in {401, 403}:
            hint = "Set AUDAPOLIS_TRANSLATION__SERVICE_KEY to a key of this service."
            return EngineUnavailable(f"{host} refuses to translate{said}", hint=hint)
        if 300 <= status < 400:
            return EngineUnavailable(f"{host} sends to another address.", hint="Give the one the service is really at.")
        if status in {404, 405}:
            return EngineUnavailable(f"There is no translation service at {host}.", hint="Check the address.")
        if status in BUSY:
            return EngineUnavailable(f"{host} is busy or broken (status {status}){said}", hint="Try again later.")
        return InvalidOption(f"{host} can't translate this{said}", hint="Its /languages tells what it knows.")


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) == BATCH_TEXTS or characters + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
