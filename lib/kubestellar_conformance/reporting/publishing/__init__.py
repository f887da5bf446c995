"""Publishes ConformanceReports below ``reports/``, with a page that says how to repeat each."""
