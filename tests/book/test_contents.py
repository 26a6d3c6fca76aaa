"""The table of contents, the list of lectures on the landing page and in the README, and the files say the same."""

import re

import pytest
import yaml

NAMED = 19  # lectures 0 to 17 and the capstone


def toc_files(root):
    """Every file that the table of contents names."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *(chapter["file"] for chapter in chapters)]


def rows(root, name):
    """The rows of the table of lectures: number, title, address or None, description."""
    found = []
    for line in (root / name).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and (cells[0].isdigit() or cells[0] == "**Capstone**"):
            link = re.fullmatch(r"\[(.+)\]\((.+)\)", cells[1])
            found.append((cells[0], link[1] if link else cells[1], link[2] if link else None, cells[2]))
    return found


def test_every_lecture_is_in_the_contents_and_exists(root):
    listed = [name for name in toc_files(root) if name.startswith("lectures/")]
    present = [f"lectures/{path.stem}" for path in sorted((root / "lectures").glob("*.ipynb"))]
    assert listed == present


def test_every_page_is_in_the_contents_and_exists(root):
    pages = {str(path.relative_to(root).with_suffix("")) for path in (root / "pages").rglob("*.md")} | {"index"}
    assert {name for name in toc_files(root) if not name.startswith("lectures/")} == pages


def test_both_lists_name_all_lectures_in_the_same_words(root):
    site, readme = rows(root, "index.md"), rows(root, "README.md")
    assert len(site) == len(readme) == NAMED
    assert [(number, title, what) for number, title, _, what in site] == [
        (number, title, what) for number, title, _, what in readme
    ]


def test_written_lectures_are_links_and_planned_ones_are_not(root):
    present = {path.stem[:2]: path.stem for path in (root / "lectures").glob("*.ipynb")}
    for name, ending in (("index.md", ".ipynb"), ("README.md", ".html")):
        for number, title, address, _ in rows(root, name):
            stem = present.get(number.zfill(2))
            if stem is None:
                assert address is None
                assert title.endswith("*(planned)*")
            else:
                assert address.endswith(f"lectures/{stem}{ending}")


def test_glossary_points_at_written_lectures(root):
    text = (root / "pages" / "glossary.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"\.\./(lectures/[\w-]+\.ipynb)", text))
    assert targets
    assert all((root / target).exists() for target in targets)


def test_every_reference_has_an_address(root):
    text = (root / "references.bib").read_text(encoding="utf-8")
    entries = re.split(r"^@", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.search(r"\burl\s*=\s*\{https://", entry), entry.splitlines()[0]


def test_every_paper_that_the_code_cites_is_listed(root):
    listed = (root / "references.bib").read_text(encoding="utf-8")
    cited = {
        (path.name, number)
        for path in (root / "src").rglob("*.py")
        for number in re.findall(r"arXiv:(\d{4}\.\d{4,5})", path.read_text(encoding="utf-8"))
    }
    assert len(cited) > 50
    assert [(name, number) for name, number in cited if f"abs/{number}" not in listed] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "index.md"])
def test_no_place_was_left_for_a_number_to_come(root, name):
    assert re.findall(r"\b[A-Z]+_[A-Z_]+\b", (root / name).read_text(encoding="utf-8")) == []
