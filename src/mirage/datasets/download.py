"""Fetching published files from mirrors into a cache, resumed and verified."""

import fcntl
import gzip
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from mirage.datasets.idx import DAMAGED_GZIP, DatasetError, locate

log = logging.getLogger(__name__)

TIMEOUT = 30
"""Seconds to wait for a connection, and then for each piece of the answer."""
ATTEMPTS = 3
"""Transfers tried with one mirror, as long as each brings something new."""
CHUNK = 1 << 16
"""Bytes written at a time."""


class _MirrorError(Exception):
    """Why a mirror did not give a file, in one line."""


def fetch(folder: Path, mirrors: Sequence[str], sha256: Mapping[str, str]) -> None:
    """Bring files into a folder, each as NAME.gz, and verify what they hold.

    A file that is there, packed or plain, with the right checksum is left alone and
    no request is made. An interrupted transfer leaves NAME.gz.part, from which the
    next call goes on. Of processes that fetch the same file, one works and the
    others wait for it.

    Args:
        folder: the cache; made if need be.
        mirrors: base addresses, tried in turn; each serves MIRROR + NAME.gz.
        sha256: for each NAME the SHA-256 of its unpacked contents, in hexadecimal.

    Raises:
        DatasetError: with each mirror and its reason, when none gives a right file.
            What was in the cache before is still there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in sha256.items():
        found = locate(folder / name)
        fault = found and _fault_of_file(found, digest)
        if fault:
            log.warning("%s: %s; fetching it again", found, fault)
        if fault or not found:
            _fetch_file(folder / f"{name}.gz", mirrors, digest)


def _fetch_file(target: Path, mirrors: Sequence[str], digest: str) -> None:
    part = target.with_name(f"{target.name}.part")
    with _alone(part) as file:
        try:
            if target.is_file() and not _fault_of_file(target, digest):
                return  # another process fetched it while this one waited
            _try_mirrors(file, target.name, mirrors, digest)
            os.fsync(file.fileno())
            os.replace(part, target)
        finally:
            if not _size(file):
                part.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read and append, once no other process has it open this way."""
    while True:
        with open(path, "a+b") as file:
            # A file system without locks leaves only the checksum to guard the file.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            if _stands_at(file, path):
                yield file
                return


def _stands_at(file: BinaryIO, path: Path) -> bool:
    """Whether no other process renamed or removed the file while this one waited."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _try_mirrors(file: BinaryIO, name: str, mirrors: Sequence[str], digest: str) -> None:
    reasons = []
    for mirror in mirrors:
        try:
            _fetch_from(file, mirror + name, digest)
            return
        except _MirrorError as error:
            log.warning("%s%s: %s", mirror, name, error)
            reasons.append(f"{mirror} ({error})")
    raise DatasetError(
        f"{name}: no mirror gave it: {'; '.join(reasons) or 'dataset.mirrors is empty'}"
    )


def _fetch_from(file: BinaryIO, address: str, digest: str) -> None:
    """Complete the file from one mirror, which may take several transfers.

    They end when one changes nothing: a mirror that has no more to give, or contents
    that are wrong without having been pieced together.
    """
    for left in reversed(range(ATTEMPTS)):
        before = _size(file)
        try:
            _transfer(file, address)
            _verify(file, digest)
            return
        except _MirrorError:
            if not left or _size(file) == before:
                raise


def _verify(file: BinaryIO, digest: str) -> None:
    """Empty a file of wrong contents, so that nothing is ever resumed from them."""
    file.seek(0)
    fault = _fault(file, True, digest)
    if fault:
        file.truncate(0)
        raise _MirrorError(fault)


def _transfer(file: BinaryIO, address: str) -> None:
    """Append what the file lacks, or start over where the server cannot resume."""
    done = _size(file)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if done and response.status_code == requests.codes.requested_range_not_satisfiable:
                return  # nothing lies beyond what is here: the checksum tells if it is whole
            _receive(file, response)
    except requests.Timeout:
        raise _MirrorError(f"no answer within {TIMEOUT} s") from None
    except requests.RequestException as error:
        raise _MirrorError(_one_line(error)) from None


def _receive(file: BinaryIO, response: requests.Response) -> None:
    """Write an answer's body to the end of the file, or to its beginning if it is whole."""
    done = _size(file)
    if response.status_code == requests.codes.partial_content:
        span = response.headers.get("Content-Range", "none")
        if not span.startswith(f"bytes {done}-"):
            file.truncate(0)
            raise _MirrorError(f"sent the range {span}; expected one from byte {done}")
    elif response.status_code == requests.codes.ok:
        file.truncate(0)
        done = 0
    else:
        raise _MirrorError(f"{response.status_code} {response.reason}")
    length = response.headers.get("Content-Length", "")
    total = done + int(length) if length.isdecimal() else None
    name = Path(file.name).stem
    with tqdm(
        desc=name, initial=done, total=total, unit="B", unit_scale=True, mininterval=10
    ) as progress:
        try:
            # Undecoded: a server that marks .gz files as an encoding must not unpack them.
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                file.write(chunk)
                progress.update(len(chunk))
        except HTTPError:
            whole = total or "an unknown number of"
            raise _MirrorError(f"broke off after {_size(file)} of {whole} bytes") from None


def _fault_of_file(path: Path, digest: str) -> str | None:
    with open(path, "rb") as file:
        return _fault(file, path.suffix == ".gz", digest)


def _fault(file: BinaryIO, packed: bool, digest: str) -> str | None:
    """Why the contents, unpacked, are not those of a SHA-256; None if they are."""
    try:
        contents: Any = gzip.GzipFile(fileobj=file, mode="rb") if packed else file
        found = hashlib.file_digest(contents, "sha256").hexdigest()
    except DAMAGED_GZIP as error:
        return f"damaged gzip file ({error})"
    if found == digest.lower():
        return None
    return f"wrong checksum, SHA-256 of the contents is {found}, expected {digest}"


def _one_line(error: requests.RequestException) -> str:
    """The innermost reason of a failed request."""
    cause = error.args[0] if error.args else error
    return " ".join(str(getattr(cause, "reason", None) or cause).split())


def _size(file: BinaryIO) -> int:
    """Bytes in an open file; also writes out what is buffered."""
    return file.seek(0, os.SEEK_END)
