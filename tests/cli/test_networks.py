"""What lies between a user and a platform: TLS and certificates, proxies, consent to other origins, a rate."""

from __future__ import annotations

import base64
import datetime
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
import trustme
from support.cli import Outcome, command
from support.platforms import BASE64, TOKEN, Platform, Response, Server, envelope, serving

LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")


def one_line(run: Outcome) -> str:
    """Return the error of a run that printed nothing else, without the port that a test happened to get."""
    assert run.out == b""
    assert run.err.startswith("error: ") and run.err.count("\n") == 1
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", run.err.removeprefix("error: ").rstrip())


# ---------------------------------------------------------------- certificates


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files that a user has, by what they are."""
    folder = tmp_path_factory.mktemp("pem")
    mine, other = authority.issue_cert("me@gov.example"), trustme.CA()
    made = {
        "ca": authority.cert_pem.bytes(),
        "other ca": other.cert_pem.bytes(),
        "cert": mine.cert_chain_pems[0].bytes(),
        "key": mine.private_key_pem.bytes(),
        "both": mine.private_key_and_cert_chain_pem.bytes(),
        "stranger": other.issue_cert("me@gov.example").private_key_and_cert_chain_pem.bytes(),
        "rubbish": b"no certificate",
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: str(folder / name) for name in (*made, "missing")}


def context_of(certificate: trustme.LeafCert, asks: trustme.CA | None = None) -> ssl.SSLContext:
    """Return how a server with this certificate speaks TLS; it `asks` for one that an authority vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if asks is not None:
        asks.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def asking(authority: trustme.CA) -> ssl.SSLContext:
    return context_of(authority.issue_cert("127.0.0.1"), authority)


