"""The reports that recipients ask for, and the rules by which each recipient accepts a file."""

from ocpiq.reports.pack import Report, copy_of, find, is_report, names, pack_folder, reports

__all__ = ["Report", "copy_of", "find", "is_report", "names", "pack_folder", "reports"]
