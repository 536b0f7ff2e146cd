"""The screen on which a merchant says which connection each channel pays through."""

from collections.abc import Mapping

from flask import request

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows import map_channels
from saleor_kupikupi.flows.map_channels import Channels, Choice, Mapped, NotMapped
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit

CHOSEN, SEEN = "to.", "was."
"""What the names of fields begin with; a channel's slug follows."""


def add(screens: Screens) -> None:
    """Makes the route /channels."""
    screens.get("/channels", show)
    screens.post("/channels", save)


def show(visit: Visit) -> Shown:
    """Shows every channel with its connection."""
    return Shown("channels.html", _model(_look(visit)))


def save(visit: Visit) -> Shown:
    """Changes what was chosen otherwise, or shows the form again with what stands in the way."""
    channels, choices = _look(visit), _choices()
    try:
        changed = map_channels.save(visit.parts, visit.staff.installation, channels, choices)
    except NotMapped as error:
        fresh = _look(visit)
        errors = {slug: _said(visit, fresh, slug, reason) for slug, reason in error.reasons.items()}
        typed = {slug: choice.chosen for slug, choice in choices.items()}
        return Shown("channels.html", _model(fresh, typed, errors), status=422)
    toast = Toast("success", visit.gettext("Saved")) if changed else Toast("info", visit.gettext("Nothing was changed"))
    return Shown("channels.html", _model(_look(visit)), toast=toast)


def _look(visit: Visit) -> Channels:
    return map_channels.look(visit.parts, visit.staff.installation, visit.deadline)


def _choices() -> dict[str, Choice]:
    fields = request.form
    slugs = [name.removeprefix(CHOSEN) for name in fields if name.startswith(CHOSEN)]
    return {slug: Choice(_number(fields.get(SEEN + slug)), _number(fields.get(CHOSEN + slug))) for slug in slugs}


def _number(text: str | None) -> int:
    """Reads the id of a connection; what is none belongs to no connection."""
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def _said(visit: Visit, channels: Channels, slug: str, reason: str) -> str:
    if reason == "no_connection":
        return visit.gettext("This connection is not there any more. Choose another.")
    if reason == "no_channel":
        return visit.gettext("Saleor has no such channel in roubles.")
    now = next((line.connection for line in channels.lines() if line.slug == slug), None)
    name = now.name if now else visit.gettext("Not offered")
    return visit.gettext(
        "Somebody else has changed this meanwhile, to “%(name)s”. Save again if you still want yours.", name=name
    )


def _model(
    channels: Channels, typed: Mapping[str, int] | None = None, errors: Mapping[str, str] | None = None
) -> dict[str, object]:
    return {
        "channels": channels,
        "typed": typed or {},
        "errors": errors or {},
        "on_test": [line for line in channels.payable if _is_test(channels, line)],
        "is_test": lambda line: _is_test(channels, line),
        "default_is_test": _is_test(channels, channels.default),
    }


def _is_test(channels: Channels, line: Mapped) -> bool:
    used = channels.used_by(line)
    return used is not None and used.environment is Environment.TEST
