"""Resolves compose.yaml as Compose does, as far as the file goes: merges, variables, profiles."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path(__file__).resolve().parents[2] / "compose.yaml"

Service = dict[str, Any]


def services(*profiles: str, **variables: str) -> dict[str, Service]:
    """Gives the services that these profiles start, with these variables in the env file."""
    found: dict[str, Service] = yaml.safe_load(_filled_in(COMPOSE.read_text(), variables))["services"]
    return {name: service for name, service in found.items() if set(service["profiles"]) & set(profiles)}


def _filled_in(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([A-Z_]+):-([^}]*)\}", lambda found: variables.get(found[1]) or found[2], text)
