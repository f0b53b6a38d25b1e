"""One module a figure: NAME, TITLE, ALT and draw(canvas, result) -> a sentence about what is seen."""
