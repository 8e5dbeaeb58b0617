"""The language: query text to a syntax tree with positions, and back. Only this package imports lark."""

from __future__ import annotations

from ocpiq.language.parser import parse

__all__ = ["parse"]
