"""Activity: what may run where, in which state and channel, within which capacity, at what cost."""

from __future__ import annotations

from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.instance.instance import Period
from optimizer.verifier.case import Case
from optimizer.verifier.columns import Exposure, Run
from optimizer.verifier.futures import Block
from optimizer.verifier.investment import capacity_use
from optimizer.verifier.releases import charges_of
from optimizer.verifier.trust import State
from optimizer.verifier.verdict import At


def check_element_balance(case: Case) -> None:
    """No recipe with inputs puts out more of an element than goes in."""
    materials = case.instance.materials
    for name, recipe in case.instance.recipes.items():
        if not recipe.inputs:
            continue
        for element in sorted({element for out in recipe.outputs for element in materials[out].content}):
            went_in = sum(tonnes * materials[m].content.get(element, 0.0) for m, tonnes in recipe.inputs.items())
            came_out = sum(tonnes * materials[m].content.get(element, 0.0) for m, tonnes in recipe.outputs.items())
            case.ledger.at_most("element_balance", At(name), came_out, went_in, f"{element} put out per unit")


def check_runs(case: Case) -> None:
    """Every row of activity, then capacity by state, unit and channel."""
    by_place: dict[tuple[str, int, str], list[Run]] = {}
    for run in case.rows.runs:
        if _allowed(case, run):
            by_place.setdefault((run.scenario, run.period, run.facility), []).append(run)
    for block, period in case.each_period():
        for name in case.instance.facilities:
            runs = by_place.get((block.name, period.year, name))
            if runs:
                _capacity(case, block, period, name, runs)


def _at(run: Run) -> At:
    return At(run.facility, run.period, run.scenario)


def _allowed(case: Case, run: Run) -> bool:
    """Whether a row is activity that may be at all; the cost is checked on the way."""
    ledger, at = case.ledger, _at(run)
    facility, recipe = case.instance.facilities[run.facility], case.instance.recipes[run.recipe]
    text = f"{run.facility} does not have recipe {run.recipe}"
    if not ledger.holds("recipe_at_facility", at, run.recipe in facility.recipes, text, run.run, "units"):
        return False
    fits = recipe.channels is None or run.channel in recipe.channels
    ledger.holds("recipe_channel", at, fits, f"{run.recipe} may not run in {run.channel}", run.run, "units")
    state = case.state_of(run.state)
    known = {option.id for option in facility.options if option.sets is not None}
    if not ledger.holds("known_ids", at, state <= known, f"{run.facility} has no state {run.state!r}"):
        return False
    block, period = case.blocks[run.scenario], case.facts.periods[run.period]
    why = case.trust.barred(block, run.facility, state, run.channel, period)
    text = f"{run.recipe} runs in {run.channel}, but {why}"
    ledger.holds("trusted_channel", at, not why, text, run.run, "units")
    expected = run.run * unit_cost(case, block, period, run)
    ledger.equal("run_cost", at, run.cost, expected, f"cost of {run.recipe} in {run.channel}", "USD")
    return True


def unit_cost(case: Case, block: Block, period: Period, run: Run) -> float:
    """USD per unit of activity, custody and charges on releases included."""
    recipe = case.instance.recipes[run.recipe]
    own = case.instance.facilities[run.facility].recipes[run.recipe].cost
    cost = own if own is not None else recipe.cost
    custody = case.instance.channels[run.channel].custody_cost * sum(recipe.outputs.values())
    charges = charges_of(case, period, run.facility, run.recipe)
    return cost * case.factors.recipe_cost(block, period, run.facility, run.recipe) + custody + charges


