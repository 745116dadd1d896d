"""Steering by a meter that can be trusted: wishes, the fuse, and the next limits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from .charger import START_WINDOW_MS, Charger
from .circuits import Kind, Rooms, fits
from .failsafe import cling
from .freshness import Freshness, recovered_at_ms
from .fuse import HELD_BY, RESUME_MS, hold, keep_back, pauses
from .headroom import Bases, rooms
from .phases import drop, prepare, stays
from .ramp import Aim, aim, fit
from .reason import Reason
from .settings import Settings
from .share import grant
from .state import Battery
from .surplus import Wish
from .tree import Tree
from .why import name_bound, with_figures
from .wishes import ask

_CHARGING = (
    Reason.FAST,
    Reason.SOLAR,
    Reason.SOLAR_MIN,
    Reason.BATTERY_HELP,
    Reason.BOOST,
    Reason.PLAN,
    Reason.PRICE,
    Reason.MIN_SOC,
)


@dataclass(frozen=True, slots=True)
class Site:
    """What all chargers have in common in one call."""

    settings: Settings
    tree: Tree
    bases: Bases
    now_ms: int
    battery: Battery | None = None

    def may_rise(self, charger: Charger) -> bool:
        """Whether the charger's limit may go up."""
        return self.tree.trust(charger).freshness is Freshness.FRESH

    def rooms(self, chargers: Sequence[Charger], *, rising: bool) -> Rooms:
        """What the house leaves all of them."""
        return rooms(self.settings, self.tree, self.bases, chargers, rising=rising)


@dataclass(frozen=True, slots=True)
class _Shares:
    """Who gets what, in mA, and what that leaves."""

    granted: Mapping[str, int]
    keep: Rooms
    now: Rooms
    """What is left beside the limits of now, before anybody is told another."""
    chargers: Sequence[Charger]

    def may_rise(self, charger: Charger) -> bool:
        """Whether there is room for more than it has been given."""
        need = charger.worth_ma if charger.charging else charger.lowest_ma
        return self.keep.least(charger) >= need

    def equals(self, charger: Charger) -> list[Charger]:
        """The others of its priority that have got more than their minimum."""
        return [
            one
            for one in self.chargers
            if one.key != charger.key
            and one.settings.priority == charger.settings.priority
            and self.granted[one.key] > one.lowest_ma
        ]


def steer(site: Site, chargers: Sequence[Charger]) -> tuple[Tree, dict[str, Aim]]:
    """The next limit of every charger that is online, and the circuits' timers."""
    settings, now_ms = site.settings, site.now_ms
    online = [charger for charger in chargers if charger.online]
    tree, paused = pauses(settings, site.tree, site.bases, online, now_ms)
    rest = site.rooms(chargers, rising=True)
    for charger in online:
        if charger.charging:
            rest.put(charger, charger.on_used(charger.lowest_ma))
    online = [_prepare(site, charger, rest) for charger in online]
    wishes = _wishes(site, online)
    dropped = _drop(site, wishes, paused, rest)
    wishes |= dropped
    paused = {key: why for key, why in paused.items() if key not in dropped}
    shares = _grant(site, chargers, wishes, paused)
    dimmed = _drop(site, wishes, _dimmed(wishes, paused, shares), rest)
    if dimmed:
        wishes |= dimmed
        shares = _grant(site, chargers, wishes, paused)
    aims = [
        _pause(wish, paused[key], now_ms) if key in paused else _aim(site, wish, shares)
        for key, wish in wishes.items()
    ]
    fitted = fit(aims, site.rooms(chargers, rising=True))
    told = {}
    for key, one in fitted.items():
        result = with_figures(tree, site.bases, one, shares.keep, now_ms)
        granted = shares.granted[key]
        told[key] = replace(result, wish=wishes[key], granted_ma=granted)
    return tree, told


def _prepare(site: Site, charger: Charger, rest: Rooms) -> Charger:
    """Choose phases and end a hold, if the meters on the charger's path see enough."""
    if site.tree.trust(charger).blind:
        return charger
    charger = prepare(
        site.settings,
        charger,
        partial(fits, rest, charger),
        site.now_ms,
        may_rise=site.may_rise(charger),
    )
    return hold(charger, rest, site.now_ms)


def _wishes(site: Site, online: Sequence[Charger]) -> dict[str, Wish]:
    """What each charger should get; without a meter it clings to what it has."""
    trust = {one.key: site.tree.trust(one) for one in online}
    seen = [one for one in online if not trust[one.key].blind]
    wishes = {
        one.key: cling(one, trust[one.key].freshness)
        for one in online
        if trust[one.key].blind
    }
    if seen:
        sample = site.tree.main.grid.sample
        wishes |= ask(site.settings, sample, seen, site.now_ms, site.battery)
    return {one.key: wishes[one.key] for one in online}


def _grant(
    site: Site,
    chargers: Sequence[Charger],
    wishes: Mapping[str, Wish],
    paused: Collection[str],
) -> _Shares:
    """Share what the house leaves."""
    online = [wish.charger for wish in wishes.values()]
    wants = {
        key: 0 if key in paused else _want(site, wish) for key, wish in wishes.items()
    }
    kept = {
        one.key
        for one in online
        if not (site.tree.trust(one).blind or site.tree.is_slow(one))
    }
    latest = {one.key: one for one in online}
    everybody = [latest.get(one.key, one) for one in chargers]
    keep = site.rooms(everybody, rising=False)
    now = site.rooms(everybody, rising=False)
    for one in online:
        now.put(one, one.on_phases(one.limit_ma))
    return _Shares(grant(online, wants, keep, kept), keep, now, online)


