"""The report: one page of HTML about a result, to be attached to a decision."""
