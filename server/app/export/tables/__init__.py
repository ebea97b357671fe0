"""Tables for spreadsheets and scripts: a row for each word, segment or speaker."""
