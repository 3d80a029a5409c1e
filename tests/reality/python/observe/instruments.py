"""Instruments of the real SDK: where they are made, how often they measure, and with which attributes."""
import sys
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk import metrics as sdk

from .rows import Row
from .source import Project
from .spans import at, lines
from .stack import Origin, by_a_library, nearest, origin

KINDS = (
    "counter", "up_down_counter", "histogram", "gauge",
    "observable_counter", "observable_up_down_counter", "observable_gauge",
)
MEASURES = ((sdk.Counter, "add"), (sdk.UpDownCounter, "add"), (sdk.Histogram, "record"), (sdk._Gauge, "set"))


@dataclass(eq=False)
class Made:
    name: str
    kind: str
    unit: str | None
    origin: Origin
    recorded: int = 0


class Instruments:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.made: dict[int, Made] = {}
        self.kept: list[Any] = []
        self.others: list[Row] = []

    def watch(self) -> None:
        for kind in KINDS:
            self._watch_creation(kind, f"create_{kind}")
        for instrument, name in MEASURES:
            self._watch_measuring(instrument, name)

    def _watch_creation(self, kind: str, name: str) -> None:
        original = getattr(sdk.Meter, name)

        def create(meter: Any, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            found = None if by_a_library(frame) else nearest(self.project, frame, ("opentelemetry",))
            instrument = original(meter, *args, **kwargs)
            if found:
                self.kept.append(instrument)
                self.made[id(instrument)] = Made(instrument.name, kind, instrument.unit or None, found)
            return instrument

        setattr(sdk.Meter, name, create)

    def _watch_measuring(self, instrument: type, name: str) -> None:
        original = getattr(instrument, name)

        def measure(it: Any, amount: Any, attributes: Any = None, *args: Any, **kwargs: Any) -> Any:
            made = self.made.get(id(it))
            if made:
                made.recorded += 1
                found = origin(self.project, sys._getframe(1))
                for key in (attributes or {}) if found else ():
                    self.others.append({"kind": "attribute", "key": key, "target": "metric", **at(found)})
            return original(it, amount, attributes, *args, **kwargs)

        setattr(instrument, name, measure)

    def rows(self) -> list[Row]:
        made = [
            {
                "kind": "instrument", "name": it.name, "instrument": it.kind, "unit": it.unit, **lines(it.origin.place),
                "recorded": it.recorded,
            }
            for it in self.made.values()
        ]
        return made + self.others
