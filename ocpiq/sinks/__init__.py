"""Values as bytes, on standard output or in a file."""

from __future__ import annotations

from ocpiq.sinks.colors import colors, refused
from ocpiq.sinks.file import WholeFile
from ocpiq.sinks.json import Encoder, Form, encoder
from ocpiq.sinks.sink import Json, Sink

__all__ = ["Encoder", "Form", "Json", "Sink", "WholeFile", "colors", "encoder", "refused"]
