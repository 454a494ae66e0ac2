"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="TOCSIN_CONFIG", help="The configuration file.")
]
