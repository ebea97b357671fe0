"""How much the workers can take: a queueing model fitted to what was seen."""

from .fitting import Demand, Fitted, fitted, queue_jobs
from .planning import Growth, Option, Plan, plan
from .queueing import Service, Station, Wait
from .replay import Replayed, replay

__all__ = [
    "Demand",
    "Fitted",
    "Growth",
    "Option",
    "Plan",
    "Replayed",
    "Service",
    "Station",
    "Wait",
    "fitted",
    "plan",
    "queue_jobs",
    "replay",
]
