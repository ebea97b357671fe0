"""Avid Media Composer: AAF compositions, and the small text files its dialogs import."""
