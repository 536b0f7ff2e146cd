"""Fixtures for tests of the app as real processes."""
