"""The sample rate every engine hears. Alone in its module so that the media child loads nothing else."""

SAMPLE_RATE_HZ = 16_000
