"""Side-by-side measurements against other implementations; see README.md. Not tests, and imported by no lecture."""
