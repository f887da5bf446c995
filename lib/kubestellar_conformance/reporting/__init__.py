"""The report of a run: verdicts, promises, known deviations, evidence and the run's record.

No module here knows pytest; the modules of `plugin` feed this package.
"""
