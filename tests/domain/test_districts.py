"""The tree of districts: who is inside whom, what a point lies in, what a typed name means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.districts import District, DistrictId, Districts, UnknownDistrict, fold

few = settings(max_examples=60)


def square(x: float, y: float, size: float) -> tuple[tuple[float, float], ...]:
    """A square outline with its lower left corner at (x, y)."""
    return ((x, y), (x + size, y), (x + size, y + size), (x, y + size))


def district(id: int, parent: int | None, *names: str, **fields: object) -> District:
    """A district with a name per language in the order en, nl."""
    named = dict(zip(("en", "nl"), names or (f"Place {id}",), strict=False))
    up = None if parent is None else DistrictId(parent)
    return District(DistrictId(id), f"p{id}", up, "Europe/Brussels", named, **fields)  # type: ignore[arg-type]  # fields are the dataclass's own


@st.composite
def trees(draw: st.DrawFn) -> Districts:
    """A forest of up to 20 districts: each hangs below an earlier one or is a root."""
    size = draw(st.integers(1, 20))
    parents = [draw(st.integers(0, id - 1)) for id in range(1, size + 1)]
    return Districts.of(district(id, parent or None) for id, parent in enumerate(parents, 1))


@few
@given(trees())
def test_widest_first_nobody_comes_before_what_they_lie_in(tree: Districts) -> None:
    order = [d.id for d in tree.widest_first()]
    assert sorted(order) == sorted(tree.all)
    for place, id in enumerate(order):
        assert all(order.index(outer.id) <= place for outer in tree.ancestors(id))


@few
@given(trees())
def test_everybody_inside_counts_the_outer_one_among_their_ancestors(tree: Districts) -> None:
    for outer in tree.all:
        inside = {d.id for d in tree.descendants(outer)}
        for id in tree.all:
            assert (id in inside) == tree.covers(outer, id)
            assert (id in inside) == any(d.id == outer for d in tree.ancestors(id))


@few
@given(trees())
def test_a_path_runs_from_a_root_to_the_district(tree: Districts) -> None:
    for id in tree.all:
        path = tree.path(id)
        assert path[0].parent is None
        assert path[-1].id == id
        assert [d.parent for d in path[1:]] == [d.id for d in path[:-1]]


@few
@given(trees())
def test_the_roots_cover_everything_exactly_once(tree: Districts) -> None:
    found = [d.id for root in tree.children(None) for d in tree.descendants(root.id)]
    assert sorted(found) == sorted(tree.all)


@few
@given(trees(), st.data())
def test_a_publication_reaches_what_lies_inside_and_around_and_nothing_else(
    tree: Districts, data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(tree.all)), max_size=4))
    reached = tree.concerned([*chosen, DistrictId(999)])
    inside = {id for id in tree.all if any(tree.covers(outer, id) for outer in chosen)}
    around = {id for id in tree.all if any(tree.covers(id, inner) for inner in chosen)}
    assert reached == inside | around


@few
@given(trees(), st.data())
def test_whom_a_publication_reaches_is_who_hears_of_it(
    tree: Districts, data: st.DataObject
) -> None:
    followed = data.draw(st.sampled_from(sorted(tree.all)))
    about = data.draw(st.sampled_from(sorted(tree.all)))
    assert (followed in tree.concerned([about])) == (about in tree.concerned([followed]))


@few
@given(st.floats(-1, 5), st.floats(-1, 5))
def test_a_point_belongs_to_the_deepest_district_that_covers_it(x: float, y: float) -> None:
    tree = Districts.of(
        [
            district(1, None, rings=(square(0, 0, 4),)),
            district(2, 1, rings=(square(1, 1, 2),)),
            district(3, 2, rings=(square(1.5, 1.5, 1),)),
        ]
    )
    found = tree.at(x, y)
    covering = [d.id for d in tree.all.values() if d.covers(x, y)]
    assert (found.id if found else None) == max(covering, default=None)


@few
@given(st.floats(0.01, 3.99), st.floats(0.01, 3.99))
def test_neighbours_share_no_point(x: float, y: float) -> None:
    left, right = square(0, 0, 2), square(2, 0, 2)
    pair = [district(1, None, rings=(left,)), district(2, None, rings=(right,))]
    assert sum(d.covers(x, y) for d in pair) <= 1


def test_the_nearest_district_comes_with_its_distance_in_kilometres() -> None:
    tree = Districts.of(
        [
            district(1, None, rings=(square(4.0, 50.0, 0.1),)),
            district(2, None, rings=(square(5.0, 50.0, 0.1),)),
        ]
    )
    found = tree.nearest(4.0, 49.9)
    assert found is not None
    assert found[0].id == 1
    assert found[1] == pytest.approx(11.12, abs=0.05)


def test_without_outlines_nothing_is_near() -> None:
    assert Districts.of([district(1, None)]).nearest(4.0, 50.0) is None


def test_names_are_found_in_every_language_and_with_mistakes() -> None:
    tree = Districts.of([district(1, None, "Ixelles", "Elsene"), district(2, None, "Uccle")])
    assert [d.id for d in tree.by_name("elsene")] == [1]
    assert [d.id for d in tree.by_name(" IXELES! ")] == [1]
    assert [d.id for d in tree.by_name("ucc")] == [2]
    assert tree.by_name("hello there") == []
    assert tree.by_name("?!") == []


def test_an_exact_name_leaves_out_names_that_only_look_like_it() -> None:
    tree = Districts.of([district(1, None, "Ixelles"), district(2, None, "Bruxelles")])
    assert [d.id for d in tree.by_name("ixelles")] == [1]
    assert [d.id for d in tree.by_name("ixelle")] == [1]
    assert [d.id for d in tree.by_name("xelles")] == [1, 2]


def test_any_word_of_a_name_will_do() -> None:
    tree = Districts.of(
        [district(1, None, "Woluwe-Saint-Pierre"), district(2, None, "Woluwe-Saint-Lambert")]
    )
    assert [d.id for d in tree.by_name("lambert")] == [2]
    assert {d.id for d in tree.by_name("woluwe")} == {1, 2}


@few
@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(typed: str) -> None:
    assert fold(fold(typed)) == fold(typed)


def test_a_city_lies_below_its_country_and_a_country_is_its_own() -> None:
    tree = Districts.of([district(1, None), district(2, 1), district(3, 2), district(4, 3)])
    assert [tree.city(DistrictId(id)).id for id in (1, 2, 3, 4)] == [1, 2, 2, 2]


def test_a_district_that_is_gone_is_refused() -> None:
    with pytest.raises(UnknownDistrict):
        Districts.of(()).get(DistrictId(1))
