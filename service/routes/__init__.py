"""The routes, one module a group; each has `add_to(app)`."""
