"""Runs a template in a child process, watches it, and turns however it ends into text or one of our errors."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import AudapolisError, InvalidTemplate, WorkerCrashed
from .child import FAULTY

MOST_SOURCE_BYTES = 256 * 1024
"""Largest template taken."""

_BLOCK_BYTES = 1 << 16
_MOST_SAID_BYTES = 64 * 1024
_AT_ONCE = threading.BoundedSemaphore(4)
"""So many templates run at the same time: each may take much memory."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a template may use at most.

    Attributes:
        wall_s: Time until it is ended, whatever it does.
        cpu_s: Processor time.
        memory_bytes: Address space; the interpreter alone takes a tenth of it.
        output_bytes: What it may write.
    """

    wall_s: float = 60.0
    cpu_s: int = 30
    memory_bytes: int = 768 * 2**20
    output_bytes: int = 64 * 2**20


EXPORTING = Allowance()
PREVIEWING = Allowance(wall_s=10.0, cpu_s=5, output_bytes=256 * 1024)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template wrote; `cut` when it would have been more."""

    content: bytes
    cut: bool = False


def run_template(
    source: str, extension: str, data: dict[str, Any] | None, allowance: Allowance = EXPORTING, *, cut: bool = False
) -> Rendered:
    """Run a template, or without data only check it.

    Args:
        source: The template.
        extension: What its result ends in; markup is escaped by itself.
        data: What it sees; see `data.template_data`.
        allowance: Its limits.
        cut: Give what fits when it writes too much, instead of refusing all of it.

    Raises:
        InvalidTemplate: It is no template, uses a name there is not, reaches for what it may not, broke, or used
            more than it may. The error's data has `kind`, and `line` where that is known.
        WorkerCrashed: The system killed the child.
    """
    if len(source.encode("utf-8", "replace")) > MOST_SOURCE_BYTES:
        raise InvalidTemplate(f"The template is larger than {MOST_SOURCE_BYTES // 1024} KiB.", kind="limit")
    request = json.dumps({"source": source, "extension": extension, "data": data}).encode()
    with _AT_ONCE:
        child = _start(allowance)
        try:
            return _followed(child, request, allowance, cut=cut)
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None and not pipe.closed:
                    pipe.close()


def _start(allowance: Allowance) -> subprocess.Popen[bytes]:
    package = str(__package__)
    root = str(Path(__file__).parents[package.count(".") + 1])
    # As in audio/supervise.py: -P keeps the current folder off the path; the root comes last.
    code = f"import sys; sys.path.append({root!r}); from {package}.child import main; main(sys.argv[1])"
    limits = {**asdict(allowance), "parent": os.getpid()}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, json.dumps(limits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env={"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
        process_group=0,  # Ctrl-C on a terminal reaches us only; we end the child
    )


def _followed(child: subprocess.Popen[bytes], request: bytes, allowance: Allowance, *, cut: bool) -> Rendered:
    content, said = bytearray(), bytearray()
    for is_text, block in _blocks(child, request, time.monotonic() + allowance.wall_s):
        if not is_text:
            said += block[: _MOST_SAID_BYTES - len(said)]
            continue
        content += block
        if len(content) > allowance.output_bytes:
            if cut:
                return Rendered(_whole(bytes(content[: allowance.output_bytes])), cut=True)
            raise InvalidTemplate(
                f"The template wrote more than {allowance.output_bytes // 1024} KiB and was stopped.", kind="limit"
            )
    code = child.wait()
    if code:
        raise _ended(code, bytes(said), allowance)
    return Rendered(bytes(content))


def _blocks(child: subprocess.Popen[bytes], request: bytes, until: float) -> Iterator[tuple[bool, bytes]]:
    """Feed the child and yield what it writes (whether it is text, a block) until it closes both its ends."""
    assert child.stdin is not None  # pipes were asked for
    left = memoryview(request)
    os.set_blocking(child.stdin.fileno(), False)
    ends = {child.stdout, child.stderr}
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdin, selectors.EVENT_WRITE)
        for end in ends:
            selector.register(end, selectors.EVENT_READ)  # type: ignore[arg-type]
        while ends:
            ready = selector.select(max(0.0, until - time.monotonic()))
            if not ready:
                raise InvalidTemplate("The template took too long and was stopped.", hint=_LESS, kind="limit")
            for key, _ in ready:
                if key.fileobj is child.stdin:
                    left = _fed(child, left, selector)
                elif block := os.read(key.fd, _BLOCK_BYTES):
                    yield key.fileobj is child.stdout, block
                else:
                    selector.unregister(key.fileobj)
                    ends.remove(key.fileobj)  # type: ignore[arg-type]


def _fed(child: subprocess.Popen[bytes], left: memoryview, selector: selectors.BaseSelector) -> memoryview:
    assert child.stdin is not None
    try:
        left = left[os.write(child.stdin.fileno(), left[:_BLOCK_BYTES]) :]
    except BrokenPipeError:  # it has gone; how, its exit code tells
        left = left[:0]
    if not left:
        selector.unregister(child.stdin)
        child.stdin.close()
    return left


_LESS = "Loop over less; a template may look at every word of the transcript a few times, not more."


def _ended(code: int, said: bytes, allowance: Allowance) -> AudapolisError:
    if code == FAULTY:
        try:
            told = json.loads(said.decode().strip().splitlines()[-1])
            return InvalidTemplate(told["message"], hint=told["hint"], **told["data"])
        except (ValueError, LookupError):
            pass
    if code == -signal.SIGXCPU:
        return InvalidTemplate(
            f"The template used more than {allowance.cpu_s} s of processor time and was stopped.",
            hint=_LESS,
            kind="limit",
        )
    if code == -signal.SIGKILL:
        return WorkerCrashed(
            "The process that ran the template was killed.", hint="Check that the machine has enough free memory."
        )
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
    return InvalidTemplate(
        f"The template broke the process that ran it ({how}).",
        hint="Make it simpler, above all less deep.",
        kind="limit",
    )


def _whole(content: bytes) -> bytes:
    """Without the part of a character at the end."""
    return content.decode("utf-8", "ignore").encode()
