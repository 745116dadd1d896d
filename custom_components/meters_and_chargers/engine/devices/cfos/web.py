"""What a Power Brain's web page tells and Modbus does not: who manages the load.

The maker's page gives the request, which needs no log-in and changes nothing, and the
setting: active, or "Observe" when another system steers. It does not give the answer.
The field is what answers of three firmware versions hold (unverbraucht/py-powerbrain,
tests) and a program for Edomi reads as "load management active". Nobody shows an answer
of a box on "Observe": only what says that it is active is believed.
"""

from ...model import BadAnswer, Mark
from ...protocols.http_json import HttpJson

SOURCE = (
    'cFos, "HTTP API" of the Power Brain, cmd=get_dev_info; params.lb_enabled as the '
    "answers in py-powerbrain's tests hold it and an Edomi program reads it"
)
MARK = Mark.AGREED
_PATH = "/cnf?cmd=get_dev_info"


async def manages_load(http: HttpJson) -> bool:
    """Return whether the box says that its own load management is active.

    Raises `DeviceError`: `BadAnswer` for an answer that doesn't say it. Nothing else of
    the answer is kept, which in older firmware holds a password.
    """
    match await http.get(_PATH):
        case {"params": {"lb_enabled": bool(active)}}:
            return active
    raise BadAnswer("an answer without its load management")
