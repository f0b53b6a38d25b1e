"""One module a verb: NAME, SUMMARY, add_arguments(parser) and run(arguments) -> exit code.

NAME is the module's own name, so that a verb is found without importing the others.

Verbs with PASSES_ON are convoy-bench's: their options are declared over there alone.
"""
