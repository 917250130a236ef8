import gzip
import hashlib
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from mirage.datasets.download import fetch
from mirage.datasets.idx import DatasetError

CONTENTS = np.random.default_rng(0).bytes(200_000)
PACKED = gzip.compress(CONTENTS, mtime=0)
SHA256 = {"a": hashlib.sha256(CONTENTS).hexdigest()}
HALF = len(PACKED) // 2


@dataclass
class Request:
    path: str
    range: str | None
    sent: int = 0
    """Bytes of the body that were sent."""


@dataclass
class Mirror:
    """A server on this host: its files, its faults, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: {"/a.gz": PACKED})
    cuts: list[int | None] = field(default_factory=list)
    """For each request in turn, after how many bytes of body the connection breaks."""
    ignores_range: bool = False
    shifts_range: int = 0
    """Bytes by which each range that is sent starts too late."""
    states_length: bool = True
    hangs: threading.Event | None = None
    """Where a body is cut, wait for this before the connection breaks."""
    refusals: int = 0
    """Requests answered by 404 before the files appear."""
    delay: float = 0.0
    """Seconds before each answer."""
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    @property
    def ranges(self) -> list[str | None]:
        return [request.range for request in self.requests]


def handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = Request(self.path, self.headers["Range"])
            cut = mirror.cuts.pop(0) if mirror.cuts else None
            mirror.requests.append(request)
            time.sleep(mirror.delay)
            body = mirror.files.get(self.path)
            mirror.refusals -= 1
            if body is None or mirror.refusals >= 0:
                self.send_error(404)
                return
            body = self.head(body, request.range)[:cut]
            with suppress(ConnectionError):  # the client may be gone
                self.wfile.write(body)
                request.sent = len(body)
            if cut is not None and mirror.hangs:
                mirror.hangs.wait(10)

        def head(self, body: bytes, wanted: str | None) -> bytes:
            """Send the status and the headers; return the body that they announce."""
            total, start = len(body), 0
            if wanted and not mirror.ignores_range:
                start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) + mirror.shifts_range
                if start >= total:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{total}")
                    self.end_headers()
                    return b""
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            else:
                self.send_response(200)
            # As some servers mark .gz files; the body is the file as it is.
            self.send_header("Content-Encoding", "gzip")
            if mirror.states_length:
                self.send_header("Content-Length", str(total - start))
            self.end_headers()
            return body[start:]

        def log_message(self, *args) -> None:
            pass

    return Handler


@pytest.fixture
def start(monkeypatch) -> Iterator:
    """Starts mirrors with given faults, each on a port of its own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(**faults) -> Mirror:
        mirror = Mirror(**faults)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(mirror))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        mirror.url = f"http://127.0.0.1:{server.server_port}/"
        return mirror

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def unpacked(folder: Path) -> bytes:
    return gzip.decompress((folder / "a.gz").read_bytes())


def complaint(folder: Path, *mirrors: str) -> str:
    """The error of a fetch, which must fit on a line."""
    with pytest.raises(DatasetError) as caught:
        fetch(folder, mirrors, SHA256)
    message = str(caught.value)
    assert "\n" not in message
    return message


