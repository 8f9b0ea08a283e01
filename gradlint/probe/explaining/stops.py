"""Places of the running program as stops on a weight's way."""

from __future__ import annotations

from gradlint.probe.recording import frames
from gradlint.probe.recording.frames import Moment, Place
from gradlint.probe.recording.phases import layer_call
from gradlint.run import End, Kind, Phase, Role, Stop, Way


def stop_at(role: Role, place: Place, kind: Kind = Kind.PLAIN, name: str = "") -> Stop:
    """A place of the program as a stop."""
    words = "the weight is created here" if role is Role.CREATED else ""
    return Stop(role, words, place.span, kind, place.text, place.function, name)


def outside_way(
    created: tuple[Stop, ...], moment: Moment, after: tuple[Stop, ...] = (), called: int | None = None
) -> Way:
    """The way of a weight over what ran outside the tape: told where the program calls the layer that it ran in."""
    users = frames.user_marks(moment)
    called = called if called is not None else layer_call(moment)
    users = [index for index in users if called is None or index > called] or users
    place = frames.place_of(moment[users[0]]) if users else None
    stops = (stop_at(Role.READ, place, Kind.OUTSIDE_TAPE),) if place is not None else ()
    return Way((*created, *stops, *after), End.FROZEN, Phase.SCRIPT)
