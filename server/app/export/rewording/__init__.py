"""How `export.wording` changes a transcript, one module for each kind of change."""
