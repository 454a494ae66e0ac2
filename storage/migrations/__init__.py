"""The schema's history: one numbered step per change, each able to follow any installation."""
