"""The regression gate: two builds of one program, run against each other until a verdict stands."""
