"""What several tests of use cases begin with."""

from tests.newsroom import room

__all__ = ["room"]
