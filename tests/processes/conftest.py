"""Commands that are typed, and assertions outside the test modules that tell what they compared."""

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.processes.doomed", "tests.processes.running")

from tests.processes.running import CommandLine  # noqa: E402 - only now: its assertions are to be rewritten


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Types commands in a folder of its own; what is not tested there is how an interpreter starts."""
    folder = tmp_path_factory.mktemp("operator")
    (folder / "clock").write_text("0")
    made = CommandLine(folder)
    yield made
    made.end()
