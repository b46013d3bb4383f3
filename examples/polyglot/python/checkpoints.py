"""Effects of events in a database of one's own, each exactly once."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import Callable, Iterator

from event import Event

Effect = Callable[[sqlite3.Connection, Event], None]


def open_database(path: str, schema: str) -> sqlite3.Connection:
    """Opens a database and makes its tables. What is committed survives a crash of the machine."""
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS checkpoint (service TEXT, partition INTEGER, position INTEGER NOT NULL,"
        " PRIMARY KEY (service, partition))"
    )
    database.executescript(schema)
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Everything inside, or nothing. Only one process at a time is inside."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def position_of(database: sqlite3.Connection, service: str, partition: int) -> int:
    """The position of the last event of a partition that had its effect, 0 before the first."""
    query = "SELECT position FROM checkpoint WHERE service = ? AND partition = ?"
    row = database.execute(query, (service, partition)).fetchone()
    return 0 if row is None else row[0]


def positions_of(database: sqlite3.Connection, service: str, partitions: int) -> list[int]:
    """The same for each partition of a service."""
    return [position_of(database, service, partition) for partition in range(partitions)]


# #region once
def apply(database: sqlite3.Connection, events: list[Event], effect: Effect) -> int:
    """Causes the effects of events, in one transaction with the checkpoints; those that had theirs are passed over.
    Says how many were new. Raises `LookupError`, and changes nothing, when an event before one of them is missing."""
    new = 0
    with transaction(database):
        for event in events:
            known = position_of(database, event.service, event.partition)
            if event.position <= known:
                continue
            if event.position != known + 1:
                raise LookupError(f"{event.service}:{event.partition}:{known + 1} is missing")
            effect(database, event)
            database.execute(
                "REPLACE INTO checkpoint (service, partition, position) VALUES (?, ?, ?)",
                (event.service, event.partition, event.position),
            )
            new += 1
    return new
# #endregion
