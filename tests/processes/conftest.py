"""Lets assertions outside the test modules tell what they compared."""

import pytest

pytest.register_assert_rewrite("tests.processes.doomed", "tests.processes.running")
