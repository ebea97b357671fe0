"""All scorers in one place: word error, diarization error, word times, calibration, and the RTTM they read.

Pure functions over text, turns and words; NumPy is all they need besides Audapolis' own records.
"""

from .calibration import Bin, Calibration, calibration, judged_words
from .diarization_error import NO_SPEECH, DiarizationError, diarization_error
from .normalising import normalise, words_of
from .rttm import read_rttm, write_rttm
from .word_error import NO_WORDS, WordError, align, speaker_word_error, word_error
from .word_times import NO_TIMES, TimedWord, WordTimeError, word_time_errors

__all__ = [
    "NO_SPEECH",
    "NO_TIMES",
    "NO_WORDS",
    "Bin",
    "Calibration",
    "DiarizationError",
    "TimedWord",
    "WordError",
    "WordTimeError",
    "align",
    "calibration",
    "diarization_error",
    "judged_words",
    "normalise",
    "read_rttm",
    "speaker_word_error",
    "word_error",
    "word_time_errors",
    "words_of",
    "write_rttm",
]
