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
from ocpiq.values.numbers import integer
from ocpiq.values.types import Value


class ImportedModule(Struct, frozen=True):
    """A file of definitions; `origin` tells the library where it lies."""

    name: str
    program: tree.Program
    origin: str


class Library(Protocol):
    """Finds the files that a query imports. Both raise CompileError where there is none, or it cannot be read."""

    def definitions(self, path: str, search: Sequence[str], origin: str) -> ImportedModule:
        """Return the module `path`; `search` are folders of the import itself, relative to the file at `origin`."""

    def data(self, path: str, search: Sequence[str], origin: str) -> Value:
        """Return the values of a JSON file as an array."""

    def startup(self) -> ImportedModule | None:
        """Return the definitions that every query has, of a file of the user."""

    @property
    def folders(self) -> Sequence[str]:
        """The folders that are looked in where an import names none."""


class NoLibrary:
    """A library without files."""

    def definitions(self, path: str, search: Sequence[str], origin: str) -> ImportedModule:
        """Raise: nothing is here."""
        raise CompileError(f"module not found: {path}")

    def data(self, path: str, search: Sequence[str], origin: str) -> Value:
        """Raise: nothing is here."""
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
        found = {} if statement.metadata is None else literal(statement.metadata)
        name = statement.name
        if name is not None:
            found["as"] = name.removeprefix("$")
        deps.append(
            {**found, "is_data": name is not None and name.startswith("$"), "relpath": statement.path}
        )
    defs: list[Value] = [f"{define.name}/{len(define.parameters)}" for define in program.definitions]
    return {**({} if program.module is None else literal(program.module)), "deps": deps, "defs": defs}


class Imports:
    """The imports of a query: each file is read once, a circle is an error."""

    def __init__(self, analysis: Analysis, library: Library) -> None:
        self._analysis = analysis
        self._library = library
        self._open: list[str] = []
        self.wraps: list[Wrap] = []

    def into(self, scope: Scope, imports: Sequence[tree.Import], origin: str) -> Scope:
        """Return `scope` with what `imports` bring."""
        for statement in imports:
            try:
                scope = self._one(scope, statement, origin)
            except CompileError as error:
                error.span = scope.place(statement)
                raise
        return scope

    def at_start(self, scope: Scope) -> Scope:
        """Return `scope` with the definitions that every query has; a mistake in one shows only where it is called."""
        module = self._library.startup()
        if module is None:
            return scope
        uncalled = dict(self._analysis.uncalled)
        scope = self._brought(scope, module, tree.Import(module.name, None, None, span=Span(0, 0)))
        self._analysis.uncalled = uncalled
        return scope

    def _one(self, scope: Scope, statement: tree.Import, origin: str) -> Scope:
        search = _search(statement.metadata)
        if statement.name is not None and statement.name.startswith("$"):
            name = statement.name[1:]
            value = plan.Constant(self._library.data(statement.path, search, origin))
            unique = self._analysis.name("data")
            self.wraps.append(lambda rest: plan.Bind(value, unique, rest, outputs=rest.outputs))
            variable = Variable(unique, OpaqueType(clean=True))
            return scope.with_variable(name, variable).with_variable(f"{name}::{name}", variable)
        module = self._library.definitions(statement.path, search, origin)
        return self._brought(scope, module, statement)

    def _brought(self, scope: Scope, module: ImportedModule, statement: tree.Import) -> Scope:
        """Return `scope` with the definitions of a file, under the name that the import gives them."""
        if module.origin in self._open:
            raise CompileError(f"{module.name} imports itself through other modules")
        self._open.append(module.origin)
        own = self._module(module, statement, scope)
        self._open.pop()
        prefix = f"{statement.name}::" if statement.name else ""
        brought = {(prefix + name, arity): binding for (name, arity), binding in own.functions.items()}
        return structs.replace(scope, functions={**scope.functions, **brought})

    def _module(self, module: ImportedModule, statement: tree.Import, scope: Scope) -> Scope:
        """Return the scope of a file's own definitions; its errors are shown at the import."""
        home = Scope({}, scope.variables, {}, at=scope.place(statement), imported=module.name)
        known = self.into(home, module.program.imports, module.origin)
        walk = PipelineBuilder(known, OpaqueType())
        for definition in module.program.definitions:
            define(self._analysis, definition, walk)
        self.wraps += [make for _, make in walk.wraps]
        own = {
            key: binding
            for key, binding in walk.scope.functions.items()
            if home.functions.get(key) is not binding
        }
        names = {(definition.name, len(definition.parameters)) for definition in module.program.definitions}
        included = {key for key in own if "::" not in key[0]}
        return structs.replace(
            walk.scope, functions={key: own[key] for key in own if key in names | included}
        )


def _search(metadata: tree.Object | None) -> list[str]:
    """Return the folders that an import names in its metadata: `{search: "./"}`, or a list of them."""
    found = literal(metadata).get("search") if metadata is not None else None
    if isinstance(found, str):
        return [found]
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def literal(node: tree.Object) -> dict[str, Value]:
    """Return the value of an object that is written out, as the metadata of a module must be."""
    value = _literal(node)
    assert isinstance(value, dict)
    return value


def _literal(node: tree.Expr) -> Value:
    match node:
        case tree.Text(parts=parts) if all(isinstance(part, str) for part in parts):
            return "".join(part for part in parts if isinstance(part, str))
        case tree.Number(text=text):
            return integer(text) if text.isdigit() else float(text)
        case tree.Call(name="true" | "false" | "null" as name, arguments=()):
            return {"true": True, "false": False, "null": None}[name]
        case tree.Negate(body=tree.Number() as number):
            inner = _literal(number)
            assert isinstance(inner, int | float)
            return -inner
        case tree.Array(body=None):
            return []
        case tree.Array(body=tree.Comma(items=items)):
            return [_literal(item) for item in items]
        case tree.Array(body=body) if body is not None:
            return [_literal(body)]
        case tree.Object(entries=entries):
            made: dict[str, Value] = {}
            for entry in entries:
                key = _literal(entry.key)
                if not isinstance(key, str) or entry.value is None:
                    raise CompileError("metadata must be literal", span=entry.span)
                made[key] = _literal(entry.value)
            return made
    raise CompileError("metadata must be literal", span=node.span)
