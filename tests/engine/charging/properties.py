"""How many examples the properties of the charging decisions try."""

import os

from hypothesis import settings

EXAMPLES = int(os.environ.get("CHARGING_EXAMPLES", "100"))
THOROUGH = settings(max_examples=EXAMPLES, deadline=None)
