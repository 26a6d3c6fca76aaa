"""The pages around the lectures agree with the lectures, the package and the repository."""

import ast
import re
import shutil
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from tools import execute
from tools.set_repository import current_address, current_branch, rewrite

ROOT = Path(__file__).resolve().parents[2]


def page(name):
    return (ROOT / "pages" / f"{name}.md").read_text(encoding="utf-8")


def table_rows(text):
    """Cells of every row of the tables of a page, heads included."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not set(line) <= set("|-: ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# ── errata ──


def errata_tests(root):
    """Path and name of the test that each erratum links to, at the branch or tag that the tree names."""
    start = f"{current_address(root)}/blob/{current_branch(root)}/"
    text = (root / "pages" / "errata.md").read_text(encoding="utf-8")
    links = [row[-1] for row in table_rows(text) if row[0] != "the claim"]
    found = [re.search(rf"\[test\]\({re.escape(start)}(\S+)#(\w+)\)$", link) for link in links]
    assert all(found), f"no link to a test at {start}: {links[found.index(None)]}"
    return [match.groups() for match in found]


def test_every_erratum_links_to_a_test_that_exists():
    found = errata_tests(ROOT)
    assert len(found) >= 5
    for path, name in found:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name.startswith("test_")
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, f"{path}: {name}"


def test_a_release_links_errata_to_the_tests_of_its_tag(tmp_path):
    for name in ("_config.yml", "pages/errata.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    rewrite(tmp_path, "https://github.com/another-owner/a-course", "v9.8.7")
    assert "another-owner/a-course/blob/v9.8.7/tests/" in (tmp_path / "pages" / "errata.md").read_text(encoding="utf-8")
    assert errata_tests(tmp_path) == errata_tests(ROOT)


# ── syllabus ──


def plans():
    """Rows of each plan of the syllabus, by its heading."""
    parts = re.split(r"^## ", page("syllabus"), flags=re.MULTILINE)[1:]
    found = {part.splitlines()[0]: table_rows(part)[1:] for part in parts}
    return {name: rows for name, rows in found.items() if rows}


def lectures_of(plan):
    return [stem for row in plan for stem in re.findall(r"\(\.\./lectures/(\d\d-[\w-]+)\.ipynb\)", row[1])]


def prerequisites():
    """What each lecture needs, as its own paragraph says."""
    found = {}
    for path in execute.find_lectures(ROOT):
        text = nbformat.read(path, as_version=4).cells[0].source
        paragraph = re.search(r"^\*\*Prerequisites\.\*\*.*$", text, flags=re.MULTILINE)[0]
        found[path.stem] = set(re.findall(r"/lectures/(\d\d-[\w-]+)\.html", paragraph))
    return found


def test_the_syllabus_has_two_plans():
    assert {name: len(rows) for name, rows in plans().items()} == {"Twelve weeks": 12, "Six weeks": 6}


@pytest.mark.parametrize("plan", ["Twelve weeks", "Six weeks"])
def test_a_plan_has_every_lecture_once_after_what_it_needs(plan):
    order = lectures_of(plans()[plan])
    assert sorted(order) == [path.stem for path in execute.find_lectures(ROOT)]
    for name, needs in prerequisites().items():
        assert all(order.index(need) < order.index(name) for need in needs), name


@pytest.mark.parametrize("plan", ["Twelve weeks", "Six weeks"])
def test_a_plan_has_every_assignment_once_after_its_lecture(plan):
    rows = plans()[plan]
    week_of = {stem[:2]: week for week, row in enumerate(rows) for stem in lectures_of([row])}
    handed_in = [(name, week) for week, row in enumerate(rows) for name in re.findall(r"\bE(\d\d)\b", row[3])]
    folders = sorted(path.name[1:3] for path in (ROOT / "exercises").iterdir() if path.is_dir())
    assert sorted(name for name, _ in handed_in) == folders
    assert all(week >= week_of[name] for name, week in handed_in)


def test_lectures_are_called_what_the_landing_page_calls_them():
    index = (ROOT / "index.md").read_text(encoding="utf-8")
    titles = {row[0]: re.sub(r"\[(.+)\]\(.+\)", r"\1", row[1]) for row in table_rows(index) if row[0].isdigit()}
    for row in (row for rows in plans().values() for row in rows):
        for number, title in re.findall(r"\[(\d+)\. ([^\]]+)\]", row[1]):
            assert titles[number] == title
        plain = re.sub(r"\[[^\]]*\]\([^)]*\)", "", row[1])
        for number, title in re.findall(r"(\d+)\. ([^,;|]+ \*\(planned\)\*)", plain):
            assert titles[number] == title
        assert not re.search(r"\d\. (?![^,;]*planned)", plain), row


# ── prerequisites ──


@pytest.fixture
def drawing(extension):
    return extension("prerequisites")


def test_lines_that_follow_from_others_are_left_out(drawing):
    # d needs a, b and c; b needs a: the way a - b - d says that d needs a. c needs nothing.
    needs = {"a": [], "b": ["a"], "c": [], "d": ["a", "b", "c"]}
    assert drawing.direct_needs(needs) == {"a": [], "b": ["a"], "c": [], "d": ["b", "c"]}
    assert drawing.depths(needs) == {"a": 0, "b": 1, "c": 0, "d": 2}


def test_lectures_that_need_each_other_are_named(drawing):
    with pytest.raises(ValueError, match="a -> b -> a"):
        drawing.depths({"a": ["b"], "b": ["a"]})


def test_boxes_lie_below_what_they_need_and_apart(drawing):
    needs = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    corners, width, height = drawing.places(needs)
    assert all(corners[need][1] + drawing.HEIGHT < corners[name][1] for name in needs for need in needs[name])
    assert corners["b"][0] + drawing.WIDTH < corners["c"][0]
    assert width <= 390 - 2 * 16  # two boxes side by side fit on a phone, beside its margins
    assert all(0 <= x <= width - drawing.WIDTH and 0 <= y <= height - drawing.HEIGHT for x, y in corners.values())


@pytest.mark.site
def test_the_map_draws_what_the_lectures_say(pages, drawing):
    svg = pages["pages/prerequisites.html"].select_one(".prerequisite-map svg")
    needs = {f"lectures/{name}": sorted(f"lectures/{one}" for one in some) for name, some in prerequisites().items()}
    boxes = [link["href"].removeprefix("../").removesuffix(".html") for link in svg.select("a")]
    assert sorted(boxes) == sorted(needs)
    drawn = {(line["data-from"], line["data-to"]) for line in svg.select("path[data-from]")}
    assert drawn == {(one, name) for name, some in drawing.direct_needs(needs).items() for one in some}
    reached = set(drawn)
    while more := {(a, d) for a, b in reached for c, d in drawn if b == c} - reached:
        reached |= more
    assert {(one, name) for name, some in needs.items() for one in some} <= reached


@pytest.mark.site
def test_the_table_says_every_need_in_words(pages):
    rows = pages["pages/prerequisites.html"].select("table tbody tr")
    shown = {
        Path(row.th.a["href"]).stem: {
            Path(link["href"]).stem for link in row.td.select("a") if "/lectures/" in link["href"]
        }
        for row in rows
    }
    assert shown == prerequisites()


# ── glossary and notation ──

# Bold in a lecture, and no term: emphasis, the name of an experiment or of an arm of one.
EMPHASIS = {
    "True = may attend",
    "True = may be used",
    "Mirror",
    "Shift",
    "from scratch",
    "from the checkpoint",
    "baselines",
    "keys and values",
    "live",
    "name the field of every character",
    "order of a sum",
    "paired",
    "position",
    "recorded",
    "reduces dimensions",
    "speed of learning",
    "spoil the input",
    "weight",
    "which properties of the input matter",
    "width",
}
SAME = {"fused": "fused call", "global": "global attention"}
SAME |= {"pocket corpora": "pocket corpus"}


def glossary():
    body = page("glossary").split("```{glossary}")[1]
    terms = re.findall(r"^(\S.*)\n  \S", body, flags=re.MULTILINE)
    return {part.strip().lower() for term in terms for part in term.split(",")}


def bold_terms(lecture):
    """Bold words within a sentence: where a lecture says what something is called."""
    for cell in nbformat.read(lecture, as_version=4).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if not line.startswith("|"):
                    for match in re.finditer(r"\*\*([^*\n]+?)\*\*", line):
                        if line[: match.start()].strip(" -*0123456789.") and match[1][-1] not in ".?:":
                            yield match[1]


def test_every_term_that_a_lecture_defines_is_in_the_glossary(lecture):
    known = glossary()
    singular = {term.removesuffix("s") for term in known}
    missing = {
        term
        for term in set(bold_terms(lecture)) - EMPHASIS
        if SAME.get(term, term).lower().removesuffix("s") not in singular
    }
    assert missing == set()


def test_emphasis_is_used_and_is_no_term():
    found = {term for path in execute.find_lectures(ROOT) for term in bold_terms(path)}
    assert found >= EMPHASIS | set(SAME)
    assert not {term.lower() for term in EMPHASIS - {"position", "width", "weight"}} & glossary()


def test_the_glossary_is_in_order():
    body = page("glossary").split("```{glossary}")[1]
    terms = re.findall(r"^(\S.*)\n  \S", body, flags=re.MULTILINE)
    assert terms == sorted(terms, key=str.lower)


def axis_words():
    """Words of the axes in the annotations of the package, but for its experiments."""
    pattern = re.compile(r'(?:Float|Bool|Int|Int64|Shaped|Num)\[[\w.]+, "([^"]*)"\]')
    for path in sorted((ROOT / "src" / "seq2bert").rglob("*.py")):
        if "experiments" not in path.parts:
            for axes in pattern.findall(path.read_text(encoding="utf-8")):
                for word in axes.split():
                    yield from re.findall(r"[a-z]\w*", word)


def test_every_axis_word_of_the_package_is_in_the_notation():
    listed = set(re.findall(r"`(\w+)`", page("notation")))
    assert "components of a vector" in page("notation")  # the rule that covers every word with d_
    assert {
        word for word in axis_words() if word not in listed and not re.fullmatch(r"d(_\w+)?|max_source", word)
    } == set()


# ── releases, changelog, contributing ──


def test_version_title_and_authors_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    entry = dict(re.findall(r"^  (\w+)\s*= \{+(.*?)\}+,?$", page("releases"), flags=re.MULTILINE))
    assert entry["version"] == citation["version"] == project["version"]
    assert entry["title"] == citation["title"]
    assert entry["author"] == citation["authors"][0]["name"]
    assert entry["url"] == citation["url"]
    assert entry["license"].split(", ") == citation["license"]


def test_the_changelog_begins_with_the_version_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    heads = re.findall(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert heads[0] == project["version"]
    assert len(set(heads)) == len(heads)


@pytest.mark.site
@pytest.mark.parametrize(("name", "file"), [("changelog", "CHANGELOG.md"), ("contribute", "CONTRIBUTING.md")])
def test_pages_show_the_files_of_the_repository(pages, name, file):
    shown = {
        " ".join(tag.get_text().rstrip("#").replace("’", "'").split())
        for tag in pages[f"pages/{name}.html"].select("h1, h2, h3")
    }
    heads = re.findall(r"^##+ (.+)$", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert heads
    assert {" ".join(head.split()) for head in heads} <= shown


def test_tables_have_as_many_cells_as_their_head():
    """A sign that divides cells within a cell is an easy mistake, and it loses the rest of the row."""
    for path in sorted((ROOT / "pages").rglob("*.md")):
        for block in re.findall(r"(?:^\|.*\n)+", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            plain = [re.sub(r"`[^`]*`|\\\|", "x", line) for line in block.splitlines()]
            widths = {line.count("|") for line in plain}
            assert len(widths) == 1, f"{path.name}: {block.splitlines()[0]}"
