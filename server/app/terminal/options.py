"""The options of a transcription on the command line, alike for one recording and for many."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import get_args

from ..domain.options import Denoise, Mode, Task, TranscribeOptions, vocabulary_terms
from ..errors import InvalidOption
from .arguments import Formats, Parser, seconds, whole_number


def add_options(parser: Parser) -> None:
    """Make the parser understand the options of a transcription."""
    add = parser.add_argument
    add(
        "-f",
        "--format",
        dest="formats",
        action=Formats,
        nargs="+",
        metavar="FORMAT",
        help="formats of the results, such as txt, json, srt (default: txt, or by the output file's extension)",
    )
    add("--engine", default="auto", metavar="E", help="speech engine; 'audapolis doctor' lists them")
    add("--model", metavar="M", help="the engine's model, by name or folder")
    add("--language", metavar="L", help="the language spoken, such as en (default: detected)")
    add("--mode", choices=get_args(Mode), default="balanced", help="trade speed for accuracy")
    add(
        "--diarize",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="tell speakers apart (default: yes)",
    )
    add("--diarizer", default="auto", metavar="E", help="speaker engine; 'audapolis doctor' lists them")
    add(
        "--recognise-speakers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="name those whose voices are enrolled (default: yes)",
    )
    add("--speakers", type=whole_number(1), metavar="N", help="there are exactly N speakers")
    add("--min-speakers", type=whole_number(1), metavar="N", help="there are at least N speakers")
    add("--max-speakers", type=whole_number(1), metavar="N", help="there are at most N speakers")
    add("--min-turn", type=seconds, default=0.0, metavar="S", help="do not believe turns shorter than S seconds")
    add(
        "--merge-gap",
        type=seconds,
        default=0.0,
        metavar="S",
        help="join turns of one speaker less than S seconds apart",
    )
    add(
        "--min-run",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="give fewer than N words between words of one other speaker to that one",
    )
    add(
        "--denoise",
        choices=get_args(Denoise),
        default="auto",
        help="clean the sound up first: auto mends defects only, light and strong reduce noise too",
    )
    add("--rttm", action="store_true", help="write the speaker turns as RTTM besides")
    add("--audio-track", type=whole_number(0), metavar="N", help="which audio track, counted from 0")
    add(
        "--split-channels",
        choices=("auto", "always", "never"),
        default="auto",
        help="take each channel for one speaker (default: by listening)",
    )
    add("--device", default="auto", metavar="D", help="where engines run: auto, cpu, cuda, or cuda:N (default: auto)")
    add("--precision", default="auto", metavar="P", help="numbers to compute with, such as int8 (default: by device)")
    add("--offline", action="store_true", help="fetch no model; use what is on this machine")
    add("--task", choices=get_args(Task), default="transcribe", help="write what is said, or translate it to English")
    add("--prompt", metavar="TEXT", help="a text as it might stand before the recording, for style and spelling")
    add("--vocabulary", metavar="WORDS|FILE", help="words and names to expect: 'Ann Lee,Zürich', or a file of them")
    add("--per-segment-language", action="store_true", help="detect the language anew for every stretch of speech")
    add(
        "--reuse",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="use and keep what is found out about a recording, for the next time (default: yes)",
    )
    add("--overwrite", action="store_true", help="replace result files that exist already")


def add_transcribe(parser: Parser) -> None:
    """Make the parser understand the command `transcribe`."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="an audio or video file, or a pattern like '*.mp3'")
    parser.add_argument("-o", "--output", metavar="DIR|FILE|-", help="where results go; standard output when not given")
    add_options(parser)


def add_batch(parser: Parser) -> None:
    """Make the parser understand the command `batch`."""
    parser.add_argument(
        "files", nargs="*", metavar="PATH", help="a file, a folder (with all in and below it), or a pattern"
    )
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for all results")
    parser.add_argument(
        "--jobs", type=whole_number(1), metavar="N", help="recordings at the same time (default: by cores)"
    )
    add_options(parser)


def read_options(args: argparse.Namespace) -> TranscribeOptions:
    """The options of a transcription as typed.

    Raises:
        InvalidOption: They contradict each other.
    """
    if args.speakers is not None and (args.min_speakers is not None or args.max_speakers is not None):
        raise InvalidOption(
            "--speakers can't be combined with --min-speakers or --max-speakers.", hint="Give one or the other."
        )
    return TranscribeOptions(
        engine=args.engine,
        model=args.model,
        language=args.language,
        mode=args.mode,
        diarize=args.diarize,
        diarizer=args.diarizer,
        recognise_speakers=args.recognise_speakers,
        min_speakers=args.speakers or args.min_speakers or 1,
        max_speakers=args.speakers or args.max_speakers,
        min_turn_s=args.min_turn,
        merge_gap_s=args.merge_gap,
        min_run_words=args.min_run,
        denoise=args.denoise,
        audio_track=args.audio_track,
        split_channels=args.split_channels,
        task=args.task,
        prompt=args.prompt,
        vocabulary=_vocabulary(args.vocabulary),
        per_segment_language=args.per_segment_language,
        reuse=args.reuse,
        device=args.device,
        precision=args.precision,
        offline=args.offline,
    )


def _vocabulary(given: str | None) -> tuple[str, ...]:
    """The terms typed, or those in the file that was named."""
    if given is None:
        return ()
    path = os.path.expanduser(given)  # noqa: PTH111
    try:
        return vocabulary_terms(Path(path).read_text("utf-8-sig") if os.path.isfile(path) else given)  # noqa: PTH113
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(
            f"The vocabulary file '{given}' can't be read: {error}.", hint="It is to be a text file in UTF-8."
        ) from error


def typed_files(args: argparse.Namespace) -> list[str]:
    """What was typed to be transcribed.

    Raises:
        InvalidOption: Nothing was.
    """
    files = [*args.files, *getattr(args, "more_files", [])]
    if not files:
        raise InvalidOption("No recording was named.", hint=f"For example: audapolis {args.command} talk.mp3")
    return files
