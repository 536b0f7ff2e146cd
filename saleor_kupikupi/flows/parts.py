"""What the flows work with, made once by `app.py` and handed to each of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.flows.memory import Memory
from saleor_kupikupi.kupikupi.client import KupikupiClient
from saleor_kupikupi.saleor.client import SaleorClient
from saleor_kupikupi.saleor.manifest import Manifest
from saleor_kupikupi.store.database import Database
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tries import CodeLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how far, in seconds unless said otherwise."""

    webhook: float = 12.0
    second_call: float = 3.0
    balance: float = 3.0
    guard: float = 1.5
    order: float = 2.0
    twin_wait: float = 8.0
    registration: float = 12.0
    worker_call: float = 12.0
    widget: float = 3.0
    lease: float = 20.0
    answer_booked: float = 1.0
    refunds: float = 3.0
    probes: float = 9.5
    problems: float = 10.0
    orders: float = 6.0
    breaker: float = 1.5
    ready_turn: float = 1.0
    standing: float = 3.0
    provider_problem_after: timedelta = timedelta(minutes=10)
    answer_reuse: float = 3.0
    balance_reuse: float = 30.0
    keys_live: float = 3600.0
    settings_live: float = 2.0
    sealed_live: float = 300.0
    session_age: timedelta = timedelta(minutes=10)
    action_age: timedelta = timedelta(days=7)
    clock_ahead: timedelta = timedelta(minutes=2)
    codes: CodeLimits = field(default_factory=CodeLimits)
    balance_totals_per_hour: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The database, the two clients, the manifest, the clocks and the limits."""

    database: Database
    vault: Vault
    kupikupi: KupikupiClient
    saleor: SaleorClient
    manifest: Manifest
    app_identifier: str
    base_url: str
    allowed: Callable[[str], str | None]
    may_be_provider: Callable[[str], bool]
    staff_language: str
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    owner: Callable[[], str]
    limits: Limits
    memory: Memory

    def deadline(self, seconds: float) -> Deadline:
        """Starts a deadline now."""
        return Deadline.after(seconds, self.monotonic)
