"""Sets of futures, sampled from events: hazards, durations, severities, common causes. No model and no solver."""

from optimizer.futures.chain import Episode, Node, Occurrence
from optimizer.futures.file import EventsFile, read_events
from optimizer.futures.futures import FutureSet
from optimizer.futures.merge import merge, with_written, written
from optimizer.futures.overlay import overlay_text, scenario_rows
from optimizer.futures.sample import sample

__all__ = [
    "Episode",
    "EventsFile",
    "FutureSet",
    "Node",
    "Occurrence",
    "merge",
    "overlay_text",
    "read_events",
    "sample",
    "scenario_rows",
    "with_written",
    "written",
]
