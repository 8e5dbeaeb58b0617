"""A platform with a login, as a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocpiq.errors import FieldName, Notify, Quotation, WarningIssued, say
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi import HttpClient, Origin, RetryPolicy, is_plain_http, pull, redact
from ocpiq.ocpi.http.address import Address
from ocpiq.ocpi.platform_time import platform_time
from ocpiq.schema import module as schema_module
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.protocol import Ask
from ocpiq.storage import Login
from ocpiq.storage.login import owner_of


class PlatformSource:
    """The modules of one platform; the first pull opens the connection, `close` closes it."""

    repeats = True

    def __init__(
        self,
        login: Login,
        retry_policy: RetryPolicy | None = None,
        *,
        parallel: int | None = None,
        rate: float | None = None,
    ) -> None:
        self.login = login
        self.retry_policy = retry_policy
        self.parallel = parallel
        self.rate = rate
        self.connection: HttpClient | None = None

    @property
    def version(self) -> str:
        """The OCPI version that was chosen at login."""
        return self.login.version

    @property
    def owner(self) -> Mapping[str, str] | None:
        """The only CPO of the platform, if it has one: its objects belong to it."""
        return owner_of(self.login)

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of a module. Raises PlatformError if nothing can be read."""
        pages = pull(
            self.open(notify),
            self.login,
            schema_module(ask.module, self.version).pulled,
            gate.of_platform(self.login.name, self.version, self.owner),
            since=ask.since,
            until=ask.until,
            newest=ask.newest,
            strict=ask.strict,
            notify=notify,
            retry_policy=self.retry_policy,
            parallel=self.parallel,
        )
        yield from monitor_pages(ask.module, pages, notify, shown=self.shown)

    @property
    def address(self) -> str:
        """The address of the platform, without the token."""
        return str(Address(self.login.url, self.login.token.value))

    @property
    def party(self) -> str:
        """The parties that are asked."""
        return ", ".join(sorted(str(entry.party) for entry in self.login.parties))

    def time(self, module: str, notify: Notify) -> int:
        """Return the platform's time in microseconds since 1970. Raises PlatformError."""
        pulled = schema_module(module, self.version).pulled
        return platform_time(self.open(notify), self.login, pulled, notify, self.retry_policy)

    def open(self, notify: Notify) -> HttpClient:
        """Return the connection, which is opened if it is not yet."""
        if self.connection is None:
            self.connection = HttpClient(self.login.tls, rate=self.rate)
            self.warn_of_plain_http(notify)
        return self.connection

    def shown(self, name: FieldName) -> Quotation:
        """Return the name of a vendor's field without the token."""
        return Quotation(redact(name, self.login.token.value, cut=False))

    def warn_of_plain_http(self, notify: Notify) -> None:
        """Warn that the token is sent unencrypted, unless that was allowed at login."""
        login = self.login
        urls = (url for urls in login.endpoints.values() for url in urls)
        url = next(filter(is_plain_http, urls), None)
        if url is not None and login.token.value and not login.allow_http:
            text = say(
                "the token goes to {origin} unencrypted; log in again with https, or --allow-http",
                origin=Origin(url, login.token.value),
            )
            notify(WarningIssued(text))

    def close(self) -> None:
        """Close the connection; another pull opens a new one."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def __enter__(self) -> PlatformSource:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
