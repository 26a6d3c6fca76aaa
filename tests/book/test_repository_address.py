"""The repository's address is written once; everything that derives from it agrees."""

import re
import shutil

import pytest

from tools.set_repository import (
    WRITTEN,
    checked_address,
    current_address,
    current_branch,
    pages_address,
    rewrite,
    written_files,
)


@pytest.fixture
def copy(root, tmp_path):
    """The files that hold the address, copied."""
    for path in written_files(root):
        target = tmp_path / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def disagreements(root):
    """Files that name another repository or another site than _config.yml does."""
    address = current_address(root)
    owner, name = address.removeprefix("https://github.com/").split("/")
    found = []
    for path in written_files(root):
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(rf"https://github\.com/([\w-]+/{re.escape(name)})\b", text))
        named |= set(re.findall(rf"colab\.research\.google\.com/github/([\w-]+/{re.escape(name)})\b", text))
        sites = set(re.findall(rf"https://([\w-]+)\.github\.io/{re.escape(name)}\b", text))
        if named - {f"{owner}/{name}"} or sites - {owner.lower()}:
            found.append(path)
    return found


def test_one_address_everywhere(root):
    assert disagreements(root) == []


def test_a_disagreement_is_found(copy):
    readme = copy / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(
        text.replace(current_address(copy), "https://github.com/somebody-else/seq2bert"), encoding="utf-8"
    )
    assert disagreements(copy) == [readme]


def test_command_rewrites_everything(copy):
    old, old_site = current_address(copy), pages_address(current_address(copy))
    rewrite(copy, "https://github.com/Another-Owner/a-course.git")
    assert current_address(copy) == "https://github.com/Another-Owner/a-course"
    for path in written_files(copy):
        text = path.read_text(encoding="utf-8")
        assert old not in text, path
        assert old_site not in text, path
    assert "https://another-owner.github.io/a-course/" in (copy / "README.md").read_text(encoding="utf-8")
    for path in (copy / "lectures").glob("*.ipynb"):
        assert f"git+https://github.com/Another-Owner/a-course@{current_branch(copy)}" in path.read_text(
            encoding="utf-8"
        )


def test_a_tag_is_written_wherever_notebooks_are_installed_or_opened_from(copy):
    old, address = current_branch(copy), current_address(copy)
    rewrite(copy, branch="v9.8.7")
    assert (current_branch(copy), current_address(copy)) == ("v9.8.7", address)
    name = address.removeprefix("https://github.com/")
    for path in written_files(copy):
        text = path.read_text(encoding="utf-8")
        assert not re.search(rf"{re.escape(name)}(@|/blob/){re.escape(old)}\b", text), path
    for path in (copy / "lectures").glob("*.ipynb"):
        assert f"git+{address}@v9.8.7" in path.read_text(encoding="utf-8")


def test_an_address_that_only_begins_alike_stays(copy):
    others = f"{current_address(copy)}-extras {current_address(copy)}@{current_branch(copy)}-old"
    readme = copy / "README.md"
    readme.write_text(f"{readme.read_text(encoding='utf-8')}\n{others}\n", encoding="utf-8")
    rewrite(copy, branch="v9.8.7")
    assert readme.read_text(encoding="utf-8").endswith(f"\n{others}\n")
    rewrite(copy, "https://github.com/another-owner/a-course")
    assert f"\n{others.split()[0]} https://github.com/another-owner/a-course@" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["", "a b", "-x", "a;b", "a\nb"])
def test_what_is_no_branch_is_named(copy, name):
    with pytest.raises(ValueError, match="must be the name of a branch or tag"):
        rewrite(copy, branch=name)


def test_there_and_back_again_changes_nothing(copy, root):
    address = current_address(root)
    rewrite(copy, "https://github.com/another-owner/a-course", "v9.8.7")
    rewrite(copy, address, current_branch(root))
    for path in written_files(root):
        assert (copy / path.relative_to(root)).read_bytes() == path.read_bytes()


def test_pages_address():
    assert pages_address("https://github.com/Owner/course") == "https://owner.github.io/course"
    assert pages_address("https://github.com/owner/owner.github.io") == "https://owner.github.io"


@pytest.mark.parametrize(
    "url", ["", "github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a", "https://github.com/a/b/c"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError, match=r"URL must look like https://github\.com/owner/name"):
        checked_address(url)


def test_no_file_outside_the_list_holds_the_address(root):
    """A file that names the repository and is not rewritten would be forgotten."""
    known = set(written_files(root))
    owner = current_address(root).removeprefix("https://github.com/").split("/")[0]
    tracked = [path for pattern in ("*", "*/*", "*/*/*", "*/*/*/*") for path in root.glob(pattern)]
    skipped = {".git", ".venv", "_build", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__"}
    for path in tracked:
        parts = path.relative_to(root).parts
        generated = skipped & set(parts) or any(part.endswith(".egg-info") for part in parts)
        if not path.is_file() or generated or path in known or path.suffix in (".png", ".safetensors"):
            continue
        assert owner not in path.read_text(encoding="utf-8", errors="ignore"), f"{path} is not in {WRITTEN}"
