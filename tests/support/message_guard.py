"""Reads the source of the packages that see bytes or records, and reports what could bring other text into a message.

mypy holds their messages to literals and typed parts, and so do `say` and the errors when they run. This guard needs
neither: where an error, a warning or a part of one is made, it follows each text to its origin.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

NEAR = (
    "approval",
    "codegen",
    "gate",
    "inputs",
    "ocpi",
    "privacy",
    "query",
    "reports",
    "runners",
    "runtime",
    "sinks",
    "snapshots",
    "sources",
    "values",
)
"""The packages that see bytes of platforms and files, or records made of them."""

MAKERS = ("say", "join")
TYPED_ERRORS = (
    "NearDataError",
    "SourceError",
    "PlatformError",
    "IncompleteError",
    "InputError",
    "WarningIssued",
)
TEXT_TAKERS = ("CompileError", "UnsupportedError", "FormatError", "PrivacyError")
"""Classes that accept any text, and in these packages only what `say` made."""

OTHER_ERRORS = ("OcpiqError", "UsageError", "QuerySyntaxError")
"""Errors that accept any text: they have no place in these packages."""

VALUE_ERRORS = ("RunError", "HaltError")
VALUE_PACKAGES = ("runtime", "values")
"""Errors whose value `catch` receives, as in jq, and the packages that compute with what the query shows: nothing that
it does not pass ever reaches them. Elsewhere the value is a literal."""

CHECKED_PARTS = (
    "ModuleName",
    "VersionName",
    "Address",
    "Host",
    "Origin",
    "RequestPath",
    "PartyName",
    "MemberName",
    "EncodingName",
    "ColumnLabel",
    "TypeName",
)
"""Parts that check what they are made of."""

OPEN_PARTS = (
    "Message",
    "MessagePart",
    "UserText",
    "Quotation",
    "Reason",
    "FieldName",
    "choices",
    "did_you_mean",
    "safe_word",
)
"""Parts that accept any text, or a name that a platform sent, and functions that make such a part."""

PARTS = (*CHECKED_PARTS, *OPEN_PARTS)
NUMBERS = ("int", "float")
OTHER_OUTPUT = (
    "print",
    "write_error",
    "warn_explicit",
    "add_note",
    "print_exc",
    "format_exc",
    "print_exception",
)
OUTPUT_MODULES = ("logging", "warnings", "traceback")
WRITERS = {
    "values/terminal.py": "the one function that writes to standard error",
    "runtime/context.py": "`debug` and `stderr`: what the query shows",
    "runners/dask.py": "silences the log of Dask",
    "sources/cloud.py": "silences the logs of the libraries for S3",
    "runners/worker.py": "the bytes of parts, to the run that reads them",
}
SCOPES = (ast.FunctionDef, ast.Lambda, ast.Module, ast.GeneratorExp, ast.ListComp)


class OpenPart(Struct, frozen=True, order=True):
    """A place where a part is made that accepts any text."""

    file: str
    function: str
    part: str


class SourceFile:
    """One file of these packages. `returns` and `methods` tell of functions and methods whether they return parts."""

    def __init__(
        self, name: str, text: str, returns: Mapping[str, bool], methods: Mapping[str, bool]
    ) -> None:
        self.name = name
        self.text = text
        self.tree = ast.parse(text)
        self.returns = {**returns, **part_returns([self.tree])}
        self.methods = {**methods, **part_returns([self.tree], methods=True)}
        self.imported = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        self.followed: set[str] = set()  # names whose bindings are being checked
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, the innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function(self, node: ast.AST) -> str:
        """Return the name of the function or class around a node."""
        named = (ast.FunctionDef, ast.ClassDef)
        return next((outer.name for outer in self.enclosing(node) if isinstance(outer, named)), "")

    def makes_messages(self, line: int, errors: tuple[str, ...]) -> bool:
        """Return whether the function, or the statement of the file, at a line makes messages or parts of them."""
        makers = {*MAKERS, *PARTS, *errors, *TEXT_TAKERS}
        functions = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]
        spans = [
            node for node in (*functions, *self.tree.body) if node.lineno <= line <= (node.end_lineno or 0)
        ]
        innermost = max(spans, key=lambda node: node.lineno)
        caught = {
            name
            for node in ast.walk(innermost)
            if isinstance(node, ast.ExceptHandler) and node.type
            for name in ast.walk(node.type)
        }
        names = (node for node in ast.walk(innermost) if isinstance(node, ast.Name) and node not in caught)
        return any(name.id in makers for name in names)

    def is_part(self, node: ast.AST) -> bool:
        """Return whether an expression can only be a number or a part of a message."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, int | float)
            case ast.Call(func=ast.Name(id=name)):
                return name in (*MAKERS, *PARTS, "len", "sum") or self.returns.get(name, False)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="get"), args=[_, default]):
                return owner.isupper() and self.is_part(default)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if owner in self.imported:
                return self.returns.get(name, False)
            case ast.Call(func=ast.Attribute(attr=name)):
                return self.methods.get(name, False)
            case ast.IfExp(body=left, orelse=right) | ast.BinOp(left=left, right=right):
                return self.is_part(left) and self.is_part(right)
            case ast.BoolOp(values=values):
                return all(map(self.is_part, values))
            case ast.Subscript(value=ast.Name(id=name)):
                return name.isupper()
            case ast.Attribute():
                return True  # mypy checks its type
            case ast.Name(id=name):
                return name.isupper() or self.is_bound_to_parts(name, node)
        return False

    def is_bound_to_parts(self, name: str, place: ast.AST) -> bool:
        """Return whether the innermost scope that binds a variable binds it to parts only."""
        if name in self.followed:
            return True
        self.followed.add(name)
        try:
            scopes = (scope for scope in self.enclosing(place) if isinstance(scope, SCOPES))
            bindings = next(filter(None, (list(self.bindings(name, scope)) for scope in scopes)), [])
            return bool(bindings) and all(bindings)
        finally:
            self.followed.discard(name)

    def bindings(self, name: str, scope: ast.AST) -> Iterator[bool]:
        """Yield for each binding of a variable in a scope whether it is to a part; mypy checks loops."""
        if isinstance(scope, ast.FunctionDef):
            arguments = (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)
            yield from (is_part_type(argument.annotation) for argument in arguments if argument.arg == name)
        for node in ast.walk(scope):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        yield from self.assignments(name, target, value)
                case ast.AnnAssign(target=ast.Name(id=bound), annotation=annotation) if bound == name:
                    yield is_part_type(annotation)
                case (
                    ast.AugAssign(target=ast.Name(id=bound), value=value)
                    | ast.NamedExpr(target=ast.Name(id=bound), value=value)
                ) if bound == name:
                    yield self.is_part(value)
                case ast.comprehension(target=target) | ast.For(target=target) if mentions(target, name):
                    yield True

    def assignments(self, name: str, target: ast.expr, value: ast.expr) -> Iterator[bool]:
        """Yield whether an assignment gives a variable a part; mypy checks what comes out of a constant table."""
        if isinstance(target, ast.Name) and target.id == name:
            yield self.is_part(value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for inner, item in zip(target.elts, value.elts, strict=True):
                yield from self.assignments(name, inner, item)
        elif isinstance(target, ast.Tuple) and mentions(target, name):
            match value:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="get")):
                    yield owner.isupper()
                case _:
                    yield False


