"""Starts the server for the audapolis desktop app, which runs this file and reads its standard output.

Two lines of JSON come there, and nothing else: the port at once, the token when requests are taken. The port is a
free one unless `AUDAPOLIS_SERVER__PORT` names one; `AUDAPOLIS_DATA_DIR` says where data is kept.

The server ends on SIGINT, SIGTERM, and when the app that holds the other end of its standard input is gone: it
would otherwise live on unseen and keep the data folder from the next one.
"""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import sys
import threading
import time
from typing import IO, Any

from audapolis.config import Configuration, load_configuration
from audapolis.errors import AudapolisError, InvalidInput
from audapolis.terminal.serving import listen

LINES_APART_S = 0.2
"""The app takes what it reads at once for one line of JSON, so two lines must not come together."""


class Announcer:
    """Owns the real standard output; whatever else this program or its children print goes to standard error."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._out: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._last = -LINES_APART_S

    def say(self, **message: Any) -> None:
        """Write one line."""
        time.sleep(max(0.0, self._last + LINES_APART_S - time.monotonic()))
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()
        self._last = time.monotonic()


def configuration_for_the_app() -> Configuration:
    """The settings of file and environment, but on a free port unless one is named."""
    configuration = load_configuration()
    named = next(each.layer for each in configuration.describe() if each.key == "server.port") != "default"
    return configuration if named else load_configuration(server={"port": 0})


def end_with_parent() -> None:
    """Stop when the other end of standard input closes. Where nobody holds one, nothing is watched."""
    try:
        kind = os.fstat(0).st_mode
        held = stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)
        if held and not select.select([0], [], [], 0)[0]:
            threading.Thread(target=_wait_for_end, name="parent", daemon=True).start()
    except OSError:  # standard input is closed
        return


def _wait_for_end() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run until stopped.

    Returns:
        Exit code: 0 stopped, 2 wrong settings, 1 anything else.
    """
    announcer = Announcer()
    try:
        configuration = configuration_for_the_app()
        listener = listen(configuration.settings.server.host, configuration.settings.server.port)
        announcer.say(msg="server_starting", port=listener.getsockname()[1])
        end_with_parent()
        from audapolis.main import serve  # takes a while; the app has the port by now

        return serve(configuration, listener, lambda running: announcer.say(msg="server_started", token=running.token))
    except AudapolisError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, InvalidInput) else 1


if __name__ == "__main__":
    sys.exit(main())
