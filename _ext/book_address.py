"""Derive the site's own address from the repository's, which _config.yml writes once."""

from urllib.parse import urlsplit


def pages_address(repository_url):
    """Address under which GitHub Pages publishes a repository, with a slash at the end."""
    owner, name = urlsplit(repository_url).path.strip("/").split("/")[:2]
    if name.lower() == f"{owner.lower()}.github.io":
        return f"https://{name.lower()}/"
    return f"https://{owner.lower()}.github.io/{name}/"


def set_address(app, config):
    address = pages_address(config.html_theme_options["repository_url"])
    config.html_baseurl = address
    config.ogp_site_url = address


def setup(app):
    app.connect("config-inited", set_address, priority=1)
    return {"version": "1", "parallel_read_safe": True}
