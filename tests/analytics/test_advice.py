"""Advice: each rule where it must come, nothing where nothing is wrong, and never two that contradict each other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audapolis.analytics.advice import RULES, Advice, Effect, Site, advise, confidence_in, counsel
from audapolis.analytics.advice.looking import Look
from audapolis.analytics.capacity.contention import INDEPENDENT, Contention
from audapolis.analytics.facts import FailureFact, JobFact, LoadFact, Sample
from audapolis.analytics.history.store import History
from audapolis.analytics.span import DAY_S
from audapolis.config import load_configuration
from audapolis.domain.codec import to_plain
from audapolis.knob_desk import KnobDesk
from audapolis.tuning.knobs import KNOBS, Room
from hypothesis import given, settings
from hypothesis import strategies as st

from .advice_scenes import (
    GIB,
    HEALTHY,
    KNOBS_NOW,
    LIMITS,
    SCARCE,
    SCENES,
    START,
    Scene,
    corrected,
    growing,
    loaded,
    models_held,
    nearly_full,
    repeated,
)
from .simulation import Simulation
from .simulation import Site as Simulated
from .workloads import FOUR_MODELS, KINDS

SIMULATED = {kind.kind: kind.site for kind in KINDS}
SIMULATED["cold_loads"] = Simulated(jobs=150, workers=2, models=FOUR_MODELS, load_s=60, keep_alive_s=300)
"""Sites simulated stage by stage, on cores and disks they share; advice knows nothing of how."""

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text("utf-8")


def test_every_rule_has_a_scene_in_which_it_must_come() -> None:
    assert set(SCENES) == set(RULES)


def asked(scene: Scene) -> list[Advice]:
    with tempfile.TemporaryDirectory() as folder:
        history = scene.history(Path(folder))
        try:
            return advise(history, scene.period, scene.site, now=scene.period.until)
        finally:
            history.close()


@pytest.mark.parametrize("rule", SCENES)
def test_a_rule_comes_where_it_must_with_the_right_turn(rule: str) -> None:
    scene, turn = SCENES[rule]
    [advice] = [each for each in asked(scene) if each.rule == rule]
    assert (None if advice.turn is None else (advice.turn.knob, advice.turn.value)) == turn
    assert advice.id.startswith(rule)
    assert advice.do.endswith(".")
    assert advice.costs
    assert advice.why
    assert all(np.isfinite(each.value) for each in advice.why)
    assert advice.expect.low <= advice.expect.after <= advice.expect.high
    assert json.dumps(to_plain(advice))


@pytest.mark.parametrize(
    "scene",
    [
        HEALTHY,
        replace(HEALTHY, every_s=900.0, clients=("anna",)),
        replace(HEALTHY, device="cuda:0", gpus=1),
        replace(
            HEALTHY,
            cores=2,
            memory_bytes=8 * GIB,
            free=(5 * GIB, GIB),
            every_s=1500.0,
            knobs={"workers": 1, "threads_per_worker": 0},
        ),
        replace(HEALTHY, job=repeated(60), curves={"cache.bytes": (GIB, 0.0)}),
        replace(HEALTHY, more=lambda jobs: loaded(jobs[:4], 10.0)),
        replace(
            HEALTHY,
            job=lambda row: {"model": ("small", "tiny")[row % 2]},
            knobs={"default_model": "small"},
            more=lambda jobs: corrected(jobs, {"small": 0.08, "tiny": 0.2}),
        ),
    ],
    ids=["plain", "calm", "gpu", "small machine", "repeats", "few loads", "best default"],
)
def test_nothing_is_advised_where_nothing_is_wrong(scene: Scene) -> None:
    assert asked(scene) == []


def test_a_fast_but_less_accurate_model_is_only_advised_where_jobs_wait_too_long_and_its_price_is_told() -> None:
    scene, _ = SCENES["faster_model"]
    [advice] = [each for each in asked(scene) if each.rule == "faster_model"]
    assert "Of 100 words 10." in advice.costs
    assert "instead of 6." in advice.costs
    assert advice.expect.after < advice.expect.before
    calm = replace(scene, every_s=2400.0, days=16)
    assert not [each for each in asked(calm) if each.kind == "model"]


def test_a_model_that_is_not_here_is_not_advised_and_a_language_has_its_own() -> None:
    scene, _ = SCENES["default_model"]
    assert not [each for each in asked(replace(scene, models=("tiny", "medium"))) if each.kind == "model"]
    german = replace(
        scene,
        job=lambda row: {"model": ("tiny", "small")[row % 2], "language": ("de", "en")[row // 2 % 2]},
        days=4,
    )
    turns = {each.turn.knob: each.turn.value for each in asked(german) if each.rule == "default_model" and each.turn}
    assert turns == {"default_model:de": "small", "default_model:en": "small"}


def test_models_are_compared_on_the_same_recordings_where_both_did_them() -> None:
    scene, _ = SCENES["default_model"]
    paired = replace(scene, job=lambda row: {"model": ("tiny", "small")[row % 2], "recording": f"recording-{row // 2}"})
    [advice] = [each for each in asked(paired) if each.rule == "default_model"]
    assert advice.turn is not None
    assert advice.turn.value == "small"
    assert advice.expect.low < 0.09 < advice.expect.high + 0.02
    assert advice.expect.certain
    assert advice.confidence == "high"


def test_no_workers_are_added_where_the_gpu_has_no_room_for_their_models() -> None:
    scene, _ = SCENES["more_workers"]

    def gpu(used_gib: float) -> Scene:
        held = {"gpu.memory_used_bytes": used_gib, "gpu.memory_bytes": 16.0}
        return replace(
            scene,
            device="cuda:0",
            gpus=1,
            labelled=lambda at: [
                Sample("gpu.utilisation", at, 0.4, (("device", "cuda:0"),)),
                *[Sample(name, at, gib * GIB, (("device", "cuda:0"),)) for name, gib in held.items()],
            ],
        )

    assert [each.rule for each in asked(gpu(4))] == ["more_workers"]
    assert "more_workers" not in {each.rule for each in asked(gpu(12))}


def test_jobs_that_fail_for_want_of_memory_tell_that_it_is_scarce() -> None:
    failed = replace(
        HEALTHY,
        more=lambda jobs: [
            FailureFact(at=job.at, kind="job", error="out_of_memory", job_id=job.job_id) for job in jobs[:5]
        ],
    )
    [advice] = asked(failed)
    assert advice.turn is not None
    assert (advice.rule, advice.turn.knob, advice.turn.value) == ("fewer_workers_for_memory", "workers", 1)
    full = replace(
        HEALTHY,
        more=lambda jobs: [
            FailureFact(at=job.at, kind="job", error="storage_full", job_id=job.job_id) for job in jobs[:5]
        ],
    )
    assert [each.rule for each in asked(full)] == ["more_disk"]


def test_where_too_little_is_known_that_is_said_and_nothing_is_advised(tmp_path: Path) -> None:
    history = History(tmp_path / "empty.sqlite")
    nothing = counsel(history, HEALTHY.period, HEALTHY.site, now=START)
    assert nothing.advice == ()
    assert {each.rule for each in nothing.missing} >= {"more_workers", "leak", "near_the_limit", "longer_keep_alive"}
    assert all(each.what.endswith(".") for each in nothing.missing)
    history.write(HEALTHY.facts()[:19])
    few = counsel(history, HEALTHY.period, HEALTHY.site, now=START)
    assert few.advice == ()
    assert "Only 19 jobs ran" in next(each.what for each in few.missing if each.rule == "more_workers")


def test_without_memory_and_processor_times_no_workers_are_added(tmp_path: Path) -> None:
    scene, _ = SCENES["more_workers"]
    history = History(tmp_path / "history.sqlite")
    history.write([replace(job, cpu_s=None, peak_rss_bytes=None) for job in scene.facts()])
    found = counsel(history, scene.period, scene.site, now=START)
    assert found.advice == ()
    assert any(each.rule == "more_workers" and "processor time" in each.what for each in found.missing)


def test_the_same_is_advised_under_the_same_id() -> None:
    scene, _ = SCENES["more_workers"]
    first, again = ([each.id for each in asked(scene)] for _ in range(2))
    assert first == again == ["more_workers-2"]


def test_confidence_follows_its_rule() -> None:
    better, perhaps = Effect("x", "s", 10, 5, 4, 6), Effect("x", "s", 10, 5, 4, 11)
    more = Effect("x", "1/h", 10, 20, 15, 25)
    assert confidence_in(100, better) == confidence_in(100, more) == "high"
    assert confidence_in(99, better) == confidence_in(500, better, presumed=True) == "medium"
    assert confidence_in(29, better) == confidence_in(500, perhaps) == "low"


FREES_MEMORY = ("more_memory", "shorter_keep_alive", "fewer_workers_for_memory")
OPPOSITES = (
    {"more_workers", "fewer_workers"},
    {"more_workers", "fewer_threads"},
    {"more_threads", "fewer_threads"},
    {"more_threads", "more_workers"},
    {"longer_keep_alive", "shorter_keep_alive"},
    {"bigger_cache", "smaller_cache"},
    {"bigger_cache", "more_disk"},
    {"older_cache", "more_disk"},
    {"faster_model", "default_model"},
    *({frees, takes} for frees in FREES_MEMORY for takes in ("more_workers", "longer_keep_alive", "warm_up")),
)
"""Rules one of which would undo what the other does."""


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    every_s=st.sampled_from([110.0, 240.0, 1500.0]),
    workers=st.integers(1, 4),
    threads=st.sampled_from([0, 1, 2]),
    contention=st.sampled_from([INDEPENDENT, Contention(sigma=0.25), Contention(kappa=0.2)]),
    load_each=st.sampled_from([1.0, 4.0, 8.0]),
    free=st.sampled_from([(24 * GIB, GIB), SCARCE, (8 * GIB, 3 * GIB)]),
    labelled=st.sampled_from([lambda _at: [], models_held, growing, nearly_full]),
    loads=st.sampled_from([0.0, 30.0]),
    again=st.sampled_from([10_000, 40]),
    cache=st.sampled_from([1.0, 3.9, 30.0]),
    errors=st.sampled_from([{"small": 0.1, "tiny": 0.1}, {"small": 0.05, "tiny": 0.2}, {"small": 0.2, "tiny": 0.05}]),
    device=st.sampled_from(["cpu", "cuda:0"]),
)
def test_no_two_contradict_each_other_and_every_turn_is_within_bounds_and_is_one(
    *,
    every_s: float,
    workers: int,
    threads: int,
    contention: Contention,
    load_each: float,
    free: tuple[float, float],
    labelled: Callable[[float], list[Sample]],
    loads: float,
    again: int,
    cache: float,
    errors: dict[str, float],
    device: str,
) -> None:
    scene = Scene(
        every_s=every_s,
        days=1.0,
        contention=contention,
        load_each=load_each,
        free=free,
        labelled=labelled,
        curves={"cache.bytes": (cache * GIB, 0.0)},
        device=device,
        gpus=int(device != "cpu"),
        job=lambda row: {**repeated(again)(row), "model": ("small", "tiny")[row % 2]},
        more=lambda jobs: [*(loaded(jobs, loads) if loads else []), *corrected(jobs, errors)],
        knobs={"workers": workers, "threads_per_worker": threads, "default_model": "small"},
    )
    found = asked(scene)
    rules = {each.rule for each in found}
    assert not [pair for pair in OPPOSITES if pair <= rules]
    turns = [each.turn for each in found if each.turn is not None]
    assert len({turn.knob for turn in turns}) == len(turns)
    for turn in turns:
        assert turn.value != scene.site.knobs.get(turn.knob)
        lowest, highest = LIMITS.get(turn.knob, (0, 0))
        assert turn.knob not in LIMITS or lowest <= float(turn.value) <= highest
    assert len({each.id for each in found}) == len(found)


@pytest.mark.parametrize("rule", [rule for rule, (_, turn) in SCENES.items() if turn is not None])
def test_what_is_advised_can_be_applied_as_it_is_and_undone(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, _ = SCENES[rule]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
    configuration = load_configuration(data_dir=tmp_path / "data")
    room = Room(cores=8, memory_bytes=32 * GIB, cache_room_bytes=100 * GIB, models=scene.models)
    desk = KnobDesk(configuration, room=lambda _settings: room)
    for knob, value in {**KNOBS_NOW, **scene.knobs}.items():
        if value not in (None, desk.knob(knob).value):
            desk.turn(knob, value, by="a test", reason="as the scene is")
    before = configuration.settings
    advice = next(each for each in asked(scene) if each.rule == rule)
    assert advice.turn is not None
    plain = to_plain(advice)
    reason = f"Advice {advice.id}: {advice.do}"
    turn = desk.turn(
        advice.turn.knob,
        advice.turn.value,
        by="anna",
        reason=reason,
        evidence={"why": plain["why"]},
        expect=plain["expect"],
    )
    assert desk.knob(advice.turn.knob).value == advice.turn.value
    assert load_configuration(data_dir=tmp_path / "data").settings == configuration.settings != before
    desk.undo(turn.id, by="anna")
    assert configuration.settings == before


def test_every_knob_that_is_turned_exists_and_every_rule_is_documented() -> None:
    table = PAGE.split("## Advice")[1].split("\n## ")[0]
    rows = {line.split("`")[1]: line for line in table.splitlines() if line.startswith("| `")}
    assert list(rows) == list(RULES)
    for rule in RULES.values():
        assert rule.knob == "" or rule.knob in KNOBS
        cells = [cell.strip() for cell in rows[rule.name].strip("|").split("|")]
        assert rule.kind in cells
        assert rule.when in cells
        assert (f"`{rule.knob}`" if rule.knob else "a person") in cells


def test_what_makes_a_rule_needless_is_asked_before_it() -> None:
    order = list(RULES)
    for rule in RULES.values():
        assert all(order.index(other) < order.index(rule.name) for other in rule.needless)


def test_what_no_history_can_tell_is_none_and_not_zero(tmp_path: Path) -> None:
    look = Look(History(tmp_path / "empty.sqlite"), HEALTHY.period, HEALTHY.site, START)
    assert (look.p95_wait_s, look.queue, look.free_bytes, look.worker_bytes, look.short_bytes) == (None,) * 5
    assert look.memory_left(1.0) is None
    assert look.waits(2) is None
    assert look.level("cpu.load") is None
    assert not look.waits_too_long


def waited_s(simulated: Simulation, unless_of: str = "") -> float:
    """What 95 % of the jobs waited less than, but for one client's."""
    jobs = [fact for fact in simulated.facts if isinstance(fact, JobFact) and fact.run_s > 0]
    return float(np.quantile([job.queue_s for job in jobs if job.client != unless_of], 0.95))


