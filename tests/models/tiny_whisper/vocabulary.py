"""The words the model knows, and a tokenizer with one token for each of them.

The tokens are laid out as Whisper's are (text, then specials, then a timestamp for every 20 ms of half a minute), so
that faster-whisper and CTranslate2 run the model without knowing how small it is.
"""

from __future__ import annotations

from typing import Any

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VERBS = ("run", "see", "open", "close", "start", "stop")
NOUNS = ("dog", "cat", "house", "car", "tree", "door", "window", "book", "train", "station", "light")
ADJECTIVES = ("red", "green", "blue", "big", "small", "old")
OTHERS = (
    "alice", "bob", "the", "yes", "no", "please", "hello", "good", "morning", "today", "meeting", "water", "music",
)  # fmt: skip
ENGLISH = (*DIGITS, *VERBS, *NOUNS, *ADJECTIVES, *OTHERS)
STEMS = tuple(word for word in (*VERBS, *NOUNS) if word not in ("close", "house"))
"""What may take an `s`: these forms are two tokens, as longer words are in real models."""

GERMAN_TO_ENGLISH = {
    "null": "zero", "eins": "one", "zwei": "two", "drei": "three", "vier": "four", "fünf": "five", "sechs": "six",
    "sieben": "seven", "acht": "eight", "neun": "nine", "hallo": "hello", "guten": "good", "morgen": "morning",
    "haus": "house", "hund": "dog", "katze": "cat", "ja": "yes", "nein": "no", "bitte": "please", "rot": "red",
    "grün": "green", "wasser": "water", "heute": "today", "licht": "light",
}  # fmt: skip
GERMAN = tuple(GERMAN_TO_ENGLISH)

WORDS = (*ENGLISH, *(stem + "s" for stem in STEMS), *GERMAN)
CLASS_OF_WORD = {word: index for index, word in enumerate(WORDS, start=1)}
"""Classes of the encoder's word-per-frame classifier; 0 is "nobody speaks"."""

LANGUAGES = ("en", "de")
TIMESTAMP_STEP_S = 0.02
TIMESTAMP_COUNT = 1501

SPECIALS = (
    "<|endoftext|>", "<|startoftranscript|>", *(f"<|{language}|>" for language in LANGUAGES), "<|translate|>",
    "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip


def byte_alphabet() -> dict[int, str]:
    """Byte-level BPE's printable stand-in for each byte, as GPT-2 chose them (Radford et al. 2019)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {byte: chr(byte) for byte in printable}
    others = (byte for byte in range(256) if byte not in alphabet)
    alphabet.update({byte: chr(256 + rank) for rank, byte in enumerate(others)})
    return alphabet


_ALPHABET = byte_alphabet()


def spell(text: str) -> str:
    """A text in byte-level BPE's letters."""
    return "".join(_ALPHABET[byte] for byte in text.encode())


def _build() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """The text tokens and the merges: each ` word` is built letter by letter, so it ends as exactly one token.

    The last text token is the empty string: CTranslate2 takes a Whisper for multilingual when its vocabulary holds it.
    """
    # The alphabet's first 256 ids follow the order GPT-2 gave the bytes: the printable ones first.
    tokens = {letter: index for index, letter in enumerate(_ALPHABET.values())}
    merges: dict[tuple[str, str], None] = {}
    chains = sorted({spell(" " + word) for word in (*ENGLISH, *GERMAN)})
    for length in range(1, max(map(len, chains))):
        for chain in chains:
            if length < len(chain):
                merges[chain[:length], chain[length]] = None
                tokens.setdefault(chain[: length + 1], len(tokens))
    tokens[""] = len(tokens)
    return tokens, list(merges)


TEXT_TOKENS, MERGES = _build()
TOKENS = (*TEXT_TOKENS, *SPECIALS, *(f"<|{step * TIMESTAMP_STEP_S:.2f}|>" for step in range(TIMESTAMP_COUNT)))
"""Every token; its place is its id."""

ID = {token: index for index, token in enumerate(TOKENS)}
END_OF_TEXT, START, TRANSLATE, TRANSCRIBE = (
    ID[f"<|{name}|>"] for name in ("endoftext", "startoftranscript", "translate", "transcribe")
)
PREVIOUS, NO_SPEECH, NO_TIMESTAMPS = (ID[f"<|{name}|>"] for name in ("startofprev", "nospeech", "notimestamps"))
FIRST_TIMESTAMP = NO_TIMESTAMPS + 1
FULL_STOP = ID["."]


def language_id(language: str) -> int:
    """The token of a language."""
    return ID[f"<|{language}|>"]


def encode_word(word: str) -> list[int]:
    """The tokens of one known word with the space before it."""
    whole = ID.get(spell(" " + word))
    if word in CLASS_OF_WORD and whole is not None:
        return [whole]
    return [ID[spell(" " + word[:-1])], ID["s"]]


def encode_unknown(letters: str) -> list[int]:
    """Letter by letter, with the space before: what a word outside the vocabulary is to the decoder."""
    return [ID[letter] for letter in spell(" " + letters)]


def tokenizer_json() -> dict[str, Any]:
    """The tokenizer in the format of the `tokenizers` library."""
    added = [
        {
            "id": index, "content": TOKENS[index], "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": index < FIRST_TIMESTAMP,
        }
        for index in range(len(TEXT_TOKENS), len(TOKENS))
    ]  # fmt: skip
    byte_level = {"type": "ByteLevel", "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": byte_level | {"add_prefix_space": False}, "post_processor": None,
        "decoder": byte_level | {"add_prefix_space": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "vocab": TEXT_TOKENS, "merges": [list(merge) for merge in MERGES],
        },
    }  # fmt: skip
