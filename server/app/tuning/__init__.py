"""Knobs: what may be turned here by advice, by an administrator or, later, by itself. Bounded, reversible, audited."""
