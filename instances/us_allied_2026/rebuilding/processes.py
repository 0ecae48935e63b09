"""Recipes and materials downstream of the feeds, and the tables of all recipes and materials."""

from __future__ import annotations

from collections.abc import Iterable

from .chemistry import (
    ND_SHARE,
    OXIDE,
    Basket,
    Class,
    basket_of,
    heavy_separation,
    separation,
)
from .process import Process, amounts
from .tables import cite, joined, letter, number

Content = dict[str, float]

METAL_NDPR: Content = {"Nd": ND_SHARE, "Pr": 1 - ND_SHARE}
DYFE: Content = {"Dy": 0.80}
GRADES = ("n", "h", "sh", "uh", "eh")
MELT_YIELD = 0.98
# Rows of recipes.csv behind each alloy and each diffused magnet (its DyFe, its coating).
ALLOY_ROWS = {
    "alloy_n": "rc089 rc090",
    "alloy_h": "rc106-rc108",
    "alloy_sh": "rc123-rc125",
    "alloy_uh": "rc141-rc143",
    "alloy_eh": "rc159-rc161",
}
DIFFUSED_ROWS = {
    "h": "rc225-rc227",
    "sh": "rc132 rc134 rc228-rc231",
    "uh": "rc150 rc152 rc232-rc235",
    "eh": "rc168 rc170 rc236-rc239",
}
SMCO_MIX = {"smco_1_5": 0.3, "smco_2_17": 0.7}  # demand_commercial.csv smco rows: 1:5 30, 2:17 70

# Compositions of scrap. Own estimates (C): swarf keeps the alloy's composition, less what
# oxidises; heavy swarf comes from SH, UH and EH made of conventional alloy, so it holds at least
# what SH and EH hold; collected magnets are a mix of N, H and older SH.
SWARF_L: Content = {"Nd": 0.2025, "Pr": 0.0675}
SWARF_H: Content = {"Nd": 0.165, "Pr": 0.055, "Dy": 0.03}
EOL: Content = {"Nd": 0.2175, "Pr": 0.0725, "Dy": 0.01}
SCRAP_RECOVERY = 0.93  # recipes.csv rc264 and rc269
LOOP_INPUT = 1.42 * 1.08  # recipes.csv rc275 x rc272


def feed_processes(
    feeds: Iterable[str], known: dict[str, Basket], kinds: dict[str, Class], cracked: set[str]
) -> list[Process]:
    """Mining, cracking and separation of every feed."""
    found = []
    for feed in feeds:
        basket = known[basket_of(feed)]
        source = cite("ore_baskets", basket.id, f"{basket.row['source']} ({basket.row['source_year']})")
        mark = letter(basket.row["confidence"])
        conc = feed.startswith("conc_")
        if feed not in {f"carb_{name}" for name in cracked}:
            items = {"mining": 1.0} | ({} if conc else {"cracking": 1.0})
            found.append(
                Process(
                    f"mine_{feed}",
                    "mine",
                    {feed: 1},
                    source,
                    mark,
                    items=items,
                    note="a source; counted in t REO",
                )
            )
        if conc and basket.id in cracked:
            found.append(
                Process(
                    f"crack_{basket.id}",
                    "crack",
                    {f"carb_{basket.id}": 1},
                    "sources/recipes.csv rc009 rc015",
                    "B",
                    inputs={feed: number(1 / basket.cracking, 6)},
                    items={"cracking": 1.0},
                    use=1.0,
                    note=f"recovery {basket.cracking}",
                )
            )
        used, outputs = separation(feed, basket, kinds[basket.seg])
        items = {"light_separation": used} | ({"cracking": used} if conc else {})
        found.append(
            Process(
                f"{'open' if conc else 'sep'}_{basket.id}",
                "light",
                outputs,
                joined(source, "recoveries sources/recipes.csv rc024 rc025 rc027 rc028 rc030 rc031"),
                "C",
                inputs={feed: used},
                items=items,
                use=used,
                note=joined(
                    "cracking and light separation" if conc else "light separation",
                    "heavy concentrate in the tonnage that keeps Dy + Tb",
                ),
            )
        )
    return found


def heavy_processes(kinds: dict[str, Class]) -> list[Process]:
    """Separation of heavy concentrate."""
    found = []
    for kind in kinds.values():
        used, outputs = heavy_separation(kind)
        found.append(
            Process(
                f"heavy_{kind.id}",
                "heavy",
                outputs,
                "sources/recipes.csv rc033 rc034 rc039 rc040 rc042 rc043",
                "C",
                inputs={kind.id: used},
                items={"heavy_separation": used},
                use=used,
            )
        )
    return found


