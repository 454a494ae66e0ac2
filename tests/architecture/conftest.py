"""What stands in ``data`` is material of the tests; its own tests run where it is added."""

collect_ignore = ["data"]
