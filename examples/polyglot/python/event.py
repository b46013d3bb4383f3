"""What a service of a Skerry system has said, as its readers know it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping
from urllib.parse import unquote


@dataclass(frozen=True)
class Event:
    """One row of a log. Positions of a partition are 1, 2, 3 and so on, without holes."""

    service: str
    partition: int
    position: int
    type: str
    key: str
    data: Any
    attributes: Mapping[str, Any]
    """All attributes of the CloudEvent, such as `id`, `correlationid` and `traceparent`."""

    @staticmethod
    def of(attributes: Mapping[str, Any], data: Any) -> Event:
        """The event of a CloudEvent. Raises `ValueError` or `KeyError` when it is not one of a Skerry log."""
        service, partition, position = attributes["id"].split(":")
        if int(attributes["sequence"]) != int(position):
            raise ValueError(f"{attributes['id']} is not at the position {attributes['sequence']}")
        return Event(
            service, int(partition), int(position), attributes["type"], attributes["subject"], data, attributes
        )

    @staticmethod
    def of_json(cloud_event: Mapping[str, Any]) -> Event:
        """The event of one element of a batch, in the JSON form of CloudEvents."""
        return Event.of({name: value for name, value in cloud_event.items() if name != "data"}, cloud_event["data"])

    @staticmethod
    def of_headers(headers: Mapping[str, str], body: bytes) -> Event:
        """The event of a message in binary mode: attributes in headers `ce-...`, percent-encoded; data as the body."""
        attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
        # A row too large for the broker comes without its data, and with the address where it is.
        return Event.of(attributes, None if "dataref" in attributes else json.loads(body))
