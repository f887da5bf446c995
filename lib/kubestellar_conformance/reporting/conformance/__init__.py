"""The ConformanceReport: one YAML file that says what was tried, and what it keeps and breaks; made
from a record, and verified by anybody.
"""
