"""Which texts are fit to be a key that secrets are sealed with."""

SHORTEST = 32

# What the documents put where a key belongs: people paste it.
_PLACEHOLDERS = ("openssl rand", "32 characters", "32 знак")
_FEWEST_PAIRS = 17  # random text of the shortest length has hardly ever less, of digits alone too


def flaw(key: str) -> str | None:
    """Says why a text cannot be a key, or gives None where nothing speaks against it."""
    if key.startswith("#"):
        return "the key begins with #, so it is the comment of an empty line of an env file"
    if len(key) < SHORTEST:
        return f"each key needs {SHORTEST} characters or more"
    if any(each in key for each in _PLACEHOLDERS):
        return "the key is the documents' own description of a key"
    if len({key[place : place + 2] for place in range(len(key) - 1)}) < _FEWEST_PAIRS:
        return "the key is the same few characters again and again"
    return None
