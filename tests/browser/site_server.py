"""Serve the built site as GitHub Pages would: under the repository's path, with the page for wrong addresses.

Leaves out caching. Compresses only where it is asked to: bytes that tests count are bytes of files.
"""

import functools
import gzip
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tools.set_repository import current_address, pages_address

COMPRESSED = {".html", ".css", ".js", ".mjs", ".svg", ".xml", ".json"}


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".woff2": "font/woff2"}

    def __init__(self, *arguments, prefix, compressed, **options):
        self.prefix, self.compressed = prefix, compressed
        super().__init__(*arguments, **options)

    def translate_path(self, path):
        inside = urlsplit(path).path
        # What lies beside the site is another site's: there is nothing.
        there = inside.removeprefix(self.prefix) if inside.startswith(self.prefix) else "nothing-is-here"
        return super().translate_path(f"/{there}")

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not self.compressed or path.suffix not in COMPRESSED or not path.is_file():
            super().do_GET()
            return
        content = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code, message=None, explain=None):
        page = self.directory + "/404.html"
        if code != 404:
            super().send_error(code, message, explain)
            return
        with open(page, "rb") as file:
            content = file.read()
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A browser that closes a page in the middle of an answer is no fault."""


@contextmanager
def served(html, root, *, compressed=False):
    """Address of the site at `html`, ending in a slash, while the context is open."""
    prefix = urlsplit(pages_address(current_address(root)) + "/").path
    server = _Server(
        ("127.0.0.1", 0), functools.partial(_Handler, prefix=prefix, compressed=compressed, directory=str(html))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
