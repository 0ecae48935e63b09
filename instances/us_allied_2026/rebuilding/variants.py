"""The folder `variants`: overlays that follow from sources."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from . import (
    network,
    tables,
    variants_baselines,
    variants_blocks,
    variants_demand,
    variants_frictions,
    variants_policy,
)
from .tables import Out

DEMAND_COLUMNS = ("market", "product", "tonnes", "accepts", "shortage_cost", "source", "confidence")


def files(known: dict[str, network.Plant], rows: Mapping[str, list[Out]], document_text: str) -> dict[str, str]:
    """The text of each overlay and of the tables it names, by path.

    Args:
        known: the facilities.
        rows: the rows of the tables of the instance, by name.
        document_text: instance.yaml, whose rules, targets and scenarios the overlays follow.
    """
    document = yaml.safe_load(document_text)
    found = [
        *variants_baselines.overlays(known, rows["options"], document),
        *variants_demand.overlays(),
        *variants_policy.overlays(document),
        *variants_policy.free_trade(rows["freight"]),
        variants_frictions.requalification(),
        variants_frictions.overlay(),
    ]
    blocks, texts = variants_blocks.overlay(known, rows, document)
    found.append(blocks)
    for finer in (variants_demand.by_programme, variants_demand.by_sector):
        overlay, lines = finer(document)
        found.append(overlay)
        texts[f"variants/{overlay.name}.csv"] = tables.table(lines, DEMAND_COLUMNS)
    return texts | {f"variants/{overlay.name}.yaml": overlay.text() for overlay in found}
