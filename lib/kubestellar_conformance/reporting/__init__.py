"""What a run is told in: verdicts, promises, known deviations, evidence and the run's record.

Nothing here knows pytest; the modules of `plugin` feed it.
"""
