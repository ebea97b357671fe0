"""What Premiere Pro reads besides sequences: transcripts for its text-based editing."""
