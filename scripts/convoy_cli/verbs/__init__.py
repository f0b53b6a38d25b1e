"""One module a verb: NAME, SUMMARY, add_arguments(parser) and run(arguments) -> exit code.

Verbs with PASSES_ON are convoy-bench's: their options are declared over there alone.
"""
