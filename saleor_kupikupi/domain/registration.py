"""What the provider's support is told to register a shop, and the letter that tells it.

The provider reads Russian, whatever language the merchant's Dashboard is in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from saleor_kupikupi.domain.addresses import Flaw, UnusableAddress, read_address
from saleor_kupikupi.domain.transfer import Environment

MISSING = "(не указано)"

_TITLES = {
    Environment.PRODUCTION: "Боевая версия сайта (production)",
    Environment.TEST: "Тестовая версия сайта",
}


@dataclass(frozen=True, slots=True)
class Site:
    """The addresses of a shop's site in one environment; empty where they are not known yet."""

    site_url: str = ""
    success_url: str = ""
    fail_url: str = ""


ADDRESSES = tuple(each.name for each in fields(Site))


def flaws_of(site: Site) -> dict[str, Flaw]:
    """Finds what is wrong with each address that is given, by the field's name."""
    found = {}
    for name in ADDRESSES:
        try:
            read_address(getattr(site, name) or "https://not.given")
        except UnusableAddress as error:
            found[name] = error.flaw
    return found


def is_complete(site: Site) -> bool:
    """Tells whether nothing is missing."""
    return bool(site.site_url and site.success_url and site.fail_url)


def would_be_accepted(url: str) -> bool:
    """Tells whether the provider could take this address: https, public by its name, and not too long."""
    try:
        return read_address(url).is_public
    except UnusableAddress:
        return False


def letter(sites: Mapping[Environment, Site], notification_urls: Mapping[Environment, str]) -> str:
    """Writes the letter to the provider's support."""
    return "\n\n".join(
        (
            "Здравствуйте!",
            "Просим подключить наш магазин к API-сервису «Купи-Купи» для оплаты баллами. Данные сайтов:",
            *(_site(each, sites[each], notification_urls[each]) for each in Environment),
            "NotificationURL принимает POST-запросы и отвечает «OK».",
            "В ответ просим прислать SecretKey, DevSecretKey и UidPlatform.",
        )
    )


def _site(environment: Environment, site: Site, notification_url: str) -> str:
    return "\n".join(
        (
            _TITLES[environment],
            f"Адрес сайта: {site.site_url or MISSING}",
            f"SuccessURL: {site.success_url or MISSING}",
            f"FailURL: {site.fail_url or MISSING}",
            f"NotificationURL: {notification_url}",
        )
    )
