"""Templates run in a child process: what they may do, and what becomes of those that try more."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from audapolis.errors import InvalidTemplate
from audapolis.export.templates.data import NAMES, template_data
from audapolis.export.templates.running import EXPORTING, Allowance, run_template
from audapolis.export.templates.sample import sample_transcript

from tests.builders import conversation, make_transcript

SMALL = Allowance(wall_s=20.0, cpu_s=2, memory_bytes=256 * 2**20, output_bytes=64 * 1024)
SAMPLE = template_data(sample_transcript())


def rendered(source: str, extension: str = "txt") -> str:
    return run_template(source, extension, SAMPLE, SMALL).content.decode()


def refused(source: str, allowance: Allowance = SMALL) -> InvalidTemplate:
    with pytest.raises(InvalidTemplate) as caught:
        run_template(source, "txt", SAMPLE, allowance)
    return caught.value


def test_a_template_turns_the_transcript_into_text() -> None:
    source = "{% for turn in turns %}\n{{ turn.speaker | speaker_name('?') }}: {{ turn.text }}\n{% endfor %}\n"
    assert rendered(source).splitlines()[1:3] == ['Bob "B" <b>: Yes.', "?: [laughter]"]


def test_every_documented_name_is_there() -> None:
    assert set(SAMPLE) == set(NAMES)
    source = "{{ schema }} {{ languages | join(',') }} {{ segments[0].translations.de }} {{ recording.frame_rate }}"
    assert rendered(source) == "audapolis.template/1 en,de Guten Morgen bei „Schiene & Straße“. 30000/1001"


def test_filters_write_times_names_and_escapes() -> None:
    source = (
        "{{ 3723.25 | clock(',') }}|{{ 3723.25 | short_clock }}|{{ 60 | timecode('30000/1001', true) }}|"
        "{{ segments[4].text | csv }}|{{ 'a,\"b' | csv }}|{{ -5 | csv }}|{{ '<&>' | xml }}|{{ '50_%' | latex }}|"
        "{{ 'aaa bbb ccc' | wrap(7) }}|{{ 'a\n  b' | one_line }}|{{ '\"<' | xml_attribute }}"
    )
    assert rendered(source) == (
        '01:02:03,250|1:02:03|00:00:59;28|\'=SUM(A1) is what I’d type 😀|"a,""b"|-5|&lt;&amp;&gt;|50\\_\\%|'
        "aaa bbb\nccc|a b|'\"&lt;'"
    )


def test_markup_is_escaped_by_itself_and_text_is_not() -> None:
    assert rendered("{{ speakers[1].name }}", "html") == "Bob &#34;B&#34; &lt;b&gt;"
    assert rendered("{{ speakers[1].name }}") == 'Bob "B" <b>'


@pytest.mark.parametrize(
    ("source", "kind", "says"),
    [
        ("{% for i in range(10**9) %}x{% endfor %}", "limit", "counts too far"),
        ("{{ ''.__class__.__mro__ }}", "forbidden", "__class__"),
        ("{{ cycler.__init__.__globals__ }}", "forbidden", "__init__"),
        ("{{ transcript.update({'id': 1}) }}", "forbidden", "update"),
        ("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}", "limit", "too deep"),
        ("{{ " + "(" * 4000 + ")" * 4000 + " }}", "limit", "too deep"),
        ("{% for a in segments %}" * 40 + "{% endfor %}" * 40, "syntax", "nested"),
        ("\n\n{% for x %}", "syntax", "Line 3"),
        ("{{ transcript | nofilter }}", "syntax", "nofilter"),
        ("{% include '/etc/passwd' %}", "syntax", "can't include"),
        ("a\n{{ segmnts }}", "undefined", "Line 2: 'segmnts' is not defined"),
        ("{% for s in segments %}\n{{ s.tekst }}{% endfor %}", "undefined", "Line 2: There is no 'tekst'"),
        ("{{ 1 / 0 }}", "failed", "division by zero"),
        ("{{ 3 | timecode('x') }}", "failed", "not a frame rate"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(source: str, kind: str, says: str) -> None:
    error = refused(source)
    assert error.data["kind"] == kind
    assert says in str(error)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ 'x' * 200000000 }}", ""),
        ("{{ [1] * 10**9 }}", "memory"),
        ("{{ '%999999999d' % 1 }}", "memory"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}y{% endfor %}{% endfor %}", "wrote more than 64 KiB"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "2 s of processor time"),
        ("{{ 10 ** (10 ** 10) }}", "2 s of processor time"),
    ],
)
def test_what_explodes_is_stopped_and_said_to_be(source: str, says: str) -> None:
    began = time.monotonic()
    error = refused(source)
    assert error.data["kind"] == "limit"
    assert says in str(error)
    assert time.monotonic() - began < 15


def test_a_template_that_only_takes_time_is_stopped_by_the_clock() -> None:
    impatient = Allowance(wall_s=1.0, cpu_s=30)
    assert "took too long" in str(
        refused("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", impatient)
    )


def test_what_is_too_long_can_be_cut_instead_at_a_whole_character() -> None:
    allowance = Allowance(output_bytes=1001)
    made = run_template("{% for i in range(9999) %}é{% endfor %}", "txt", SAMPLE, allowance, cut=True)
    assert made.cut
    assert made.content.decode() == "é" * 500


def test_nothing_is_left_of_the_child() -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text()
    refused("{{ environ }}")
    assert children.read_text() == before


def test_a_template_larger_than_any_is_refused_without_a_look() -> None:
    assert "256 KiB" in str(refused("x" * 300_000))


def test_control_characters_of_the_transcript_do_not_get_through() -> None:
    data = template_data(make_transcript(("S1", 0.0, 1.0, "a\x00b\x1bc")))
    assert run_template("{{ segments[0].text }}", "txt", data).content == b"abc"


def test_long_transcripts_render_within_the_limits() -> None:
    lines = [
        (f"S{i % 6 + 1}", i * 3.6, i * 3.6 + 3, "ten words in a row are what this line has") for i in range(10_000)
    ]
    source = (
        "{% for s in segments %}{% for w in s.words %}{{ w.start_s | clock }} {{ w.text }}\n{% endfor %}{% endfor %}"
    )
    made = run_template(source, "txt", template_data(make_transcript(*lines)), EXPORTING)
    assert made.content.count(b"\n") == 100_000


def test_the_same_transcript_gives_the_same_bytes() -> None:
    source = "{{ {'b': 1, 'a': 2} }}{% for key in segments[0] %}{{ key }}{% endfor %}"
    data = template_data(conversation())
    assert run_template(source, "txt", data) == run_template(source, "txt", data)
    assert "random" in str(refused("{{ segments | random }}"))
