"""A LibreTranslate-compatible service over real HTTP: languages, batches, patience, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from audapolis.errors import AudapolisError, EngineFailed, EngineUnavailable, InvalidOption, TooLarge
from audapolis.translations.service import TranslationService

from .libre import LibreTranslate, libre_translate


@pytest.fixture
def service() -> Iterator[LibreTranslate]:
    with libre_translate() as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited before it tried again."""
    return []


@pytest.fixture
def client(service: LibreTranslate, waits: list[float]) -> TranslationService:
    return TranslationService(service.url, timeout_s=5.0, waits_s=(1.0, 4.0), sleep=waits.append)


def test_texts_are_translated_in_order(service: LibreTranslate, client: TranslationService) -> None:
    assert client.translate(["Good <morning>.", "Two & two"], "en-GB", "de") == [
        "[de] Good <morning>.",
        "[de] Two & two",
    ]
    assert service.asked == [{"q": ["Good <morning>.", "Two & two"], "source": "en", "target": "de", "format": "text"}]


@pytest.mark.parametrize(
    ("source", "target", "sent"),
    [
        ("en_US", "de-CH", ("en", "de")),
        ("en", "zh-Hant-TW", ("en", "zt")),
        ("und", "pt-BR", ("auto", "pt-BR")),
        ("en", "pt", ("en", "pt-BR")),
    ],
)
def test_languages_get_the_services_own_codes(
    source: str, target: str, sent: tuple[str, str], service: LibreTranslate, client: TranslationService
) -> None:
    client.translate(["Hello"], source, target)
    assert (service.asked[0]["source"], service.asked[0]["target"]) == sent


def test_a_language_it_does_not_know_is_refused_before_anything_is_sent(
    service: LibreTranslate, client: TranslationService
) -> None:
    with pytest.raises(InvalidOption, match="'tlh'") as caught:
        client.translate(["Hello"], "en", "tlh")
    assert "en, de, fr" in caught.value.hint
    assert service.requests == 0


def test_a_service_without_a_list_of_languages_is_simply_asked(
    service: LibreTranslate, client: TranslationService
) -> None:
    service.languages = None
    assert client.translate(["Hello"], "en-US", "es-MX") == ["[es] Hello"]


def test_long_work_goes_in_batches(service: LibreTranslate, client: TranslationService) -> None:
    texts = [f"text {number}" for number in range(120)] + ["x" * 3000, "y" * 3000]
    assert client.translate(texts, "en", "fr") == [f"[fr] {text}" for text in texts]
    assert max(len(body["q"]) for body in service.asked) == 50
    assert all(sum(map(len, body["q"])) <= 4000 for body in service.asked)


def test_batches_too_large_for_the_service_are_halved(service: LibreTranslate, client: TranslationService) -> None:
    service.most_texts = 7
    texts = [str(number) for number in range(50)]
    assert client.translate(texts, "en", "de") == [f"[de] {text}" for text in texts]


def test_a_single_text_over_the_limit_is_refused(service: LibreTranslate, client: TranslationService) -> None:
    service.most_characters = 10
    with pytest.raises(TooLarge, match="exceeds text limit"):
        client.translate(["far too long for it"], "en", "de")


@pytest.mark.parametrize("fault", [429, 500, 502, 503, "drop"])
def test_a_busy_or_broken_service_is_asked_again(
    fault: int | str, service: LibreTranslate, client: TranslationService, waits: list[float]
) -> None:
    service.faults = [fault, fault]
    assert client.translate(["Hello"], "en", "de") == ["[de] Hello"]
    assert waits == [1.0, 4.0]


def test_the_service_may_say_how_long_to_wait(
    service: LibreTranslate, client: TranslationService, waits: list[float]
) -> None:
    service.faults, service.retry_after = [429, 429], "7"
    client.translate(["Hello"], "en", "de")
    assert waits == [7.0, 7.0]


def test_one_that_stays_busy_is_given_up(service: LibreTranslate, client: TranslationService) -> None:
    service.faults = [429] * 3
    with pytest.raises(EngineUnavailable, match=r"busy or broken \(status 429\): Slowdown"):
        client.translate(["Hello"], "en", "de")
    assert service.requests == 3


def test_one_that_hangs_is_given_up(service: LibreTranslate) -> None:
    service.faults = ["hang"]
    hasty = TranslationService(service.url, timeout_s=0.2, waits_s=())
    with pytest.raises(EngineUnavailable, match="can't be reached: timed out"):
        hasty.translate(["Hello"], "en", "de")


def test_one_that_is_not_there_is_told_at_once(waits: list[float]) -> None:
    nobody = TranslationService("http://127.0.0.1:9", sleep=waits.append)
    with pytest.raises(EngineUnavailable, match="can't be reached: Connection refused"):
        nobody.translate(["Hello"], "en", "de")
    assert not waits


def test_what_is_for_this_machine_goes_past_proxies(service: LibreTranslate, monkeypatch: pytest.MonkeyPatch) -> None:
    with libre_translate() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert TranslationService(service.url).translate(["a"], "en", "de") == ["[de] a"]
        assert not proxy.requests


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("html", EngineFailed, "not JSON"),
        ("short", EngineFailed, "something else than 2 translations"),
        (404, EngineUnavailable, "no translation service"),
        (418, InvalidOption, "can't translate this"),
    ],
)
def test_odd_answers_are_errors_with_a_hint(
    fault: int | str, error: type[AudapolisError], says: str, service: LibreTranslate, client: TranslationService
) -> None:
    service.faults = [fault]
    with pytest.raises(error, match=says) as caught:
        client.translate(["Hello", "you"], "en", "de")
    assert caught.value.hint


def test_redirects_are_not_followed(service: LibreTranslate, client: TranslationService) -> None:
    with libre_translate() as other:
        service.redirect_to = f"{other.url}/translate"
        with pytest.raises(EngineUnavailable, match="sends to another address"):
            client.translate(["secret"], "en", "de")
        assert other.requests == 0


def test_a_key_is_sent_where_one_is_wanted(service: LibreTranslate, client: TranslationService) -> None:
    service.key = "k3y"
    with pytest.raises(EngineUnavailable, match="refuses to translate: Invalid API key") as caught:
        client.translate(["Hello"], "en", "de")
    assert "SERVICE_KEY" in caught.value.hint
    assert TranslationService(f"{service.url}/translate", api_key="k3y").translate(["a"], "en", "de") == ["[de] a"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: TranslationService("ftp://x"),
        lambda: TranslationService("translate.example"),
        lambda: TranslationService("http://translate.example", api_key="secret"),
    ],
)
def test_addresses_that_make_no_sense_or_give_keys_away_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidOption):
        make()
