"""Trees as text for tests: without positions and default values."""

from __future__ import annotations

from msgspec.structs import fields

from ocpiq.language import tree


def compact(value):
    """Return a node as `Path(., [Field('a')])`, without trailing default values."""
    match value:
        case tree.Identity():
            return "."
        case tree.Number(text=text):
            return text
        case tree.Variable(name=name):
            return f"${name}"
        case tree.Text(parts=(str(text),), format=None):
            return f'"{text}"'
        case tree.Node():
            return f"{type(value).__name__}({', '.join(map(compact, _values(value)))})"
        case tuple():
            return f"[{', '.join(map(compact, value))}]"
    return "-" if value is None else repr(value)


def _values(node):
    shown = [(getattr(node, field.name), field) for field in fields(type(node)) if field.name != "span"]
    while shown and not shown[-1][1].required and shown[-1][0] == shown[-1][1].default:
        shown.pop()
    return [value for value, _ in shown]


def cases(table):
    """Return (program, tree) for a table of programs, each followed by its tree on indented lines."""
    rows = []
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            rows.append((line, []))
        elif line.strip():
            rows[-1][1].append(line.strip())
    return [(program, " ".join(lines)) for program, lines in rows]
