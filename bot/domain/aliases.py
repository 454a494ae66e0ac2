"""Aliases: two neutral words, the same in every language; never anything about the person."""

_FIRST = """
    Amber Azure Birch Bronze Cedar Cobalt Copper Coral Elm Fern Flint Garnet Hazel Indigo Iron
    Ivory Jade Juniper Larch Linden Maple Marble Olive Onyx Opal Pearl Poplar Quartz Rowan Ruby
    Sage Silver Slate Spruce Topaz Willow
"""
_SECOND = """
    Arch Atlas Bay Bell Bridge Brook Canyon Cape Cloud Compass Comet Creek Delta Dune Falls Field
    Fjord Harbour Hill Island Lake Lantern Meadow Moon Oasis Orchard Pass Peak Pond Reef Ridge
    River Shore Spring Tide Valley
"""
COUNT = len(_FIRST.split()) * len(_SECOND.split())


def alias(number: int) -> str:
    """One of ``COUNT`` aliases; any non-negative number picks one."""
    first, second = _FIRST.split(), _SECOND.split()
    rest, at = divmod(number, len(first))
    return f"{first[at]} {second[rest % len(second)]}"
