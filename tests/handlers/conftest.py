"""What several tests of the handlers of news begin with."""

from tests.newsroom import room

__all__ = ["room"]
