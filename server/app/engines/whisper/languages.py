"""The languages Whisper knows, by code and by name, and what else people call them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...errors import AudapolisError, UnknownName

_TABLE = """
af afrikaans; am amharic; ar arabic; as assamese; az azerbaijani; ba bashkir; be belarusian; bg bulgarian;
bn bengali; bo tibetan; br breton; bs bosnian; ca catalan; cs czech; cy welsh; da danish; de german; el greek;
en english; es spanish; et estonian; eu basque; fa persian; fi finnish; fo faroese; fr french; gl galician;
gu gujarati; ha hausa; haw hawaiian; he hebrew; hi hindi; hr croatian; ht haitian creole; hu hungarian;
hy armenian; id indonesian; is icelandic; it italian; ja japanese; jw javanese; ka georgian; kk kazakh; km khmer;
kn kannada; ko korean; la latin; lb luxembourgish; ln lingala; lo lao; lt lithuanian; lv latvian; mg malagasy;
mi maori; mk macedonian; ml malayalam; mn mongolian; mr marathi; ms malay; mt maltese; my burmese; ne nepali;
nl dutch; nn nynorsk; no norwegian; oc occitan; pa punjabi; pl polish; ps pashto; pt portuguese; ro romanian;
ru russian; sa sanskrit; sd sindhi; si sinhala; sk slovak; sl slovenian; sn shona; so somali; sq albanian;
sr serbian; su sundanese; sv swedish; sw swahili; ta tamil; te telugu; tg tajik; th thai; tk turkmen; tl tagalog;
tr turkish; tt tatar; uk ukrainian; ur urdu; uz uzbek; vi vietnamese; yi yiddish; yo yoruba; yue cantonese;
zh chinese
"""
NAMES: dict[str, str] = dict(entry.split(maxsplit=1) for entry in _TABLE.replace("\n", " ").split(";"))
"""English name of each language by the code in Whisper's vocabulary."""

_OTHER_CODES = {
    "iw": "he", "jv": "jw", "nb": "no", "nob": "no", "nno": "nn", "fil": "tl", "cmn": "zh", "in": "id", "mo": "ro",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt",
    "nld": "nl", "dut": "nl", "rus": "ru", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko", "ara": "ar",
}  # fmt: skip
_OTHER_NAMES = {
    "mandarin": "zh", "castilian": "es", "flemish": "nl", "farsi": "fa", "filipino": "tl", "moldovan": "ro",
    "deutsch": "de", "français": "fr", "francais": "fr", "español": "es", "espanol": "es", "italiano": "it",
}  # fmt: skip
_WITHOUT_SPACES = frozenset(["zh", "ja", "th", "lo", "my", "yue"])


def language_code(wanted: str, known: Collection[str]) -> str:
    """The model's code for what somebody called a language: `de`, `de-AT`, `deu`, `German`.

    Args:
        wanted: As typed.
        known: Codes the model has.

    Raises:
        UnknownName: The model does not know it; the error lists what it knows and names the nearest.
    """
    for name in _readings(wanted):
        if name in known:
            return name
    names = [f"{code} ({NAMES[code]})" if code in NAMES else code for code in sorted(known)]
    raise _unknown(wanted, known, names)


def _readings(wanted: str) -> Iterable[str]:
    plain = wanted.strip().lower().replace("_", "-")
    base = plain.partition("-")[0]
    by_name = {name: code for code, name in NAMES.items()} | _OTHER_NAMES
    for name in (plain, base):
        yield from (name, _OTHER_CODES.get(name, name), by_name.get(name, name))


def _unknown(wanted: str, known: Collection[str], names: list[str]) -> AudapolisError:
    spelled = {NAMES.get(code, code): code for code in known}
    error = UnknownName("language", wanted, [*spelled, *known])
    error.hint = f"This model knows: {', '.join(names)}."
    return error


def spaced(language: str) -> bool:
    """Whether a language puts spaces between words."""
    return language not in _WITHOUT_SPACES
