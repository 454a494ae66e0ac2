"""Words of delivery: lanes, and what can become of an attempt to send."""

from enum import IntEnum, StrEnum


class Lane(IntEnum):
    """The order of sending; a lower number goes first."""

    REPLY = 0
    ALERT = 1
    RALLY = 2
    NEWS = 3
    DIGEST = 4


class Outcome(StrEnum):
    """What became of one attempt. Every attempt ends in exactly one of these."""

    SENT = "sent"
    UNCHANGED = "unchanged"
    """An edit that changed nothing: as good as sent."""
    LATER = "later"
    """Telegram asked to wait, or the call certainly did not arrive: try again."""
    UNCERTAIN = "uncertain"
    """The answer was lost: the message may or may not have arrived."""
    FORGET = "forget"
    """Blocked or deactivated: the person is erased."""
    LOST_CHAT = "lost_chat"
    """Kicked, chat gone, or no right to post: the channel is paused and its admins are told."""
    MIGRATED = "migrated"
    """The group became a supergroup: the id is rewritten, then tried again."""
    DROPPED = "dropped"
    """Too late to matter: an expired button press, a message already deleted."""
    NO_MEDIA = "no_media"
    """Telegram refuses the picture: sent again without it."""
    REFUSED = "refused"
    """Telegram refuses this content: our bug; set aside and reported."""
    REVOKED = "revoked"
    """The token no longer works: everything pauses."""
