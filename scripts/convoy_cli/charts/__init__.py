"""How charts look, where things stand on them, and how they become files."""
