"""How long tests wait for what has to come."""

from __future__ import annotations

#: Seconds after which a test gives up. To wait for what comes costs nothing, and the machine may be a slow one that is busy besides.
PATIENCE = 90.0
