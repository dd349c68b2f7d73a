"""Conflicts a caller can do something about: each carries its status and a sentence that says what to do.

Anything else that is raised is a fault of ours and answered with 500. The HTTP shape (RFC 9457) is
contract.batch.Problem.
"""


class CloudProblem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """An expected refusal; `status` is the HTTP status it is answered with."""

    status = 400
    title = "Bad request"

    def __init__(
        self, detail: str, *, expected_seq: int | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.expected_seq = expected_seq
        self.retry_after_s = retry_after_s


class Forbidden(CloudProblem):
    """It is known who asks, and the answer is no; the sentence says why."""

    status = 403
    title = "Forbidden"


class NotFound(CloudProblem):
    """There is no such site, gateway, slot or product."""

    status = 404
    title = "Not found"


class NoSuchSite(NotFound):
    """No site has this name: nothing can be shown or changed of it."""


class Unauthorized(CloudProblem):
    """The gateway is unknown, revoked, or its signature does not fit the body."""

    status = 401
    title = "Not authorised"


class TooSlow(CloudProblem):
    """The body did not arrive in time."""

    status = 408
    title = "Too slow"


class OutOfOrder(CloudProblem):
    """A batch begins above the mark; expected_seq says where it must begin."""

    status = 409
    title = "Out of order"


class TooLarge(CloudProblem):
    """A body over the limit, before or after decompression."""

    status = 413
    title = "Too large"


class WrongMediaType(CloudProblem):
    """A body that is not JSON, or a Content-Encoding that is not gzip."""

    status = 415
    title = "Wrong media type"


class Malformed(CloudProblem):
    """A batch or a request that cannot be read."""

    status = 422
    title = "Malformed"


class Busy(CloudProblem):
    """As many requests in flight as are allowed; try again after retry_after_s."""

    status = 429
    title = "Busy"


class Unavailable(CloudProblem):
    """The database cannot be reached; try again after retry_after_s."""

    status = 503
    title = "Unavailable"
