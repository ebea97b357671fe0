"""Who is ours: real processes, found both ways."""

from __future__ import annotations

import os
import subprocess
import sys

from audapolis.analytics.sampler.process_tree import family, searched_children

from .children import child, until


def roles(server: int, workers: list[int]) -> dict[int, str]:
    return {pid: member.role for pid, member in family(server, workers).items()}


def test_children_are_helpers_whether_of_the_server_or_of_a_worker() -> None:
    with child() as server, child() as worker, child() as idle:
        for each in (server, worker):
            each.tell("helper")
        found = family(server.pid, [worker.pid, idle.pid])
        helpers = {member.worker: member.stat.parent for member in found.values() if member.role == "helper"}
        assert helpers == {None: server.pid, worker.pid: worker.pid}
        assert {pid for pid, member in found.items() if member.role == "worker"} == {worker.pid, idle.pid}
        assert [pid for pid, member in found.items() if member.role == "server"] == [server.pid]


def test_a_worker_that_is_a_child_of_the_server_is_no_helper() -> None:
    with child() as worker:
        found = family(os.getpid(), [worker.pid])
        assert (found[worker.pid].role, found[worker.pid].worker) == ("worker", worker.pid)
        assert found[os.getpid()].role == "server"


def test_children_that_another_thread_started_are_found() -> None:
    with child() as server:
        server.tell("thread_helper")
        assert sorted(roles(server.pid, []).values()) == ["helper", "server"]


def test_kernels_that_do_not_list_children_are_searched_with_the_same_result() -> None:
    with child() as server, child() as worker:
        for each in (server, worker, worker):
            each.tell("helper")
        searched = family(server.pid, [worker.pid], searched_children())
        assert {pid: member.role for pid, member in searched.items()} == roles(server.pid, [worker.pid])
        assert len(searched) == 5


def test_processes_that_are_gone_are_left_out() -> None:
    with child() as server, child() as worker:
        worker.kill()
        assert roles(server.pid, [worker.pid, 2**22 + 1]) == {server.pid: "server"}
        server.kill()
        assert roles(server.pid, [worker.pid]) == {}


def test_processes_that_come_and_go_while_we_look_do_no_harm() -> None:
    program = "import subprocess\nwhile True: subprocess.run(['true'])"
    commands = [[sys.executable, "-c", program]] * 2
    with child() as server:
        noisy = [subprocess.Popen(command) for command in commands]
        try:
            until(lambda: len(family(noisy[0].pid, [noisy[1].pid])) > 2)
            for _ in range(300):
                assert {noisy[0].pid, noisy[1].pid} <= family(noisy[0].pid, [noisy[1].pid]).keys()
                family(server.pid, [noisy[0].pid], searched_children())
        finally:
            for process in noisy:
                process.kill()
                process.wait()
