"""Webhooks by the Standard Webhooks scheme: signed, tried again, kept over restarts, and only to public addresses."""
