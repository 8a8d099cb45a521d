"""Where data sets that do not ship are found: a folder, CHAINRULE_DATA, the cache, or a download that was asked for."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DataMissing", "Source", "find_folder"]


class DataMissing(FileNotFoundError):
    """A data set is not on this computer; the message says how it gets there."""


@dataclass(frozen=True)
class Source:
    """A data set outside the course: `files` must be in its folder, one of whose usual names is in `folders`.

    `address` is the archive that holds it and `checksum`, as pooch writes it ("md5:..."), where its publisher gives
    one. With `parts`, pairs of a file and its checksum, `address` is the folder of those files instead. Without an
    address the set can only be put there by hand. A name in `files` may end in *.
    """

    title: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    address: str | None = None
    checksum: str | None = None
    size: str = ""
    parts: tuple[tuple[str, str], ...] = ()


def find_folder(source, folder=None, download=False):
    """Return the folder that holds the source's files, and print which it is.

    Looked at in this order: `folder`; what the environment variable CHAINRULE_DATA names; the cache. In each, the
    folder itself and its subfolders `source.folders`. Nothing is fetched unless `download` is true. Raises
    DataMissing, which says where it looked and how to put the files there, and ConnectionError for a failed download.
    """
    if folder is not None:
        places = [Path(folder).expanduser()]
    else:
        places = [Path(os.environ["CHAINRULE_DATA"])] if os.environ.get("CHAINRULE_DATA") else []
        places.append(_cache())
    for place in places:
        for candidate in (place, *(place / name for name in source.folders)):
            if _holds(candidate, source):
                print(f"{source.title}: {candidate}")
                return candidate
    if folder is None and download and source.address:
        _fetch(source)
        return find_folder(source, _cache())
    raise DataMissing(_missing(source, places))


def _holds(folder, source):
    return all(any(folder.glob(file)) for file in source.files)


def _cache():
    import pooch

    return Path(pooch.os_cache("chainrule"))


def _missing(source, places):
    looked = ", ".join(str(place) for place in places)
    lines = [f"{source.title} is not here: looked for {', '.join(source.files)} in {looked}."]
    if source.address:
        lines.append(
            f"With download=True it is fetched from {source.address}{source.size and f' ({source.size})'}."
        )
    lines.append(_by_hand(source))
    return " ".join(lines)


def _by_hand(source):
    fetch = (
        f"fetch {source.address}, unpack it if it is packed, and"
        if source.address
        else f"get {source.title} and"
    )
    return (
        f"By hand: {fetch} put the files into a folder {source.folders[0]} inside a folder of your data, named by "
        "the environment variable CHAINRULE_DATA, or give that folder as the argument `folder`."
    )


def _fetch(source):
    """Download what the source names into the cache's folder of its first name, unpacked."""
    cache, target = _cache(), _cache() / source.folders[0]
    print(f"fetching {source.address}{source.size and f' ({source.size})'}\n    into {target}")
    try:
        if source.parts:
            for name, checksum in source.parts:
                _retrieve(source.address + name, checksum, target)
        else:
            _unpack(_retrieve(source.address, source.checksum, cache / "archives"), target, source)
    except Exception as error:  # of the network, pooch (another checksum), tarfile, zipfile, zlib
        raise ConnectionError(
            f"{source.title} could not be fetched ({type(error).__name__}: {error}). {_by_hand(source)}"
        ) from error


def _retrieve(address, checksum, folder):
    import pooch

    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(timeout=30, progressbar=True)
    return Path(pooch.retrieve(address, checksum, Path(address).name, folder, downloader=downloader))


def _unpack(archive, target, source):
    """Unpack so that the source's files lie in `target` itself, whatever folder the archive has them in."""
    scratch = target.with_name(target.name + ".unpacking")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        # The filter refuses members that would be written elsewhere (tar; zip's are always made safe).
        options = {} if archive.suffix == ".zip" else {"filter": "data"}
        shutil.unpack_archive(archive, scratch, **options)
        found = next(
            (
                place
                for place in (scratch, *sorted(path for path in scratch.rglob("*") if path.is_dir()))
                if _holds(place, source)
            ),
            None,
        )
        if found is None:
            raise ValueError(
                f"{archive} holds no folder with {', '.join(source.files)}; delete it and try again"
            )
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(found, target)
    except Exception:
        archive.unlink(missing_ok=True)  # or the next attempt would take it again
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
