"""Try every link of the built site that leads elsewhere, once; fail if one is dead.

It needs the network: .github/workflows/links.yml runs it. A server that refuses robots (401, 403, 405, 429) is
believed; one that does not answer is tried again. `--own` tries the links to this course's own addresses instead, which
are dead until it is published: .github/workflows/publish.yml runs it after that.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urldefrag

import requests
from bs4 import BeautifulSoup

from tools.set_repository import ROOT, current_address, pages_address

HTML = ROOT / "_build" / "site" / "_build" / "html"
REFUSED = {401, 403, 405, 429}  # the page may be there, but not for a program
HEADERS = {"User-Agent": "Mozilla/5.0 (link check of a course's website)"}
PATIENCE, TRIES = 30, 3  # seconds for an answer, and how often to ask


def external_links(html):
    """Pages that name each address elsewhere, as a dict from address to names."""
    found = {}
    for path in sorted(Path(html).rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        for tag in page.find_all("a", href=True):
            address = urldefrag(tag["href"]).url
            if address.startswith(("http://", "https://")):
                found.setdefault(address, set()).add(path.relative_to(html).as_posix())
    return found


def is_own(address, repository):
    """Whether an address is this course's: its repository, its site, or a notebook of it in Colab or Binder."""
    name = repository.removeprefix("https://github.com/")
    places = [repository, pages_address(repository)]
    places += [f"https://colab.research.google.com/github/{name}", f"https://mybinder.org/v2/gh/{name}"]
    return address in places or address.startswith(tuple(f"{place}/" for place in places))


def fault(address, get=requests.get, wait=time.sleep):
    """What is wrong with an address, or None."""
    said = ""
    for attempt in range(TRIES):
        if attempt:
            wait(10 * attempt)
        try:
            with get(address, headers=HEADERS, timeout=PATIENCE, stream=True) as answer:
                if answer.status_code < 400 or answer.status_code in REFUSED:
                    return None
                said = f"answers {answer.status_code}"
                if answer.status_code < 500:
                    return said
        except requests.RequestException as error:
            said = f"{type(error).__name__}: {error}"
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--own", action="store_true", help="this course's own addresses instead")
    arguments = parser.parse_args()
    repository = current_address(ROOT)
    found = external_links(HTML)
    links = {address: pages for address, pages in found.items() if is_own(address, repository) == arguments.own}
    with ThreadPoolExecutor(8) as pool:
        faults = {address: said for address, said in zip(links, pool.map(fault, links), strict=True) if said}
    for address, said in faults.items():
        print(f"{address}\n    {said}\n    in {', '.join(sorted(links[address]))}")
    print(f"{len(links)} links, {len(faults)} dead")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
