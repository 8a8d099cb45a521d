"""What an archive holds, read from untrusted bytes into memory. Nothing is written here, so nothing can be overwritten.

    contents = read_archive("ada.zip", data)
    contents.files["fully_connected.ipynb"]
    contents.left_out          # ["'../x.ipynb' was left out: it leads out of the archive"]

Zip (stored or deflated) and tar (plain or gzip). Bytes are counted as they are unpacked: what a header says may only
make an archive smaller. Whatever is no plain file under a harmless name is left out and named.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from ..errors import SubmissionError
from .submissions import MAX_FILE, MAX_FILES, MAX_TOTAL

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
OTHER_SUFFIXES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tbz", ".tbz2", ".txz")
DEEPEST = 10
LONGEST_PART = 150
LONGEST_PATH = 400
CHUNK = 1 << 16
# Systems and editors make these, and the course's library comes with the release.
_UNWANTED = {"__macosx", "__pycache__", "student_lib", "thumbs.db", "desktop.ini"}
# Control characters, those without a look or that turn the direction, halves of characters, line separators.
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_MOST_SENTENCES = 50


@dataclass(frozen=True)
class Bounds:
    """What is read of one archive: bytes of a file, bytes and number of all files, entries of any kind."""

    file: int = MAX_FILE
    total: int = MAX_TOTAL
    files: int = MAX_FILES
    members: int = 5_000


@dataclass
class Contents:
    """Files by relative path, and a sentence for each entry that was left out."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, path: str, reason: str) -> None:
        self.left_out.append(f"{path[:100]!r} was left out: {reason}")
        if len(self.left_out) > _MOST_SENTENCES:
            self.left_out[_MOST_SENTENCES:] = ["more was left out than can be listed"]


class Unfit(ValueError):
    """An entry that is left out; the message is the reason."""


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive, of a kind that is read or of another."""
    return name.lower().endswith(SUFFIXES + OTHER_SUFFIXES)


def read_archive(name: str, data: bytes, bounds: Bounds = Bounds(), meter: Meter | None = None) -> Contents:
    """The plain files of an archive. Archives inside stay closed: they are left out and named.

    What is unpacked counts on `meter`, where a submission has several archives. Raises
    SubmissionError when it is encrypted, cut, damaged, of another kind, or larger than `bounds`.
    """
    if not name.lower().endswith(SUFFIXES):
        raise SubmissionError(
            f"{name!r} is an archive of a kind that is not read: ask for a .zip or .tar.gz."
        )
    contents, names = Contents(), Names()
    unpacked = meter or Meter(name, bounds.total)
    members = _zip_members if name.lower().endswith(".zip") else _tar_members
    for path, read in members(name, data, bounds, contents):
        try:
            path = names.take(path)
            if is_archive(path):
                raise Unfit("it is an archive inside an archive")
            if len(contents.files) >= bounds.files:
                raise Unfit(f"more than {bounds.files} files")
            contents.files[path] = read(unpacked)
        except Unfit as error:
            contents.leave_out(path, str(error))
    return contents


def safe_path(raw: str) -> str:
    """A relative path with forward slashes, in Unicode's composed form. Raises Unfit for every other name.

    >>> safe_path("week 3\\\\nn.py")
    'week 3/nn.py'
    """
    if any(unicodedata.category(character) in _HIDDEN_CATEGORIES for character in raw):
        raise Unfit("its name has characters that cannot be seen")
    slashed = raw.replace("\\", "/")
    if slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed):
        raise Unfit("its name is absolute")
    path = unicodedata.normalize("NFC", str(PurePosixPath(slashed)))
    parts = path.split("/")
    if ".." in parts:
        raise Unfit("it leads out of the archive")
    if path == "." or slashed.endswith("/"):
        raise Unfit("it has no name")
    if len(parts) > DEEPEST or len(path.encode()) > LONGEST_PATH:
        raise Unfit("its path is too long")
    if any(len(part.encode()) > LONGEST_PART for part in parts):
        raise Unfit("its name is too long")
    return path


class Names:
    """Gives out paths, each once, so that no file takes another's place on any file system."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def take(self, raw: str) -> str:
        """`safe_path(raw)`. Raises Unfit also when a file has that path, written alike, or one below or above it."""
        path = safe_path(raw)
        key = unicodedata.normalize("NFKC", path).casefold()
        above = {str(parent) for parent in PurePosixPath(key).parents} - {"."}
        if key in self._files:
            raise Unfit("a file before it has the same name, but for capitals or accents perhaps")
        if key in self._folders or above & self._files:
            raise Unfit("its name is that of a file and of a folder")
        self._files.add(key)
        self._folders |= above
        return path


