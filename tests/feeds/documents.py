"""Where documents are found: our own, and the folder of real ones. Benchmarks read them too."""

import os
from pathlib import Path

DATA = Path(__file__).parent / "data"
_ROOT = Path(__file__).resolve().parents[2]


def shared_feeds() -> Path | None:
    """The folder of real documents, or None where it is absent."""
    shared = Path(os.environ.get("TOCSIN_SHARED", _ROOT.parent / "shared"))
    return shared / "feeds" if (shared / "feeds" / "documents").is_dir() else None
