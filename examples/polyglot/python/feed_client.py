"""Reads the feed of a Skerry service over HTTP."""

from __future__ import annotations

import http.client
import json
import sys
import time
from typing import Any, Callable, Iterator
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from event import Event


class FeedUnavailable(Exception):
    """The service cannot be reached now; later it may."""


class FeedClient:
    """The feed of one service. Each call asks once."""

    def __init__(self, base_url: str, service: str) -> None:
        self.service = service
        self._url = f"{base_url.rstrip('/')}/{service}/feed"

    def heads(self) -> list[int]:
        """The last position of each partition. Raises `FeedUnavailable`."""
        return self._ask(self._url, 0)["heads"]

    # #region news
    def news(self, after: list[int], wait_ms: int = 0) -> list[Event]:
        """What was said behind these positions, one for each partition: in order and without holes within each,
        at most 256. Waits for the first so long; empty when there is none. Raises `FeedUnavailable`."""
        positions = ",".join(str(position) for position in after)
        batch = self._ask(f"{self._url}?after={positions}&waitMs={wait_ms}", wait_ms)
        return [Event.of_json(cloud_event) for cloud_event in batch]
    # #endregion

    def _ask(self, url: str, wait_ms: int) -> Any:
        try:
            with urlopen(url, timeout=30 + wait_ms / 1000) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code < 500 and error.code not in (408, 425, 429):
                raise
            raise FeedUnavailable(f"{url} answered {error.code}") from error
        except (URLError, http.client.HTTPException, OSError) as error:
            raise FeedUnavailable(f"{url} cannot be read: {error}") from error


def patiently(client: FeedClient, positions: Callable[[int], list[int]]) -> Iterator[list[Event]]:
    """The news behind the positions that it is told for so many partitions, again and again, also over outages of the
    service: whoever takes a batch stores its positions before asking for the next. Some batches are empty."""
    pause_s = 0.1
    while True:
        try:
            partitions = len(client.heads())
            while True:
                yield client.news(positions(partitions), 20_000)
                pause_s = 0.1
        except FeedUnavailable as reason:
            print(f"{reason}; trying again", file=sys.stderr, flush=True)
            time.sleep(pause_s)
            pause_s = min(5.0, pause_s * 2)