def _want(site: Site, wish: Wish) -> int:
    """What counts of a wish: who may not rise takes nothing for it from others."""
    charger = wish.charger
    if site.may_rise(charger) or site.tree.trust(charger).blind:
        return wish.current_ma
    has = max(charger.limit_ma, charger.lowest_ma) if charger.charging else 0
    return min(wish.current_ma, has)


def _drop(
    site: Site, wishes: Mapping[str, Wish], paused: Collection[str], rest: Rooms
) -> dict[str, Wish]:
    """Those that go on with one phase, where a fuse or a cap would have paused them."""
    dropped = {}
    for key in paused:
        charger = wishes[key].charger
        if site.tree.trust(charger).blind:
            continue
        one = drop(site.settings, charger, partial(fits, rest, charger), site.now_ms)
        if one is not None:
            dropped[key] = Wish(one, one.lowest_ma, Reason.SWITCHING)
    return dropped


def _dimmed(
    wishes: Mapping[str, Wish], paused: Collection[str], shares: _Shares
) -> list[str]:
    """Those that charge and would stop because the grid operator leaves too little."""
    return [
        key
        for key, wish in wishes.items()
        if key not in paused
        and wish.charger.charging
        and wish.current_ma > 0
        and shares.granted[key] == 0
    ]


def _pause(wish: Wish, why: Reason, now_ms: int) -> Aim:
    charger = keep_back(stays(wish.charger, now_ms), why)
    return Aim(charger, 0, why, urgent=True, fuse=True)


def _aim(site: Site, wish: Wish, shares: _Shares) -> Aim:
    """The next limit before it is known what room the others leave, with its reason."""
    charger, granted_ma = wish.charger, shares.granted[wish.charger.key]
    freshness, may_rise = site.tree.trust(charger).freshness, site.may_rise(charger)
    if site.tree.trust(charger).blind:
        return Aim(charger, granted_ma, wish.reason, urgent=True)
    if charger.stopped is not None:
        return Aim(charger, 0, wish.reason, urgent=wish.reason is not Reason.TARGET)
    kind = shares.keep.bound(charger).kind
    full = wish.current_ma > 0 and granted_ma == 0 and not charger.charging
    if full and may_rise and not site.tree.is_slow(charger) and kind in HELD_BY:
        wish = replace(wish, charger=keep_back(charger, HELD_BY[kind]))
    result = aim(wish, granted_ma, site.now_ms, may_rise=may_rise)
    result = _spend(result, granted_ma, shares.keep)
    if result.target_ma < charger.limit_ma and shares.now.least(charger) < 0:
        # Whatever lowers it, the fuse can't wait for a wallbox's write interval.
        result = replace(result, urgent=True)
    # The grid operator's word is no overload: the next write need not wait for it.
    result = replace(result, fuse=result.fuse and kind is not Kind.DIM)
    if freshness in (Freshness.WARM_UP, Freshness.RECOVERING):
        return _distrust(site, result)
    return _named(site, charger, wish.current_ma, result, shares)


def _spend(result: Aim, granted_ma: int, keep: Rooms) -> Aim:
    """Let a limit stay that is hardly above its part, if there is room for that too."""
    over_ma = result.target_ma - granted_ma
    if over_ma <= 0 or granted_ma == 0 or not result.charger.known:
        return result
    if keep.least(result.charger) < over_ma:
        return replace(result, target_ma=granted_ma, urgent=True, fuse=True)
    keep.put(result.charger, result.charger.on_used(result.target_ma))
    return result


def _named(
    site: Site, charger: Charger, wished_ma: int, result: Aim, shares: _Shares
) -> Aim:
    """Say why a charger gets what it gets by a meter that can be trusted."""
    if charger.memory.held is not None:
        return _held(result)
    late = result.reason is Reason.AGEING and shares.may_rise(charger)
    if shares.granted[charger.key] < charger.floor(wished_ma) and not late:
        return name_bound(site.tree, result, shares.keep, shares.equals(charger))
    if charger.switching or (charger.charging and charger.changes_phases):
        return replace(result, reason=Reason.SWITCHING, until_ms=None)
    if result.reason is Reason.SURPLUS_LOW and charger.charging:
        # It lacks no more than is to stay with the grid: nobody waits for that.
        result = replace(result, reason=Reason.SOLAR)
    if result.reason in _CHARGING and not charger.draws:
        return _start(result, site.now_ms)
    soon = charger.soon
    if soon is not None and result.reason in _CHARGING:
        return replace(result, reason=soon.reason, until_ms=soon.until_ms)
    return result


def _start(result: Aim, now_ms: int) -> Aim:
    """Give a car its time to begin; without a measurement nobody knows."""
    charger, since = result.charger, result.charger.memory.started_at_ms
    if charger.starting(now_ms) or not charger.measured or not charger.charging:
        ends = None if since is None else since + START_WINDOW_MS
        until = None if ends is None or ends < now_ms else ends
        return replace(result, reason=Reason.STARTING, until_ms=until)
    return replace(result, reason=Reason.CAR_NOT_TAKING, until_ms=None)


def _distrust(site: Site, result: Aim) -> Aim:
    circuit = site.tree.trust(result.charger)
    if circuit.freshness is Freshness.WARM_UP:
        return replace(result, reason=Reason.WARM_UP, until_ms=None)
    until = recovered_at_ms(circuit.grid)
    return replace(result, reason=Reason.RECOVERING, until_ms=until)


def _held(result: Aim) -> Aim:
    since = result.charger.memory.resume_since_ms
    if since is None:
        return result
    return replace(result, reason=Reason.FUSE_RESUME, until_ms=since + RESUME_MS)
