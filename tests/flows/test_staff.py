from dataclasses import replace

import pytest

from saleor_kupikupi.domain.errors import NotPermitted, StaffNotTrusted
from saleor_kupikupi.flows.staff import Staff, recognise, require_change
from saleor_kupikupi.store import installations
from saleor_kupikupi_sandbox.saleor import Saleor, SigningKey
from tests.world import World


def recognised(world: World, authorization: str | None) -> Staff:
    return recognise(world.parts, authorization, world.parts.deadline(5))


def refusal(world: World, authorization: str | None) -> str:
    with pytest.raises(StaffNotTrusted) as refused:
        recognised(world, authorization)
    return refused.value.kind


def bearer(world: World, app_number: int | None = None, **claims: object) -> str:
    app = world.app if app_number is None else replace(world.app, number=app_number)
    return f"Bearer {world.saleor.bridge_token(app, **claims)}"


def test_staff_of_an_installation_are_recognised(world: World) -> None:
    staff = recognised(world, bearer(world, email="anna@shop.example", user_id="VXNlcjo3"))

    assert (staff.email, staff.user_id, staff.may_change) == ("anna@shop.example", "VXNlcjo3", True)
    assert staff.installation.api_url == world.saleor.api_url
    require_change(staff)


def test_whoever_may_not_handle_payments_may_look_and_not_change(world: World) -> None:
    staff = recognised(world, bearer(world, user_permissions=["MANAGE_ORDERS"], permissions=["HANDLE_PAYMENTS"]))

    assert not staff.may_change
    with pytest.raises(NotPermitted, match="HANDLE_PAYMENTS"):
        require_change(staff)


def test_a_customer_may_not_even_look(world: World) -> None:
    with pytest.raises(NotPermitted) as refused:
        recognised(world, bearer(world, is_staff=False))

    assert refused.value.kind == "NOT_STAFF"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi"])
def test_a_request_without_a_token_is_refused(world: World, authorization: str | None) -> None:
    assert refusal(world, authorization) == "NO_TOKEN"


def test_a_token_for_another_app_is_refused(world: World) -> None:
    assert refusal(world, bearer(world, 99)) == "OTHER_APP"


def test_a_token_of_a_saleor_that_did_not_install_us_is_refused(world: World) -> None:
    assert refusal(world, bearer(world, iss="https://other.example/graphql/")) == "NOT_INSTALLED"


def test_one_saleor_cannot_speak_for_another(world: World) -> None:
    other = Saleor(world.saleor.version)
    other.start()
    try:
        forged = other.bridge_token(world.app, iss=world.saleor.api_url)
        assert refusal(world, f"Bearer {forged}") == "TOKEN_NOT_TRUSTED"
    finally:
        other.stop()


def test_a_token_that_has_expired_is_refused(world: World) -> None:
    held = bearer(world)
    world.clock.forward(minutes=6)

    assert refusal(world, held) == "TOKEN_EXPIRED"


def test_a_new_key_of_saleor_is_fetched_with_its_first_token(world: World) -> None:
    world.saleor.rotate_key()

    assert recognised(world, bearer(world)).may_change


def test_a_key_that_saleor_does_not_have_is_not_asked_for_again_and_again(world: World) -> None:
    forged = f"Bearer {SigningKey().token({'iss': world.saleor.api_url})}"

    assert refusal(world, forged) == "TOKEN_NOT_TRUSTED"
    assert refusal(world, forged) == "TOKEN_NOT_TRUSTED"
    assert recognised(world, bearer(world)).may_change


def test_nobody_is_recognised_once_the_app_is_uninstalled(world: World) -> None:
    uninstall(world)
    world.forget()

    assert refusal(world, bearer(world)) == "NOT_INSTALLED"


def test_a_fresh_installation_is_known_before_the_memory_of_the_old_one_fades(world: World) -> None:
    assert recognised(world, bearer(world)).may_change
    renewed(world, 77)

    assert recognised(world, bearer(world, 77)).installation.app_id == replace(world.app, number=77).id
    assert refusal(world, bearer(world)) == "OTHER_APP"


def test_an_uninstallation_is_known_before_its_memory_fades_to_whoever_holds_another_token(world: World) -> None:
    assert recognised(world, bearer(world)).may_change
    uninstall(world)

    assert refusal(world, bearer(world, 77)) == "NOT_INSTALLED"


def uninstall(world: World) -> None:
    """Hears of it as another process of ours would, so that this one's memory is not told."""
    with world.parts.database.write() as tx:
        assert installations.uninstalled(tx, world.connection.installation_id, world.app.id, world.clock.now())


def renewed(world: World, app_number: int) -> None:
    """Installs the app again as another process of ours would, so that this one's memory is not told."""
    with world.parts.database.write() as tx:
        old = installations.by_id(tx, world.parts.vault, world.connection.installation_id)
        assert old is not None
        keys, _ = installations.jwks_of(tx, old.id)
        renewed = replace(old, app_id=replace(world.app, number=app_number).id)
        installations.register(tx, world.parts.vault, renewed, keys, world.clock.now())
