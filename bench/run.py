"""Quality and speed over a folder of recordings with truth.

    python -m bench --manifest ../shared/speech/open --sets asr conv nonspeech --baseline pocketsphinx-plain
    python -m bench --manifest ../shared/speech/open --sets conv --limit 3 --tell-speakers

All systems hear each file in turn, so that whatever else the machine does meets all alike.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from audapolis.config import load_settings
from audapolis.errors import AudapolisError

from .manifest import Item, choose, read_manifest
from .measure import Result, measure
from .report import as_record, ratios, summarise, table
from .systems import BASELINES, Audapolis, Isolated, System

SPEECH = Path(__file__).parents[2] / "shared" / "speech" / "open"
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when every file was transcribed, 2 for a wrong command line, 1 otherwise."""
    args = parser().parse_args(arguments)
    try:
        items = choose(read_manifest(args.manifest), args.sets, limit=args.limit)
        measuring = _measure_all(items, _makers(args), tell_speakers=args.tell_speakers)
        results = _until_stopped(measuring)
    except AudapolisError as error:
        print(error, file=sys.stderr)
        return 2
    _report(results, args)
    return 1 if any(result.error for result in results) else 0


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    made = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    add = made.add_argument
    add("--manifest", type=Path, default=SPEECH, help="a folder with a manifest.json, or the file")
    add("--sets", nargs="*", default=[], help="folders of the manifest to measure; all when none is named")
    add("--limit", type=int, help="at most so many files of each set, spread evenly")
    add("--engine", default="pocketsphinx", help="speech engine (default: %(default)s)")
    add("--no-diarize", action="store_true", help="leave out telling speakers apart")
    add("--tell-speakers", action="store_true", help="tell the diarizer how many speakers there are")
    add("--processes", type=int, default=0, help="processes that decode in parallel; 0 takes one per core")
    add("--baseline", choices=sorted(BASELINES), help="also measure this, side by side")
    add("--json", type=Path, metavar="FILE", help="where the results go (default: bench/results/DATE.json)")
    return made


def _until_stopped(measuring: Iterator[Result]) -> list[Result]:
    """All results, or after Ctrl-C those that are there."""
    results: list[Result] = []
    try:
        for result in measuring:
            results.append(result)
    except KeyboardInterrupt:
        print("Stopped; what is there is reported.", file=sys.stderr)
    return results


def _makers(args: argparse.Namespace) -> list[Callable[[], System]]:
    settings = load_settings(transcription={"processes": args.processes})
    ours = partial(Audapolis, settings, engine=args.engine, diarize=not args.no_diarize)
    return [ours, *([BASELINES[args.baseline]] if args.baseline else [])]


def _measure_all(
    items: Sequence[Item], makers: Sequence[Callable[[], System]], *, tell_speakers: bool
) -> Iterator[Result]:
    with ExitStack() as stack:
        systems = [stack.enter_context(Isolated(make)) for make in makers]
        for number, item in enumerate(items, 1):
            for system in systems:
                result = measure(system, item, tell_speakers=tell_speakers)
                print(f"[{number}/{len(items)}] {_line(result)}", file=sys.stderr, flush=True)
                yield result


def _line(result: Result) -> str:
    scores = [f"{result.cost.wall_s:.1f} s"]
    if result.words:
        scores.append(f"{result.words.errors} of {result.words.reference} words wrong")
    if result.diarization:
        scores.append(f"diarization error {result.diarization.rate:.1%}")
    return f"{result.item.name} {result.system}: {result.error or ', '.join(scores)}"


def _report(results: Sequence[Result], args: argparse.Namespace) -> None:
    summaries = summarise(results)
    print(table(summaries))
    names = list(dict.fromkeys(summary.system for summary in summaries))
    for other in names[1:]:
        print("", *ratios(summaries, names[0], other), sep="\n")
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    path: Path = args.json or RESULTS / f"{date}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items()}
    path.write_text(json.dumps(as_record(results, plain, date), indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"\nResults: {path}")
