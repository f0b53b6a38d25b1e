"""A benchmark over many commits: the file that keeps it, and where it changed."""
