"""The demo platform as a server: methods, connections, compression, log, beginning and end."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import orjson
import pytest
from support.ocpi_client import Client

from ocpiq import demo
from ocpiq.demo.server import accepts_gzip
from ocpiq.errors import UsageError


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_only_get_is_answered(client: Client, method: str) -> None:
    status, headers, envelope = client.ask("/ocpi/2.2.1/sessions", method=method, body="{}" * 50)
    assert (status, headers["allow"]) == (405, "GET")
    assert (envelope or {}).get("status_code") == (None if method == "HEAD" else 2000)
    assert client.ask("/ocpi/versions")[0] == 200


def test_what_is_no_http(client: Client) -> None:
    address = (urlsplit(client.platform.url).hostname, urlsplit(client.platform.url).port)
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(b"GET / one two three\r\n\r\n")
        assert b'"status_code":2000' in connection.makefile("rb").read()


def test_every_page_is_delayed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []
    monkeypatch.setattr("ocpiq.demo.server.sleep", delays.append)
    with demo.platform(page_delay=0.25) as platform:
        client = Client(platform)
        assert len(client.all("/ocpi/2.2.1/tokens")) == 420
        client.ask("/ocpi/versions")
        client.connection.close()
    assert delays == [0.25] * 5


def test_clients_are_served_side_by_side(demo_platform: demo.DemoPlatform) -> None:
    def pull(module: str) -> int:
        client = Client(demo_platform)
        count = len(client.all(f"/ocpi/2.2.1/{module}?limit=50"))
        client.connection.close()
        return count

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(pull, ["tokens", "locations", "tokens", "tariffs"])) == [420, 113, 420, 33]


FOREGROUND = """
from ocpiq import demo
platform = demo.platform()
print(platform.versions_url, flush=True)
try:
    platform.serve_forever()
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for another process")
def test_served_in_the_foreground_until_it_is_interrupted() -> None:
    command = [sys.executable, "-c", FOREGROUND]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        request = Request(url, headers={"Authorization": f"Token {demo.TOKEN}"})
        with urlopen(request, timeout=20) as response:
            assert orjson.loads(response.read())["status_code"] == 1000
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("ended\n", "")


def test_a_failure_of_the_platform_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    with demo.platform(log=lines.append) as platform:
        client = Client(platform)
        monkeypatch.setattr("ocpiq.demo.server.answer", lambda *_: 1 / 0)
        status, _, envelope = client.ask("/ocpi/versions")
        assert (status, envelope["status_code"]) == (500, 3000)
        assert "ZeroDivisionError" in lines[0]
        monkeypatch.undo()
        assert client.ask("/ocpi/versions")[0] == 200
        client.connection.close()


# --- transport


def test_a_connection_is_kept(client: Client) -> None:
    client.ask("/ocpi/versions")
    before = client.connection.sock
    client.ask("/ocpi/2.2.1/sessions?limit=0")
    client.ask("/ocpi/nothing")
    assert client.connection.sock is before is not None


def test_gzip_where_the_client_accepts_it(client: Client) -> None:
    plain = client.ask("/ocpi/2.2.1/sessions")
    packed = client.ask("/ocpi/2.2.1/sessions", Accept_Encoding="gzip, deflate")
    assert "content-encoding" not in plain[1]
    assert packed[1]["content-encoding"] == "gzip"
    assert int(packed[1]["content-length"]) < int(plain[1]["content-length"]) / 4
    assert packed[2]["data"] == plain[2]["data"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("identity", False),
    ],
)
def test_accept_encoding(header: str, expected: bool) -> None:
    assert accepts_gzip(header) is expected


def test_the_log_hears_of_every_request_and_of_no_token() -> None:
    lines: list[str] = []
    with demo.platform(token="a-token-of-ones-own", log=lines.append) as platform:
        client = Client(platform)
        client.ask("/ocpi/versions")
        client.ask("/ocpi/%1b")
        client.ask("/ocpi/versions", Authorization="Token wrong")
        client.connection.close()
    assert [line.split('"')[1] for line in lines] == [
        "GET /ocpi/versions HTTP/1.1",
        "GET /ocpi/%1b HTTP/1.1",
        "GET /ocpi/versions HTTP/1.1",
    ]
    assert "ones-own" not in "".join(lines)


def test_it_says_nothing_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    with demo.platform() as platform:
        client = Client(platform)
        client.ask("/nothing", Authorization="")
        client.connection.sock.close()
    assert capfd.readouterr() == ("", "")


def test_leaving_ends_what_clients_keep_alive() -> None:
    with demo.platform() as platform:
        client = Client(platform)
        client.ask("/ocpi/versions")
    with pytest.raises((http.client.HTTPException, OSError)):
        client.ask("/ocpi/versions")
    client.connection.close()


def test_a_port_that_is_taken(demo_platform: demo.DemoPlatform) -> None:
    port = urlsplit(demo_platform.url).port
    assert port is not None
    with pytest.raises(UsageError, match=f"could not open port {port}"):
        demo.platform(port=port)


def test_a_port_that_is_none() -> None:
    with pytest.raises(UsageError, match="port 70000"):
        demo.platform(port=70000)
