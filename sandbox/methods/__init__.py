"""The methods of the Bot API, one file per family."""

import importlib
import pkgutil

from sandbox.methods import registry


def everything() -> dict[str, registry.Method]:
    """Return the table of methods by lower-case name; a family joins by being a file here."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return registry.TABLE
