"""docs/scenarios.md: the scenario library as a planner reads it."""

from __future__ import annotations

from . import record
from .disruptions import YEARS, Disruption, base_set, dates
from .tables import FOLDER, read

PAGE = FOLDER.parent.parent / "docs" / "scenarios.md"

HEAD = """# Scenarios of the reference instance

*Written by `python instances/us_allied_2026/rebuild.py` from `sources/disruptions.csv`, `disruption_effects.csv`,
`project_record.csv` and `option_classes.csv`. Change those, not this page.*

The library holds {count} disruptions, each resting on dated events in `sources/disruption_events.csv`. The base
instance carries {base} of them, so that it can be solved today; `instances/us_allied_2026/variants/library.yaml` is an
overlay that puts the whole library in their place. `instances/us_allied_2026/events.yaml` holds the same disruptions as
events, to be sampled into futures in which they come alone or together: [Futures](futures.md).
"""

CHANCES = """
## How probabilities come about

1. **Hazard.** Events of a kind, counted by name, over the years watched. For rare events the plain ratio is useless, so
   half an event is added (Jeffreys' prior for a rate): hazard = (events + 0.5) / years, with an 80 percent interval
   from the gamma distribution with that shape. The world and China are watched from 2005, where the event table
   begins; plants are watched in plant-years, from their start. Outages of weeks are pooled over Lynas Malaysia,
   Kalgoorlie and Mountain Pass. Where no event is counted, the hazard is the prior alone: half an event in the time
   watched.
2. **Two at once.** A compound is taken as chance: one begins while the other lasts. Disruptions that share a cause come
   together more often than that.
3. **Which comes first.** The format knows futures that exclude each other, and each holds one disruption (or one
   compound). With total hazard H and a horizon of T = {years} years, the first disruption is s with probability
   h(s) / H x (1 - exp(-H T)). H is {total:.2f} a year: some disruption is all but certain.
4. **Slips and failures** of projects are futures of their own (below); the first-disruption probabilities are scaled to
   what they leave.
5. **The base set** sums the probabilities of the rows that each of its futures stands for. Mild rows are in none of
   them: their probability ({mild:.2f}) stays with the base future.

**Read it with care.** A future with one disruption understates how often serious ones happen: the column *ever* gives
the chance that a disruption happens at least once in {years} years, which is far higher than its probability as the
first. A planner who fears one disruption should raise its probability or use a risk measure that looks at the worst
futures.

**Onset.** Each disruption has one onset, stated with its reason in the table of sources. Where facts set a year (the
Malaysian licence, commissioning dates, plants still to be built) it is that year; all others are
spread over 2028 to 2033, so that no year holds more than a third of the weight. A first event at these hazards would
mostly come in the first years: spreading it is a choice, made so that plants in construction are tested too.

**Severity and duration.** Both what was seen and what is assumed stand in the table. A loss of `lost` for some months
becomes a yearly availability: 1 - lost x months / (12 x years), since periods are years.
"""

WEAK = """
## What each does

`python benchmarks/library_effects.py instances/us_allied_2026` holds the undisrupted plan and compares each disruption
with a branch of the same years in which nothing happens: cost and tonnes short. A branch by itself saves money, since
targets and most rules do not hold in it; that is taken out. Results are in `benchmarks/results/`.

## What is weak

- Every hazard rests on at most five events; the interval often spans a factor of ten. The event table lists what was
  noticed: early and mild events are under-counted.
- Many severities are harder or longer than anything on record. The table says where.
- Prices move nothing in this model: nothing is sold at a price, and plans are judged by system cost. Predatory pricing
  is therefore modelled by its harm: idled plants and late decisions.
- Lanes have no tag for the Panama canal: freight across the Pacific to and from North America stands for it. A strait
  can be closed or made dearer; a way round at more cost and more days is not in the lanes.
- Slips are against the dates first announced, while projects in this instance stand at dates that are already later.
  That overstates how much they will still slip. Projects that were given up quietly are missing, which understates
  failure; the record was collected because of its failures, which overstates it.
- A slip hits what is unfinished in 2027 or funded within the three or four years that it lasts; three years later that
  future is back on the trunk, as if the plants had caught up. Later projects slip in none of these futures.
- Correlation of slips ({common}) is an own estimate, and so is the list of projects that fail.
- Co-option, long outages and a full closure of Malacca have no event of their own kind: the number is the prior.
"""


def _cell(text: str) -> str:
    return text.replace("|", "/") or "-"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(_cell, row)) + " |" for row in rows)]) + "\n"


