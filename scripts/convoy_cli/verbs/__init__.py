"""One module a verb: NAME, SUMMARY, add_arguments(parser) and run(arguments) -> exit code."""
