"""Derive the site's own address from the repository's, which _config.yml writes once."""

from urllib.parse import urlsplit

from tools.set_repository import pages_address


def set_address(app, config):
    address = pages_address(config.html_theme_options["repository_url"]) + "/"
    config.html_baseurl = address
    config.ogp_site_url = address
    config.notfound_urls_prefix = urlsplit(address).path  # the page for a wrong address is shown at any depth


def setup(app):
    app.connect("config-inited", set_address, priority=1)
    return {"version": "1", "parallel_read_safe": True}
