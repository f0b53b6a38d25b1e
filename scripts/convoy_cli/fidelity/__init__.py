"""The same probes in real interpreters and natively under the matching lock, side by side."""