def loading_s_a_day(simulated: Simulation) -> float:
    jobs = [fact for fact in simulated.facts if isinstance(fact, JobFact)]
    days = (max(job.at for job in jobs) - min(job.queued_at for job in jobs)) / DAY_S
    return sum(fact.wall_s for fact in simulated.facts if isinstance(fact, LoadFact) and fact.what == "cold") / days


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "rule", "seen"),
    [
        ("queue", "more_workers", waited_s),
        ("diarization", "more_workers", waited_s),
        ("one_client", "more_workers", waited_s),
        ("one_client", "flooding_client", lambda simulated: waited_s(simulated, "flooder")),
        ("cold_loads", "longer_keep_alive", loading_s_a_day),
    ],
)
def test_what_is_promised_comes_true_when_the_site_is_simulated_once_more_with_the_advice(
    kind: str, rule: str, seen: Callable[[Simulation], float], tmp_path: Path
) -> None:
    site = SIMULATED[kind]
    told = right = 0
    for seed in range(1, 5):
        simulated = Simulation(site, seed)
        history = History(tmp_path / f"{seed}.sqlite")
        history.write(simulated.facts, simulated.samples())
        knobs = {
            "workers": site.workers,
            "threads_per_worker": 1,
            "model_keep_alive": site.keep_alive_s,
            "warm_up": True,
        }
        there = Site(site.cores, site.memory_bytes, 300.0, knobs)
        found = [each for each in advise(history, simulated.period, there, now=START) if each.rule == rule]
        for advice in found:
            if advice.turn is None:
                followed = replace(site, fair=True)
            elif advice.turn.knob == "workers":
                followed = replace(site, workers=int(advice.turn.value))
            else:
                followed = replace(site, keep_alive_s=float(advice.turn.value))
            told += 1
            now = seen(Simulation(followed, seed))
            assert now < seen(simulated)
            right += 0.95 * advice.expect.low <= now <= 1.05 * advice.expect.high
    assert told >= 3
    assert right >= told - 1
