"""Two stored results beside each other: samples of two sittings, which nothing pairs."""
