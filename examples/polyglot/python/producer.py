"""The service `inspections`: python3 producer.py http://127.0.0.1:4000 4100 inspections.db

It hears from `fleet` when bikes come back, and says of each third ride of a bike that an inspection is due.
"""

from __future__ import annotations

import sqlite3
import sys
from threading import Thread

import feed_log
from checkpoints import apply, open_database, positions_of
from event import Event
from feed_client import FeedClient, patiently
from feed_server import FeedServer

SERVICE = "inspections"
RIDES = "CREATE TABLE IF NOT EXISTS rides (bike TEXT PRIMARY KEY, count INTEGER NOT NULL);"


# #region effect
def count_ride(database: sqlite3.Connection, event: Event) -> None:
    """The count, what is said of it and the checkpoint are in one transaction: the log is the outbox."""
    if event.type != "BikeReturned":
        return
    bike = event.data["bikeId"]
    counted = "INSERT INTO rides VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count"
    (rides,) = database.execute(counted, (bike,)).fetchone()
    if rides % 3 == 0:
        feed_log.say(database, SERVICE, "InspectionDue", bike, {"bikeId": bike, "rides": rides}, event)
# #endregion


def main(fleet_url: str, port: str, path: str) -> None:
    """Runs until it is ended, in whatever way."""
    database = open_database(path, feed_log.SCHEMA + RIDES)
    server = FeedServer(int(port), SERVICE, path)
    Thread(target=server.serve_forever, daemon=True).start()
    print(f"{SERVICE} is served at http://127.0.0.1:{server.server_port}", flush=True)
    for events in patiently(FeedClient(fleet_url, "fleet"), lambda count: positions_of(database, "fleet", count)):
        print(f"{apply(database, events, count_ride)} new events", flush=True)
        server.announce()


if __name__ == "__main__":
    main(*sys.argv[1:])
