"""Clean-up of sound: measure what is wrong with it, choose the lightest chain of filters that helps, run the chain.

`metering` gives figures, `choosing` makes a chain of them, `running` sends windows through it. None of it knows whether
the sound is a file or still being spoken. libav is loaded when a chain runs, not before.
"""
