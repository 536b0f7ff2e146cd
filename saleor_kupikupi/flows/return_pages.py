"""Knows the pages that a buyer may come back to until the shop has its own: their addresses, and whose they are.

They show no payment and believe nothing. Their public id tells nothing of the address that the provider notifies.
"""

import hmac

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.registration import Site, would_be_accepted
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import connections, sites
from saleor_kupikupi.store.database import DatabaseUnavailable

MARK = 16  # hex digits
LONGEST_ID = 40
LARGEST_NUMBER = 2**31


def offered(parts: Parts, connection: Connection, environment: Environment, site: Site) -> Site:
    """Fills in the app's own pages for what is missing, where the provider could take their addresses."""
    page = f"{parts.base_url}/return/{_public_id(parts, connection.id, environment)}"
    if not would_be_accepted(f"{page}/success"):
        return site
    return Site(site.site_url, site.success_url or f"{page}/success", site.fail_url or f"{page}/fail")


def shop_behind(parts: Parts, public_id: str) -> str:
    """Gives the address of the shop's site; empty where nobody gave it, the id is nobody's, or it cannot be read."""
    number, _, mark = public_id[:LONGEST_ID].partition("-")
    if not (number.isascii() and number.isdecimal() and mark.isascii()) or int(number) >= LARGEST_NUMBER:
        return ""
    found = (each for each in Environment if _is_marked(parts, int(number), each, mark))
    environment = next(found, None)
    if environment is None:
        return ""
    try:
        with parts.database.read() as tx:
            known = connections.by_id(tx, int(number))
            return sites.of(tx, known.id, environment).site_url if known else ""
    except DatabaseUnavailable:
        return ""


def _public_id(parts: Parts, number: int, environment: Environment) -> str:
    return f"{number}-{parts.vault.fingerprint(_named(number, environment), 'return page')[:MARK]}"


def _is_marked(parts: Parts, number: int, environment: Environment, mark: str) -> bool:
    marks = parts.vault.fingerprints(_named(number, environment), "return page")
    return any(hmac.compare_digest(each[:MARK], mark) for each in marks)


def _named(number: int, environment: Environment) -> str:
    return f"{environment} of {number}"