class TestFetch:
    def test_brings_every_file_into_a_new_folder(self, tmp_path, start):
        other = b"labels"
        mirror = start(files={"/a.gz": PACKED, "/b.gz": gzip.compress(other)})
        digests = {**SHA256, "b": hashlib.sha256(other).hexdigest().upper()}
        fetch(tmp_path / "new" / "cache", [mirror.url], digests)
        assert names(tmp_path / "new" / "cache") == ["a.gz", "b.gz"]
        assert unpacked(tmp_path / "new" / "cache") == CONTENTS

    def test_makes_no_request_for_what_is_cached(self, tmp_path, start):
        mirror = start()
        fetch(tmp_path, [mirror.url], SHA256)
        fetch(tmp_path, [mirror.url], SHA256)
        assert len(mirror.requests) == 1

    def test_takes_an_unpacked_file_for_cached(self, tmp_path):
        (tmp_path / "a").write_bytes(CONTENTS)
        fetch(tmp_path, [], SHA256)
        assert names(tmp_path) == ["a"]

    @pytest.mark.parametrize("name", ["a", "a.gz"])
    def test_replaces_a_wrong_file_with_a_warning(self, tmp_path, start, caplog, name):
        (tmp_path / name).write_bytes(gzip.compress(b"wrong"))
        with caplog.at_level(logging.WARNING):
            fetch(tmp_path, [start().url], SHA256)
        assert unpacked(tmp_path) == CONTENTS
        assert f"{tmp_path / name}: wrong checksum" in caplog.text

    def test_accepts_a_body_of_unstated_length(self, tmp_path, start):
        fetch(tmp_path, [start(states_length=False).url], SHA256)
        assert unpacked(tmp_path) == CONTENTS

    def test_tries_mirrors_in_turn_and_stops_at_the_first_that_gives_it(self, tmp_path, start):
        empty, good, spare = start(files={}), start(), start()
        fetch(tmp_path, [empty.url, good.url, spare.url], SHA256)
        assert [len(mirror.requests) for mirror in (empty, good, spare)] == [1, 1, 0]
        assert names(tmp_path) == ["a.gz"]

    def test_happens_once_for_two_at_a_time(self, tmp_path, start):
        mirror = start(delay=0.3)
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(lambda _: fetch(tmp_path, [mirror.url], SHA256), range(2)):
                pass
        assert len(mirror.requests) == 1
        assert names(tmp_path) == ["a.gz"]

    def test_succeeds_for_the_one_that_waited_where_the_other_failed(self, tmp_path, start):
        mirror = start(delay=0.3, refusals=1)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(fetch, tmp_path, [mirror.url], SHA256) for _ in range(2)]
            errors = [future.exception() for future in both]
        assert sorted(type(error).__name__ for error in errors) == ["DatasetError", "NoneType"]
        assert unpacked(tmp_path) == CONTENTS


class TestResumes:
    def test_in_the_next_run_with_the_remainder_only(self, tmp_path, start):
        mirror = start(cuts=[HALF, 0])
        complaint(tmp_path, mirror.url)
        assert names(tmp_path) == ["a.gz.part"]
        mirror.requests.clear()
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.requests == [Request("/a.gz", f"bytes={HALF}-", len(PACKED) - HALF)]
        assert unpacked(tmp_path) == CONTENTS
        assert names(tmp_path) == ["a.gz"]

    def test_at_once_when_the_connection_breaks(self, tmp_path, start):
        mirror = start(cuts=[HALF])
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.ranges == [None, f"bytes={HALF}-"]
        assert sum(request.sent for request in mirror.requests) == len(PACKED)

    def test_from_the_next_mirror(self, tmp_path, start):
        broken, good = start(cuts=[HALF, 0]), start()
        fetch(tmp_path, [broken.url, good.url], SHA256)
        assert good.ranges == [f"bytes={HALF}-"]
        assert unpacked(tmp_path) == CONTENTS

    def test_after_the_process_was_killed(self, tmp_path, start):
        mirror = start(cuts=[HALF], hangs=threading.Event())
        part = tmp_path / "a.gz.part"
        code = (
            "import pathlib, sys; from mirage.datasets.download import fetch; "
            f"fetch(pathlib.Path(sys.argv[1]), [sys.argv[2]], {SHA256})"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), mirror.url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        process.wait()
        mirror.hangs.set()
        received = part.stat().st_size
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.ranges == [None, f"bytes={received}-"]
        assert unpacked(tmp_path) == CONTENTS

    def test_by_starting_over_where_the_server_ignores_ranges(self, tmp_path, start):
        (tmp_path / "a.gz.part").write_bytes(PACKED[:HALF])
        mirror = start(ignores_range=True)
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.requests == [Request("/a.gz", f"bytes={HALF}-", len(PACKED))]
        assert unpacked(tmp_path) == CONTENTS

    def test_by_starting_over_where_another_range_is_sent(self, tmp_path, start):
        (tmp_path / "a.gz.part").write_bytes(PACKED[:HALF])
        mirror = start(shifts_range=1)
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.ranges == [f"bytes={HALF}-", None]
        assert unpacked(tmp_path) == CONTENTS

    def test_a_transfer_that_lacks_nothing_but_its_name(self, tmp_path, start):
        (tmp_path / "a.gz.part").write_bytes(PACKED)
        mirror = start()
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.requests == [Request("/a.gz", f"bytes={len(PACKED)}-", 0)]
        assert unpacked(tmp_path) == CONTENTS

    @pytest.mark.parametrize("size", [HALF, len(PACKED), len(PACKED) + 1])
    def test_by_starting_over_where_the_part_was_wrong(self, tmp_path, start, size):
        (tmp_path / "a.gz.part").write_bytes(bytes(size))
        mirror = start()
        fetch(tmp_path, [mirror.url], SHA256)
        assert mirror.ranges == [f"bytes={size}-", None]
        assert names(tmp_path) == ["a.gz"]


