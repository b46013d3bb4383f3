"""Keeps logbooks of bikes by the feed of `fleet`: python3 consumer.py http://127.0.0.1:4000 logbook.db"""

from __future__ import annotations

import sys

from checkpoints import apply, open_database, positions_of
from feed_client import FeedClient, patiently
from logbook import SCHEMA, write_down


# #region main
def main(fleet_url: str, path: str) -> None:
    """Runs until it is ended, in whatever way: the next run goes on where the database says that this one was."""
    database = open_database(path, SCHEMA)
    for events in patiently(FeedClient(fleet_url, "fleet"), lambda count: positions_of(database, "fleet", count)):
        print(f"{apply(database, events, write_down)} new events", flush=True)
# #endregion


if __name__ == "__main__":
    main(*sys.argv[1:])
