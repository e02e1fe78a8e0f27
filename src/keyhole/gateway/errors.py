"""Errors that only HTTP knows, beside the common tree of `core.errors`."""

from __future__ import annotations

from keyhole.core.errors import KeyholeError, Unavailable


class MethodNotAllowed(KeyholeError):
    """The method is not one that anything here answers."""

    status = 405


class RequestTimeout(KeyholeError):
    """The client took too long to send its request."""

    status = 408


class PayloadTooLarge(KeyholeError):
    """The body is larger than this request may have, as sent or once inflated."""

    status = 413


class UnsupportedMediaType(KeyholeError):
    """The body is encoded in a way that is not read here."""

    status = 415


class TooManyRequests(KeyholeError):
    """This client has asked this too often."""

    status = 429
    retry_after = 3600
    """Seconds after which it may ask again, at most."""


class NotImplementedYet(KeyholeError):
    """The request was authorized, but Keyhole does not carry out this operation."""

    status = 501
    explain = ""
    """Id of the record of the authorization, where the edge does not know it anyway."""


class TooBusy(Unavailable):
    """More work is waiting than can be done soon; nothing was done."""

    retry_after = 5
    """Seconds after which trying again makes sense."""
