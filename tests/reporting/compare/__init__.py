"""Tests of the comparison of two records."""
