# ruff: noqa: E402 - the settings are read when the package is imported
"""A platform made of the package extrawest-ocpi, in an environment of its own: `PORT OBJECTS.json`, 2.1.1 and 2.2.1.

It is a CPO and an eMSP, with the package's own adapter, which makes what it sends by its own idea of OCPI.
"""

import json
import os
import sys
from pathlib import Path

PORT = int(sys.argv[1])
os.environ |= {"OCPI_HOST": f"127.0.0.1:{PORT}", "PROTOCOL": "http"}

import uvicorn
from py_ocpi import get_application
from py_ocpi.core.authentication.authenticator import Authenticator
from py_ocpi.core.crud import Crud
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.versions.enums import VersionNumber

TOKEN = "interop-token"
CAP = 40  # objects a page at most
OBJECTS = json.loads(Path(sys.argv[2]).read_text("utf-8"))
SERVED = [
    ModuleID.credentials_and_registration,
    ModuleID.locations,
    ModuleID.sessions,
    ModuleID.cdrs,
    ModuleID.tariffs,
    ModuleID.tokens,
]


class Stored(Crud):
    """Lists what is in the file; the only single object is the platform's credentials."""

    @classmethod
    async def list(cls, module, role, filters, *args, version, **kwargs):
        found = OBJECTS[version.value][module.value]
        filters["limit"] = min(filters["limit"], CAP)
        end = filters["offset"] + filters["limit"]
        return found[filters["offset"] : end], len(found), end >= len(found)

    @classmethod
    async def get(cls, module, *args, version, **kwargs):
        return OBJECTS[version.value]["credentials"]

    create = update = delete = do = get


class Known(Authenticator):
    """Knows one token."""

    @classmethod
    async def get_valid_token_c(cls):
        return [TOKEN]

    @classmethod
    async def get_valid_token_a(cls):
        return []


app = get_application(
    version_numbers=[VersionNumber.v_2_1_1, VersionNumber.v_2_2_1],
    roles=[RoleEnum.cpo, RoleEnum.emsp],
    crud=Stored,
    modules=SERVED,
    authenticator=Known,
)
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
