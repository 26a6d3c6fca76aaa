"""A published BERT from the Hugging Face hub, for those who are online. No lecture needs it."""

from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import requests

from seq2bert.checkpoints.config_file import CONFIG_FILE
from seq2bert.checkpoints.files import PICKLE_FILE, SAFETENSORS_FILE

_WEIGHTS = (SAFETENSORS_FILE, PICKLE_FILE)
_VOCABULARY = ("vocab.txt", "tokenizer.json")
_EXTRAS = ("tokenizer_config.json",)
_TIMEOUT = 10.0  # seconds without an answer


def hub_folder(
    name: str, *, revision: str | None = None, cache: Path | str | None = None, endpoint: str | None = None
) -> Path:
    """Return the folder of a model of the hub, downloading it unless it is in the hub's cache.

    Parameters
    ----------
    name : str
        Such as ``google-bert/bert-base-cased``.
    revision : str, optional
        Branch, tag or commit; left out, the main branch.
    cache : path, optional
        Another folder than the hub's own cache.
    endpoint : str, optional
        Another hub.

    Returns
    -------
    pathlib.Path
        With configuration, vocabulary and weights. A copy in the cache is used without asking the hub.

    Raises
    ------
    ImportError
        If the extra ``hub`` is not installed.
    ConnectionError
        If the model is not in the cache and the hub does not answer: at once, after one request.
    FileNotFoundError
        If the hub has no such model, or the model lacks a file.
    ValueError
        If ``name`` cannot be that of a model.
    """
    hub = _import_hub()
    try:
        hub.utils.validate_repo_id(name)
    except hub.errors.HFValidationError as error:
        raise ValueError(f"name must be that of a model of the hub; got {name!r}: {_short(error)}") from error
    found = _cached(hub, name, revision, cache)
    if found is not None:
        return found
    offered = _ask(hub, name, revision, endpoint)
    files = [_first(name, group, offered) for group in ((CONFIG_FILE,), _VOCABULARY, _WEIGHTS)]
    # Weights last: where they are in the cache, the rest is there, too.
    files[-1:-1] = [extra for extra in _EXTRAS if extra in offered]
    try:
        paths = [
            hub.hf_hub_download(name, file, revision=revision, cache_dir=cache, endpoint=endpoint) for file in files
        ]
    except Exception as error:  # broad: its client raises its own types, others in each version
        raise ConnectionError(f"{name} could not be downloaded whole from the hub: {_short(error)}") from error
    return Path(paths[0]).parent


def _import_hub() -> ModuleType:
    try:
        import huggingface_hub.constants  # its parts are not there before they are asked for
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise ImportError("the hub needs one more package: pip install 'seq2bert[hub]'") from error
    return huggingface_hub


def _cached(hub: ModuleType, name: str, revision: str | None, cache: Path | str | None) -> Path | None:
    """Look in the cache; the network is not touched."""

    def path(file: str) -> Path | None:
        found = hub.try_to_load_from_cache(name, file, cache_dir=cache, revision=revision)
        return Path(found) if isinstance(found, str) else None  # else not there, or known to be nowhere

    groups = [[path(file) for file in group] for group in ((CONFIG_FILE,), _VOCABULARY, _WEIGHTS)]
    if all(any(group) for group in groups):
        return next(found for found in groups[0] if found is not None).parent
    return None


def _ask(hub: ModuleType, name: str, revision: str | None, endpoint: str | None) -> set[str]:
    """Ask which files the model has: one plain request, where the hub's own client would try again and again."""
    absent = f"{name} is not in the cache, and the hub"
    remedy = "No lecture needs it. Try again with a connection, or load a folder that holds the model"
    if hub.constants.HF_HUB_OFFLINE:
        raise ConnectionError(f"{absent} is not asked, since HF_HUB_OFFLINE is set. {remedy}")
    url = f"{endpoint or hub.constants.ENDPOINT}/api/models/{name}"
    if revision is not None:
        url += f"/revision/{quote(revision, safe='')}"
    token = hub.get_token()
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        answer = requests.get(url, headers=headers, timeout=_TIMEOUT)
        if answer.status_code in (401, 403, 404):  # a model that is not there looks like one that is private
            raise FileNotFoundError(f"the hub shows no model {name!r} at {revision or 'main'}: {answer.status_code}")
        answer.raise_for_status()
        return {file["rfilename"] for file in answer.json()["siblings"]}
    except (requests.exceptions.RequestException, KeyError, TypeError) as error:  # no JSON is one of the first
        raise ConnectionError(f"{absent} did not answer ({type(error).__name__}). {remedy}") from error


def _first(name: str, group: tuple[str, ...], offered: set[str]) -> str:
    for file in group:
        if file in offered:
            return file
    raise FileNotFoundError(f"the model {name!r} of the hub has no {' and no '.join(group)}")


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