def _library(disruptions: list[Disruption]) -> str:
    rows = []
    for item in disruptions:
        row, hazard = item.row, item.hazard
        seen, assumed = row["severity_observed"], row["severity_assumed"]
        marks = [f"**{date}**" if date in dates(row["counted"]) else date for date in dates(row["rests_on"])]
        more = [date for date in dates(row["counted"]) if date not in dates(row["rests_on"])]
        rows.append(
            [
                f"`{item.id}`",
                row["name"],
                ", ".join(marks) + (f" ({len(more)} more counted)" if more else ""),
                f"{hazard.mean:.3f} ({hazard.low:.3f}-{hazard.high:.3f})" if hazard else "",
                f"{item.ever:.2f}" if item.ever is not None else "",
                f"{item.probability:.4f}",
                f"{seen}; *assumed* {assumed}",
                f"{row['duration_observed'] or '-'} / {row['duration']}",
                row["onset"],
                f"`{row['base']}`" if row["base"] else "",
            ]
        )
    head = [
        "id",
        "what happens",
        "rests on (**counted**)",
        "hazard per year (80 %)",
        "ever",
        "probability",
        "severity",
        "years seen / assumed",
        "onset",
        "in the base set as",
    ]
    return _table(head, rows)


def _record() -> str:
    rows = []
    for cls in record.CLASSES:
        seen, chance = record.counts(cls), record.chances(cls)
        cells = []
        for kind in record.KINDS:
            low, high = record.interval(cls, kind)
            cells.append(f"{seen[kind]}: {chance[kind]:.2f} ({low:.2f}-{high:.2f})")
        rows.append([cls.replace("_", " "), *cells])
    return _table(["class", *(kind.replace("_", " ") for kind in record.KINDS)], rows)


def _projects() -> str:
    kinds = {project.id: project.kind for project in record.projects()}
    rows = [
        [
            row["project"],
            row["class"].replace("_", " "),
            row["milestone"],
            row["planned"],
            row["actual"],
            row["slip_years"],
            kinds[row["id"]].replace("_", " ") or "not counted",
            row["confidence"],
        ]
        for row in read("project_record")
    ]
    return _table(["project", "class", "milestone", "planned", "actual or now due", "slip, years", "", ""], rows)


def _base(disruptions: list[Disruption]) -> str:
    rows = [
        [f"`{item.id}`", f"{chance:.4f}", ", ".join(f"`{name}`" for name in names)]
        for item, chance, names in base_set(disruptions)
    ]
    return _table(["future", "probability", "stands for"], rows)


def page(disruptions: list[Disruption]) -> str:
    """The text of docs/scenarios.md."""
    total = sum(item.hazard.mean for item in disruptions if item.hazard)
    mild = 1 - sum(chance for _, chance, _ in base_set(disruptions))
    delays = ", ".join(
        f"{record.delay(kind, cls)} for {kind} slips of a {cls.replace('_', ' ')}"
        for kind, cls in (
            ("moderate", "first_of_kind_plant"),
            ("severe", "first_of_kind_plant"),
            ("severe", "greenfield_mine"),
            ("severe", "brownfield_restart"),
            ("moderate", "expansion"),
        )
    )
    parts = [
        HEAD.format(count=len(disruptions), base=len(base_set(disruptions))),
        "\n## The base set\n\n",
        _base(disruptions),
        f"\nThe base future keeps {mild:.2f}.\n",
        "\n## The library\n\n",
        _library(disruptions),
        CHANCES.format(years=YEARS, total=total, mild=mild),
        "\n## Projects that slip and fail\n\n",
        "On time is less than half a year late at the milestone, moderate up to one and a half years, severe from\n"
        "there on, failed stopped for good. Each kind gets half a project more (Jeffreys); in brackets the 80 percent\n"
        "interval.\n\n",
        _record(),
        f"\nSlips have a common part ({record.COMMON}, own estimate, range 0.3 to 0.7): with that probability all\n"
        "first-of-kind plants share one draw, which is also the correlation of any two. The three futures are that\n"
        "common part; the rest is each project's own and is left to lead times. The other classes follow the same\n"
        "draw: in the severe future mines and restarts are late as the record has it, and expansions, which slip\n"
        "least, by a moderate slip; none of them failed, so none fails here. Years late in the futures are those of\n"
        f"the middle project: {delays}.\n\n",
        _projects(),
        WEAK.format(common=record.COMMON),
    ]
    return "".join(parts)
