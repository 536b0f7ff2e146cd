"""What somebody else wrote is shown as it came, also where it looks like a place for a value."""

from html import escape

import pytest

from saleor_kupikupi.web.dashboard.texts import LANGUAGES, texts_in
from tests.journeys.payments import open_payment, paid_payment
from tests.web.hostile_texts import SCREENS, written_everywhere
from tests.web.staffing import get, post
from tests.world import World

TEXT = """100% %s %(num)d %(detail)s {} {0} {count} {{ version }} {% raw %} ' " \\ &amp;"""
AS_IT_CAME = escape(TEXT).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
SILENT = ("help",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_with_places_for_values_is_shown_as_it_came(world: World, language: str) -> None:
    tokens = written_everywhere(world, TEXT)
    for path in (*SCREENS, *(f"transfers/{each}" for each in tokens), *(f"refunds/of/{each}" for each in tokens[:1])):
        answer = get(world, f"/{path}", language, email=TEXT)
        assert answer.status_code == 200, path
        assert (AS_IT_CAME in answer.text) is (path not in SILENT), path
    assert get(world, "/transfers.csv", language, email=TEXT).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_did_something_is_named_in_its_story(world: World, language: str) -> None:
    payment = paid_payment(world)
    form = {"amount": "1", "day": world.clock.now().date().isoformat(), "note": TEXT}
    assert post(world, f"/transfers/{payment.token}/check", {}, language, email=TEXT).status_code == 200
    assert post(world, f"/refunds/of/{payment.token}", form, language, email=TEXT).status_code == 200
    shown = get(world, f"/transfers/{payment.token}", language)
    assert shown.status_code == 200
    assert AS_IT_CAME in shown.text


@pytest.mark.parametrize("path", ["/connections/new", "/kit/1", "/channels", "/connections/1/test/test"])
def test_what_was_typed_is_shown_again_as_it_was_typed(world: World, path: str) -> None:
    fields = ("name", "platform_uid", "return_urls", "cabinet_url", "test_site_url", f"to.{TEXT}", "phone_test")
    answer = post(world, path, dict.fromkeys(fields, TEXT), email=TEXT)
    assert answer.status_code == 422
    assert AS_IT_CAME in answer.text or path == "/channels"


def test_what_the_provider_says_to_a_question_is_shown_as_it_came(world: World) -> None:
    payment = open_payment(world)
    world.provider.fault("refuse", "checkout", times=1, code="%s", message=TEXT)
    assert post(world, f"/transfers/{payment.token}/check", {}).status_code == 200
    world.provider.fault("rewrite", "checkout", times=1, transferStatus="100% {0} %s")
    assert "100% {0} %s" in post(world, f"/transfers/{payment.token}/check", {}).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_but_the_texts_of_the_catalogue_is_ever_looked_up_there(language: str) -> None:
    with pytest.raises(LookupError):
        texts_in(language).gettext("anna@shop.example")
    with pytest.raises(LookupError):
        texts_in(language).ngettext("%(num)d anna", "%(num)d annas", 2)
