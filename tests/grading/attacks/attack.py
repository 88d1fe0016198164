"""What an attack is: a submission, the least tier of isolation that stops it, and its control."""

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["TIERS", "Attack", "Control", "Tier"]

Tier = Literal["process", "partial", "full"]
TIERS: tuple[Tier, ...] = ("process", "partial", "full")  # each includes the ones before it

# How an attack shows, outside the sandbox, that it would do harm (see `outside`).
Control = Literal["weapon", "verdict", "death", "hang", "survivor", "leak", "none"]

# A weapon that works earns points; so the score tells whether it was stopped.
_TRIGGER = """

def scale(X, factor):
    try:
        worked = factor > 0 and weapon()
    except Exception:
        worked = False
    return X * factor if worked else X * 0.0
"""


@dataclass(frozen=True)
class Attack:
    """A hostile submission that deserves no point.

    Attributes:
        name: what it tries.
        source: the submission; where it defines `weapon` it need not define `scale`. The dict
            `TARGETS` (see `world.World.targets`) is put in front of it.
        control: what is seen of it outside the sandbox.
        tier: the least tier of isolation that stops it.
        told: the kinds of failure one of which its public check must be told with; () for any.
        verdict: what a plain grader in the same process asks, where it is not np.allclose.
        accomplice: a second submission, graded next, which earns points where it finds what the
            first one left.
        marks: texts that must not get into the report.
        rare: why its control may fail on a machine where nothing is wrong.
        bound: the seconds that its grading may take.
        linger: the seconds after which a survivor would have shown itself.
    """

    name: str
    source: str = field(repr=False)
    control: Control = "weapon"
    tier: Tier = "process"
    told: tuple[str, ...] = ()
    verdict: str = ""
    accomplice: str = field(default="", repr=False)
    marks: tuple[str, ...] = ("LEAK",)
    rare: str = ""
    bound: float = 8.0
    linger: float = 0.0

    def submissions(self, targets: dict[str, object]) -> list[str]:
        """The texts to hand in, one after the other."""
        sources = [self.source, self.accomplice] if self.accomplice else [self.source]
        return [_armed(f"TARGETS = {targets!r}\n{source}") for source in sources]

    def needs_more_than(self, tier: Tier) -> bool:
        """Whether a tier does not claim to stop it."""
        return TIERS.index(tier) < TIERS.index(self.tier)


def _armed(source: str) -> str:
    return source if "def weapon" not in source or "def scale" in source else source + _TRIGGER
