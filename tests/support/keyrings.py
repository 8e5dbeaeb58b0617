"""A system keyring in memory."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class InMemory(KeyringBackend):
    """A keyring with a lock."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False
        self.asked = 0

    def open(self) -> dict[tuple[str, str], str]:
        self.asked += 1
        if self.locked:
            raise KeyringLocked(f"not for you: {self.entries}")
        return self.entries

    def set_password(self, service: str, username: str, password: str) -> None:
        self.open()[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.open().get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        if self.open().pop((service, username), None) is None:
            raise PasswordDeleteError
