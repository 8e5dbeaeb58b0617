# ruff: noqa: E402 - the settings are read when the package is imported
"""A platform made of the package py-ocpi, in an environment of its own: `PORT OBJECTS.json`, 2.2.1."""

import json
import os
import sys
from pathlib import Path

PORT = int(sys.argv[1])
os.environ["OCPI_HOST"] = f"127.0.0.1:{PORT}"

import uvicorn
from py_ocpi import get_application
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.cdrs.v_2_2_1.schemas import Cdr
from py_ocpi.modules.credentials.v_2_2_1.schemas import Credentials
from py_ocpi.modules.locations.v_2_2_1.schemas import Location
from py_ocpi.modules.sessions.v_2_2_1.schemas import Session
from py_ocpi.modules.tariffs.v_2_2_1.schemas import Tariff
from py_ocpi.modules.versions.enums import VersionNumber

TOKEN = "interop-token"
CAP = 40  # objects a page at most
OBJECTS = json.loads(Path(sys.argv[2]).read_text("utf-8"))["2.2.1"]


class Crud:
    """Lists what is in the file; the only single object is the platform's credentials."""

    @classmethod
    async def list(cls, module, role, filters, *args, **kwargs):
        found = OBJECTS.get(module.value if isinstance(module, ModuleID) else str(module), [])
        filters["limit"] = min(filters["limit"], CAP)
        end = filters["offset"] + filters["limit"]
        return found[filters["offset"] : end], len(found), end >= len(found)

    @classmethod
    async def do(cls, module, role, action, *args, **kwargs):
        return kwargs.get("auth_token") if kwargs.get("auth_token") == TOKEN else None

    @classmethod
    async def get(cls, module, role, id, *args, **kwargs):
        return OBJECTS["credentials"]


class Adapter:
    """Makes the package's own objects, without its checks, which refuse some that are right."""

    @classmethod
    def credentials_adapter(cls, data, *args):
        return Credentials.construct(**data)

    @classmethod
    def session_adapter(cls, data, *args):
        return Session.construct(**data)

    @classmethod
    def cdr_adapter(cls, data, *args):
        return Cdr.construct(**data)

    @classmethod
    def location_adapter(cls, data, *args):
        return Location.construct(**data)

    @classmethod
    def tariff_adapter(cls, data, *args):
        return Tariff.construct(**data)


app = get_application([VersionNumber.v_2_2_1], [RoleEnum.cpo], Crud, Adapter)
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
