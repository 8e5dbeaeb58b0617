"""The result types of operators, builtins and aggregate functions that depend on the types of their operands.

A type that is not an `OpaqueType` holds for certain: the generated code relies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ocpiq.plan.types import (
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    WRITTEN_NUMBER,
    ListType,
    ObjectType,
    OpaqueType,
    Type,
    TypeName,
    formatted_type,
    is_clean,
    is_number,
    item_of,
    or_null,
    type_name,
    union_of,
    without_null,
)

ResultType: TypeAlias = Callable[[Type, Sequence[Type]], Type]
"""The result type as a function of the types of the input and the arguments."""

ANYTHING: Final = OpaqueType(clean=True)
ANY_OBJECT: Final = OpaqueType(clean=True, name="object")
ANY_ARRAY: Final = ListType(ANYTHING)
NUMBERS: Final = ListType(NUMBER)
STRINGS: Final = ListType(STRING)
MATCH: Final = ObjectType(
    {
        "offset": INTEGER,
        "length": INTEGER,
        "string": or_null(STRING),
        "captures": ListType(
            ObjectType(
                {"offset": INTEGER, "length": INTEGER, "string": or_null(STRING), "name": or_null(STRING)}
            )
        ),
    }
)
SLOT: Final = ObjectType({"slot": STRING, "start": STRING, "hours": NUMBER}, maker="slots")


# ---------------------------------------------------------------- operators


def add_type(left: Type, right: Type) -> Type:
    """Return the type of `left + right`: null is neutral, objects are merged, all else has one type."""
    if is_number(left) or is_number(right):
        return NUMBER
    if STRING in (left, right):
        return STRING
    if isinstance(left, ObjectType) and isinstance(right, ObjectType):
        return ObjectType({**left.fields, **right.fields})
    if isinstance(left, ListType) and isinstance(right, ListType):
        return ListType(union_of([left.item, right.item]))
    if NULL in (left, right):
        return right if left == NULL else left
    return OpaqueType(_both_clean(left, right), _same_name(left, right))


def subtract_type(left: Type, right: Type) -> Type:
    """Return the type of `left - right`: numbers, or arrays."""
    if is_number(left) or is_number(right):
        return NUMBER
    return (
        left if isinstance(left, ListType) else OpaqueType(_both_clean(left, right), _same_name(left, right))
    )


def multiply_type(left: Type, right: Type) -> Type:
    """Return the type of `left * right`: numbers, a repeated string, or merged objects."""
    if is_number(left) and is_number(right):
        return NUMBER
    return OpaqueType(_both_clean(left, right), _same_name(left, right))


def divide_type(left: Type, right: Type) -> Type:
    """Return the type of `left / right`: numbers, or a string that is split."""
    if is_number(left) or is_number(right):
        return NUMBER
    if STRING in (left, right):
        return STRINGS
    name = _same_name(left, right)
    return OpaqueType(_both_clean(left, right), "array" if name == "string" else name)


def _both_clean(left: Type, right: Type) -> bool:
    return is_clean(left) and is_clean(right)


def _same_name(left: Type, right: Type) -> TypeName | None:
    return type_name(left) if type_name(left) == type_name(right) else None


OPERATORS: Final[dict[str, Callable[[Type, Type], Type]]] = {
    "+": add_type,
    "-": subtract_type,
    "*": multiply_type,
    "/": divide_type,
    "%": lambda left, right: NUMBER,
}


# ---------------------------------------------------------------- builtins


def same(input_type: Type, arguments: Sequence[Type]) -> Type:
    """The input itself."""
    return input_type


def formatted(input_type: Type, arguments: Sequence[Type]) -> Type:
    """Text made of the input and the arguments."""
    return formatted_type([input_type, *arguments])


def length(input_type: Type, arguments: Sequence[Type]) -> Type:
    """A count, or the absolute value of a number."""
    if is_number(input_type):
        return input_type
    return INTEGER if type_name(input_type) in ("string", "array", "object") else NUMBER


def keys(input_type: Type, arguments: Sequence[Type]) -> Type:
    """The names of an object, the indices of an array."""
    if isinstance(input_type, ObjectType):
        return STRINGS
    return ListType(INTEGER if isinstance(input_type, ListType) else union_of([STRING, INTEGER]))


def sum_of_items(input_type: Type, arguments: Sequence[Type]) -> Type:
    """The items added up; null without items."""
    item = item_of(input_type)
    if is_number(item) or item == STRING:
        return or_null(item)
    return OpaqueType(is_clean(input_type), type_name(item))


def range_items(input_type: Type, arguments: Sequence[Type]) -> Type:
    """Numbers; with a step, values of the type of the start."""
    if len(arguments) == 3 and not all(map(is_number, arguments)):
        return ANYTHING
    return WRITTEN_NUMBER


def absolute(input_type: Type, arguments: Sequence[Type]) -> Type:
    """A number; any other value as it is."""
    return input_type if is_number(input_type) else OpaqueType(clean=True, name=type_name(input_type))


def positions(input_type: Type, arguments: Sequence[Type]) -> Type:
    """The positions in a string or an array; the field of an object."""
    if input_type == STRING or isinstance(input_type, ListType):
        return or_null(ListType(INTEGER))
    return OpaqueType(clean=True)


def array(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An array of the items of the input."""
    return ListType(item_of(input_type))


def groups(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An array of arrays of the items of the input."""
    return ListType(array(input_type, arguments))


def item_or_null(input_type: Type, arguments: Sequence[Type]) -> Type:
    """One of the items; null without items."""
    return or_null(item_of(input_type))


def reversed_value(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An array of the same items, or a string."""
    return input_type if isinstance(input_type, ListType) else OpaqueType(is_clean(input_type))


def some_array(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An array of unknown items that are made of the input."""
    return ListType(OpaqueType(is_clean(input_type)))


def some_arrays(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An array of arrays of unknown items that are made of the input."""
    return ListType(some_array(input_type, arguments))


def some_object(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An object with unknown fields that are made of the input."""
    return OpaqueType(is_clean(input_type), "object")


def entries(input_type: Type, arguments: Sequence[Type]) -> Type:
    """The fields of an object, or the items of an array, as `{key, value}`."""
    names = keys(input_type, arguments)
    assert isinstance(names, ListType)
    return ListType(ObjectType({"key": names.item, "value": item_of(input_type)}))


def trimmed(input_type: Type, arguments: Sequence[Type]) -> Type:
    """A string without its start or end; any other value as it is."""
    return STRING if input_type == STRING else OpaqueType(clean=True, name=type_name(input_type))


def part(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An unknown value that is made of the input and the arguments."""
    return OpaqueType(all(map(is_clean, (input_type, *arguments))))


def rounded(input_type: Type, arguments: Sequence[Type]) -> Type:
    """A number; null stays null."""
    return NUMBER if is_number(input_type) else or_null(NUMBER)


def price(input_type: Type, arguments: Sequence[Type]) -> Type:
    """An amount, null or a blank."""
    return OpaqueType(is_clean(input_type), "number")


# ---------------------------------------------------------------- aggregate functions


def picked(argument: Type) -> Type:
    """One of the values; null without values."""
    return or_null(argument)


def collected(argument: Type) -> Type:
    """All values but null."""
    return ListType(without_null(argument))
