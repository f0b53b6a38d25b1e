"""A result's answer: what to use, what a lock costs, and how sure that is."""