class TestFails:
    def test_when_no_mirror_has_the_file_and_leaves_nothing(self, tmp_path, start):
        one, two = start(files={}), start(files={})
        assert complaint(tmp_path, one.url, two.url) == (
            f"a.gz: no mirror gave it: {one.url} (404 Not Found); {two.url} (404 Not Found)"
        )
        assert names(tmp_path) == []

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (gzip.compress(b"other"), "wrong checksum, SHA-256 of the contents is d9298a10d1b07"),
            (PACKED[:HALF], "damaged gzip file"),
            (b"<html>log in first</html>", "damaged gzip file"),
        ],
        ids=["another file", "a shorter file", "a web page"],
    )
    def test_on_wrong_contents_and_leaves_nothing(self, tmp_path, start, body, reason):
        mirror = start(files={"/a.gz": body})
        message = complaint(tmp_path, mirror.url)
        assert f"{mirror.url} ({reason}" in message
        assert len(mirror.requests) == 1
        assert names(tmp_path) == []

    def test_on_truncation_everywhere_and_keeps_what_came(self, tmp_path, start):
        one, two = start(cuts=[HALF, 0]), start(cuts=[100, 0])
        message = complaint(tmp_path, one.url, two.url)
        total = len(PACKED)
        assert f"{one.url} (broke off after {HALF} of {total} bytes)" in message
        assert f"{two.url} (broke off after {HALF + 100} of {total} bytes)" in message
        assert names(tmp_path) == ["a.gz.part"]
        assert (tmp_path / "a.gz.part").read_bytes() == PACKED[: HALF + 100]

    def test_after_three_transfers_that_each_bring_a_little(self, tmp_path, start):
        mirror = start(cuts=[100] * 5)
        complaint(tmp_path, mirror.url)
        assert mirror.ranges == [None, "bytes=100-", "bytes=200-"]

    def test_without_a_connection(self, tmp_path, start):
        with ThreadingHTTPServer(("127.0.0.1", 0), handler(Mirror())) as server:
            address = f"http://127.0.0.1:{server.server_port}/"
        message = complaint(tmp_path, address)
        assert address in message
        assert "Connection refused" in message
        assert names(tmp_path) == []

    def test_when_a_mirror_is_silent(self, tmp_path, start, monkeypatch):
        monkeypatch.setattr("mirage.datasets.download.TIMEOUT", 0.1)
        mirror = start(delay=0.5)
        assert f"{mirror.url} (no answer within 0.1 s)" in complaint(tmp_path, mirror.url)
        assert names(tmp_path) == []

    def test_without_mirrors(self, tmp_path):
        assert complaint(tmp_path) == "a.gz: no mirror gave it: dataset.mirrors is empty"

    def test_and_keeps_the_wrong_file_that_it_could_not_replace(self, tmp_path, start):
        (tmp_path / "a.gz").write_bytes(b"mine")
        complaint(tmp_path, start(files={}).url)
        assert (tmp_path / "a.gz").read_bytes() == b"mine"
        assert names(tmp_path) == ["a.gz"]
