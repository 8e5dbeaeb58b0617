"""Dates and times, as jq and as OCPI work need them."""
