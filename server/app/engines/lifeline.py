"""How a child process dies with its parent even while native code runs in it."""

from __future__ import annotations

import fcntl
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def dies_with_parent(fd: int) -> Iterator[None]:
    """Have the kernel end this process when the other end of its socket closes.

    With `O_ASYNC` set on the socket, its closing raises SIGIO, whose default action ends the process: no Python
    code has to run, so it works while a library holds the interpreter lock. (`PR_SET_PDEATHSIG` would not do: it
    fires when the parent's *thread* ends.) Nothing may be sent to the process meanwhile.

    Args:
        fd: The socket to the parent.

    Raises:
        EOFError: The parent is gone already.
    """
    plain = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETFL, plain | os.O_ASYNC)
    if select.select([fd], [], [], 0)[0]:  # the parent died before the kernel was asked to watch
        raise EOFError
    try:
        yield
    finally:
        fcntl.fcntl(fd, fcntl.F_SETFL, plain)
