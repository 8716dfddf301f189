"""AWS Support: cases by name are found by nobody here, which no permission changes."""

from walk import Samples

SAMPLES = Samples()
SAMPLES.members(
    checkId="7DAFEmoDos", checkIds=["7DAFEmoDos"], language="en", serviceCode="general-info", categoryCode="other",
    issueType="technical", caseId="case-111122223333-muen-2026-0000000000000001", attachmentId="attachment-x",
    attachments=[{"fileName": "x", "data": b"x"}],
)  # fmt: skip
