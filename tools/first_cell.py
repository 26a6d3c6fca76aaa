"""The first code cell of every notebook: one text, checked in all lectures and rewritten in all by set_repository."""

TEXT = '''\
# Installs the course's package in Colab; does nothing where it is already installed.
import importlib.util

if importlib.util.find_spec("seq2bert") is None:
    %pip install --quiet "seq2bert @ git+{repository}@{branch}"'''
TAGS = ["hide-input"]


def first_cell(repository, branch):
    """Text of the first code cell for a repository's address and a branch or tag."""
    return TEXT.format(repository=repository, branch=branch)
