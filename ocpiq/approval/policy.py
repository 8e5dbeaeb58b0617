"""Checks what a run would give against a policy, and makes a policy from a query that was approved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from msgspec import Struct

from ocpiq.analysis.explanation import Explanation, SourceExplanation
from ocpiq.analysis.field_uses import FieldUse
from ocpiq.privacy.drivers import DRIVERS
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.privacy.policy import CLEAR, ModulePolicy, Permission, Policy
from ocpiq.query.windows import SourceWindow
from ocpiq.schema import SchemaField, module

GATE_ROLES = {"window", "key", "driver"}


class Request(Struct, frozen=True):
    """What a run asks for. `windows` is None if they depend on variables that have no value yet.

    `format` is None if results are not written yet; `plain_json` are the ways in which it reads JSON of no module.
    """

    explanation: Explanation
    windows: tuple[SourceWindow, ...] | None
    now: int
    format: str | None = None
    plain_json: tuple[str, ...] = ()


def excess(policy: Policy, request: Request) -> list[str]:
    """Return all that a run would give beyond a policy, each in a few words; none if it may run."""
    return list(dict.fromkeys(_excess(policy, request)))


def _excess(policy: Policy, request: Request) -> Iterator[str]:
    today = date(1970, 1, 1) + timedelta(microseconds=request.now)
    if policy.expires is not None and today >= policy.expires:
        yield f"anything since {policy.expires}"
    if request.format is not None and policy.formats is not None and request.format not in policy.formats:
        yield f"format {request.format}"
    if not policy.plain_json:
        yield from (f"plain JSON ({way})" for way in request.plain_json)
    for number, source in enumerate(request.explanation.sources):
        allowed = policy.modules.get(source.module)
        if allowed is None:
            yield f"module {source.module}"
            continue
        refused = [pair for pair in disclosed(source) if not allowed.allows(*pair)]
        for path, treatment in _highest(refused):
            field = f"all of {source.module}" if path == "." else f"{source.module}.{path}"
            yield source.with_own_names(field if treatment == CLEAR else f"{field} as {treatment}", path)
        if request.windows is not None:
            yield from _window(source.module, allowed, request.windows[number], request.now)


def _window(name: str, allowed: ModulePolicy, window: SourceWindow, now: int) -> Iterator[str]:
    limits, length = allowed.window, window.length(now)
    if limits.longest and length is None:
        yield f"{name} without a window (at most {limits.longest})"
    elif length is not None and limits.too_long(length):
        yield f"{name} for more than {limits.longest}"
    elif length is not None and limits.too_short(length):
        yield f"{name} for less than {limits.shortest}"
    if limits.shortest and window.newest is not None:
        yield f"the newest of {name} (a window of at least {limits.shortest} is needed)"


# ---------------------------------------------------------------- what a source discloses


def disclosed(source: SourceExplanation) -> Iterator[tuple[str, str]]:
    """Yield the fields of a source that may have an effect on the results, with their treatments.

    A field that the query reads counts even if its results are said to tell nothing of it. Of an object that is passed
    and read as a whole, fields that OCPI does not have are shown too: it counts as a field of its own.
    """
    used = {use.path: _treatment(use) for use in source.fields if _counts(use)}
    for path in _whole_objects(source, used):
        yield path, CLEAR
    yield from used.items()


def _highest(fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield fields without those in the clear that are below another one in the clear."""
    clear = [Permission(path) for path, treatment in fields if treatment == CLEAR]
    for path, treatment in fields:
        above = any(permission.path != path and permission.includes(path) for permission in clear)
        if treatment != CLEAR or not above:
            yield path, treatment


def _counts(use: FieldUse) -> bool:
    """Tell whether a field counts: not a blank, nor a field that only the gate reads."""
    is_gate_only = bool(use.roles) and set(use.roles) <= GATE_ROLES
    return use.treatment != "blank" and not is_gate_only and use.path != PLATFORM


def _treatment(use: FieldUse) -> str:
    return CLEAR if use.treatment in ("clear", "default") else use.treatment


def _whole_objects(source: SourceExplanation, used: dict[str, str]) -> Iterator[str]:
    """Yield the highest passed objects of which every field is read."""
    root = module(source.module, source.version).root
    for path in source.passes:
        if " as " not in path:
            field = _field(root, path)
            if field is not None:
                yield from _whole_below(field, used, source.version)


def _field(root: SchemaField, path: str) -> SchemaField | None:
    field: SchemaField | None = root
    for name in () if path == "." else path.split("."):
        field = field.children.get(name) if field is not None else None
    return field


