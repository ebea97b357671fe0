"""The parts of the page that are always the same: tools, player, help, icons."""

from __future__ import annotations

from typing import Final


def _icon(shapes: str, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<svg{name} viewBox="0 0 24 24" aria-hidden="true">{shapes}</svg>'


ICONS: Final = {
    "search": _icon('<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>'),
    "up": _icon('<path d="m6 15 6-6 6 6"/>'),
    "down": _icon('<path d="m6 9 6 6 6-6"/>'),
    "theme": _icon('<circle cx="12" cy="12" r="9"/><path d="M12 3v18a9 9 0 0 0 0-18z" fill="currentColor"/>'),
    "help": _icon(
        '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5v.4M12 17h.01"/>'
    ),
    "start": _icon('<path d="M7 4.5v15l13-7.5z"/>', "start"),
    "pause": _icon('<path d="M6 4.5h4v15H6zM14 4.5h4v15h-4z"/>', "pause"),
    "file": _icon(
        '<path d="M4 6.5A1.5 1.5 0 0 1 5.5 5H10l2 2.5h6.5A1.5 1.5 0 0 1 20 9v8.5a1.5 1.5 0 0 1-1.5 1.5h-13'
        'A1.5 1.5 0 0 1 4 17.5z"/>'
    ),
}

TOOLS: Final = """\
<nav class="tools live" aria-label="Tools"><div>
<div class="find" role="search"><label>{search}<span class="unseen">Search the transcript</span>\
<input type="search" id="query" placeholder="Search" autocomplete="off" spellcheck="false"></label>
<span class="found" id="found" role="status"></span>
<button type="button" class="icon" id="earlier" aria-label="Previous match" disabled>{up}</button>
<button type="button" class="icon" id="later" aria-label="Next match" disabled>{down}</button></div>
<div class="doubts"><button type="button" id="doubt" aria-pressed="{pressed}">Doubtful words</button>
<label><span class="unseen">Doubtful below</span>\
<input type="range" id="below" min="5" max="95" step="5" value="{below}"></label>\
<output id="below-text" for="below">&lt; {below} %</output></div>
{other}<button type="button" class="icon" id="theme" aria-label="Light or dark">{theme}</button>
<button type="button" class="icon" id="help" aria-label="Keys">{help}</button>
</div></nav>
"""

TRANSLATION: Final = '<button type="button" id="other" aria-pressed="true">Translation</button>\n'

PLAYER: Final = """\
<video id="media" preload="metadata" playsinline hidden{media}></video>
<button type="button" class="follow live" id="follow" hidden>Back to what plays</button>
<div class="drop live" id="drop" hidden>Drop the recording to open it</div>
<footer class="player live" aria-label="Player"><div>
<button type="button" class="icon play" id="play" aria-label="Play">{start}{pause}</button>
<div class="clock"><b id="at">0:00</b> / {length}</div>
<div class="strip" id="strip" role="slider" tabindex="0" aria-label="Position" aria-valuemin="0" \
aria-valuemax="{seconds}" aria-valuenow="0"><canvas aria-hidden="true"></canvas><i id="head"></i></div>
<label><span class="unseen">Speed</span><select id="speed">
<option value="0.5">0.5×</option><option value="0.75">0.75×</option><option value="1" selected>1×</option>
<option value="1.25">1.25×</option><option value="1.5">1.5×</option><option value="2">2×</option></select></label>
<button type="button" class="choose" id="choose" aria-label="Open recording">\
<span>Open recording</span>{file}</button>
<input type="file" id="file" accept="audio/*,video/*" hidden>
<p class="say" id="say" role="status"></p>
</div></footer>
"""

HELP: Final = """\
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2><div class="keys">
<span><kbd>Space</kbd> <kbd>K</kbd></span><span>Play or pause</span>
<span><kbd>←</kbd> <kbd>→</kbd></span><span>Word by word</span>
<span><kbd>J</kbd> <kbd>L</kbd></span><span>5 seconds back or on</span>
<span><kbd>N</kbd> <kbd>Shift</kbd> <kbd>N</kbd></span><span>Next or previous doubtful word</span>
<span><kbd>D</kbd></span><span>Shade doubtful words, or don’t</span>
<span><kbd>/</kbd></span><span>Search; <kbd>Enter</kbd> goes on, <kbd>Esc</kbd> ends</span>
<span><kbd>T</kbd></span><span>Light or dark</span>
</div><form method="dialog"><button>Close</button></form></dialog>
"""

FOOT: Final = "</body>\n</html>\n"
