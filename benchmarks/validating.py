"""`streamgauge validate`: how often the instrument is right, on engines whose knee is known."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Final

from benchmarks.campaign import Announcement
from benchmarks.console import Narrator
from benchmarks.oracle_trials import ORACLES, TrialRequest, run_trial, trials_table
from benchmarks.plan import PROFILES, ProfileName
from benchmarks.search import SearchSettings
from benchmarks.traces import Window
from benchmarks.validation import validate_on_traces, validation_table
from fraud_core.errors import ConfigError, MeasurementError

RIGHT_SHARE: Final = 0.95
"""Of the decided searches on simulated engines: below it the instrument is not to be believed."""
UNDECIDED_SHARE: Final = 0.10


def validate_traces(searches: int, seed: int, profile: ProfileName) -> str:
    """Search simulated engines with the settings of a profile.

    Returns:
        the table for people.

    Raises:
        MeasurementError: the search is wrong, or undecided, more often than it may be with the
            settings of the standard profile; the table is in its message.
    """
    window, settings = settings_of(profile)
    found = validate_on_traces(searches, seed, window, settings)
    table, every = validation_table(found), found.searches["all"]
    is_good = every.inside_share >= RIGHT_SHARE and every.undecided_share <= UNDECIDED_SHARE
    if profile == "standard" and not is_good:
        raise MeasurementError(
            f"the truth lay inside {every.inside_share:.1%} of the decided searches, "
            f"{every.undecided_share:.1%} were undecided; at least {RIGHT_SHARE:.0%} and at most "
            f"{UNDECIDED_SHARE:.0%} are good:\n{table}"
        )
    return table


def profile_of(name: str) -> ProfileName:
    """A profile by its name.

    Raises:
        ConfigError: there is none of this name.
    """
    for known in PROFILES:
        if known == name:
            return known
    raise ConfigError(f"--profile {name}: known are {', '.join(PROFILES)}")


def settings_of(profile: ProfileName) -> tuple[Window, SearchSettings]:
    """The window and the search that a profile sets."""
    fields = PROFILES[profile]
    step = fields["step"]
    window = Window(int(step["warmup_s"]), int(step["measure_s"]))
    return window, SearchSettings(**fields["search"])


def validate_engines(request: TrialRequest, first: int) -> str:
    """Search real oracle engines one after the other; each one's campaign is saved.

    Args:
        request: what all share.
        first: how many of the list of oracles.

    Returns:
        the table for people.

    Raises:
        StreamError: the surroundings do not let it go on.
    """
    narrator = Narrator(datetime.now, live=sys.stderr.isatty())
    announce = Announcement(narrator.say, narrator.tell, narrator.begin, narrator.end)
    trials = []
    try:
        for oracle in ORACLES[:first]:
            trials.append(run_trial(oracle, request, announce, narrator.say))
            narrator.say(trials_table(trials[-1:]))
    finally:
        narrator.close()
    return trials_table(trials)
