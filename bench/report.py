"""Results summed up per set: as a table for people and as JSON for comparing runs."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .calibration import calibration
from .diarization_error import NO_SPEECH, DiarizationError
from .measure import Result
from .word_error import NO_WORDS, WordError
from .word_times import NO_TIMES, WordTimeError


@dataclass(frozen=True, slots=True)
class Summary:
    """All results of one system on one set, summed: long recordings count for more."""

    set: str
    system: str
    files: int
    failed: int
    audio_s: float
    wall_s: float
    cpu_s: float
    peak_process_bytes: int
    words: WordError
    diarization: DiarizationError
    diarization_strict: DiarizationError
    times: WordTimeError
    calibration_error: float
    counted: tuple[int, int]

    @property
    def real_time_factor(self) -> float:
        """Wall time per second of sound."""
        return self.wall_s / self.audio_s if self.audio_s else math.nan

    @property
    def cpu_factor(self) -> float:
        """Processor time of all processes per second of sound."""
        return self.cpu_s / self.audio_s if self.audio_s else math.nan

    def plain(self) -> dict[str, Any]:
        """For JSON: counts, rates and percentiles."""
        return {
            "set": self.set,
            "system": self.system,
            "files": self.files,
            "failed": self.failed,
            "audio_s": round(self.audio_s, 3),
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "real_time_factor": _finite(self.real_time_factor),
            "cpu_factor": _finite(self.cpu_factor),
            "peak_process_bytes": self.peak_process_bytes,
            "word_error": asdict(self.words) | {"rate": _finite(self.words.rate)},
            "diarization_error": asdict(self.diarization) | {"rate": _finite(self.diarization.rate)},
            "diarization_error_no_collar": _finite(self.diarization_strict.rate),
            "word_start_error_s": {
                "median": _finite(self.times.start_s(50)),
                "p95": _finite(self.times.start_s(95)),
                "matched": self.times.matched,
            },
            "word_end_error_s": {"median": _finite(self.times.end_s(50)), "p95": _finite(self.times.end_s(95))},
            "calibration_error": self.calibration_error,
            "speaker_count_right": list(self.counted),
        }


def summarise(results: Iterable[Result]) -> list[Summary]:
    """One summary per set and system, in the order in which they first appear."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.item.set, result.system), []).append(result)
    return [_summary(name, system, group) for (name, system), group in groups.items()]


def _summary(name: str, system: str, results: Sequence[Result]) -> Summary:
    heard = [result for result in results if not result.error]
    counts = [r.speakers_found == r.item.speakers for r in heard if r.speakers_found is not None and r.item.speakers]
    return Summary(
        set=name,
        system=system,
        files=len(results),
        failed=len(results) - len(heard),
        audio_s=sum(result.item.seconds for result in heard),
        wall_s=sum(result.cost.wall_s for result in heard),
        cpu_s=sum(result.cost.cpu_s for result in heard),
        peak_process_bytes=max((result.cost.peak_process_bytes for result in heard), default=0),
        words=sum((r.words for r in results if r.words), NO_WORDS),
        diarization=sum((r.diarization for r in heard if r.diarization), NO_SPEECH),
        diarization_strict=sum((r.diarization_strict for r in heard if r.diarization_strict), NO_SPEECH),
        times=sum((r.times for r in heard if r.times), NO_TIMES),
        calibration_error=calibration([pair for result in heard for pair in result.judged]).error,
        counted=(sum(counts), len(counts)),
    )


COLUMNS = (
    "set",
    "system",
    "files",
    "minutes",
    "word error",
    "diarization error",
    "speakers right",
    "word start median / 95 %",
    "calibration",
    "wall / sound",
    "cpu / sound",
    "largest process",
)


def table(summaries: Iterable[Summary]) -> str:
    """A Markdown table; a dash where there is no truth or nothing was measured."""
    rows = [COLUMNS, tuple("---" for _ in COLUMNS), *(_row(summary) for summary in summaries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    widths = [max(3, width) for width in widths]
    return "\n".join(f"| {' | '.join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))} |" for row in rows)


def _row(s: Summary) -> tuple[str, ...]:
    timed = f"{s.times.start_s(50) * 1000:.0f} / {s.times.start_s(95) * 1000:.0f} ms" if s.times.matched else "–"
    return (
        s.set,
        s.system,
        f"{s.files}" + (f" ({s.failed} failed)" if s.failed else ""),
        f"{s.audio_s / 60:.1f}",
        _word_cell(s.words),
        f"{s.diarization.rate:.1%}" if s.diarization.speech_s else "–",
        f"{s.counted[0]} of {s.counted[1]}" if s.counted[1] else "–",
        timed,
        f"{s.calibration_error:.3f}" if s.words.reference else "–",
        f"{s.real_time_factor:.3f}",
        f"{s.cpu_factor:.3f}",
        f"{s.peak_process_bytes / 1e6:.0f} MB",
    )


def _word_cell(words: WordError) -> str:
    if words.reference:
        return f"{words.rate:.1%}"
    return f"{words.insertions} words" if words is not NO_WORDS else "–"


def ratios(summaries: Sequence[Summary], system: str, against: str) -> list[str]:
    """One line per set with the word error of one system as a share of another's."""
    by_key = {(summary.set, summary.system): summary for summary in summaries}
    lines = []
    for name in dict.fromkeys(summary.set for summary in summaries):
        ours, theirs = by_key.get((name, system)), by_key.get((name, against))
        if ours and theirs and ours.words.reference and theirs.words.errors:
            share = ours.words.rate / theirs.words.rate
            lines.append(
                f"{name}: word error {ours.words.rate:.1%} is {share:.3f} × the {theirs.words.rate:.1%} of {against}"
            )
    return lines


def as_record(results: Sequence[Result], arguments: Mapping[str, Any], date: str) -> dict[str, Any]:
    """Everything of one run, for a JSON file."""
    return {
        "date": date,
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "load_at_end": os.getloadavg()[0],
        },
        "arguments": dict(arguments),
        "summaries": [summary.plain() for summary in summarise(results)],
        "files": [_file(result) for result in results],
    }


def _file(result: Result) -> dict[str, Any]:
    single = _summary(result.item.set, result.system, [result]).plain()
    return {"file": result.item.name, **single, "text": result.text, "error": result.error}


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - a kernel file, not a path of ours
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "")


def _finite(value: float) -> float | None:
    """JSON has neither infinity nor NaN."""
    return round(value, 5) if math.isfinite(value) else None
