"""The language: query text to a syntax tree with places, and back to text. Nothing else imports lark."""

from __future__ import annotations

from ocpiq.language.parser import parse

__all__ = ["parse"]
