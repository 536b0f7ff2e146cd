"""Says to a merchant what is wrong with a web address that was typed."""

from saleor_kupikupi.domain.addresses import LONGEST, Flaw
from saleor_kupikupi.web.dashboard.fragments import Visit


def said(visit: Visit, flaw: str) -> str:
    """Says a flaw in the person's language."""
    words = {
        Flaw.TOO_LONG: visit.gettext("At most %(most)d characters, please.", most=LONGEST),
        Flaw.NOT_LATIN: visit.gettext(
            "Copy the address from the browser's address bar: letters that are not Latin are written differently there."
        ),
        Flaw.UNREADABLE: visit.gettext("A whole address is needed, such as https://shop.example.com/paid"),
        Flaw.NOT_HTTPS: visit.gettext("The address must begin with https://"),
    }
    return words[Flaw(flaw)]
