"""Final Cut Pro 7 XML, read back."""
