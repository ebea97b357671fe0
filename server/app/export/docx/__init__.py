"""Word documents (Office Open XML, ECMA-376, transitional): parts, styles, text, and the check of a finished file."""
