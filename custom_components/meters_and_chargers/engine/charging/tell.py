"""What is told of a charger: its reason with the figures of its sentence, its view."""

from collections.abc import Mapping

from .charger import Charger
from .decision import ChargerView, Explanation
from .ramp import Aim
from .reason import Reason
from .settings import Settings
from .state import GridSample


def explain(settings: Settings, wanted: Aim, sample: GridSample | None) -> Explanation:
    """Why a charger gets what it gets; while only observing, what it would get."""
    if settings.observe:
        would: dict[str, int | str] = {"limit": wanted.target_ma}
        would["reason"] = str(wanted.reason)
        return Explanation(Reason.OBSERVE, wanted.until_ms, would)
    wish, figures = wanted.wish, wanted.figures
    if not figures and wish is not None and wish.reason is wanted.reason:
        figures = wish.figures
    return Explanation(
        wanted.reason, wanted.until_ms, figures or _usual(settings, wanted, sample)
    )


def explain_offline(charger: Charger) -> Explanation:
    """Since when a charger is out of reach, and what it may draw meanwhile."""
    figures = {"limit": max(charger.aside_ma)}
    if (since := charger.memory.away_at_ms) is not None:
        figures["since"] = since
    return Explanation(Reason.CHARGER_OFFLINE, figures=figures)


def view(wanted: Aim) -> ChargerView:
    """What is shown of a charger besides."""
    charger = wanted.charger
    return ChargerView(
        wished_ma=wanted.wish.current_ma if wanted.wish else 0,
        granted_ma=wanted.granted_ma,
        phases=sum(charger.phases),
        starts_today=charger.memory.starts_today,
        phase_changes_today=charger.phase_changes_today,
        plan_at_risk=(
            charger.override is not None and charger.override.reason is Reason.PLAN_LATE
        ),
    )


def view_offline(charger: Charger) -> ChargerView:
    """What is shown of a charger that is out of reach."""
    return ChargerView(
        phases=sum(charger.phases),
        starts_today=charger.memory.starts_today,
        phase_changes_today=charger.phase_changes_today,
    )


def _usual(
    settings: Settings, wanted: Aim, sample: GridSample | None
) -> Mapping[str, int]:
    """The figures that follow from the charger alone; what is not known is absent."""
    charger, reason = wanted.charger, wanted.reason
    drawn = sum(charger.memory.drawn.best_ma) * settings.voltage_mv // 1_000_000
    figures: dict[str, int | None] = {}
    match reason:
        case Reason.SOLAR | Reason.FAST:
            figures = {"power": drawn}
        case Reason.SOLAR_MIN if sample is not None:
            figures = {"power": drawn, "grid": max(0, min(drawn, sample.power_w))}
        case Reason.CAR_NOT_TAKING:
            figures = {"limit": wanted.target_ma}
        case Reason.BACKEND_LIMIT:
            figures = {"limit": charger.ceiling_ma}
        case Reason.MANUAL:
            figures = {"limit": charger.memory.by_hand.limit_ma}
        case Reason.SWITCHING:
            figures = {"phases": sum(charger.phases)}
        case Reason.FINISHED:
            figures = {"energy": charger.seen.session_wh if charger.seen else None}
        case Reason.TARGET:
            figures = {"target": charger.settings.target_wh}
        case _:
            pass
    return {name: value for name, value in figures.items() if value is not None}
