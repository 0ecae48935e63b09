"""Appropriations say what they pay for, what that is exists, no two pay for the same; budgets lie in the horizon."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.instance.checks.base import at, listed, names_of_their_own, orderly, whole
from optimizer.instance.checks.effects import AFFECTED, fits, things_of
from optimizer.instance.faults import did_you_mean
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Appropriation
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

HERE: Path = ("policy", "budget", "appropriations")


def _appropriations(source: Source, instance: Instance) -> Iterator[tuple[Path, Appropriation]]:
    yield from listed(source, HERE, instance.policy.budget.appropriations)


def appropriations_have_names_of_their_own(source: Source, instance: Instance) -> None:
    """No two appropriations have one id."""
    names_of_their_own(source, ((path, one.id) for path, one in _appropriations(source, instance)), "appropriation")


def appropriations_pay_for_something(source: Source, instance: Instance) -> None:
    """An appropriation names capex, instruments, purchases or holding."""
    for path, one in _appropriations(source, instance):
        if one.capex is None and not (one.instruments or one.purchases or one.holding):
            source.fault(path, f"{one.id} pays for nothing", "say capex, instruments, purchases or holding")


def appropriations_pay_for_what_exists(source: Source, instance: Instance) -> None:
    """What an appropriation pays for exists, and is public outlay that a budget counts."""
    by_id = {} if instance.finance is None else {one.id: one for one in instance.finance.instruments}
    for path, one in _appropriations(source, instance):
        for name in one.instruments if whole(source, "finance") else ():
            spot = at(source, (*path, "instruments"), name)
            if name not in by_id:
                source.fault(spot, f"there is no instrument '{name}'", did_you_mean(name, by_id))
            elif not by_id[name].budget:
                wrong = f"{name} counts in no budget, so that nothing is appropriated for it"
                source.fault(spot, wrong, "leave out its 'budget: false', or leave it out here")
        named = [(key, name) for key in ("purchases", "holding") for name in getattr(one, key)]
        for key, name in named if whole(source, "stockpiles") else ():
            spot = at(source, (*path, key), name)
            if name not in instance.stockpiles:
                source.fault(spot, f"there is no stockpile '{name}'", did_you_mean(name, instance.stockpiles))
            elif not instance.stockpiles[name].is_public:
                wrong = f"{name} is not public, so that no government pays for it"
                source.fault(spot, wrong, f"public: true for {name}, or leave it out here")


def appropriations_match_facilities(source: Source, instance: Instance) -> None:
    """The fields of `capex` are those of facilities that do not change with funding, and some with options match."""
    if not whole(source, "facilities", "recipes", "materials", "countries", "logistics", "periods"):
        return
    things = list(things_of("facilities", instance))
    for path, one in _appropriations(source, instance):
        keys = AFFECTED["facilities"].keys
        odd = [key for key in one.capex or () if key not in keys]
        for key in odd:
            source.fault((*path, "capex", key), f"a facility has no '{key}'", did_you_mean(key, keys))
        if one.capex is None or odd:
            continue
        fit = [next(iter(thing["id"])) for thing in things if fits(one.capex, thing)]
        options = [option for name in fit for option in instance.facilities[name].options]
        if not any(option.capex > 0 and option.public_share > 0 for option in options):
            wrong = f"the capex of {one.id} matches nothing: no facility that fits has an option with a public share"
            source.fault((*path, "capex"), wrong, "widen it, or leave it out")


def nothing_is_paid_for_twice(source: Source, instance: Instance) -> None:
    """An instrument, what a stockpile buys or holds, and a facility's capex are each paid for by one appropriation."""
    for key in ("instruments", "purchases", "holding"):
        first: dict[str, str] = {}
        for path, one in _appropriations(source, instance):
            for name in dict.fromkeys(getattr(one, key)):
                other = first.setdefault(name, one.id)
                if other != one.id:
                    spot = at(source, (*path, key), name)
                    what = name if key == "instruments" else f"the {key} of {name}"
                    source.fault(spot, f"{what} is paid for by {other} already", "name it in one of the two")
    if not whole(source, "facilities", "recipes", "materials", "countries", "logistics", "periods"):
        return
    for thing in things_of("facilities", instance):
        name = next(iter(thing["id"]))
        payers = [
            (path, one.id)
            for path, one in _appropriations(source, instance)
            if one.capex is not None and instance.facilities[name].options and fits(one.capex, thing)
        ]
        for path, _ in payers[1:]:
            wrong = f"the capex of {name} is paid for by {payers[0][1]} already"
            source.fault((*path, "capex"), wrong, "narrow one of the two")


def no_branch_spends_an_appropriation(source: Source, instance: Instance) -> None:
    """Where branches may fund something, appropriations pay for no capex: they are kept on the trunk."""
    reacts = [name for name, facility in instance.facilities.items() if any(o.react for o in facility.options)]
    for path, one in _appropriations(source, instance):
        if reacts and instance.scenarios and one.capex is not None:
            wrong = f"{one.id} pays for capex on the trunk, and branches may fund {reacts[0]}, which no row would count"
            source.fault((*path, "capex"), wrong, "leave out 'react', or say capex in budget.annual and budget.total")


def the_deflator_says_what_dollars_are_worth(source: Source, instance: Instance) -> None:
    """A deflator is over 0 in every year of the horizon, and there are appropriations."""
    budget, path = instance.policy.budget, ("policy", "budget", "deflator")
    if budget.deflator is None or not orderly(source, instance):
        return
    if not budget.appropriations and whole(source, "policy"):
        source.fault(path, "there is no appropriation that it is for", "add one, or leave it out")
    years = range(instance.first_year, instance.end_year)
    low = [year for year in years if budget.deflator.at(year, instance.first_year) <= 0]
    if low:
        source.fault(
            path, f"a dollar of {low[0]} is worth nothing", "1 in the base year, and more than 0 in every year"
        )


def budgets_are_of_the_horizon(source: Source, instance: Instance) -> None:
    """No money is given for a year outside the horizon; a 0 there, that nothing more comes, is none."""
    if not orderly(source, instance):
        return
    budget, first, last = instance.policy.budget, instance.first_year, instance.end_year - 1
    annual: Path = ("policy", "budget", "annual")
    given = [] if budget.annual is None else [(annual, budget.annual)]
    given += [((*path, "usd"), one.usd) for path, one in _appropriations(source, instance)]
    for path, series in given:
        for year, usd in series.steps:
            if usd and not first <= year <= last:
                wrong = f"{usd:g} USD are given for {year}, and the horizon is {first} to {last}"
                right = f"give for {first} what is left from before" if year < first else "leave the year out"
                source.fault((*path, year), wrong, right)


CHECKS = (
    appropriations_have_names_of_their_own,
    appropriations_pay_for_something,
    appropriations_pay_for_what_exists,
    appropriations_match_facilities,
    nothing_is_paid_for_twice,
    no_branch_spends_an_appropriation,
    the_deflator_says_what_dollars_are_worth,
    budgets_are_of_the_horizon,
)
