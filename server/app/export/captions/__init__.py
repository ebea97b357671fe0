"""Captions laid out the way subtitlers do it: shared by SRT, VTT and every other caption format."""

from .layout import TURN_PAUSE_S, Caption, CaptionOptions, Line, Token, lay_out, line_text

__all__ = ["TURN_PAUSE_S", "Caption", "CaptionOptions", "Line", "Token", "lay_out", "line_text"]
