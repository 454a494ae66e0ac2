"""The control API: the powers of the page and of the tests, as JSON."""