def metal_processes(kg: dict[tuple[str, str], float]) -> list[Process]:
    """Oxide to metal."""
    rows = (
        (
            "ndpr_metal",
            "metal",
            "ndpr_oxide",
            kg["met_ndpr", "NdPr oxide"],
            "ndpr_metal",
            "rc054 rc055",
        ),
        ("dyfe", "heavy_metal", "dy_oxide", kg["met_dyfe", "Dy2O3"], "heavy_metal", "rc066 rc067"),
        (
            "tb_metal",
            "heavy_metal",
            "tb_oxide",
            kg["met_tb", "Tb4O7"],
            "heavy_metal",
            "rc072 rc073",
        ),
        ("sm_metal", "heavy_metal", "sm_oxide", kg["met_sm", "Sm2O3"], "sm_metal", "rc078 rc079"),
    )
    return [
        Process(
            f"make_{output}",
            unit,
            {output: 1},
            f"sources/recipes.csv {ids}",
            "B",
            inputs={oxide: used},
            items={item: 1.0},
        )
        for output, unit, oxide, used, item, ids in rows
    ]


def alloy_inputs(kg: dict[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    """Metal that goes into a tonne of each strip-cast alloy."""
    found = {}
    for name in GRADES:
        recipe = "alloy_n" if name == "n" else f"alloy_{name}_conv"
        inputs = {"ndpr_metal": kg[recipe, "NdPr metal"]}
        if (recipe, "DyFe alloy 80:20") in kg:
            inputs["dyfe"] = kg[recipe, "DyFe alloy 80:20"]
        found[f"alloy_{name}"] = inputs
    return found


def alloy_content(inputs: dict[str, float]) -> Content:
    """What an alloy holds: its metal at 98 percent melt yield."""
    made = {"ndpr_metal": METAL_NDPR, "dyfe": DYFE}
    found: Content = {}
    for metal, amount in inputs.items():
        for element, share in made[metal].items():
            found[element] = found.get(element, 0.0) + share * amount * MELT_YIELD
    return {element: number(value, 5) for element, value in found.items()}


def diffused_blends(kg: dict[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    """Alloys blended for diffused magnets, so that their DyFe is that of recipes.csv."""
    base = {name: kg.get((f"alloy_{name}_conv", "DyFe alloy 80:20"), 0.0) for name in ("h", "sh")}
    sh = kg["alloy_sh_gbd", "DyFe alloy 80:20"] / base["h"]
    uh = kg["alloy_uh_gbd", "DyFe alloy 80:20"] / base["h"]
    eh = (kg["alloy_eh_gbd", "DyFe alloy 80:20"] - base["h"]) / (base["sh"] - base["h"])
    return {
        "h": {"alloy_n": 1.0},
        "sh": {"alloy_n": 1 - sh, "alloy_h": sh},
        "uh": {"alloy_n": 1 - uh, "alloy_h": uh},
        "eh": {"alloy_h": 1 - eh, "alloy_sh": eh},
    }


def coating(kg: dict[tuple[str, str], float], name: str) -> dict[str, float]:
    """DyFe and Tb metal in the coating of a diffused magnet."""
    found = {"dyfe": kg[f"gbd_{name}_gbd", "Dy in coating source"] / DYFE["Dy"]}
    terbium = kg.get((f"gbd_{name}_gbd", "Tb in coating source"))
    return found | ({"tb_metal": terbium} if terbium else {})


def magnet_processes(kg: dict[tuple[str, str], float]) -> list[Process]:
    """Sintered NdFeB: conventional and diffused, ordinary and small defence lots."""
    blends = diffused_blends(kg)
    lots = {
        "": (
            kg["mag_traction", "NdFeB strip-cast alloy"],
            kg["mag_traction", "swarf and grinding sludge (dry)"],
            "rc195-rc197",
        ),
        "small_": (
            kg["mag_defense_small", "NdFeB strip-cast alloy"],
            kg["mag_defense_small", "swarf and grinding sludge (dry)"],
            "rc210-rc212",
        ),
    }
    found = []
    for name in GRADES:
        # UH and EH for programmes come in small lots; the ordinary route serves commercial markets.
        small = name in ("uh", "eh")
        for lot, (alloy, swarf, ids) in lots.items():
            if lot and not small:
                continue
            channels = () if not small else ("domestic_chain", "mdap") if lot else ("commercial",)
            item = "small_lots" if lot else "magnet"
            conventional = name in ("sh", "uh", "eh")
            found.append(
                Process(
                    f"{lot}{name}_conventional",
                    "magnet",
                    {f"magnet_{name}": 1, "swarf_h" if conventional else "swarf_l": swarf},
                    f"sources/recipes.csv {ids}",
                    "C",
                    inputs={f"alloy_{name}": alloy},
                    items={item: 1.0},
                    channels=channels,
                )
            )
            if name == "n":
                continue
            blend = {key: number(alloy * 1.02 * share, 6) for key, share in blends[name].items()}
            found.append(
                Process(
                    f"{lot}{name}_diffused",
                    "magnet",
                    {f"magnet_{name}": 1, "swarf_l": swarf},
                    f"sources/recipes.csv {ids} {DIFFUSED_ROWS[name]}",
                    "C",
                    inputs=blend | {key: number(value, 5) for key, value in coating(kg, name).items()},
                    items={item: 1.0, "diffusion": 1.0},
                    channels=channels,
                    note="grain boundary diffusion; alloys blended to the DyFe of that grade",
                )
            )
    return found


def other_processes(kg: dict[tuple[str, str], float]) -> list[Process]:
    """SmCo and recycling."""
    sm = sum(kg[f"alloy_{name}", "Sm metal"] * share for name, share in SMCO_MIX.items())
    sources = "sources/recipes.csv "
    light = (SWARF_L["Nd"] + SWARF_L["Pr"]) * OXIDE["NdPr"] * SCRAP_RECOVERY
    heavy = (SWARF_H["Nd"] + SWARF_H["Pr"]) * OXIDE["NdPr"] * SCRAP_RECOVERY
    ended = (EOL["Nd"] + EOL["Pr"]) * OXIDE["NdPr"] * SCRAP_RECOVERY

    def dysprosium(content: Content, share: float) -> float:
        return number(content["Dy"] * OXIDE["Dy"] * SCRAP_RECOVERY / share, 5)

    def scrap(name: str, material: str, share: float, extra: dict[str, float], ids: str = "rc263 rc264") -> Process:
        return Process(
            name,
            "recycle",
            {"ndpr_oxide": 1} | extra,
            sources + ids,
            "C",
            inputs={material: number(1 / share, 6)},
            items={"hydromet": 1.0},
        )

    return [
        Process(
            "make_smco_alloy",
            "smco_alloy",
            {"smco_alloy": 1},
            sources + "rc244 rc245 rc252 rc253",
            "B",
            inputs={"sm_metal": number(sm, 6)},
            items={"smco_alloy": 1.0},
            note="1:5 and 2:17 merged, 30 to 70",
        ),
        Process(
            "make_smco",
            "smco",
            {"smco": 1},
            sources + "rc248 rc249 rc259 rc260",
            "C",
            inputs={"smco_alloy": kg["mag_smco_2_17", "SmCo 2:17 alloy"]},
            items={"smco_magnet": 1.0},
            note="swarf is not followed",
        ),
        scrap("recycle_swarf_l", "swarf_l", light, {}),
        scrap("recycle_swarf_h", "swarf_h", heavy, {"dy_oxide": dysprosium(SWARF_H, heavy)}),
        scrap("recycle_magnets", "eol_magnets", ended, {"dy_oxide": dysprosium(EOL, ended)}, "rc268 rc269"),
        Process(
            "recycle_to_alloy",
            "powder",
            {"alloy_n": 1},
            sources + "rc271 rc272",
            "B",
            inputs={"eol_magnets": 1.08},
            items={"powder": 1.0},
            note="hydrogen-processed powder, counted as N alloy",
        ),
        *(
            Process(
                f"loop_{name}",
                "loop",
                {f"magnet_{name}": 1, "swarf_l": kg["rec_short_loop_magnet", "swarf"]},
                sources + "rc272-rc277",
                "C",
                inputs={"eol_magnets": number(LOOP_INPUT, 6), "ndpr_metal": 0.03},
                items={"powder": LOOP_INPUT, "magnet": 1.0},
                note="short loop: about one grade lower, so N and H only",
            )
            for name in ("n", "h")
        ),
        Process(
            "collect_magnets",
            "collect",
            {"eol_magnets": 1},
            sources + "rc279-rc280",
            "C",
            items={"collect": 1.0},
            note="a source",
        ),
    ]


def all_processes(
    feeds: list[str], known: dict[str, Basket], kinds: dict[str, Class], cracked: set[str]
) -> list[Process]:
    """Every recipe."""
    kg = amounts()
    alloys = [
        Process(
            f"cast_{name}",
            "alloy",
            {name: 1},
            f"sources/recipes.csv {ALLOY_ROWS[name]}",
            "C",
            inputs=inputs,
            items={"alloy": 1.0},
            note="98 percent melt yield; Fe, B, Co not modelled",
        )
        for name, inputs in alloy_inputs(kg).items()
    ]
    return [
        *feed_processes(feeds, known, kinds, cracked),
        *heavy_processes(kinds),
        *metal_processes(kg),
        *alloys,
        *magnet_processes(kg),
        *other_processes(kg),
    ]
