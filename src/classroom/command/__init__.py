"""The steps of the command `classroom`, one module for each group; `classroom.cli` puts them together."""
