"""Serves a log as the feed of a Skerry service."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition
from typing import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import feed_log
from checkpoints import open_database

PAGE_ROWS = 256
WAIT_MAX_MS = 30_000
BATCH = "application/cloudevents-batch+json"


class Refused(Exception):
    """A request that cannot be answered: the status, the code and what is wrong."""


def whole_number(name: str, text: str, least: int, most: int) -> int:
    """The number in a parameter. Raises `Refused`."""
    if text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most:
        return int(text)
    raise Refused(400, "POSITION_INVALID", f"'{name}' must be a whole number from {least} to {most}.")


class FeedServer(ThreadingHTTPServer):
    """Listens as soon as it is made. Whoever has committed new rows calls `announce`."""

    daemon_threads = True

    def __init__(self, port: int, service: str, database: str) -> None:
        self.service = service
        self.database = database
        self._news = Condition()
        super().__init__(("127.0.0.1", port), FeedHandler)

    def announce(self) -> None:
        """Wakes the requests that wait for news."""
        with self._news:
            self._news.notify_all()

    # #region wait
    def rows(self, look: Callable[[], list[str]], wait_ms: int) -> list[str]:
        """What is found, or what is found as soon as there is something, within the time given."""
        deadline = time.monotonic() + wait_ms / 1000
        with self._news:
            # Looking while nobody can announce: what is committed after it wakes the wait.
            while not (found := look()) and (left := deadline - time.monotonic()) > 0:
                self._news.wait(left)
        return found
    # #endregion


class FeedHandler(BaseHTTPRequestHandler):
    """`/<service>/feed` and `/<service>/feed/<partition>`, by GET."""

    protocol_version = "HTTP/1.1"
    server: FeedServer

    def do_GET(self) -> None:
        """Answers one request, on a connection to the database of its own."""
        try:
            with closing(open_database(self.server.database, feed_log.SCHEMA)) as database:
                self._serve(database)
        except Refused as refused:
            status, code, detail = refused.args
            problem = {"type": f"/errors/{code}", "title": detail, "status": status, "code": code}
            self._answer(status, "application/problem+json", json.dumps(problem), {})

    def _serve(self, database: sqlite3.Connection) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        wait_ms = whole_number("waitMs", query.get("waitMs", "0"), 0, WAIT_MAX_MS)
        limit = whole_number("limit", query.get("limit", str(PAGE_ROWS)), 1, PAGE_ROWS)
        match address.path.split("/")[1:]:
            case [self.server.service, "feed"] if "after" not in query:
                heads = feed_log.heads(database)
                body = json.dumps({"service": self.server.service, "pageRows": PAGE_ROWS, "heads": heads})
                self._tagged("application/json", body, ",".join(map(str, heads)), {"Cache-Control": "no-cache"})
            case [self.server.service, "feed"]:
                after = query["after"].split(",")
                if len(after) != feed_log.PARTITIONS:
                    raise Refused(400, "POSITION_INVALID", f"'after' must have {feed_log.PARTITIONS} positions.")
                wanted = {partition: self._position(text) for partition, text in enumerate(after)}
                self._batch(database, query, wanted, limit, wait_ms)
            case [self.server.service, "feed", text]:
                if text not in map(str, range(feed_log.PARTITIONS)):
                    raise Refused(404, "PARTITION_UNKNOWN", f"There are partitions 0 to {feed_log.PARTITIONS - 1}.")
                self._batch(database, query, {int(text): self._position(query.get("after", "0"))}, limit, wait_ms)
            case _:
                raise Refused(404, "SERVICE_UNKNOWN", f"Here is only /{self.server.service}/feed.")

    def _batch(
        self, database: sqlite3.Connection, query: dict[str, str], after: dict[int, int], limit: int, wait_ms: int
    ) -> None:
        found = dict(after)

        def look() -> list[str]:
            rows: list[str] = []
            for left, (partition, position) in zip(range(len(after), 0, -1), after.items()):
                # A fair share for each, so that a busy partition does not keep the others waiting.
                share = feed_log.read(database, partition, position, -(-(limit - len(rows)) // left))
                found[partition] = position + len(share)
                rows += share
            return rows

        rows = self.server.rows(look, wait_ms)
        until = ",".join(map(str, found.values()))
        since = ",".join(map(str, after.values()))
        is_full = len(after) == 1 and int(since) % PAGE_ROWS == 0 and len(rows) == PAGE_ROWS
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if is_full else "no-cache",
            "Link": f'<{urlsplit(self.path).path}?{urlencode({**query, "after": until})}>; rel="next"',
        }
        self._tagged(BATCH, f"[{','.join(rows)}]", f"{since}-{until}", headers)

    def _position(self, text: str) -> int:
        return whole_number("after", text, 0, 2**53 - 1)

    def _tagged(self, media_type: str, body: str, tag: str, headers: dict[str, str]) -> None:
        etag = f'"{tag}"'
        known = self.headers.get("If-None-Match", "")
        is_known = known.strip() == "*" or etag in known
        self._answer(304 if is_known else 200, media_type, "" if is_known else body, {**headers, "ETag": etag})

    def _answer(self, status: int, media_type: str, body: str, headers: dict[str, str]) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": media_type, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a request is no news."""
