"""Tests that start a platform of their own. Each is marked e2e."""
