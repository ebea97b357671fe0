"""How well the rules of spelling learnt from the recogniser's dictionary say words they have not seen.

    python bench/spelling.py            # learns without every 50th word, then spells those

Prints the share of wrong phones (against the nearest pronunciation the dictionary has), of words of which the first
guess is not in the dictionary, and of words of which none of three is.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

from audapolis.engines.pocketsphinx.graphones import pair_letters, read_dictionary
from audapolis.engines.pocketsphinx.model import shipped
from audapolis.engines.pocketsphinx.pronunciation import Speller

HELD_OUT = 50
GUESSES = 3


def main() -> None:
    """Learn, spell, count."""
    entries = read_dictionary(shipped().dictionary)
    unseen = set(sorted({word for word, _ in entries})[::HELD_OUT])
    started = time.perf_counter()
    speller = Speller(pair_letters(entry for entry in entries if entry[0] not in unseen))
    learnt_s = time.perf_counter() - started
    truth: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for word, phones in entries:
        if word in unseen:
            truth[word].append(phones)
    started = time.perf_counter()
    guesses = {word: speller.pronounce(word, GUESSES) for word in sorted(unseen)}
    spelt_s = time.perf_counter() - started
    wrong = phones_in_all = first = none = 0
    for word, guessed in guesses.items():
        nearest = min(truth[word], key=lambda phones: distance(guessed[0], phones))
        wrong += distance(guessed[0], nearest)
        phones_in_all += len(nearest)
        first += guessed[0] not in truth[word]
        none += not set(guessed) & set(truth[word])
    print(f"words                  {len(unseen)}")
    print(f"wrong phones           {wrong / phones_in_all:.1%}")
    print(f"wrong words            {first / len(unseen):.1%}")
    print(f"none of {GUESSES} right        {none / len(unseen):.1%}")
    print(f"learnt in              {learnt_s:.1f} s")
    print(f"a word in              {1000 * spelt_s / len(unseen):.1f} ms")


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Insertions, deletions and substitutions between two pronunciations."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(before + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


if __name__ == "__main__":
    main()
