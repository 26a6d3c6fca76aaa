"""The menus in the header of a page: open it in Colab or Binder, download it, its repository.

They take the place of the theme's buttons, which need 81 KB of script to open and have no text. The template is
_templates/article-header-buttons.html. A notebook opens at the branch or tag that _config.yml names, so that page,
notebook and package belong together. Live code on the page is an entry where _config.yml asks for it.
"""

from urllib.parse import quote

from quiet_scripts import wants_thebe

COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?urlpath={target}"
LIVE_CODE = {"text": "Live code on this page, by Binder", "action": "initThebeSBT()"}  # a function of the theme


def launch_entries(repository, branch, path):
    """Services that open the notebook at `path` of the repository."""
    place = {"repository": repository, "branch": quote(branch, safe=""), "path": path}
    return [
        {"text": "Colab", "url": COLAB.format(**place | {"branch": quote(branch)})},
        {"text": "Binder", "url": BINDER.format(target=quote(f"lab/tree/{path}", safe=""), **place)},
    ]


def add_menus(app, pagename, templatename, context, doctree):
    options = app.config.html_theme_options
    address, branch = options["repository_url"], options["repository_branch"]
    repository = address.removeprefix("https://github.com/")
    menus = []
    source = context.get("sourcename", "")
    if source.endswith(".ipynb"):
        entries = launch_entries(repository, branch, source) + [LIVE_CODE] * wants_thebe(app)
        menus.append({"title": "Run this lecture", "icon": "fa-solid fa-rocket", "entries": entries})
    downloads = [
        {"text": "The whole book, to read offline", "url": f"{context['content_root']}{app.config.offline_zip}"}
    ]
    if source.endswith(".ipynb"):
        notebook = context["pathto"](f"_sources/{source}", 1)
        downloads.insert(0, {"text": "This notebook", "url": notebook, "download": True})
    menus.append({"title": "Download", "icon": "fa-solid fa-download", "entries": downloads})
    about = [{"text": "Repository", "url": address}]
    if source:
        title = quote(f"Issue on page /{pagename}.html")
        about.append({"text": "Report a mistake on this page", "url": f"{address}/issues/new?title={title}"})
    menus.append({"title": "Repository", "icon": "fab fa-github", "entries": about})
    context["header_menus"] = menus


def setup(app):
    app.add_config_value("offline_zip", "", "html")  # where the build puts the site as one file, from the site's root
    app.connect("html-page-context", add_menus, priority=900)
    return {"version": "1", "parallel_read_safe": True}
