"""Findings through all scans, the decisions about them, and the views that people keep of them."""

from keyhole.findings.models.decision import Covered, Decision, DecisionId, Kind, Scope
from keyhole.findings.models.history import Event, Happened, Settled, Tally
from keyhole.findings.models.judgement import Judgement, Overdue
from keyhole.findings.models.problem import (
    AdvisoryId,
    Apart,
    Decided,
    Detail,
    Problem,
    Sighting,
    Status,
)
from keyhole.findings.models.telling import Telling
from keyhole.findings.models.view import SavedView

__all__ = [
    "AdvisoryId",
    "Apart",
    "Covered",
    "Decided",
    "Decision",
    "DecisionId",
    "Detail",
    "Event",
    "Happened",
    "Judgement",
    "Kind",
    "Overdue",
    "Problem",
    "SavedView",
    "Scope",
    "Settled",
    "Sighting",
    "Status",
    "Tally",
    "Telling",
]
