"""Keeps logbooks of bikes by NATS: python3 nats_consumer.py http://127.0.0.1:4000 nats://127.0.0.1:4222 logbook.db

NATS brings events quickly, and the feed brings those that NATS did not bring.
"""

from __future__ import annotations

import sqlite3
import sys
import time

from checkpoints import apply, open_database, position_of, positions_of
from event import Event
from feed_client import FeedClient, FeedUnavailable
from logbook import SCHEMA, write_down
from nats_client import NatsConnection

SILENCE_S = 1.0
"""So long nothing may be heard before the feed is asked: of what was lost last, no later event tells."""


class Consumer:
    """Writes down each event once, by whichever way it comes."""

    def __init__(self, database: sqlite3.Connection, feed: FeedClient) -> None:
        self._database = database
        self._feed = feed

    # #region hear
    def hear(self, event: Event) -> None:
        """Takes an event that NATS has brought: writes it down when it is the next one, passes over what is known. A
        hole before it, or data too large for NATS, is read from the feed."""
        known = position_of(self._database, event.service, event.partition)
        if event.position <= known:
            return
        if event.position == known + 1 and "dataref" not in event.attributes:
            return self._take([event], "NATS")
        why = "is too large for NATS" if event.position == known + 1 else "comes without the one before it"
        print(f"{event.attributes['id']} {why}: reading the feed", flush=True)
        self.catch_up()

    def catch_up(self) -> None:
        """Reads from the feed whatever was said until now and is not written down. Raises `FeedUnavailable`."""
        heads = self._feed.heads()
        while True:
            known = positions_of(self._database, "fleet", len(heads))
            if all(position >= head for position, head in zip(known, heads)):
                return
            self._take(self._feed.news(known), "the feed")
    # #endregion

    def _take(self, events: list[Event], way: str) -> None:
        print(f"{apply(self._database, events, write_down)} new events by {way}", flush=True)


# #region follow
def follow(consumer: Consumer, nats_url: str) -> None:
    """Hears until the connection or the service fails: raises `OSError` or `FeedUnavailable`."""
    with NatsConnection(nats_url) as nats:
        nats.subscribe("skerry.fleet.*")
        # What is said from here on is heard; what was said before is read.
        consumer.catch_up()
        while True:
            message = nats.next(SILENCE_S)
            if message is None:
                consumer.catch_up()
            else:
                consumer.hear(Event.of_headers(message.headers, message.body))
# #endregion


def main(fleet_url: str, nats_url: str, path: str) -> None:
    """Runs until it is ended, in whatever way; while NATS is away, the feed brings the events."""
    consumer = Consumer(open_database(path, SCHEMA), FeedClient(fleet_url, "fleet"))
    while True:
        try:
            follow(consumer, nats_url)
        except (OSError, FeedUnavailable) as reason:
            print(f"{reason}; trying again", file=sys.stderr, flush=True)
        time.sleep(SILENCE_S / 2)
        try:
            consumer.catch_up()
        except FeedUnavailable:
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
