"""From encoded sound to tokens, with second tries where the first answer can't be right.

Thresholds and the idea of falling back to higher temperatures are Whisper's own (Radford et al. 2022, section
4.5 of arXiv:2212.04356). Only the windows that failed are tried again, each alone, so that a good window's
answer does not depend on its neighbours in the batch. Before anything is drawn at random there is a try that
keeps repetitions out by force: it is exact, and mostly cures the loops that make up most failures.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from ...domain.cancellation import CancelToken
from .network import Features, Hypothesis, Network, Search, Tokens
from .prompts import Vocabulary

MOST_COMPRESSION = 2.4
"""Text that compresses better than this repeats itself."""
LEAST_LOGPROB = -1.0
MOST_NO_SPEECH = 0.6

_BEAMS = {"fast": 1, "balanced": 3, "accurate": 5}
_TEMPERATURES = {"fast": (), "balanced": (0.4, 0.8), "accurate": (0.2, 0.4, 0.6, 0.8, 1.0)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided on for one window. `tokens` are text only."""

    tokens: tuple[int, ...]
    average_logprob: float
    no_speech: float
    compression: float

    @property
    def repeats(self) -> bool:
        """Whether the text repeats itself more than speech does."""
        return self.compression > MOST_COMPRESSION

    @property
    def silence(self) -> bool:
        """Whether the network thinks that nobody speaks and is unsure of its own words."""
        return self.no_speech > MOST_NO_SPEECH and self.average_logprob < LEAST_LOGPROB

    @property
    def acceptable(self) -> bool:
        """Whether no other try is needed."""
        return self.silence or not (self.repeats or self.average_logprob < LEAST_LOGPROB)


class Decoder:
    """Decodes batches in one mode.

    Args:
        network: The model.
        vocabulary: Its tokens.
        mode: Trade of speed for accuracy.
    """

    def __init__(self, network: Network, vocabulary: Vocabulary, mode: str) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._suppressed = vocabulary.suppressed()
        beam = _BEAMS[mode]
        self._first = Search(beam)
        loopless = Search(max(beam, 2), repetition_penalty=1.1, no_repeat=4)
        self._others = (loopless, *(Search(1, temperature) for temperature in _TEMPERATURES[mode]))

    def decode(
        self, encoded: object, features: Sequence[Features], prompts: Sequence[Tokens], cancel: CancelToken
    ) -> list[Answer]:
        """Answers for the windows of a batch.

        Args:
            encoded: The encoded batch.
            features: What was encoded; failing windows are encoded again, alone.
            prompts: One for each window.
            cancel: Stops the work between two calls of the network.
        """
        answers = self._answers(encoded, prompts, self._first, cancel)
        for place, answer in enumerate(answers):
            if not answer.acceptable:
                alone = encoded if len(answers) == 1 else self._network.encode([features[place]])
                answers[place] = self._again(answer, alone, prompts[place], cancel)
        return answers

    def _again(self, failed: Answer, encoded: object, prompt: Tokens, cancel: CancelToken) -> Answer:
        """Try other ways of searching in turn; the best of all answers when none is acceptable."""
        tried = [failed]
        for search in self._others:
            tried += self._answers(encoded, [prompt], search, cancel)
            if tried[-1].acceptable:
                return tried[-1]
        return max([a for a in tried if not a.repeats] or tried, key=lambda answer: answer.average_logprob)

    def _answers(self, encoded: object, prompts: Sequence[Tokens], search: Search, cancel: CancelToken) -> list[Answer]:
        cancel.check()
        found = self._network.generate(encoded, prompts, search, self._suppressed)
        return [self._answer(hypothesis) for hypothesis in found]

    def _answer(self, hypothesis: Hypothesis) -> Answer:
        tokens = tuple(token for token in hypothesis.tokens if token < self._vocabulary.end)
        text = self._vocabulary.decode(tokens).strip().encode()
        compression = len(text) / len(zlib.compress(text)) if text else 0.0
        return Answer(tokens, hypothesis.average_logprob, hypothesis.no_speech, compression)
