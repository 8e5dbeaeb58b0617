"""Each test run caches the parser tables in its own folder."""

from __future__ import annotations

import pytest

from ocpiq.language import grammar


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCPIQ_CACHE", str(tmp_path_factory.mktemp("cache")))
        grammar.tables()
        yield