def _capacity(case: Case, block: Block, period: Period, name: str, runs: list[Run]) -> None:
    """Capacity by unit; by state; and for every channel with all stricter ones."""
    states = case.built.states(block, name, period)
    for unit in case.facts.units(name):
        rows = [run for run in runs if case.facts.unit_of(name, run.recipe) == unit]
        if not rows:
            continue
        at = At(f"{name}:{unit}" if unit else name, period.year, block.name)
        limit = sum(_limit(case, block, period, name, unit, state, None)[0] for state in states)
        use, years = _use(case, rows), float(period.years)
        # What stands by a solver's tolerance runs in every year of a period.
        case.ledger.at_most("capacity_limit", at, use, limit, "used capacity", "units", scale=max(use, limit, years))
        present = {case.state_of(run.state) for run in rows}
        for state in sorted(present, key=sorted):
            mine = [run for run in rows if case.state_of(run.state) == state]
            within = max(_limit(case, block, period, name, unit, state, None))
            what = f"activity in state '{'+'.join(sorted(state))}'"
            # Of the size of what the unit has in the period: a state that never holds has a limit of 0.
            scale = max(within, limit, years)
            case.ledger.at_most("state_holds", at, _use(case, mine), within, what, "units", scale=scale)
        for channel in case.facts.channels:
            strict = [run for run in rows if case.facts.as_strict(run.channel, channel)]
            if strict:
                limit = sum(_limit(case, block, period, name, unit, state, channel)[0] for state in states)
                what, use = f"activity in {channel} and stricter", _use(case, strict)
                case.ledger.at_most("qualified_capacity", at, use, limit, what, "units", scale=max(use, limit, years))


def _limit(
    case: Case, block: Block, period: Period, name: str, unit: str, state: State, channel: str | None
) -> tuple[float, float]:
    """What a state may use of a unit in a period, as means and year by year; with a channel, what is qualified.

    A period's capacity is a product of means. Where states follow one another within a period, a state may also be
    given what is there in its own years: both are fair readings of `only while it holds`, and agree in single years.
    """
    built, trust = case.built, case.trust
    share = built.states(block, name, period).get(state, 0.0)
    per_year = built.existing(name, unit, period) + built.added(block, name, unit, period, channel)
    means = per_year * share * trust.available(block, name, state, period) * period.years
    if share in (0.0, 1.0):
        return means, means
    yearly = sum(
        (built.existing_in(name, unit, year) + built.added_in(block, name, unit, year, channel))
        * trust.available_in(block, name, state, year)
        for year in period.span
        if built.state(block, name, year) == state
    )
    return means, yearly


def _use(case: Case, runs: list[Run]) -> float:
    return sum(run.run * capacity_use(case, run.facility, run.recipe) for run in runs)


def check_exposure_table(case: Case) -> None:
    """The exposure table: every row right, and a row for every state that runs in the trunk."""
    seen: set[tuple[int, str, State]] = set()
    for row in case.rows.exposure:
        state, period = case.state_of(row.state), case.facts.periods[row.period]
        at = At(row.facility, row.period)
        known = {option.id for option in case.instance.facilities[row.facility].options if option.sets is not None}
        if not case.ledger.holds("known_ids", at, state <= known, f"{row.facility} has no state {row.state!r}"):
            continue
        seen.add((row.period, row.facility, state))
        for kind in EXPOSURE_KINDS:
            _exposure_cell(case, row, state, kind, period)
        channels = {part.strip() for part in row.channels.split(";") if part.strip()}
        may = {
            channel
            for channel in case.facts.channels
            if not case.trust.barred(case.trunk, row.facility, state, channel, period)
        }
        text = f"channels are {sorted(channels)}, should be {sorted(may)}"
        case.ledger.holds("exposure_channels", at, channels == may, text)
    for run in case.rows.runs:
        if run.scenario == case.trunk.name:
            there = (run.period, run.facility, case.state_of(run.state)) in seen
            text = f"no row for state {run.state!r}, which runs"
            case.ledger.holds("exposure_values", At(run.facility, run.period), there, text)


def _exposure_cell(case: Case, row: Exposure, state: State, kind: str, period: Period) -> None:
    """A cell is the mean over the period, what is unknown left out; where something is, it may be blank."""
    text = getattr(row, kind)
    low = case.trust.exposure(case.trunk, row.facility, state, kind, period, 0.0)
    high = case.trust.exposure(case.trunk, row.facility, state, kind, period, 1.0)
    slack = case.ledger.tolerance.absolute
    if text in ("", "unknown"):
        ok = high - low > slack
    else:
        try:
            ok = abs(float(text) - low) <= slack
        except ValueError:
            ok = False
    expected = f"{low:.6g}" if high - low <= slack else f"{low:.6g} or unknown"
    case.ledger.holds("exposure_values", At(row.facility, row.period), ok, f"{kind} is {text!r}, should be {expected}")
