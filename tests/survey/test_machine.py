"""Looking at the machine."""

from __future__ import annotations

from pathlib import Path

from audapolis.engines.devices import Device, MachineProbe, Reading
from audapolis.errors import DeviceLost
from audapolis.survey.machine import free_bytes, look

from .machines import GIB, FixedProbe

CARD = Device("cuda", 0, "NVIDIA L4", "GPU-1", 24 * GIB, driver="550.54", capability=(8, 9))


def test_this_machine_has_cores_memory_and_disks(tmp_path: Path) -> None:
    found = look(MachineProbe({"CUDA_VISIBLE_DEVICES": ""}), {"data": tmp_path / "not" / "yet"})
    assert found.processor.cores.usable >= 1
    assert found.memory.total_bytes >= (found.memory.available_bytes or 0) > 0
    assert found.disks[0].path == str(tmp_path / "not" / "yet")
    assert (found.free_bytes("data") or 0) > 0
    assert found.free_bytes("nothing") is None
    assert found.gpus == ()
    assert found.no_gpu_because


def test_gpus_are_told_with_their_memory_in_use(tmp_path: Path) -> None:
    found = look(FixedProbe(CARD), {"data": tmp_path})
    assert [(gpu.label, gpu.memory_used_bytes) for gpu in found.gpus] == [("cuda:0", 6 * GIB)]
    assert found.no_gpu_because == ""


def test_a_gpu_that_vanishes_while_we_look_is_not_there(tmp_path: Path) -> None:
    class Vanishing(FixedProbe):
        def reading(self, device: Device) -> Reading:
            if device.kind == "cuda":
                raise DeviceLost("It has vanished.")
            return super().reading(device)

    found = look(Vanishing(CARD), {"data": tmp_path})
    assert found.gpus == ()
    assert found.no_gpu_because == "it has vanished"


def test_free_space_is_that_of_the_nearest_folder_there_is(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "a" / "b") is not None