class Meter:
    """Counts what is unpacked of one submission."""

    def __init__(self, name: str, most: int):
        self.name, self.most, self.spent = name, most, 0

    def count(self, size: int) -> None:
        """Raises SubmissionError once more than `most` bytes came out."""
        self.spent += size
        if self.spent > self.most:
            raise SubmissionError(
                f"{self.name!r} unpacks to more than {self.most >> 20} MiB: ask for the notebooks without data."
            )


def is_unwanted(path: str) -> bool:
    """What no student made or meant to hand in: hidden files, what systems leave behind, the course's library."""
    parts = re.split(r"[/\\]", path)
    return any(part.lower() in _UNWANTED or (part.startswith(".") and part.strip(".")) for part in parts)


# --- zip ----------------------------------------------------------------------------------------------------


class ZipReader:
    """A zip file's entries, each read on its own. `entries` are the plain files, under names as yet unchecked.

    Raises SubmissionError when it cannot be read.
    """

    def __init__(self, name: str, file: BinaryIO, members: int, contents: Contents):
        self.name = name
        try:
            self._zip = zipfile.ZipFile(_NoGulps(file, name, max(CHUNK * 2, members * 400)))
        except SubmissionError:
            raise
        except Exception as error:  # zipfile raises whatever comes to it for hostile bytes
            raise _damaged(name, error) from error
        infos = self._zip.infolist()
        if len(infos) > members:
            raise SubmissionError(f"{name!r} has {len(infos)} entries, at most {members} are read.")
        self.entries = [info for info in infos if self._is_file(info, contents)]
        if any(info.flag_bits & 0x41 for info in self.entries):
            raise SubmissionError(f"{name!r} is encrypted: ask for an archive without a password.")

    @staticmethod
    def _is_file(info: zipfile.ZipInfo, contents: Contents) -> bool:
        # zipfile cuts a name at its first NUL: what stands before it is not the name that was given.
        path = info.orig_filename
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind in (0, stat.S_IFREG) and not path.endswith(("/", "\\")):
            return True
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            contents.leave_out(path, "it is a link or a device")
        elif info.file_size:
            contents.leave_out(path, "it is a folder that holds bytes")
        return False

    def read(self, info: zipfile.ZipInfo, most: int, meter: Meter) -> bytes:
        """The bytes of an entry. Raises Unfit when there are more than `most`, SubmissionError for damage."""
        # bz2 and lzma unpack a whole chunk at once, a thousandfold and more.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unfit("it is packed in an unusual way")
        if info.file_size > most:
            raise Unfit(f"it is larger than {most >> 20} MiB")
        parts = []
        try:
            with self._zip.open(info) as file:
                while part := file.read(CHUNK):
                    meter.count(len(part))
                    parts.append(part)
        except SubmissionError:
            raise
        except Exception as error:
            raise _damaged(self.name, error) from error
        return b"".join(parts)


def _zip_members(
    name: str, data: bytes, bounds: Bounds, contents: Contents
) -> Iterator[tuple[str, Callable[[Meter], bytes]]]:
    reader = ZipReader(name, io.BytesIO(data), bounds.members, contents)
    for info in reader.entries:
        if not is_unwanted(info.orig_filename):
            yield info.orig_filename, lambda meter, info=info: reader.read(info, bounds.file, meter)


