"""The life of a transfer: which moves there are, and that nothing else moves."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from saleor_kupikupi.domain.errors import ContradictoryStatus
from saleor_kupikupi.domain.transfer import (
    FINAL,
    MOVES,
    Environment,
    Refusal,
    State,
    Transfer,
    never_came_to_be,
    observe,
    opened,
    refused,
)
from tests.domain.makings import NOON, transfer

LATER = NOON + timedelta(minutes=1)
states = st.sampled_from(list(State))


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_moves_and_none_to_itself(state: State) -> None:
    assert state not in MOVES[state]
    assert State.REQUESTED not in MOVES[state]


def test_nothing_leaves_confirmed() -> None:
    assert MOVES[State.CONFIRMED] == frozenset()


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELED])
def test_a_failure_gives_way_to_a_late_confirmation_alone(state: State) -> None:
    assert MOVES[state] == {State.CONFIRMED}


@given(states, states)
def test_an_observation_moves_along_the_table_or_changes_nothing(now: State, seen: State) -> None:
    before = transfer(state=now, provider_status="NEW")
    try:
        after = observe(before, seen, "whatever", LATER)
    except ContradictoryStatus:
        assert seen not in MOVES[now]
        assert seen is not now
        return
    assert after.checked_at == LATER
    if (now, seen) == (State.REQUESTED, State.OPEN):
        assert after.state is State.REQUESTED
    else:
        assert after.state is seen
        assert seen is now or seen in MOVES[now]


def test_a_transfer_without_a_form_stays_requested_while_the_provider_calls_it_open() -> None:
    seen = observe(transfer(), State.OPEN, "NEW", LATER)
    assert seen.state is State.REQUESTED
    assert seen.provider_status == "NEW"


def test_an_accepted_init_opens_the_form() -> None:
    form = opened(transfer(), "123", "https://example.com/form")
    assert (form.state, form.payment_id, form.transfer_url) == (State.OPEN, "123", "https://example.com/form")


def test_a_refusal_is_kept_in_its_own_words() -> None:
    refusal = Refusal("declined", "17", "Недостаточно баллов")
    assert refused(transfer(), refusal).refusal == refusal
    assert refused(transfer(), refusal).final


@pytest.mark.parametrize("fact", ["superseded_at", "abandoned_at", "never_opened_at"])
@pytest.mark.parametrize("state", [State.REQUESTED, State.OPEN])
def test_a_withdrawn_transfer_gets_no_ok(state: State, fact: str) -> None:
    assert transfer(state=state).may_be_acknowledged
    withdrawn = transfer(state=state, **{fact: NOON})
    assert withdrawn.withdrawn
    assert not withdrawn.may_be_acknowledged


@pytest.mark.parametrize(("state", "ok"), [(State.CONFIRMED, True), (State.REJECTED, False), (State.CANCELED, False)])
def test_of_the_final_states_only_confirmed_gets_an_ok(state: State, ok: bool) -> None:
    assert transfer(state=state).may_be_acknowledged is ok
    assert transfer(state=state).decided


def test_a_transfer_that_never_opened_is_decided_though_not_final() -> None:
    never = transfer(never_opened_at=NOON)
    assert never.decided
    assert not never.final


@pytest.mark.parametrize(
    ("changes", "age", "never"),
    [
        ({}, timedelta(hours=24), True),
        ({}, timedelta(hours=23, minutes=59), False),
        ({"state": State.OPEN}, timedelta(days=2), False),
        ({"claimed_at": NOON}, timedelta(days=2), False),
        ({"sent_at": None}, timedelta(days=2), False),
        ({"resent_at": NOON + timedelta(hours=2)}, timedelta(hours=25), False),
        ({"resent_at": NOON + timedelta(hours=2)}, timedelta(hours=26), True),
    ],
)
def test_only_an_unanswered_unclaimed_init_of_a_day_ago_never_came_to_be(
    changes: dict[str, object], age: timedelta, never: bool
) -> None:
    assert never_came_to_be(transfer(**changes), NOON + age) is never


def test_the_test_environment_is_told_apart() -> None:
    assert transfer(environment=Environment.TEST).is_test
    assert not transfer().is_test
    assert not transfer(environment=None).is_test


class Life(RuleBasedStateMachine):
    """A transfer that anything happens to, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.transfer: Transfer = transfer()
        self.was_confirmed = False
        self.now: datetime = NOON

    @rule(state=states)
    def the_provider_says(self, state: State) -> None:
        """Believes any word of the provider."""
        self.now += timedelta(seconds=1)
        before = self.transfer
        try:
            self.transfer = observe(before, state, state.value, self.now)
        except ContradictoryStatus:
            assert before.state in FINAL
        self.was_confirmed = self.was_confirmed or self.transfer.state is State.CONFIRMED

    @rule(fact=st.sampled_from(["claimed_at", "superseded_at", "abandoned_at", "stale_at"]))
    def a_fact_is_noted(self, fact: str) -> None:
        """Notes any dated fact."""
        self.transfer = replace(self.transfer, **{fact: self.now})  # type: ignore[arg-type]  # each is a moment

    @invariant()
    def money_never_comes_back(self) -> None:
        """Checks that what was confirmed stays confirmed."""
        assert not self.was_confirmed or self.transfer.state is State.CONFIRMED


TestLife = Life.TestCase
