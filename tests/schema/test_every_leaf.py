"""Every leaf of every schema accepts the operations of its type, and rejects others before anything is pulled."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocpiq import query, schema, sources
from ocpiq.errors import CompileError
from ocpiq.schema import SchemaField
from ocpiq.schema import types as schema_types
from ocpiq.schema.load import entries, table

MODULES = [(module, version) for version in schema.VERSIONS for module in schema.modules(version)]
ALLOWED = {  # by JSON type: expressions on a path, and their results for the values in VALUES
    "number": [("{0} == 2", True), ("{0} <= 5", True), ("{0} * 3", 6), ("{0} | . + 1", 3), ("-{0}", -2)],
    "string": [('{0} < "~"', True), ('{0} + "!"', "1.5!"), ("{0} | length", 3)],
    "decimal": [('{0} == "1.5"', True), ("{0} | tonumber * 2", 3)],
    "boolean": [("{0} == true", True), ("{0} and true", True), ("{0} | not", False)],
}
AGGREGATES = {
    "number": [("sum({0})", 2), ("avg({0})", 2), ("max({0})", 2), ("median({0})", 2)],
    "string": [("min({0})", "1.5"), ("count_distinct({0})", 1)],
    "decimal": [("sum({0} | tonumber)", 1.5)],
    "boolean": [("count({0})", 1), ("any({0})", True)],
}
REJECTED = {
    "number": ['{0} == "2"', '{0} < "2"', '{0} + "2"'],
    "string": ["{0} > 2", "{0} * 2", "-{0}"],
    "boolean": ["{0} > 2", "{0} + 1", "-{0}"],
}
VALUES: dict[str, Any] = {"number": 2, "string": "1.5", "boolean": True}


def own_leaves(field: SchemaField, version: str) -> Iterator[tuple[str, SchemaField]]:
    """Yield the leaves of a version, each with its path."""
    for child in field.children.values():
        if version in child.versions:
            step = f".{child.name}{'[]' if child.many else ''}"
            if child.leaf:
                yield step, child
            for path, leaf in own_leaves(child, version):
                yield step + path, leaf


def example(field: SchemaField, version: str) -> Any:
    """Return a value for a field, with a value of the right type in every leaf."""
    children = {
        name: example(child, version) for name, child in field.children.items() if version in child.versions
    }
    value = children if children else field.enum[0] if field.enum else VALUES[field.json]
    return [value] if field.many and field.path else value


def type_names(leaf: SchemaField) -> list[str]:
    if leaf.enum:
        return []  # compared with the enum's values below
    return [leaf.json, "decimal"] if leaf.mark == "decimal" else [leaf.json]


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_comparisons_and_arithmetic_work_on_every_leaf(module: str, version: str) -> None:
    root = schema.module(module, version).root
    cases = [
        (text.format(path), value)
        for path, leaf in own_leaves(root, version)
        for name in type_names(leaf)
        for text, value in ALLOWED[name]
    ]
    cases += [(f'{path} == "{leaf.enum[0]}"', True) for path, leaf in own_leaves(root, version) if leaf.enum]
    text = f"{module} pass . | ({', '.join(f'({expression})' for expression, _ in cases)})"
    assert results(text, module, version) == [value for _, value in cases]


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_aggregates_work_on_every_leaf(module: str, version: str) -> None:
    root = schema.module(module, version).root
    cases = [
        (text.format(path), value)
        for path, leaf in own_leaves(root, version)
        for name in type_names(leaf)
        for text, value in AGGREGATES[name]
    ]
    text = f"{module} pass . | aggregate [{', '.join(expression for expression, _ in cases)}]"
    assert results(text, module, version) == [[value for _, value in cases]]


def results(text: str, module: str, version: str) -> list[Any]:
    """Return the results of a query over one object with a value in every leaf."""
    pulled = schema.module(module, version).pulled
    memory = sources.memory(
        {pulled: [example(schema.module(pulled, version).root, version)]}, version=version
    )
    compiled = query.compile(text, version=version)
    return list(compiled.run(sources={module: memory[pulled]}))


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_operations_that_the_type_does_not_allow_are_rejected(module: str, version: str) -> None:
    seen: set[str] = set()
    for path, leaf in own_leaves(schema.module(module, version).root, version):
        for text in REJECTED[leaf.json]:
            if f"{leaf.type} {text}" in seen:  # one leaf of each type is enough
                continue
            seen.add(f"{leaf.type} {text}")
            with pytest.raises(CompileError):
                query.compile(f"{module} pass . | {text.format(path)}", version=version)


def test_the_package_is_not_built_while_a_type_is_unknown(tmp_path: Path) -> None:
    copy = tmp_path / "ocpiq" / "schema"
    shutil.copytree(Path(schema.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    hook = runpy.run_path(str(Path(__file__).parents[2] / ".hatch" / "build_hook.py"))
    hook["check_types"](tmp_path)
    table = copy / "tables" / "tokens.txt"
    table.write_text(table.read_text("utf-8").replace(" boolean ", " bool "), "utf-8")
    with pytest.raises(ValueError, match=r"tokens\.txt: valid has the unknown type bool"):
        hook["check_types"](tmp_path)


def test_no_table_names_an_unknown_type() -> None:
    assert list(schema_types.problems()) == []


@pytest.mark.parametrize(
    ("type_", "base"),
    [("int", "int"), ("int(1)", "int"), ("string(255)", "string"), ("CiString(3)", "CiString")],
)
def test_a_length_does_not_change_the_type(type_: str, base: str) -> None:
    assert schema_types.base(type_) == base


def test_an_enum_has_values_in_every_version_that_uses_it() -> None:
    names = {name for name, *_ in schema_types.rows("enums")}
    missing = [
        (entry.name, line.path, version)
        for entry in entries()
        if not entry.part
        for line in table(entry.name)
        for version in line.versions
        if line.type in names and not fields_of(entry.name, version)[line.path].enum
    ]
    assert missing == []


def fields_of(module: str, version: str) -> dict[str, SchemaField]:
    def descendants(field: SchemaField) -> Iterator[tuple[str, SchemaField]]:
        for child in field.children.values():
            yield child.path, child
            yield from descendants(child)

    return dict(descendants(schema.module(module, version).root))


def test_marked_fields_exist() -> None:
    marked = {
        (parent.type, child.name)
        for module, version in MODULES
        for parent in [schema.module(module, version).root, *fields_of(module, version).values()]
        for child in parent.children.values()
        if child.mark
    }
    assert marked == {(type_, name) for type_, name, _ in schema_types.rows("marks")}
