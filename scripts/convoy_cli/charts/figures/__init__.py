"""One module a figure: NAME, TITLE, ALT and draw(canvas, result) -> what is seen, in words."""
