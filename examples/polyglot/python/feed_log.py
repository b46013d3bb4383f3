"""The log of a service that publishes: what it said, in partitions with positions without holes."""

from __future__ import annotations

import json
import sqlite3
import zlib
from datetime import datetime, timezone
from typing import Any

from event import Event

PARTITIONS = 4
"""Fixed for the life of a log: the partition of a key must not change."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
  partition INTEGER, position INTEGER, cloud_event TEXT NOT NULL, PRIMARY KEY (partition, position)
) WITHOUT ROWID;
"""


# #region say
def say(database: sqlite3.Connection, service: str, type: str, key: str, data: Any, cause: Event | None = None) -> None:
    """Says an event. To be called inside a transaction: it becomes visible with everything else in it. One transaction
    at a time takes positions, so that they have no holes and become visible in their order."""
    partition = zlib.crc32(key.encode()) % PARTITIONS
    last = database.execute("SELECT max(position) FROM log WHERE partition = ?", (partition,)).fetchone()[0]
    position = (last or 0) + 1
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    origin = {} if cause is None else cause.attributes
    cloud_event = {
        "specversion": "1.0",
        "id": f"{service}:{partition}:{position}",
        "source": f"/{service}",
        "type": type,
        "time": now.replace("+00:00", "Z"),
        "subject": key,
        "datacontenttype": "application/json",
        "dataversion": 1,
        "sequence": f"{position:016}",
        "partitionkey": key,
        **{name: origin[name] for name in ("correlationid", "traceparent") if name in origin},
        **({} if cause is None else {"causationid": origin["id"]}),
        "kind": "event",
        "unit": "inspector",
        "data": data,
    }
    text = json.dumps(cloud_event, separators=(",", ":"))
    database.execute("INSERT INTO log VALUES (?, ?, ?)", (partition, position, text))
# #endregion


def heads(database: sqlite3.Connection) -> list[int]:
    """The last position of each partition."""
    found = dict(database.execute("SELECT partition, max(position) FROM log GROUP BY partition").fetchall())
    return [found.get(partition, 0) for partition in range(PARTITIONS)]


def read(database: sqlite3.Connection, partition: int, after: int, limit: int) -> list[str]:
    """CloudEvents of a partition behind a position, in order, as JSON."""
    query = "SELECT cloud_event FROM log WHERE partition = ? AND position > ? ORDER BY position LIMIT ?"
    return [text for (text,) in database.execute(query, (partition, after, limit))]
