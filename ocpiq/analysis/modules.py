"""`import` and `include`: the definitions of other files, each resolved with the names of its own file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct, structs

from ocpiq.analysis.context import Analysis, Wrap
from ocpiq.analysis.pipelines import PipelineBuilder, define
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.errors import CompileError, Span
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.types import OpaqueType
from ocpiq.values.arithmetic import negate
from ocpiq.values.numbers import number
from ocpiq.values.types import Value


class ImportedModule(Struct, frozen=True):
    """A file of definitions; `origin` is its place, for the library."""

    name: str
    program: tree.Program
    origin: str


class Library(Protocol):
    """Finds the files that a query imports. Raises CompileError for a missing or unreadable file."""

    def definitions(self, path: str, search: Sequence[str], origin: str) -> ImportedModule:
        """Return the module `path`; `search` are folders of the import itself, relative to the file at `origin`."""

    def data(self, path: str, search: Sequence[str], origin: str) -> Value:
        """Return the values of a JSON file as an array."""

    def startup(self) -> ImportedModule | None:
        """Return the definitions of the user's own file, which every query has."""

    @property
    def folders(self) -> Sequence[str]:
        """The folders that are searched if an import names none."""


class NoLibrary:
    """A library without files."""

    def definitions(self, path: str, search: Sequence[str], origin: str) -> ImportedModule:
        """Raise CompileError."""
        raise CompileError(f"module not found: {path}")

    def data(self, path: str, search: Sequence[str], origin: str) -> Value:
        """Raise CompileError."""
        raise CompileError(f"module not found: {path}")

    def startup(self) -> ImportedModule | None:
        """None."""
        return None

    @property
    def folders(self) -> Sequence[str]:
        """None."""
        return ()


def module_description(program: tree.Program) -> dict[str, Value]:
    """Return what `modulemeta` says of a module: its metadata, what it imports (`deps`), what it defines (`defs`)."""
    deps: list[Value] = []
    for statement in program.imports:
        dependency = {} if statement.metadata is None else literal(statement.metadata)
        name = statement.name
        if name is not None:
            dependency["as"] = name.removeprefix("$")
        deps.append(
            {**dependency, "is_data": name is not None and name.startswith("$"), "relpath": statement.path}
        )
    defs: list[Value] = [f"{define.name}/{len(define.parameters)}" for define in program.definitions]
    return {**({} if program.module is None else literal(program.module)), "deps": deps, "defs": defs}


class Imports:
    """The imports of a query; a circular import is an error."""

    def __init__(self, analysis: Analysis, library: Library) -> None:
        self._analysis = analysis
        self._library = library
        self._open: list[str] = []
        self.wraps: list[Wrap] = []

    def into(self, scope: Scope, imports: Sequence[tree.Import], origin: str) -> Scope:
        """Return `scope` with the definitions and data of `imports`."""
        for statement in imports:
            try:
                scope = self._one(scope, statement, origin)
            except CompileError as error:
                error.span = scope.place(statement)
                raise
        return scope

    def at_start(self, scope: Scope) -> Scope:
        """Return `scope` with the user's own definitions; mistakes in them are reported only if they are called."""
        module = self._library.startup()
        if module is None:
            return scope
        uncalled = dict(self._analysis.uncalled)
        scope = self._with_module(scope, module, tree.Import(module.name, None, None, span=Span(0, 0)))
        self._analysis.uncalled = uncalled
        return scope

    def _one(self, scope: Scope, statement: tree.Import, origin: str) -> Scope:
        search = _search(statement.metadata)
        if statement.name is not None and statement.name.startswith("$"):
            name = statement.name[1:]
            value = plan.Constant(self._library.data(statement.path, search, origin))
            unique = self._analysis.unique_name("data")
            self.wraps.append(lambda rest: plan.Bind(value, unique, rest, outputs=rest.outputs))
            variable = Variable(unique, OpaqueType(clean=True))
            return scope.with_variable(name, variable).with_variable(f"{name}::{name}", variable)
        module = self._library.definitions(statement.path, search, origin)
        return self._with_module(scope, module, statement)

    def _with_module(self, scope: Scope, module: ImportedModule, statement: tree.Import) -> Scope:
        """Return `scope` with the definitions of a file, under the import's name."""
        if module.origin in self._open:
            raise CompileError(f"{module.name} imports itself through other modules")
        self._open.append(module.origin)
        own = self._module(module, statement, scope)
        self._open.pop()
        prefix = f"{statement.name}::" if statement.name else ""
        functions = {(prefix + name, arity): binding for (name, arity), binding in own.functions.items()}
        return structs.replace(scope, functions={**scope.functions, **functions})

    def _module(self, module: ImportedModule, statement: tree.Import, scope: Scope) -> Scope:
        """Return the scope of a file's own definitions; its errors are shown at the import."""
        home = Scope({}, scope.variables, {}, at=scope.place(statement), imported=module.name)
        known = self.into(home, module.program.imports, module.origin)
        builder = PipelineBuilder(known, OpaqueType())
        for definition in module.program.definitions:
            define(self._analysis, definition, builder)
        self.wraps += [make for _, make in builder.wraps]
        own = {
            key: binding
            for key, binding in builder.scope.functions.items()
            if home.functions.get(key) is not binding
        }
        names = {(definition.name, len(definition.parameters)) for definition in module.program.definitions}
        included = {key for key in own if "::" not in key[0]}
        return structs.replace(
            builder.scope, functions={key: own[key] for key in own if key in names | included}
        )


def _search(metadata: tree.Object | None) -> list[str]:
    """Return the folders in the metadata of an import: `{search: "./"}`, or a list of them."""
    search = literal(metadata).get("search") if metadata is not None else None
    if isinstance(search, str):
        return [search]
    return [folder for folder in search if isinstance(folder, str)] if isinstance(search, list) else []


def literal(node: tree.Object) -> dict[str, Value]:
    """Return the value of a literal object, as the metadata of a module must be."""
    value = _literal(node)
    assert isinstance(value, dict)
    return value


def _literal(node: tree.Expr) -> Value:
    match node:
        case tree.Text(parts=parts) if all(isinstance(part, str) for part in parts):
            return "".join(part for part in parts if isinstance(part, str))
        case tree.Number(text=text):
            return number(text)
        case tree.Call(name="true" | "false" | "null" as name, arguments=()):
            return {"true": True, "false": False, "null": None}[name]
        case tree.Negate(body=tree.Number() as body):
            return negate(_literal(body))
        case tree.Array(body=None):
            return []
        case tree.Array(body=tree.Comma(items=items)):
            return [_literal(item) for item in items]
        case tree.Array(body=body) if body is not None:
            return [_literal(body)]
        case tree.Object(entries=entries):
            values: dict[str, Value] = {}
            for entry in entries:
                key = _literal(entry.key)
                if not isinstance(key, str) or entry.value is None:
                    raise CompileError("metadata must be literal", span=entry.span)
                values[key] = _literal(entry.value)
            return values
    raise CompileError("metadata must be literal", span=node.span)
