"""Reading and checking result files, and the rows in them."""
