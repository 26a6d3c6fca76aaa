"""Files from the network, for those who want more than the course needs.

No lecture calls this: their data are generated or come with the package. Leaves out unpacking and
mirrors; pooch does the downloading and the checking.
"""

import os
import tempfile
from pathlib import Path

import pooch
import requests

__all__ = ["CACHE_VARIABLE", "cache_folder", "fetch"]

CACHE_VARIABLE = "SEQ2BERT_CACHE"
"""Environment variable that names another cache folder."""

_TIMEOUT = 30  # seconds without an answer


def cache_folder() -> Path:
    """Return the folder for downloaded files; it is not created here.

    Returns
    -------
    pathlib.Path
        What the environment variable ``SEQ2BERT_CACHE`` says, or else the usual place of the
        operating system.
    """
    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("seq2bert"))


def fetch(url: str, *, sha256: str, file_name: str, folder: Path | None = None, progress: bool = True) -> Path:
    """Return the path of a file, downloading it unless it is there already.

    Parameters
    ----------
    url : str
        Where the file is, over HTTP or HTTPS.
    sha256 : str
        What its bytes must hash to, in hexadecimal. A file that does not is never returned.
    file_name : str
        What it is called in the folder.
    folder : pathlib.Path, optional
        Another folder than :func:`cache_folder`.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    pathlib.Path
        A file with the right checksum. One that is there already is checked and used without the
        network, in a folder that cannot be written too.

    Raises
    ------
    ConnectionError
        If the file is not there and cannot be reached: offline, or the server refuses.
    OSError
        If the folder cannot be written.
    ValueError
        If the downloaded bytes have another checksum; they are deleted.
    """
    folder = cache_folder() if folder is None else folder
    path = folder / file_name
    if path.is_file() and pooch.file_hash(str(path), alg="sha256") == sha256.lower():
        return path
    _check_writable(folder)
    downloader = pooch.HTTPDownloader(progressbar=progress, timeout=_TIMEOUT)
    try:
        pooch.retrieve(url, f"sha256:{sha256.lower()}", fname=file_name, path=folder, downloader=downloader)
    except requests.exceptions.RequestException as error:
        raise ConnectionError(
            f"{file_name} is not in {folder}, or not whole, and could not be downloaded from {url} "
            f"({type(error).__name__}). No lecture needs it. Try again with a connection, or copy the file to {path}"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"sha256 of the file at {url} must be {sha256.lower()}; it is another, so the download was deleted. "
            f"The file was damaged on the way or has changed since the course was written"
        ) from error
    return path


def _check_writable(folder: Path) -> None:
    """Try to write, the only test that permissions, read-only disks and full disks all fail."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"cache folder {folder} cannot be written ({error.strerror}); "
            f"set the environment variable {CACHE_VARIABLE} to a folder that can"
        ) from error
