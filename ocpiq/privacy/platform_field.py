"""The field `platform`: the name of the login that an object comes from, which the user chose and no platform sends."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from ocpiq.privacy.view import ViewNode
from ocpiq.schema import VERSIONS, SchemaField
from ocpiq.values.blank import Blank

PLATFORM: Final = "platform"
FIELD: Final = SchemaField(
    name=PLATFORM,
    path=PLATFORM,
    type="string",
    many=False,
    required=False,
    leaf=True,
    shown=True,
    reason="the name of the login, which the user chose",
    enum=(),
    open_enum=False,
    children={},
    versions=VERSIONS,
    json="string",
)


def platform_node(module: str) -> ViewNode:
    """Return how the field is shown."""
    return ViewNode("plain", False, {}, Blank(module, PLATFORM), FIELD, scalars=True)


def with_platform(view: ViewNode) -> ViewNode:
    """Return the view of a module's objects with the field `platform` before all others."""
    children = {name: node for name, node in view.children.items() if name != PLATFORM}
    return replace(view, children={PLATFORM: platform_node(view.blank.module), **children})


def without_platform(view: ViewNode) -> ViewNode:
    """Return the view of what a platform sends."""
    if not has_platform(view):
        return view
    return replace(view, children={name: node for name, node in view.children.items() if name != PLATFORM})


def has_platform(view: ViewNode) -> bool:
    """Tell whether a view has the field."""
    node = view.children.get(PLATFORM)
    return node is not None and node.field is FIELD
