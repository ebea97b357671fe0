"""What to change here: advice by rules, each with its evidence, what it is to bring about, and how sure that is."""

from .records import Advice, Confidence, Counsel, Effect, Evidence, KnobTurn, Missing, Site, confidence_in
from .rules import RULES, Rule, advise, counsel

__all__ = [
    "RULES",
    "Advice",
    "Confidence",
    "Counsel",
    "Effect",
    "Evidence",
    "KnobTurn",
    "Missing",
    "Rule",
    "Site",
    "advise",
    "confidence_in",
    "counsel",
]
