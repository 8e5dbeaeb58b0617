"""Files in S3 and what speaks its protocol: `s3://BUCKET/KEY`, read piece by piece while the next piece arrives.

Keys, region and endpoint are those of other programs: the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE,
AWS_ENDPOINT_URL and the like), the files in ~/.aws, or the role of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from io import BufferedReader, RawIOBase
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias, cast

from ocpiq.errors import Reason, SourceError, UserText, say
from ocpiq.values.patterns import lazy_pattern

if TYPE_CHECKING:
    from concurrent.futures import Future

FileSystem: TypeAlias = Any  # fsspec has no types

SCHEME: Final = "s3://"
ADDRESS: Final = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]+://")
PIECE: Final = 4 << 20  # bytes of a request
BUFFER: Final = 1 << 17  # bytes

NO_KEYS: Final = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "CredentialRetrievalError",
)
UNREACHABLE: Final = (
    *("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"),
    *("HTTPClientError", "SSLError", "ProxyConnectionError", "FSTimeoutError", "ConnectionError"),
)


class CloudPath:
    """A file or a folder. `size` is that of a file, where a listing has told it."""

    def __init__(self, address: str, size: int | None = None, system: FileSystem = None) -> None:
        self.address = address
        self._size = size
        self._system = system
        self._begun: tuple[int, int | None, BufferedReader] | None = None

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.address.rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> CloudPath:
        """The folder that it is in."""
        return CloudPath(self.address.rstrip("/").rpartition("/")[0], system=self._system)

    def __truediv__(self, name: str) -> CloudPath:
        return CloudPath(f"{self.address.rstrip('/')}/{name}", system=self._file_system())

    def read_bytes(self) -> bytes:
        """Return the content of a file. Raises FileNotFoundError if there is none, else UsageError."""
        try:
            return bytes(self._file_system().cat_file(self.address.removeprefix(SCHEME)))
        except FileNotFoundError:
            raise
        except Exception as error:  # as in `refused`
            raise failure(self.address, error) from error

    def files(self) -> tuple[CloudPath, ...]:
        """Return the file itself, or the files in the folder except hidden ones. Raises UsageError."""
        with refused(self.address):
            system = self._file_system()
            system.invalidate_cache()  # what an earlier run listed
            path = self.address.removeprefix(SCHEME)
            info = system.info(path)
            if info["type"] == "file":
                self._size = info["size"]
                return (self,)
            listed = [entry for entry in system.ls(path, detail=True) if entry["type"] == "file"]
        files = [CloudPath(f"{SCHEME}{entry['name']}", entry["size"], system) for entry in listed]
        files = [file for file in files if not file.name.startswith(".") and not file.address.endswith("/")]
        if not files:
            raise SourceError(say("the folder {path} holds no file", path=UserText(self.address)))
        return tuple(files)

    def size(self) -> int:
        """Return the number of bytes of a file. Raises UsageError."""
        if self._size is None:
            with refused(self.address):
                self._size = int(self._file_system().info(self.address.removeprefix(SCHEME))["size"])
        return self._size

    def begin(self, start: int = 0, end: int | None = None) -> None:
        """Request the first piece from `start` to `end`, which is opened soon."""
        if self._begun is None:
            self._begun = start, end, self.open(start, end)

    def open(self, start: int = 0, end: int | None = None, piece: int = PIECE) -> BufferedReader:
        """Open the bytes from `start` to `end`, requested in pieces. Reading raises UsageError."""
        begun, self._begun = self._begun, None
        if begun is not None and begun[:2] == (start, end):
            return begun[2]
        return BufferedReader(Download(self.address, self._opened, start, end, piece), BUFFER)

    def _opened(self) -> BinaryIO:
        path = self.address.removeprefix(SCHEME)  # without a size, or changes would not be noticed
        return cast(BinaryIO, self._file_system().open(path, "rb", cache_type="none"))

    def _file_system(self) -> FileSystem:
        if self._system is None:
            self._system = file_system(
                frozenset(item for item in os.environ.items() if item[0].startswith("AWS_"))
            )
        return self._system


def cloud_path(address: str) -> CloudPath:
    """Return the path at an address. Raises UsageError if it is not of S3, or the extra is missing."""
    if not address.startswith(SCHEME):
        raise SourceError(
            say("{address} cannot be read", address=UserText(address)),
            hint=say("give a path on this machine, or s3://BUCKET/KEY"),
        )
    bucket = address.removeprefix(SCHEME).partition("/")[0]
    if not bucket:
        raise SourceError(
            say("{address} names no bucket", address=UserText(address)), hint=say("s3://BUCKET/KEY")
        )
    if find_spec("s3fs") is None:
        raise SourceError(
            say("{address} needs s3fs", address=UserText(address)), hint=say("pip install 'ocpiq[cloud]'")
        )
    return CloudPath(address)


@lru_cache(maxsize=1)
def file_system(environment: frozenset[tuple[str, str]]) -> FileSystem:
    """Return the files of S3, as the variables of AWS in the environment have it."""
    import logging  # noqa: PLC0415 - files of this machine do not need it

    s3fs: Any = import_module("s3fs")  # an extra
    for name in ("s3fs", "fsspec", "botocore", "aiobotocore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return s3fs.S3FileSystem(skip_instance_cache=True)


class Download(RawIOBase):
    """The bytes of a file, of which one piece is read while the next one is requested."""

    def __init__(
        self, address: str, opened: Callable[[], BinaryIO], start: int, end: int | None, piece: int
    ) -> None:
        self._address = address
        self._opened = opened
        self._file: BinaryIO | None = None
        self._start, self._end, self._size = start, end, piece
        self._piece = memoryview(b"")
        self._next: Future[bytes] = in_background(self._fetch)

    def _fetch(self) -> bytes:
        """Return the next piece, empty at the end."""
        if self._file is None:
            self._file = self._opened()
            self._file.seek(self._start)
        size = self._size if self._end is None else min(self._size, self._end - self._start)
        piece = self._file.read(size) if size > 0 else b""
        self._start += len(piece)
        return piece

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - anything to write to
        """Read. Raises UsageError."""
        if not self._piece:
            with refused(self._address):
                self._piece = memoryview(self._next.result())
            if not self._piece:
                return 0
            self._next = in_background(self._fetch)
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count


def in_background(work: Callable[[], bytes]) -> Future[bytes]:
    """Do some work in a thread, which does not keep the program from ending."""
    from concurrent.futures import Future  # noqa: PLC0415 - files of this machine do not need it

    future: Future[bytes] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


@contextmanager
def refused(address: str) -> Iterator[None]:
    """Raise UsageError for whatever a request raises."""
    try:
        yield
    except SourceError:
        raise
    except FileNotFoundError:
        raise SourceError(say("there is no file or folder {path}", path=UserText(address))) from None
    except Exception as error:  # of several libraries, which have no base in common
        raise failure(address, error) from error


def failure(address: str, error: Exception) -> SourceError:
    """Return why a request failed, and what helps."""
    path, names = UserText(address), [cls.__name__ for cls in type(error).__mro__]
    if any(name in NO_KEYS for name in names):
        hint = say(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket FSSPEC_S3_ANON=true"
        )
        return SourceError(say("{path} cannot be read: no access key", path=path), hint=hint)
    if isinstance(error, PermissionError):
        hint = say("check the access key, and that it may list and read the bucket")
        return SourceError(say("{path} cannot be read: access denied", path=path), hint=hint)
    if "FileExpired" in names:
        hint = say("run the query again")
        return SourceError(say("{path} cannot be read: it changed while it was read", path=path), hint=hint)
    if any(name in UNREACHABLE for name in names):
        hint = say("check AWS_ENDPOINT_URL and AWS_REGION")
        return SourceError(say("{path} cannot be read: the server cannot be reached", path=path), hint=hint)
    if isinstance(error, ValueError):
        hint = say("check AWS_ENDPOINT_URL")
        return SourceError(
            say("{path} cannot be read: the server has no valid address", path=path), hint=hint
        )
    return SourceError(say("{path} cannot be read: {reason}", path=path, reason=Reason(names[0])))
