"""The reports that recipients ask for, and the rules by which each recipient accepts a file."""

from ocpiq.reports.pack import Report, find, pack_folder, reports

__all__ = ["Report", "find", "pack_folder", "reports"]
