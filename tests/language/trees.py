"""Trees as text that tests can read and compare: without places, and defaults left out."""

from __future__ import annotations

from msgspec.structs import fields

from ocpiq.language import tree


def compact(value):
    """`Path(., [Field('a')])` for a node; what follows the last value that is not its default is left out."""
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
    """Return (program, tree) of a table: a program on each line, its tree indented on the lines below it."""
    found = []
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            found.append((line, []))
        elif line.strip():
            found[-1][1].append(line.strip())
    return [(program, " ".join(lines)) for program, lines in found]
