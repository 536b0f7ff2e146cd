import pytest

from saleor_kupikupi.store.sealing import CannotUnseal, Vault

FIRST = "the first key of thirty-two chars"
SECOND = "the second key of thirty-two chars"


def test_what_was_sealed_opens_again() -> None:
    vault = Vault([FIRST])
    sealed = vault.seal("a token, привет", "app token")
    assert "token" not in sealed
    assert vault.unseal(sealed, "app token") == "a token, привет"


def test_one_purpose_does_not_open_what_another_sealed() -> None:
    vault = Vault([FIRST])
    with pytest.raises(CannotUnseal, match="a stored app token cannot be opened"):
        vault.unseal(vault.seal("swapped", "secret"), "app token")


def test_a_changed_seal_does_not_open_and_the_error_does_not_repeat_it() -> None:
    vault = Vault([FIRST])
    sealed = vault.seal("79991234567", "phone")
    with pytest.raises(CannotUnseal) as raised:
        vault.unseal(sealed[:-2] + "AA", "phone")
    assert raised.value.purpose == "phone"
    assert sealed[:20] not in str(raised.value)


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_seals() -> None:
    old, both, new = Vault([FIRST]), Vault([SECOND, FIRST]), Vault([SECOND])
    assert both.unseal(old.seal("kept", "secret"), "secret") == "kept"
    assert new.unseal(both.seal("new", "secret"), "secret") == "new"
    with pytest.raises(CannotUnseal):
        new.unseal(old.seal("lost", "secret"), "secret")


def test_fingerprints_differ_by_key_and_by_purpose_and_are_the_same_each_time() -> None:
    vault = Vault([FIRST])
    phone = vault.fingerprint("79991234567", "phone")
    assert phone == Vault([FIRST]).fingerprint("79991234567", "phone")
    assert len(phone) == 64
    assert phone != vault.fingerprint("79991234567", "notification key")
    assert phone != Vault([SECOND]).fingerprint("79991234567", "phone")


def test_after_a_rotation_the_fingerprint_under_the_old_key_is_looked_for_too() -> None:
    old, both = Vault([FIRST]), Vault([SECOND, FIRST])
    assert both.fingerprints("x", "phone") == (both.fingerprint("x", "phone"), old.fingerprint("x", "phone"))


@pytest.mark.parametrize("keys", [[], ["short"], [FIRST, "x" * 31]])
def test_a_missing_or_short_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="at least 32 characters"):
        Vault(keys)
