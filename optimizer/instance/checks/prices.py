"""Prices by channel: channels exist, there is a price to be higher than, and who asks for more pays no less."""

from __future__ import annotations

from itertools import pairwise

from optimizer.instance.checks.base import at, lost, orderly, refer_all, whole
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source


def channel_factors_name_channels(source: Source, instance: Instance) -> None:
    """A price by channel is of a channel; that of the loosest is the reference price."""
    loosest = next(reversed(instance.channels), None) if whole(source, "channels") else None
    for name, material in instance.materials.items():
        path = ("materials", name, "channel_factor")
        refer_all(source, "channels", path, material.channel_factor)
        if loosest in material.channel_factor:
            wrong = f"{loosest} is the loosest channel, and its price is the reference price"
            source.fault(at(source, path, str(loosest)), wrong, "name stricter ones, or change price")


def channel_factors_have_a_price(source: Source, instance: Instance) -> None:
    """What is dearer in a channel has a price."""
    for name, material in instance.materials.items():
        if material.channel_factor and material.price is None and not lost(source, "materials", name, "price"):
            wrong = f"'{name}' has a price by channel, but no price"
            source.fault(("materials", name, "channel_factor"), wrong, f"give {name} a price")


def channel_factors_grow_with_strictness(source: Source, instance: Instance) -> None:
    """In no year do users of a stricter channel pay less than those of a looser one, or than the reference price."""
    if not orderly(source, instance):
        return
    first = instance.first_year
    years = [year for period in instance.periods for year in period.span]
    for name, material in instance.materials.items():
        path = ("materials", name, "channel_factor")
        given = [(k, material.channel_factor[k]) for k in instance.channels if k in material.channel_factor]
        for k, series in given:
            low = next((year for year in years if series.given(year) and series.at(year, first) < 1.0), None)
            if low is not None:
                wrong = f"falls to {series.at(low, first):g} in {low}"
                source.fault((*path, k), wrong, "1 or more times the reference price in every year")
        for (strict, dear), (loose, cheap) in pairwise(given):
            for year in years:
                most, least = max(1.0, cheap.at(year, first)), max(1.0, dear.at(year, first))
                if least < most:
                    wrong = f"{least:g} in {year}, less than the {most:g} of {loose}, which is looser"
                    source.fault((*path, strict), wrong, f"{most:g} or more")
                    break


CHECKS = (
    channel_factors_name_channels,
    channel_factors_have_a_price,
    channel_factors_grow_with_strictness,
)
