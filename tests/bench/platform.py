"""A platform for measuring: the demo platform's CDRs under new ids, as many as wanted, from pages made beforehand.

`python -m tests.bench.platform OBJECTS PAGE DELAY` prints its versions URL and serves until it is killed. Asked for
what has changed since a date, it returns the first hundredth of them.
"""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import orjson

from ocpiq.demo.catalogue import listing

TOKEN = "measuring"
PLACE = b"@@@@@@"
NOW = "2026-02-01T00:00:00Z"
UNCHANGED, CHANGED = "2026-01-01T00:00:00Z", "2026-01-31T23:00:00Z"
SHARE = 100  # of the objects, of which one has changed


def template(size: int, updated: str) -> bytes:
    """Return a page's body; the ids in it hold the place of the page's number."""
    found = listing("cdrs", "2.2.1")
    made = [
        {**found.make(number % 1000), "id": f"C{PLACE.decode()}{number:06}", "last_updated": updated}
        for number in range(size)
    ]
    return enveloped(made)


def main(objects: int, size: int, delay: float) -> None:
    """Serve."""
    bodies = {updated: template(size, updated) for updated in (UNCHANGED, CHANGED)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            base = f"http://{self.headers['Host']}"
            headers = {}
            if parts.path == "/versions":
                body = enveloped([{"version": "2.2.1", "url": f"{base}/2.2.1"}])
            elif parts.path == "/2.2.1":
                endpoint = {"identifier": "cdrs", "role": "SENDER", "url": f"{base}/cdrs"}
                body = enveloped({"version": "2.2.1", "endpoints": [endpoint]})
            else:
                query = parse_qs(parts.query)
                offset, since = int(query["offset"][0]), query.get("date_from", [""])[0]
                total, updated = (objects // SHARE, CHANGED) if since else (objects, UNCHANGED)
                time.sleep(delay)
                page = bodies[updated].replace(PLACE, b"%06d" % (offset // size))
                body = page if offset < total else enveloped([])
                headers = {"X-Total-Count": str(total), "X-Limit": str(size)}
                if offset + size < total:
                    further = f"&date_from={since}" if since else ""
                    address = f"{base}/cdrs?offset={offset + size}&limit={size}{further}"
                    headers["Link"] = f'<{address}>; rel="next"'
            self.send_response_only(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/versions", flush=True)
    server.serve_forever()


def enveloped(data: object) -> bytes:
    """Return an envelope."""
    return orjson.dumps({"data": data, "status_code": 1000, "timestamp": NOW})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
