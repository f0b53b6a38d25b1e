"""A claim a module: CLAIM, named as the module is. claim.discover finds them."""