def asking_with_tls_1_2(authority: trustme.CA) -> ssl.SSLContext:
    context = asking(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def expired(authority: trustme.CA) -> ssl.SSLContext:
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return context_of(authority.issue_cert("127.0.0.1", not_after=yesterday))


NOT_TRUSTED = "versions: no secure connection to HOST, its certificate is not trusted: "
WANTED = (
    "versions: HOST requires a client certificate, or a different one "
    "(ocpiq login --client-cert FILE --client-key FILE)"
)
REFUSED = {
    "an authority that nobody knows": (
        lambda ca: context_of(ca.issue_cert("127.0.0.1")),
        (),
        rf"{NOT_TRUSTED}unable to get local issuer certificate "
        r"\(ocpiq login --ca-file FILE adds certificate authorities to trust\)",
    ),
    "another authority": (
        lambda ca: context_of(ca.issue_cert("127.0.0.1")),
        ("--ca-file", "other ca"),
        rf"{NOT_TRUSTED}.* \(ocpiq login --ca-file FILE adds certificate authorities to trust\)",
    ),
    "expired": (
        expired,
        ("--ca-file", "ca"),
        rf"{NOT_TRUSTED}certificate has expired "
        r"\(the platform must renew it, or this machine's clock is wrong\)",
    ),
    "another host": (
        lambda ca: context_of(ca.issue_cert("other.example", "127.0.0.2")),
        ("--ca-file", "ca"),
        rf"{NOT_TRUSTED}.*not valid for '127\.0\.0\.1' "
        r"\(log in with the host name in the certificate, or tell the platform\)",
    ),
    "no client certificate": (asking, ("--ca-file", "ca"), re.escape(WANTED)),
    "no client certificate, TLS 1.2": (
        asking_with_tls_1_2,
        ("--ca-file", "ca"),
        r"versions: no secure connection to HOST "
        r"\(if it wants a client certificate: ocpiq login --client-cert FILE\)",
    ),
    "a client certificate of a stranger": (
        asking,
        ("--ca-file", "ca", "--client-cert", "stranger"),
        re.escape(WANTED),
    ),
}


@pytest.mark.parametrize(("context", "words", "said"), REFUSED.values(), ids=REFUSED)
def test_no_secure_connection(context, words, said, authority, files, home):
    platform = Platform()
    with serving(platform, context(authority)):
        run = command(
            home, ["login", platform.versions_url, *LOGIN, *(files.get(word, word) for word in words)]
        )
    assert run.code == 6
    assert re.fullmatch(said, one_line(run)), run.err
    assert platform.requests == []


ACCEPTED = {
    "an authority of one's own": (lambda ca: context_of(ca.issue_cert("127.0.0.1")), ()),
    "a certificate and its key": (asking, ("--client-cert", "cert", "--client-key", "key")),
    "a certificate and its key in one file": (asking, ("--client-cert", "both")),
    "the same with TLS 1.2": (asking_with_tls_1_2, ("--client-cert", "both")),
}


@pytest.mark.parametrize(("context", "words"), ACCEPTED.values(), ids=ACCEPTED)
def test_certificates_are_given_once_and_kept(context, words, authority, files, home):
    with serving(Platform(), context(authority)) as platform:
        given = [files.get(word, word) for word in ("--ca-file", "ca", *words)]
        assert command(home, ["login", platform.versions_url, *LOGIN, *given]).code == 0
        pulled = command(home, ["cdrs net | aggregate count"])
    assert (pulled.out, pulled.err, pulled.code) == (b"10\n", "cdrs: 10 objects, 3 pages\n", 0)


FILES = {
    "no such authority": (
        ("--ca-file", "missing"),
        r"the certificate file \S+/missing cannot be used: No such file or directory",
    ),
    "no authority": (("--ca-file", "rubbish"), r"the certificate file \S+/rubbish cannot be used: .*PEM.*"),
    "no such certificate": (
        ("--client-cert", "missing"),
        r"the certificate file \S+/missing cannot be used: No such file or directory",
    ),
    "another certificate's key": (
        ("--client-cert", "stranger", "--client-key", "key"),
        r"the certificate file \S+/stranger with \S+/key cannot be used: .*PEM.*",
    ),
    "a key alone": (
        ("--client-key", "key"),
        r"--client-key needs --client-cert \(the certificate that belongs to the key\)",
    ),
}


@pytest.mark.parametrize(("words", "said"), FILES.values(), ids=FILES)
def test_certificate_files_that_cannot_be_used(words, said, files, home):
    given = [files.get(word, word) for word in words]
    run = command(home, ["login", "https://127.0.0.1:9/versions", *LOGIN, *given])
    assert run.code == 2
    assert re.fullmatch(said, one_line(run)), run.err


# ---------------------------------------------------------------- proxies


@contextmanager
def proxy(**hosts: str) -> Iterator[tuple[str, list[str]]]:
    """Serve a proxy on the loopback; yield its URL, and what it was asked: `CONNECT host:port`, `GET url`.

    `hosts` has, by name, where some others are.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"GET {self.path}")
            parts = urlsplit(self.path)
            inner = HTTPConnection(hosts.get(parts.netloc, parts.netloc), timeout=10)
            inner.request("GET", f"{parts.path}?{parts.query}", headers=dict(self.headers))
            response = inner.getresponse()
            body = response.read()
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            inner.close()

        def do_CONNECT(self) -> None:
            asked.append(f"CONNECT {self.path}")
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as there:
                self.send_response_only(200)
                self.end_headers()
                threading.Thread(target=carry, args=(there, self.connection), daemon=True).start()
                carry(self.connection, there)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("exempt", ["", "127.0.0.1", "other.example"])
def test_a_proxy_of_the_environment_is_used_unless_the_host_is_exempt(exempt, home):
    with proxy() as (url, asked), serving(Platform()) as platform:
        run = command(home, ["login", platform.versions_url, *LOGIN], HTTP_PROXY=url, NO_PROXY=exempt)
    assert run.code == 0, run.err
    through = [] if exempt == "127.0.0.1" else [f"GET {platform.url}{r.path}" for r in platform.requests]
    assert asked == through
    assert platform.requests


def test_a_proxy_for_https_hears_no_token(authority, files, home):
    context = context_of(authority.issue_cert("127.0.0.1"))
    with proxy() as (url, asked), serving(Platform(), context) as platform:
        run = command(
            home, ["login", platform.versions_url, *LOGIN, "--ca-file", files["ca"]], HTTPS_PROXY=url
        )
    assert run.code == 0, run.err
    assert set(asked) == {f"CONNECT {platform.url.removeprefix('https://')}"}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(scheme, home):
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"
    words = ["login", f"{scheme}://cpo.example/versions", *LOGIN, "--allow-http"]
    run = command(home, words, ALL_PROXY=nobody)
    assert run.code == 6
    assert one_line(run) == ("versions: the proxy cannot reach cpo.example (check HTTPS_PROXY and NO_PROXY)")


def test_a_proxy_gets_the_password_that_stands_in_its_address(home):
    heard = Platform()
    with serving(heard):
        address = heard.url.replace("//", "//me:p%40ss@")
        words = ["login", "http://cpo.example/ocpi/versions", *LOGIN, "--allow-http"]
        command(home, words, HTTP_PROXY=address)
    sent = {request.headers.get("proxy-authorization") for request in heard.requests}
    assert sent == {"Basic " + base64.b64encode(b"me:p@ss").decode()}


@pytest.mark.parametrize(
    "address", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9", "http://", "http://[", "http://x:y:z"]
)
def test_a_proxy_that_is_none(address, home):
    run = command(home, ["login", "https://cpo.example/versions", *LOGIN], HTTPS_PROXY=address)
    assert (run.code, one_line(run)) == (
        2,
        "the environment names a proxy that is not a valid address "
        "(HTTP_PROXY and HTTPS_PROXY take http://HOST:PORT; NO_PROXY names hosts without one)",
    )


def test_a_proxy_that_speaks_tls_and_a_platform_behind_it(authority, files, home):
    """Neither is taken without a certificate that is trusted: the proxy's authority is the system's affair."""
    context = context_of(authority.issue_cert("127.0.0.1"))
    with serving(Platform(), context) as other:
        words = ["login", "https://cpo.example/versions", *LOGIN, "--ca-file", files["ca"]]
        run = command(home, words, HTTPS_PROXY=other.url)
    assert run.code == 6
    assert "no secure connection" in one_line(run)
    assert other.requests == []


# ---------------------------------------------------------------- consent


def split(home_of_data: str) -> Platform:
    """Return a platform whose version details place one module at another origin."""
    listed = [{"identifier": "cdrs", "role": "SENDER", "url": f"{home_of_data}/ocpi/2.2.1/cdrs"}]
    details = envelope({"version": "2.2.1", "endpoints": listed})
    return Platform(special={"2.2.1": lambda _: Response(details)})


def test_nobody_to_ask_is_no_consent(home):
    with serving(Platform()) as other, serving(split(other.url)) as platform:
        run = command(home, ["login", platform.versions_url, *LOGIN])
    assert run.code == 6
    assert one_line(run) == (
        "the platform's http://HOST/ocpi/2.2.1/cdrs is on another host; the token is not sent there without your "
        "consent (if that is correct: --allow-origin http://HOST)"
    )
    assert f"--allow-origin {other.url}" in run.err
    assert other.requests == []
    assert run.saved == {}


@pytest.mark.parametrize("allowed", ["{other}", "{other}/", "{other}/ocpi/2.2.1"])
def test_consent_by_an_option_is_for_that_origin_only(allowed, home):
    with serving(Platform()) as third, serving(Platform()) as other, serving(split(other.url)) as platform:
        words = ["login", platform.versions_url, *LOGIN]
        refused = command(home, [*words, "--allow-origin", third.url])
        agreed = command(home, [*words, "--allow-origin", allowed.format(other=other.url)])
        other.link = lambda *_: f'<{third.url}/ocpi/2.2.1/cdrs?offset=4>; rel="next"'
        other.next = [Response(b"", 302, {"Location": f"{third.url}/ocpi/2.2.1/cdrs"})]
        redirected = command(home, ["cdrs | .id"])
        pulled = command(home, ["cdrs net | aggregate count"])
    assert (refused.code, agreed.code, redirected.code, pulled.code) == (6, 0, 6, 0)
    assert "the token is not sent there" in one_line(redirected)
    assert pulled.out == b"10\n"
    assert {request.token for request in other.requests} == {f"Token {BASE64}"}
    assert third.requests == []


def test_an_option_that_is_no_origin(home):
    run = command(home, ["login", "http://127.0.0.1:9/", *LOGIN, "--allow-origin", "data.example.com"])
    assert (run.code, one_line(run)) == (
        2,
        "--allow-origin takes an origin (such as https://data.example.com)",
    )


# ---------------------------------------------------------------- plain http


def named(name: str) -> Platform:
    """Return a platform that calls itself by a name."""
    platform = Platform()
    offers = envelope([{"version": "2.2.1", "url": f"http://{name}/ocpi/2.2.1"}])
    listed = [{"identifier": "cdrs", "role": "SENDER", "url": f"http://{name}/ocpi/2.2.1/cdrs"}]
    details = envelope({"version": "2.2.1", "endpoints": listed})
    platform.special = {"versions": lambda _: Response(offers), "2.2.1": lambda _: Response(details)}
    return platform


UNENCRYPTED = "the token would be sent to cpo.example unencrypted (use https, or --allow-http to accept that)"


def test_a_token_goes_unencrypted_to_another_machine_only_if_allowed(home):
    with serving(named("cpo.example")) as platform, proxy(**{"cpo.example": platform.url[7:]}) as (url, _):
        words = ["login", "http://cpo.example/ocpi/versions", *LOGIN]
        refused = command(home, words, HTTP_PROXY=url)
        assert platform.requests == []
        allowed = command(home, [*words, "--allow-http"], HTTP_PROXY=url)
        pulled = command(home, ["cdrs net | aggregate count"], HTTP_PROXY=url)
    assert (refused.code, one_line(refused)) == (2, UNENCRYPTED)
    assert (allowed.code, allowed.err) == (0, "logged in to test: OCPI 2.2.1, cdrs\n")
    assert (pulled.out, pulled.err, pulled.code) == (b"10\n", "cdrs: 10 objects, 3 pages\n", 0)


def test_a_login_from_before_goes_on_with_a_warning(home):
    with serving(named("cpo.example")) as platform, proxy(**{"cpo.example": platform.url[7:]}) as (url, _):
        words = ["login", "http://cpo.example/ocpi/versions", *LOGIN, "--allow-http"]
        assert command(home, words, HTTP_PROXY=url).code == 0
        (file,) = home.rglob("test.json")
        file.write_bytes(re.sub(rb'"allow_http": true', b'"allow_http": false', file.read_bytes()))
        pulled = command(home, ["(cdrs | aggregate count), (cdrs | aggregate count)"], HTTP_PROXY=url)
    assert (pulled.out, pulled.code) == (b"10\n10\n", 0)
    assert pulled.err.count("warning: the token goes to http://cpo.example unencrypted") == 1


@pytest.mark.parametrize("words", [("--open",), ("--party", "NL-GOV", "--token", TOKEN)])
def test_without_a_token_or_on_this_machine_nothing_has_to_be_allowed(words, home):
    with serving(Platform(open_versions=True)) as platform:
        run = command(home, ["login", platform.versions_url, *words, "--name", "test"])
    assert run.code == 0
    assert "unencrypted" not in run.err


def test_endpoints_do_not_lead_the_token_to_plain_http(home):
    with serving(named("cpo.example")) as platform:
        words = ["login", platform.versions_url, *LOGIN, "--allow-origin", "http://cpo.example"]
        run = command(home, words)
    assert run.code == 6
    assert one_line(run) == (
        "the platform's http://cpo.example/ocpi/2.2.1 is at an address where the token would be sent unencrypted "
        "(tell the platform, or --allow-http to accept that)"
    )


# ---------------------------------------------------------------- a rate


@pytest.mark.parametrize("parallel", ["1", "4"])
def test_requests_are_spaced(parallel, home):
    with serving(Platform(cap=1)) as platform:
        assert command(home, ["login", platform.versions_url, *LOGIN]).code == 0
        platform.requests.clear()
        begun = time.monotonic()
        run = command(home, ["--rate", "1200", "--parallel", parallel, "cdrs net | aggregate count"])
        took = time.monotonic() - begun
    assert (run.out, run.code) == (b"10\n", 0)
    assert took >= (len(platform.requests) - 1) * 60 / 1200
    assert len(platform.requests) == 12  # one after the last page, and the first one again


@pytest.mark.parametrize("rate", ["0", "-1", "x", "1.5", "100001"])
def test_a_rate_is_a_whole_number(rate, home):
    run = command(home, ["--demo", "--rate", rate, "cdrs"])
    assert (run.code, one_line(run)) == (2, "--rate takes a whole number from 1 to 100000")
