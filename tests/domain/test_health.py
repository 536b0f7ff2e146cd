from datetime import timedelta

import pytest

from saleor_kupikupi.domain.health import Health, accepted, heard, merged, refused, unanswered, with_payments
from saleor_kupikupi.domain.transfer import Refusal, State, Transfer
from tests.domain.makings import NOON, transfer

LATER = NOON + timedelta(minutes=5)
ALL_THERE = Health(NOON, NOON, NOON, NOON, "No. (1)")


def attempt(number: int, code: str | None, words: str = "No.", state: State = State.REJECTED) -> Transfer:
    refusal = None if code is None else Refusal(code, "1", words)
    at = NOON + timedelta(minutes=number)
    return transfer(state=state, refusal=refusal, created_at=at, phone_last4=f"{number:04}")


DECLINED = [attempt(number, "declined") for number in range(5, 0, -1)]


def test_a_yes_ends_every_doubt() -> None:
    assert accepted(ALL_THERE, LATER) == Health(accepted_at=LATER, heard_at=LATER)


def test_a_no_ends_the_silence_and_nothing_else() -> None:
    assert heard(ALL_THERE, LATER) == Health(NOON, LATER, None, NOON, "No. (1)")


def test_refusals_and_silence_count_from_the_first() -> None:
    assert refused(refused(Health(), NOON, "a"), LATER, "b") == Health(None, LATER, None, NOON, "b")
    assert unanswered(unanswered(Health(), NOON), LATER) == Health(failing_since=NOON)


@pytest.mark.parametrize(
    ("news", "together"),
    [
        (Health(), ALL_THERE),
        (unanswered(Health(), LATER), ALL_THERE),
        (heard(Health(), LATER), Health(NOON, LATER, None, NOON, "No. (1)")),
        (unanswered(heard(Health(), LATER), LATER), Health(NOON, LATER, LATER, NOON, "No. (1)")),
        (refused(Health(), LATER, "Again"), Health(NOON, LATER, None, NOON, "Again")),
        (accepted(Health(), LATER), Health(LATER, LATER)),
        (refused(accepted(Health(), LATER), LATER, "New"), Health(LATER, LATER, None, LATER, "New")),
    ],
)
def test_news_are_added_to_what_was_known(news: Health, together: Health) -> None:
    assert merged(ALL_THERE, news) == together


EARLIER = NOON - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("known", "news", "together"),
    [
        (heard(Health(), NOON), unanswered(Health(), EARLIER), Health(heard_at=NOON)),
        (unanswered(Health(), NOON), heard(Health(), EARLIER), Health(heard_at=EARLIER, failing_since=NOON)),
        (accepted(Health(), NOON), refused(Health(), EARLIER, "No."), Health(NOON, NOON)),
        (refused(Health(), NOON, "No."), accepted(Health(), EARLIER), Health(EARLIER, NOON, None, NOON, "No.")),
        (accepted(Health(), NOON), accepted(Health(), EARLIER), Health(NOON, NOON)),
    ],
)
def test_news_of_another_process_that_are_older_change_nothing_that_is_newer(
    known: Health, news: Health, together: Health
) -> None:
    assert merged(known, news) == together


def test_payments_that_could_not_be_sent_since_the_last_answer_show_a_silence() -> None:
    newest = [
        attempt(3, "provider_unavailable"),
        attempt(2, "provider_unavailable"),
        attempt(1, None, state=State.OPEN),
    ]
    since = NOON + timedelta(minutes=2)
    assert with_payments(Health(), newest).failing_since == since
    assert with_payments(Health(failing_since=NOON), newest).failing_since == NOON
    assert with_payments(Health(heard_at=since), newest).failing_since == since
    assert with_payments(Health(heard_at=LATER), newest).failing_since is None
    assert with_payments(Health(), newest[2:]).failing_since is None


def test_payments_that_are_all_refused_alike_speak_against_the_credentials() -> None:
    assert with_payments(Health(), DECLINED) == Health(refused_since=NOON + timedelta(minutes=1), refusal="No. (1)")
    assert with_payments(Health(refused_since=NOON), DECLINED).refused_since == NOON


@pytest.mark.parametrize(
    "newest",
    [
        [],
        DECLINED[1:],
        [*DECLINED, attempt(0, None, state=State.CONFIRMED)],
        [attempt(6, "declined", "Something else."), *DECLINED],
        [transfer(state=State.REJECTED, refusal=Refusal("declined", "1", "No."))] * 5,
        [transfer(credentials_id=None, state=State.REJECTED, refusal=Refusal("currency"))],
    ],
    ids=["none", "few", "some went well", "different words", "one buyer", "never sent"],
)
def test_other_payments_say_nothing_of_the_credentials(newest: list[Transfer]) -> None:
    assert with_payments(Health(), newest) == Health()


def test_a_yes_after_the_refusals_began_speaks_for_the_credentials() -> None:
    assert with_payments(Health(accepted_at=LATER, heard_at=LATER), DECLINED).refused_since is None
    assert with_payments(Health(accepted_at=NOON, heard_at=NOON), DECLINED).refused_since is not None
