"""What can go wrong, sorted by what the handler must do about it.

    AppError
    ├── InboundError             a message to us is not acceptable; nothing happened
    │   ├── CallerNotTrusted     -> 401
    │   ├── StaffNotTrusted      -> 401, shown as a page
    │   ├── NotPermitted         -> 403, the same
    │   ├── MalformedMessage     -> 400
    │   ├── UnknownTransfer      -> 404
    │   └── NotAcknowledged      -> 409
    ├── RegistrationRefused      the install handshake failed, with the reason staff will read -> 4xx
    └── OutboundError            a call of ours failed; `.counterpart` says whom we called
        ├── NotSent              no connection was made: nothing can have happened -> may be sent again
        │   └── HeldBack             not even tried, for too many calls hang there -> later
        └── OutcomeUnknown       sent, but no usable answer -> ask, never send again blindly
            ├── ContractBroken       answered, but not as documented -> the same, and an alert
            └── ContradictoryStatus  a move that the table of states forbids -> the same, and an alert

A provider's "no" is a value, not an exception. Phones, codes, secrets and raw bodies never enter an error's text.
"""


class AppError(Exception):
    """Something this app cannot or will not do; its text is for the log."""


class InboundError(AppError):
    """A message to us is not acceptable and nothing happened; `kind` is the word its sender gets."""

    status = 400

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class CallerNotTrusted(InboundError):
    """We cannot be sure who sent this."""

    status = 401


class StaffNotTrusted(InboundError):
    """We cannot be sure who looks at the Dashboard page, or the session has ended."""

    status = 401


class NotPermitted(InboundError):
    """We know who it is, and they may not do this."""

    status = 403


class MalformedMessage(InboundError):
    """The message cannot be read."""

    status = 400


class UnknownTransfer(InboundError):
    """The message names a transfer that we do not follow."""

    status = 404


class NotAcknowledged(InboundError):
    """A notification gets no `OK`: the points are to stay with the buyer."""

    status = 409


class RegistrationRefused(AppError):
    """An installation is refused; the text tells the shop's staff why and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class OutboundError(AppError):
    """A call of ours failed."""

    def __init__(self, counterpart: str, message: str) -> None:
        super().__init__(f"{counterpart}: {message}")
        self.counterpart = counterpart


class NotSent(OutboundError):
    """No connection was made, so nothing can have happened; it may be sent again."""


class HeldBack(NotSent):
    """The call was not even tried, because too many to the same host are under way; it says nothing about that host."""


class OutcomeUnknown(OutboundError):
    """It was sent and no usable answer came: ask what happened, never send it again blindly."""


class ContractBroken(OutcomeUnknown):
    """An answer came, but not as documented: treated as no answer, and somebody should look."""


class ContradictoryStatus(OutcomeUnknown):
    """The counterpart says something that its own earlier word rules out: nothing is changed, somebody should look."""
