"""The time that a platform's clock shows: in the envelope of a response, else in the `Date` of its headers."""

from __future__ import annotations

from uuid import uuid4

from ocpiq.errors import Notify, PlatformError, WarningIssued, say
from ocpiq.ocpi.endpoints import module_urls
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.client import HttpClient, HttpResponse, parse_http_date
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.headers import request_headers
from ocpiq.ocpi.http.retry import Retrier, RetryPolicy
from ocpiq.ocpi.http.urls import with_query
from ocpiq.ocpi.pull.date_filters import EARLIEST
from ocpiq.ocpi.responses import parse_timestamp, safe_message
from ocpiq.ocpi.routing import routing_parties
from ocpiq.schema import ModuleName
from ocpiq.storage import Login
from ocpiq.values.times import EPOCH_UTC, MICROSECOND

PROBE = {"date_from": EARLIEST, "offset": "0", "limit": "1"}
REFUSED = (401, 403)  # HTTP status


def platform_time(
    connection: HttpClient, login: Login, module: str, notify: Notify, retry_policy: RetryPolicy | None = None
) -> int:
    """Return the platform's time in microseconds since 1970, from its response to a request for one object.

    Any response of the platform tells the time, also one that refuses the parameters. Raises PlatformError.
    """
    subject = Subject(module, login.token.value)

    def on_wait(failure: Failure, seconds: float) -> None:
        notify(WarningIssued(failures.waiting(say("the platform"), failure, seconds)))

    def attempt() -> HttpResponse:
        url = with_query(module_urls(login, module)[0], PROBE)
        sent = request_headers(login.token, str(uuid4()), routing_parties(login, module))
        response = connection.get(url, sent, subject)
        if response.status in REFUSED or response.status >= 429:
            failure = failures.of_status(subject, url, response.status, safe_message("", login.token.value))
            failure.wait = response.retry_after
            raise failure
        return response

    response = Retrier(retry_policy or RetryPolicy(), on_wait).run(attempt)
    time = time_of(response)
    if time is None:
        raise PlatformError(
            say("{module}: the platform does not tell its time", module=ModuleName(module)),
            hint=say("ocpiq needs it in the timestamp of its responses or in their Date header"),
        )
    return time


def time_of(response: HttpResponse) -> int | None:
    """Return the time of a response in microseconds since 1970, if it tells any."""
    stamp = parse_timestamp(response.body)
    if stamp is not None:
        return stamp
    date = parse_http_date(response.headers.get("date", ""))
    return None if date is None else (date - EPOCH_UTC) // MICROSECOND
