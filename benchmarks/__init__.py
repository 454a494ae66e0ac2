"""What the documents state, measured: `make bench`. Each module prints one JSON line last."""
