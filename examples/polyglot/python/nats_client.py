"""Hears messages of NATS by its text protocol, with no more of it than a subscriber needs."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Message:
    """One message. Names of headers are in lower case."""

    subject: str
    headers: dict[str, str]
    body: bytes


class NatsConnection:
    """One connection to one server. Whatever raises `OSError` has ended it; what is sent meanwhile is not heard."""

    def __init__(self, url: str) -> None:
        """Connects, such as to `nats://user:secret@127.0.0.1:4222`."""
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname, address.port or 4222), timeout=5)
        self._received = bytearray()
        options = {"verbose": False, "pedantic": False, "headers": True, "lang": "python", "version": "1"}
        if address.username is not None:
            options |= {"user": unquote(address.username), "pass": unquote(address.password or "")}
        self._send(f"CONNECT {json.dumps(options)}")

    def __enter__(self) -> NatsConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def subscribe(self, subject: str) -> None:
        """Asks for all messages of a subject. When it returns, the server has taken the request."""
        self._send(f"SUB {subject} 1\r\nPING")
        while (line := self._line()) != "PONG":
            self._check(line)

    def next(self, within_s: float) -> Message | None:
        """The next message, or None when nothing was heard for so long."""
        while True:
            if not self._received:
                try:
                    self._receive(within_s)
                except TimeoutError:
                    return None
            operation, *words = (line := self._line()).split(" ")
            if operation == "MSG":
                return Message(words[0], {}, self._body(int(words[-1])))
            if operation == "HMSG":
                head, body = int(words[-2]), self._body(int(words[-1]))
                return Message(words[0], headers_of(body[:head]), body[head:])
            self._check(line)

    def _check(self, line: str) -> None:
        if line == "PING":
            self._send("PONG")
        if line.startswith("-ERR"):
            raise ConnectionError(f"NATS says {line}")

    def _send(self, line: str) -> None:
        self._socket.sendall(f"{line}\r\n".encode())

    def _receive(self, within_s: float = 5) -> None:
        self._socket.settimeout(within_s)
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError("NATS has closed the connection")
        self._received += part

    def _line(self) -> str:
        while (end := self._received.find(b"\r\n")) < 0:
            self._receive()
        return self._taken(end).decode()

    def _body(self, length: int) -> bytes:
        while len(self._received) < length + 2:
            self._receive()
        return self._taken(length)

    def _taken(self, length: int) -> bytes:
        taken = bytes(self._received[:length])
        # A line end follows whatever is taken.
        del self._received[: length + 2]
        return taken


def headers_of(block: bytes) -> dict[str, str]:
    """The headers of a message, without the line of the version before them."""
    pairs = (line.partition(":") for line in block.decode().split("\r\n")[1:] if line)
    return {name.lower(): value.strip() for name, _, value in pairs}
