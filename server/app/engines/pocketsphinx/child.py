"""A decoder process: `python -m …child FD` reads chunks from the socket FD and answers with words.

It must not outlive its parent, who may be killed at any moment without a chance to tell. Between chunks the
closed socket is noticed by `recv`. During a chunk PocketSphinx holds the interpreter lock, so no Python code
could notice; the kernel does it (`lifeline`).
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from ...errors import AudapolisError, EngineFailed
from ..lifeline import dies_with_parent
from .decoder import ChunkDecoder, ChunkJob
from .pool import Reply


def main() -> None:
    """Serve until the parent closes the socket or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group; the parent decides
    connection = Connection(int(sys.argv[1]))
    decoder = ChunkDecoder()
    with suppress(EOFError, OSError):
        while True:
            job: ChunkJob = connection.recv()
            with dies_with_parent(connection.fileno()):
                reply = _decode(decoder, job)
            connection.send(reply)


def _decode(decoder: ChunkDecoder, job: ChunkJob) -> Reply:
    try:
        return Reply(decoder.decode(job), _rss_bytes(), ready_at=decoder.ready_at)
    except AudapolisError as error:
        return Reply((), _rss_bytes(), error)
    except (RuntimeError, ValueError, MemoryError) as error:
        failed = EngineFailed(
            f"PocketSphinx could not decode a chunk of {job.duration_s:.1f} s: {error}.",
            hint="Try another engine, or report this with the recording.",
        )
        return Reply((), _rss_bytes(), failed)


def _rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
