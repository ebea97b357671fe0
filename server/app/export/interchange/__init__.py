"""The transcript as XML, and the schema of it: `transcript.xsd`, which ships beside this file."""