def mentions(node: ast.AST, name: str) -> bool:
    """Return whether a name is part of an expression."""
    return any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))


def is_part_type(annotation: ast.expr | None, *, numbers: bool = True) -> bool:
    """Return whether an annotation names only parts and, with `numbers`, numbers."""
    match annotation:
        case ast.Name(id=name):
            return name in (*PARTS, *(NUMBERS if numbers else ()))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return is_part_type(left, numbers=numbers) and is_part_type(right, numbers=numbers)
        case ast.Subscript(value=ast.Name(id="Sequence" | "Iterable" | "tuple" | "list")):
            return is_part_type(annotation.slice, numbers=numbers)
        case ast.Tuple(elts=elements):
            types = [element for element in elements if not isinstance(element, ast.Constant)]
            return all(is_part_type(element, numbers=numbers) for element in types)
    return False


def part_returns(trees: Iterable[ast.Module], *, methods: bool = False) -> dict[str, bool]:
    """Return for each name of functions, or of methods, whether all functions of this name return parts."""
    returns: dict[str, bool] = {}
    for tree in trees:
        classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        in_classes = {child for node in classes for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node in in_classes) is methods:
                returns[node.name] = returns.get(node.name, True) and is_part_type(node.returns)
    return returns


def near_files(package: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file of these packages."""
    for near in NEAR:
        for path in sorted((package / near).rglob("*.py")):
            yield path.relative_to(package).as_posix(), path.read_text("utf-8")


def problems(package: Path) -> list[str]:
    """Return what could bring other text into a message: place and reason."""
    texts = dict(near_files(package))
    trees = [ast.parse(text) for text in texts.values()]
    returns, methods = part_returns(trees), part_returns(trees, methods=True)
    errors = typed_errors(trees)
    return [
        f"{name}:{line}: {reason}"
        for name, text in texts.items()
        for line, reason in file_problems(SourceFile(name, text, returns, methods), errors)
    ]


def typed_errors(trees: Iterable[ast.Module]) -> tuple[str, ...]:
    """Return the errors that accept only what `say` made, with those that these packages derive from them."""
    errors = list(TYPED_ERRORS)
    for tree in trees:
        for node in ast.walk(tree):
            bases = node.bases if isinstance(node, ast.ClassDef) else ()
            if any(isinstance(base, ast.Name) and base.id in errors for base in bases):
                errors.append(node.name)
    return tuple(errors)


def file_problems(file: SourceFile, errors: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with problems, and the reasons."""
    for number, line in enumerate(file.text.splitlines(), 1):
        if "type: ignore" in line and file.makes_messages(number, errors):
            yield number, "hides an error of mypy"
    for node in ast.walk(file.tree):
        for reason in node_problems(file, node, errors):
            yield getattr(node, "lineno", 0), reason


def node_problems(file: SourceFile, node: ast.AST, errors: tuple[str, ...]) -> Iterator[str]:
    """Yield the problems of a node."""
    match node:
        case ast.Import(names=names) if any(alias.name in OUTPUT_MODULES for alias in names):
            if file.name not in WRITERS:
                yield "writes in another way"
        case ast.ImportFrom(module=name) if name in OUTPUT_MODULES:
            yield "writes in another way"
        case ast.Attribute(value=ast.Name(id="sys"), attr="stderr" | "stdout") if file.name not in WRITERS:
            yield "writes in another way"
        case ast.Attribute(attr="message" | "hint" | "args", ctx=ast.Store()):
            if file.function(node) != "__init__":
                yield "changes a message"
        case ast.Call(func=ast.Name(id="cast"), args=[target, _]):
            if is_part_type(type_expression(target), numbers=False):
                yield "declares a text to be a part of a message"
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            yield from call_problems(file, node, name, errors)


def type_expression(node: ast.expr) -> ast.expr:
    """Return a type that may be written in quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def call_problems(file: SourceFile, node: ast.Call, name: str, errors: tuple[str, ...]) -> Iterator[str]:
    """Yield the problems of a call."""
    if name in OTHER_OUTPUT and file.name not in WRITERS:
        yield "writes in another way"
    if name in OTHER_ERRORS:
        yield f"{name} accepts any text"
    if name in VALUE_ERRORS:
        yield from value_problems(file, node)
    if name in MAKERS:
        yield from maker_problems(file, node, name)
    in_error = any(isinstance(outer, ast.ClassDef) and outer.name in errors for outer in file.enclosing(node))
    if name in (*errors, *TEXT_TAKERS) or (name == "__init__" and in_error):
        texts = [*node.args[:1], *(word.value for word in node.keywords if word.arg in ("message", "hint"))]
        if name not in OWN_MESSAGE and not all(map(file.is_part, texts)):
            yield "a message that say() did not make"


def value_problems(file: SourceFile, node: ast.Call) -> Iterator[str]:
    """Yield the problems of an error that has a value."""
    if file.name.startswith(tuple(f"{package}/" for package in VALUE_PACKAGES)):
        return
    if not all(isinstance(argument, ast.Constant) for argument in (*node.args, *node.keywords)):
        yield "an error with a value"


OWN_MESSAGE = ("TwoListsError",)
"""Errors that make their message themselves, of names that they check."""


def maker_problems(file: SourceFile, node: ast.Call, name: str) -> Iterator[str]:
    """Yield the problems of a call of `say` or `join`."""
    texts = node.args[:1] if name == "say" else node.args[1:]
    if not all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in texts):
        yield "a template that is not a literal"
    for keyword in node.keywords:
        if keyword.arg is None:
            yield "parts that cannot be seen"
        elif not file.is_part(keyword.value):
            yield f"not a part of a message: {keyword.arg}"


def open_parts(package: Path) -> set[OpenPart]:
    """Return where parts are made that accept any text."""
    places = set()
    for name, text in near_files(package):
        file = SourceFile(name, text, {}, {})
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.Call) or (
                isinstance(node.func, ast.Name) and node.func.id == "isinstance"
            ):
                continue
            made = {inner.id for inner in (node.func, *node.args) if isinstance(inner, ast.Name)}
            places |= {OpenPart(name, file.function(node), part) for part in made.intersection(OPEN_PARTS)}
    return places