def _whole_below(field: SchemaField, used: dict[str, str], version: str) -> Iterator[str]:
    if field.leaf or field.path in used:  # an object may have a treatment, as present
        return
    leaves = list(_leaves(field, version))
    if leaves and all(path in used for path in leaves):
        yield field.path or "."
        return
    for child in field.children.values():
        yield from _whole_below(child, used, version)


def _leaves(field: SchemaField, version: str) -> Iterator[str]:
    children = [child for child in field.children.values() if version in child.versions]
    for child in children:
        yield from _leaves(child, version)
    if not children:
        yield field.path


# ---------------------------------------------------------------- a policy from a query


def policy_of(explanation: Explanation) -> Policy:
    """Return the narrowest policy for the fields of a query, without limits on windows and formats."""
    permissions: dict[str, dict[Permission, None]] = {}
    for source in explanation.sources:
        listed = permissions.setdefault(source.module, {})
        for path, treatment in _highest(list(disclosed(source))):
            listed[Permission(path, treatment)] = None
    return Policy("", {name: ModulePolicy(tuple(listed)) for name, listed in permissions.items()})


def as_toml(explanation: Explanation, title: str) -> Iterator[str]:
    """Yield the lines of a policy file for an approved query."""
    yield f"# {title}"
    yield "# Anything that is not listed here is refused. Read it, change it, and save it as the recipient's policy."
    yield "# expires = 2027-01-01        # the first day without exports"
    yield '# formats = ["csv"]           # else every format'
    yield '# window_min = "1d"           # of modules with charging sessions: no shorter window'
    yield '# window_max = "1y"           # and no longer one'
    mark = "" if any(source.totals for source in explanation.sources) else "# "
    yield f"{mark}{'k = ' + str(DRIVERS):<30}# of fields as aggregate: no total over fewer drivers"
    roles = _roles(explanation.sources)
    for name, module_policy in policy_of(explanation).modules.items():
        yield ""
        yield f"[{name}]"
        yield "pass = ["
        for permission in module_policy.permissions:
            yield f"  {_toml_text(permission)},{_comment(roles.get((name, permission.path), ''))}"
        yield "]"


def _toml_text(permission: Permission) -> str:
    is_plain = permission.path == "." or all(name.isidentifier() for name in permission.path.split("."))
    path = permission.path if is_plain else f'"{permission.path}"'
    text = path if permission.treatment == CLEAR else f"{path} as {permission.treatment}"
    return f"'{text}'" if '"' in text else f'"{text}"'


def _comment(roles: str) -> str:
    return f"  # {roles}" if roles else ""


def _roles(sources: Iterable[SourceExplanation]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for source in sources:
        for use in source.fields:
            found.setdefault((source.module, use.path), {}).update(dict.fromkeys(use.roles))
    return {key: ", ".join(role for role in roles if role not in GATE_ROLES) for key, roles in found.items()}


# ---------------------------------------------------------------- two queries


def disclosed_more(old: Explanation, new: Explanation) -> list[str]:
    """Return what a query discloses that another does not, each in a few words."""
    return list(dict.fromkeys(_more(old, new)))


def _more(old: Explanation, new: Explanation) -> Iterator[str]:
    yield from excess(policy_of(old), Request(new, None, 0))
    before = _role_sets(old.sources)
    for (name, path), roles in _role_sets(new.sources).items():
        known = before.get((name, path))
        for role in roles - (known or roles):
            if role == "aggregated" and known is not None and "shown" in known:
                continue
            yield f"{name}.{path} is now {ROLE_WORDS[role]}"
    windows = {source.module: _window_text(source) for source in old.sources}
    for source in new.sources:
        if source.module in windows and _window_text(source) != windows[source.module]:
            yield f"{source.module} {_window_text(source)}, before {windows[source.module]}"


ROLE_WORDS = {
    "shown": "shown for each object",
    "aggregated": "part of totals",
    "decides": "deciding which results there are",
}


def _role_sets(sources: Sequence[SourceExplanation]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for source in sources:
        for use in source.fields:
            if _counts(use):
                found.setdefault((source.module, use.path), set()).update(set(use.roles) & ROLE_WORDS.keys())
    return found


def _window_text(source: SourceExplanation) -> str:
    parts = [f"since {source.since}"] * bool(source.since) + [f"until {source.until}"] * bool(source.until)
    if source.during:
        during = source.during if isinstance(source.during, str) else " to ".join(source.during)
        parts.append(f"during {during}")
    if source.newest is not None:
        parts.append(f"newest {source.newest}")
    return " ".join(parts) or "without a window"
