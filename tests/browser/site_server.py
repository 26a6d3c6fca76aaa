"""Serve the built site as GitHub Pages would: under the repository's path, with the page for wrong addresses.

Leaves out compression and caching: bytes that tests count are bytes of files.
"""

import functools
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tools.set_repository import current_address, pages_address


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".woff2": "font/woff2"}

    def __init__(self, *arguments, prefix, **options):
        self.prefix = prefix
        super().__init__(*arguments, **options)

    def translate_path(self, path):
        inside = urlsplit(path).path
        return super().translate_path("/" + inside.removeprefix(self.prefix) if inside.startswith(self.prefix) else "?")

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
def served(html, root):
    """Address of the site at `html`, ending in a slash, while the context is open."""
    prefix = urlsplit(pages_address(current_address(root)) + "/").path
    server = _Server(("127.0.0.1", 0), functools.partial(_Handler, prefix=prefix, directory=str(html)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
