"""The logbook of each bike: where it came back from its first ride, its second, and so on."""

from __future__ import annotations

import sqlite3

from event import Event

SCHEMA = """
CREATE TABLE IF NOT EXISTS logbook (
  bike TEXT, entry INTEGER, ride TEXT NOT NULL, station TEXT NOT NULL, PRIMARY KEY (bike, entry)
);
"""


# #region effect
def write_down(database: sqlite3.Connection, event: Event) -> None:
    """One more entry for each ride. It need not ask whether it was there already: it is called once for each event."""
    if event.type != "BikeReturned":
        return
    ride = event.data
    database.execute(
        "INSERT INTO logbook SELECT ?, count(*) + 1, ?, ? FROM logbook WHERE bike = ?",
        (ride["bikeId"], ride["rideId"], ride["station"], ride["bikeId"]),
    )
# #endregion
