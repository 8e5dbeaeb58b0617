"""The files that a query imports: searched in folders, read once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ocpiq.analysis.modules import ImportedModule
from ocpiq.errors import (
    EMPTY,
    CompileError,
    InputError,
    Message,
    QuerySyntaxError,
    SourceError,
    UserText,
    join,
    location,
    say,
)
from ocpiq.language import parse
from ocpiq.values.encodings import EncodingName, conversion, encoding_of
from ocpiq.values.json.framing import Texts, values
from ocpiq.values.types import Value

ENDINGS = (".ocpiq", ".jq")  # of files that hold queries or definitions


class Folders:
    """A library of folders. `home` is the folder of the query itself: relative folders start there.

    `startup` is jq's `~/.jq`: a file of definitions that every query has, or one more folder to search.
    """

    def __init__(self, folders: Sequence[Path], home: Path, startup: Path | None = None) -> None:
        self._folders = list(folders)
        self._home = home
        self._startup = startup
        self.data_files: list[Path] = []  # that were imported

    @property
    def folders(self) -> Sequence[str]:
        """The folders that are searched if an import names none."""
        return [str(folder) for folder in self._search_path((), "")]

    def startup(self) -> ImportedModule | None:
        """Return the definitions that every query has."""
        if self._startup is None or not self._startup.is_file():
            return None
        return _imported_module(f"~/{self._startup.name}", self._startup)

    def definitions(self, path: str, search: Sequence[str], origin: str) -> ImportedModule:
        """Return the module `path`: `path.ocpiq` or `path.jq`, which may lie in a folder of that name."""
        _check_path(path)
        last = path.rsplit("/", 1)[-1]
        names = [f"{path}{ending}" for ending in ENDINGS] + [f"{path}/{last}{ending}" for ending in ENDINGS]
        file = self._find(names, search, origin)
        if file is None:
            raise CompileError(
                say("module not found: {path}", path=UserText(path)), hint=self._hint(search, origin)
            )
        return _imported_module(path, file)

    def data(self, path: str, search: Sequence[str], origin: str) -> Value:
        """Return the values of `path.json` as an array; it may lie in a folder of that name."""
        _check_path(path)
        file = self._find([f"{path}.json", f"{path}/{path.rsplit('/', 1)[-1]}.json"], search, origin)
        if file is None:
            raise CompileError(
                say("module not found: {path}", path=UserText(path)), hint=self._hint(search, origin)
            )
        self.data_files.append(file)
        try:
            return list(values(Texts(iter([file.read_bytes()]))))
        except OSError:
            raise SourceError(say("{file} cannot be read", file=UserText(file))) from None
        except InputError as error:
            raise SourceError(
                say("{file} is not JSON: {problem}", file=UserText(file), problem=error.problem)
            ) from None

    def _find(self, names: Sequence[str], search: Sequence[str], origin: str) -> Path | None:
        folders = self._search_path(search, origin)
        return next((folder / name for folder in folders for name in names if _is_file(folder / name)), None)

    def _search_path(self, search: Sequence[str], origin: str) -> list[Path]:
        base = Path(origin).parent if origin else self._home
        startup = [self._startup] if self._startup is not None and self._startup.is_dir() else []
        return [base / folder for folder in search] or self._folders or [base, *startup]

    def _hint(self, search: Sequence[str], origin: str) -> Message:
        folders = self._search_path(search, origin)
        missing = next((folder for folder in folders if not folder.is_dir()), None)
        if missing is not None:
            return say("the folder {folder} does not exist", folder=UserText(missing))
        return say("not in {folders}; add a folder with -L", folders=join(map(UserText, folders)))


def _imported_module(name: str, file: Path) -> ImportedModule:
    text = _read_text(file)
    try:
        return ImportedModule(name, parse(text), str(file))
    except QuerySyntaxError as error:
        where = EMPTY
        if error.span:
            start: Message = location(text, error.span)
            where = say(", {start}", start=start)
        message = say(
            "{file}{where}: {problem}",
            file=UserText(name if name.startswith("~") else file.name),
            where=where,
            problem=UserText(error.message),
        )
        raise CompileError(message, hint=UserText(error.hint)) from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _check_path(path: str) -> None:
    parts = path.split("/")
    if any(first == second for first, second in pairwise(parts)):
        raise CompileError(
            say("module names must not have equal consecutive components: {path}", path=UserText(path))
        )


def _read_text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError:
        raise SourceError(say("{file} cannot be read", file=UserText(file))) from None
    encoding = encoding_of(data)
    if encoding != "UTF-8":
        hint = say("{command}", command=UserText(conversion(encoding, str(file))))
        text = say("{file} is {encoding}, not UTF-8", file=UserText(file), encoding=EncodingName(encoding))
        raise SourceError(text, hint=hint)
    return data.decode("utf-8-sig")
