"""Tests of the ConformanceReport."""
