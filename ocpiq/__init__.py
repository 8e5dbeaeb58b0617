"""ocpiq: query a CPO's OCPI interface with a jq-style language, private by default."""

__version__ = "0.1.0"