def zip_time(info: zipfile.ZipInfo, zone: object) -> datetime | None:
    """When an entry was last changed: its UTC time where it has one, else its clock time in `zone`; None if absurd."""
    position = 0
    while position + 4 <= len(info.extra):
        kind, size = (int.from_bytes(info.extra[position + k : position + k + 2], "little") for k in (0, 2))
        block = info.extra[position + 4 : position + 4 + size]
        if kind == 0x5455 and len(block) >= 5 and block[0] & 1:
            return datetime.fromtimestamp(int.from_bytes(block[1:5], "little", signed=True), UTC)
        position += 4 + size
    try:
        return datetime(*info.date_time, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class _NoGulps:
    """A file of which no single read takes more than `most` bytes: zipfile reads its table of contents in one."""

    def __init__(self, file: BinaryIO, name: str, most: int):
        self._file, self._name, self._most = file, name, most
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, self._most + 1) if size >= 0 else self._most + 1)
        if len(data) > self._most:
            raise SubmissionError(
                f"{self._name!r} has a table of contents that is too large: it is no submission."
            )
        return data

    def seekable(self) -> bool:
        return True


# --- tar ----------------------------------------------------------------------------------------------------


class _Header(tarfile.TarInfo):
    """A header whose long names are bounded: tarfile reads them whole, and searches them slowly."""

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> tarfile.TarInfo:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type not in tarfile.REGULAR_TYPES and header.size > CHUNK):
            raise tarfile.ReadError("a header of an impossible size")
        return header


def _tar_members(
    name: str, data: bytes, bounds: Bounds, contents: Contents
) -> Iterator[tuple[str, Callable[[Meter], bytes]]]:
    plain = _unzipped(name, data, bounds)
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:", tarinfo=_Header) as tar:
            members = []
            while (member := tar.next()) is not None:
                members.append(member)
                if len(members) > bounds.members:
                    raise SubmissionError(
                        f"{name!r} has more than {bounds.members} entries: it is no submission."
                    )
            end = tar.offset
    except SubmissionError:
        raise
    except Exception as error:  # as above; RecursionError for headers that announce headers
        raise _damaged(name, error) from error
    # tarfile takes a header that it cannot read for the end: what follows would be lost without a word.
    if len(plain) < end + tarfile.BLOCKSIZE or any(plain[end : end + tarfile.BLOCKSIZE]):
        raise _damaged(name, EOFError(f"it stops after {len(members)} entries"))
    for member in members:
        if is_unwanted(member.name) or member.isdir():
            continue
        if not member.isreg() or member.sparse is not None:
            contents.leave_out(member.name, "it is a link or a device")
        else:
            yield member.name, lambda meter, member=member: _tar_read(plain, member, bounds.file, meter)


def _unzipped(name: str, data: bytes, bounds: Bounds) -> bytes:
    """The bare tar. Headers and padding come on top of what the files may have."""
    if data[:2] != b"\x1f\x8b":
        return data
    most = bounds.total + 2 * tarfile.BLOCKSIZE * bounds.members
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(data)).read(most + 1)
    except Exception as error:
        raise _damaged(name, error) from error
    Meter(name, most).count(len(plain))
    return plain


def _tar_read(plain: bytes, member: tarfile.TarInfo, most: int, meter: Meter) -> bytes:
    if member.size > most:
        raise Unfit(f"it is larger than {most >> 20} MiB")
    meter.count(member.size)
    part = plain[member.offset_data : member.offset_data + member.size]
    if len(part) < member.size:
        raise _damaged(meter.name, EOFError(f"{member.name[:100]!r} is cut"))
    return part


def _damaged(name: str, error: Exception) -> SubmissionError:
    reason = f"{type(error).__name__}: {str(error)[:150]}"
    return SubmissionError(f"{name!r} cannot be unpacked ({reason}): download it or ask for it again.")
