"""The terminal's mechanisms: arguments, inputs, output names, progress, questions, problems, tables."""
