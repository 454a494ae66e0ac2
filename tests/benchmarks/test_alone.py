"""Benchmarks run where only what they compare with is installed: no pytest."""

import subprocess
import sys


def test_hostile_documents_can_be_made_without_the_tools_of_tests() -> None:
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "from tests.feeds.hostile import DOCUMENTS, mutated\n"
        "print(len(DOCUMENTS))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert int(done.stdout) >= 60
