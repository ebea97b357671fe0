"""What each error usually means and what to do about it, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """What an error usually means, and what the administrator does about it; a sentence each."""

    means: str
    do: str


REMEDIES: Mapping[str, Remedy] = {
    "unsupported_media": Remedy(
        "The files are damaged, empty, silent, or of a kind that libav can't read.",
        "Play an example; convert such files (`ffmpeg -i IN OUT.wav`) or have their sender export them in another way.",
    ),
    "invalid_option": Remedy(
        "Tasks are submitted with options that make no sense together.",
        "Look at the options of the example and correct the program or preset that sends them.",
    ),
    "unknown_name": Remedy(
        "Tasks name an engine, a model or a format that does not exist here.",
        "Compare the name with `audapolis models list` and `audapolis formats`; correct the sender, or install the model.",
    ),
    "invalid_document": Remedy(
        "A transcript or document file breaks the rules of its format.",
        "Write the file again with the program that made it.",
    ),
    "invalid_template": Remedy(
        "A template of your own is wrong, or takes more time or memory than it may.",
        "Try the template with `audapolis templates preview` and mend the line that is named.",
    ),
    "invalid_model": Remedy(
        "A speech model is damaged, of no kind we know, or does not work.",
        "Remove the model and import or fetch it again.",
    ),
    "invalid_input": Remedy(
        "Tasks ask for something that can't work.",
        "Look at the message of the example and correct the program that sends such tasks.",
    ),
    "not_found": Remedy(
        "The recording, or something the task needs, was gone when it was its turn.",
        "Keep recordings where they are until their tasks are done, or upload them instead of naming a path.",
    ),
    "conflict": Remedy(
        "Two wishes contradict each other, or something exists already.",
        "Have one program at a time submit such tasks, or give them other names.",
    ),
    "stale": Remedy(
        "Something was changed by two at once.",
        "Read it again and repeat the change; if it keeps happening, two programs edit the same thing.",
    ),
    "unauthorized": Remedy(
        "A token is missing or wrong.",
        "Give the sender the token of this server, or a new one after it was changed.",
    ),
    "too_large": Remedy(
        "The input is over a limit of the settings.",
        "Raise the limit that the message names, or have such recordings cut.",
    ),
    "engine_unavailable": Remedy(
        "An engine can't run on this machine: something it needs is not installed.",
        "Run `audapolis doctor`: it tells what is missing; install that, or choose another engine.",
    ),
    "model_missing": Remedy(
        "The weights of a model are not on this machine.",
        "Fetch the model with `audapolis models pull`, or name one that is here.",
    ),
    "model_broken": Remedy(
        "A file of a model is damaged or was cut short.",
        "Remove the model and fetch it again; check the disk if it happens twice.",
    ),
    "engine_failed": Remedy(
        "An engine broke on these recordings.",
        "Retry the example with another model or engine; if that works, make it the default for such recordings.",
    ),
    "worker_crashed": Remedy(
        "The process that did the work died, most often because the machine ran out of memory.",
        "Look for the out-of-memory killer in the system's log; run fewer workers, or use a smaller model.",
    ),
    "worker_lost": Remedy(
        "A worker died or fell silent while it was at a task.",
        "Look for the out-of-memory killer in the system's log; run fewer workers, or use a smaller model.",
    ),
    "out_of_memory": Remedy(
        "The machine had no memory left.",
        "Run fewer workers, use a smaller model, or add memory; have very long recordings cut.",
    ),
    "out_of_device_memory": Remedy(
        "The device had no memory left for the model and what it works on.",
        "Choose a smaller model, precision or batch, or let fewer workers share the device.",
    ),
    "device_lost": Remedy(
        "A device vanished, or its driver gave up.",
        "Look at the driver's messages (`dmesg`) and the device's temperature; restart, or update the driver.",
    ),
    "storage_full": Remedy(
        "The disk was full.",
        "Free some space, or have results and finished tasks kept for a shorter time; then retry the failed tasks.",
    ),
    "export_failed": Remedy(
        "A transcript could not be written in a format.",
        "Export the example by hand: the message tells what the format can't hold; choose other options.",
    ),
    "internal_error": Remedy(
        "Something broke inside Audapolis.",
        "Look up the example in the log and report it; if it began with an update, go back to the version before.",
    ),
    "audapolis_error": Remedy(
        "Something went wrong that has no kind of its own.",
        "Look up the example in the log: its message says what.",
    ),
}
"""By error code. Whatever can end a job, an attempt or an export is here."""

_UNKNOWN = Remedy("It is not known what this means.", "Look up the example in the log.")


def remedy_of(error: str) -> Remedy:
    """What an error means and what to do; says so where it is not known."""
    return REMEDIES.get(error, _UNKNOWN)
