"""What branches have funded themselves, and what each future has of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimizer.instance.records import Option
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import Block, Factors


@dataclass(frozen=True, slots=True)
class Reaction:
    """A funding of a branch.

    Attributes:
        branch: the branch that funds it.
        facility: facility.
        option: the option's record.
        funded: year of funding.
    """

    branch: Block
    facility: str
    option: Option
    funded: int

    @property
    def hurried(self) -> int:
        """Years from funding to first output."""
        said = self.option.react
        return self.option.lead if said is None or said.lead is None else said.lead

    @property
    def planned(self) -> int:
        """First year on line where nothing delays it."""
        return self.funded + self.hurried

    @property
    def capex(self) -> float:
        """USD, undiscounted."""
        return self.option.capex * (1.0 if self.option.react is None else self.option.react.capex_factor)

    def spending(self) -> Iterator[tuple[int, float]]:
        """Calendar year and USD of capex."""
        for later, share in enumerate(self.option.spend or (1.0,)):
            if share:
                yield self.funded + later, share * self.capex


class Reacted:
    """The fundings of all branches.

    Args:
        facts: the instance.
        factors: effects.
        reactions: as the table says.
    """

    def __init__(self, facts: Facts, factors: Factors, reactions: Iterable[Reaction]) -> None:
        self.facts = facts
        self.factors = factors
        self.all = list(reactions)

    def had_by(self, block: Block) -> list[Reaction]:
        """What a future in a block has: what the block funds, and what those it comes from had funded when it left."""
        found = [one for one in self.all if one.branch.name == block.name]
        left, scenario = block.leaves, block.scenario
        if left is not None and scenario is not None:
            found += [one for one in self.had_by(left) if one.funded < scenario.onset]
        return found

    def online(self, block: Block, one: Reaction) -> int:
        """First year on line in a block: later where effects delay it."""
        return one.planned + self.factors.delay(block, one.facility, one.option.id, one.funded, one.planned)

    def age(self, block: Block, one: Reaction, year: int) -> int | None:
        """Years on line by a year; None where it is not on line."""
        age = year - self.online(block, one)
        return age if age >= 0 and (one.option.life is None or age < one.option.life) else None

    def added_in(self, block: Block, facility: str, unit: str, year: int, waits: dict[str, int]) -> float:
        """Capacity of a unit in a year; what waits by option is not counted before so many years on line."""
        total = 0.0
        for one in self.had_by(block):
            age = self.age(block, one, year)
            if one.facility == facility and age is not None and age >= waits.get(one.option.id, 0):
                ramp = one.option.ramp
                total += one.option.capacity.get(unit, 0.0) * (ramp[age] if age < len(ramp) else 1.0)
        return total
