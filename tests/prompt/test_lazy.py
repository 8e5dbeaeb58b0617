"""One-liners pay nothing for the prompt, and suggestions need no terminal."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "statement",
    [
        "from ocpiq.cli.main import run; run(['-n', '1'])",
        "from ocpiq.prompt import suggest, suggestion;"
        " suggest.suggest('ses', 3, suggestion.Surroundings('2.2.1', ()))",
        "import ocpiq.prompt.validator as c, ocpiq.prompt.suggestion as s;"
        " c.validate('sessions', s.Surroundings('2.2.1', ()))",
        "import ocpiq.prompt.highlight as c; c.highlight('sessions', ())",
        "import ocpiq.prompt.toolbar as b; b.status('', '2.2.1', None, {})",
    ],
    ids=["a one-liner", "suggestions", "checks", "colours", "the bar"],
)
def test_without_prompt_toolkit(statement: str) -> None:
    loaded = "; import sys; assert not {'prompt_toolkit', 'httpx', 'asyncio'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", statement + loaded], check=True, stdout=subprocess.DEVNULL)
