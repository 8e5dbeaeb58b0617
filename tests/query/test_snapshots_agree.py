"""Snapshots: a query says of a folder that was pulled, byte for byte, what it says of the source, or is refused."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from support.cli import Outcome, command
from support.json_texts import listed
from support.recipients import config_with_recipient
from support.rows import RECIPIENT
from test_kept_rows_agree import sequences
from test_non_interference import EXAMPLES, THOROUGH, Case

from ocpiq.api import snapshot
from ocpiq.errors import OcpiqError
from ocpiq.query import compile
from ocpiq.query.parts import merge, split_of
from ocpiq.query.start import Start
from ocpiq.snapshots import page_files
from ocpiq.sources.snapshot_source import SnapshotSource
from ocpiq.values.json.codec import encode

FIX = re.compile(
    r"^error: .*\((.* into another folder|ocpiq pull .* --into (ANOTHER_DIR|FOLDER/snapshot))\)\n$"
)


class Comparison(Struct, frozen=True):
    """A folder with saved pages, and one with what a query pulled from them."""

    folder: Path
    case: Case

    def run(self, *words: str) -> Outcome:
        """Run a command that reads the saved pages where it reads any."""
        settings = {"OCPIQ_CONFIG": str(config_with_recipient()), "OCPIQ_STATE": str(self.folder / "state")}
        options = ["--recipient", RECIPIENT.name]
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        outcome = command(
            home, [*words[:1], *options, *words[1:]], SOURCE_DATE_EPOCH="1796000000", **settings
        )
        return outcome._replace(err=outcome.err.replace(str(self.folder), "FOLDER"))

    @property
    def pages(self) -> list[str]:
        """The options that name the saved pages."""
        sources = [f"--source={module}={self.folder / module}.json" for module in self.case.objects]
        return ["--ocpi-version", self.case.version, *sources]

    @property
    def snapshot(self) -> str:
        """The folder of the snapshot."""
        return str(self.folder / "snapshot")

    def pull(self, side: int) -> Outcome:
        """Save the objects of one side as pages, and pull them into the snapshot."""
        for module, both in self.case.objects.items():
            (self.folder / f"{module}.json").write_bytes(listed([pair[side] for pair in both]))
        with patch.object(page_files, "OBJECTS", 2):
            return self.run("pull", "-q", *self.pages, "--into", self.snapshot, self.case.text)

    def check(self, text: str) -> None:
        """Compare what a query says of the pages with what it says of the snapshot, whole and in parts."""
        direct = self.run("-q", *self.pages, text)
        asked = self.run("-q", "--snapshot", self.snapshot, text)
        event(f"exit code {asked.code}")
        if asked.code == 7:  # or a blank that the query would use
            assert direct.code == 7 or FIX.search(asked.err), asked.err
            return
        assert (asked.out, asked.code) == (direct.out, direct.code), (text, self.case, asked, direct)
        if asked.code != 3:  # an error of a query has other hints
            assert errors(asked) == errors(direct), (text, self.case, asked.err, direct.err)
        if asked.code == 0:
            parts = self.in_parts(text)
            assert parts is None or b"".join(parts) == asked.out, (text, self.case, parts, asked)

    def in_parts(self, text: str) -> list[bytes] | None:
        """Return the results of a query from a part for each page file; None if it cannot be split."""
        query, sources = compile(text, version=self.case.version), snapshot(self.snapshot)
        try:
            cut = split_of(query, sources)
        except OcpiqError:
            return None
        source = sources[query.plan_for(sources).sources[cut.source].module]
        assert isinstance(source, SnapshotSource)
        cuts = [source.of_files([file.name]) for file in source.files] or [source]
        start = Start(1_796_000_000_000_000)
        try:
            parts = [
                query.partial(
                    {**sources, one.stored.module: one},
                    number=number,
                    of=len(cuts),
                    recipient=RECIPIENT,
                    start=start,
                )
                for number, one in enumerate(cuts)
            ]
            merged = merge(query, parts, sources, recipient=RECIPIENT, start=start)
            return [encode(value) + b"\n" for value in merged]
        except RecursionError:  # the command line has a deeper stack
            return None


def errors(outcome: Outcome) -> list[str]:
    """Return the errors of a run; the pull has had the warnings."""
    return [line for line in outcome.err.splitlines() if not line.startswith("warning: ")]


@settings(THOROUGH, max_examples=EXAMPLES // 5)
@given(sequences(), st.sampled_from(["", "compacted", "pulled again"]))
def test_snapshots_say_what_the_source_says(drawn: tuple[list[str], Case], how: str) -> None:
    texts, case = drawn
    with TemporaryDirectory() as folder:
        compared = Comparison(Path(folder), case)
        if compared.pull(0).code != 0:
            event("nothing pulled")
            return
        if how == "compacted":
            assert compared.run("pull", "--compact", compared.snapshot).code == 0
        if how == "pulled again" and compared.pull(1).code != 0:
            return
        for text in texts:
            compared.check(text)
