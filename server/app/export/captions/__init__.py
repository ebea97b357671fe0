"""Captions laid out the way subtitlers do it: shared by SRT, VTT and every caption format after them."""

from .layout import TURN_PAUSE_S, lay_out
from .model import Caption, Line, Token, line_text
from .options import CaptionOptions, Limits

__all__ = ["TURN_PAUSE_S", "Caption", "CaptionOptions", "Limits", "Line", "Token", "lay_out", "line_text"]
