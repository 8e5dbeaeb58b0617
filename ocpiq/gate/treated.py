"""Applies treatments: a treated field leaves the gate only as the result of these functions.

Each function takes a decoded scalar, and returns its treated form, or `...` for a value that the treatment does not
take. The result depends on nothing but the treated form: not on how the number or the text was written.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from math import floor, isfinite
from typing import Any, Final

from msgspec import Raw
from msgspec.structs import asdict

from ocpiq.gate.keys import identifier
from ocpiq.gate.window import moment
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.treatments import PERIODS, Treatment
from ocpiq.privacy.view import ViewNode
from ocpiq.schema.pseudonym_classes import OTHER, PREFIXES
from ocpiq.values.blank import NA
from ocpiq.values.json.fragments import NULL
from ocpiq.values.periods import LABELS
from ocpiq.values.times import local, zone

Treat = Callable[[Any], Any]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"  # of base 32
PAIRS: Final = [first + second for first in LETTERS for second in LETTERS]
PSEUDONYM_BYTES: Final = 10  # of the HMAC that a pseudonym shows

EXACT: Final = Context(prec=700)  # digits: enough for every double and every step
DECIMAL_TEXT: Final = re.compile(r"\s*([+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?)\s*", re.ASCII)
SAFE_QUOTIENT: Final = 1e6  # below it, the error of a division is smaller than MARGIN
MARGIN: Final = 1e-9
MOST_RESULTS: Final = 4096  # multiples of a step that are kept
LARGEST_INTEGER: Final = 1 << 53  # beyond it a double is not exact


class TreatedNode(ViewNode, frozen=True, kw_only=True):
    """A treated node with its function, which takes a decoded value: a scalar, or a list of scalars if `many`."""

    convert: Treat


def reads_presence(node: ViewNode) -> bool:
    """Tell whether only the presence of a value is read: `convert` takes its slice, or None if it was not sent."""
    return node.treatment is not None and node.treatment.name == "present"


def with_treatments(node: ViewNode, recipient: Recipient | None) -> ViewNode:
    """Return a view whose treated nodes have their functions."""
    if node.visibility == "treated":
        return TreatedNode(**asdict(node), convert=converter_of(node, recipient))
    if not node.children:
        return node
    children = {name: with_treatments(child, recipient) for name, child in node.children.items()}
    fields = asdict(node) | {"children": children}
    return ViewNode(**fields)


def converter_of(node: ViewNode, recipient: Recipient | None) -> Treat:
    """Return the function that treats a decoded value of a node; the blank for a value of another type."""
    assert node.treatment is not None
    if node.treatment.name == "present":
        return is_present
    treat, blank, many = treatment_function(node.treatment, recipient), node.blank, node.many

    def convert(value: Any) -> Any:  # noqa: ANN401 - a JSON value
        if value is None:
            return None
        if not many:
            treated = treat(value)
            return blank if treated is ... else treated
        if not isinstance(value, list):
            return blank
        items = [None if item is None else treat(item) for item in value]
        return blank if ... in items else items

    return convert


def is_present(raw: Raw | bytes | None) -> bool:
    """Tell whether a field was sent and is not null, from its slice."""
    return raw is not None and bytes(raw) != NULL


def treatment_function(treatment: Treatment, recipient: Recipient | None) -> Treat:
    """Return the function of a treatment for a scalar that is not null."""
    if treatment.name == "pseudonym":
        assert recipient is not None
        return pseudonym_function(recipient.key, treatment.pseudonym_class)
    if treatment.name in PERIODS:
        return period_function(treatment.name, treatment.zone)
    if treatment.name == "rounded":
        return rounding_function(Decimal(treatment.amount))
    return prefix_function(int(treatment.amount))


# ---------------------------------------------------------------- pseudonyms


def pseudonym_function(key: bytes, class_: str) -> Treat:
    """Return the function that replaces an identifier by its pseudonym.

    The pseudonym is made of the first 80 bits of HMAC-SHA-256 of the class and the identifier, without case. Missing
    identifiers (`""`, `"#NA"`) are null.
    """
    prefix, start = f"{PREFIXES.get(class_, OTHER)}_", f"ocpiq1\0{class_}\0"
    missing, digest, pairs = ("", NA.casefold()), hmac.digest, PAIRS

    def pseudonym(value: object) -> object:
        if type(value) is not str and not (value := identifier(value)):
            return ...
        folded = value.strip().casefold()
        if folded in missing:
            return None
        if class_ == "driver":  # eMI3: the separators of contract ids are optional
            folded = folded.replace("-", "").replace("*", "")
        bits = int.from_bytes(
            digest(key, (start + folded).encode("utf-8", "surrogatepass"), "sha256")[:PSEUDONYM_BYTES], "big"
        )
        return (
            prefix
            + pairs[bits >> 70]
            + pairs[bits >> 60 & 1023]
            + pairs[bits >> 50 & 1023]
            + pairs[bits >> 40 & 1023]
            + pairs[bits >> 30 & 1023]
            + pairs[bits >> 20 & 1023]
            + pairs[bits >> 10 & 1023]
            + pairs[bits & 1023]
        )

    return pseudonym


# ---------------------------------------------------------------- periods


def period_function(unit: str, zone_name: str) -> Treat:
    """Return the function that replaces a DateTime by the label of its hour, day, week, month, quarter or year."""
    tz = zone(zone_name)
    label = LABELS.get(unit)

    def period(value: object) -> object:
        microseconds = moment(value) if isinstance(value, str | int | float) else None
        if microseconds is None:
            return ...
        try:
            wall = local(microseconds, tz)
        except OverflowError:
            return ...
        return wall.isoformat()[:13] if label is None else label(wall)

    return period


# ---------------------------------------------------------------- rounding, prefixes


def rounding_function(step: Decimal) -> Treat:
    """Return the function that rounds numbers and decimal text down to a multiple of `step`."""
    double, whole = float(step), step == step.to_integral_value()
    results: dict[int, float] = {}

    def exact(number: Decimal) -> Decimal:
        rest = EXACT.remainder(number, step)
        return EXACT.subtract(number, rest if rest >= 0 else EXACT.add(rest, step))

    def result_of(rounded: Decimal) -> float:
        if whole and abs(rounded) < LARGEST_INTEGER:
            return int(rounded)
        return float(rounded) + 0.0  # not -0.0

    def rounded(value: object) -> object:
        if type(value) is float:
            quotient = value / double
            steps = floor(quotient) if -SAFE_QUOTIENT < quotient < SAFE_QUOTIENT else 0
            if MARGIN < quotient - steps < 1 - MARGIN:  # not next to a multiple: the division is exact enough
                result = results.get(steps)
                if result is None:
                    if len(results) >= MOST_RESULTS:
                        results.clear()
                    result = results[steps] = result_of(steps * step)
                return result
            return result_of(exact(Decimal(repr(value)))) if isfinite(value) else ...
        try:
            if type(value) is int:
                return result_of(exact(Decimal(value)))
            match = DECIMAL_TEXT.fullmatch(value) if type(value) is str else None
            return ... if match is None else text_of(exact(Decimal(match[1])))
        except (InvalidOperation, OverflowError):
            return ...

    def text_of(rounded: Decimal) -> str:
        text = rounded.quantize(step, context=EXACT)  # as many digits as the step has, however many were sent
        return format(text if text else abs(text), "f")

    return rounded


def prefix_function(length: int) -> Treat:
    """Return the function that cuts text to its first characters."""
    return lambda value: value[:length] if type(value) is str else ...
