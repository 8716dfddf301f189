"""Sign-In: who calls, the code says that a browser has brought, or the refresh token."""

from harness import ACCOUNT
from walk import Samples

SAMPLES = Samples(needs_no_signature={"CreateOAuth2Token": "the code or the refresh token proves it"})
SAMPLES.members(clientId="arn:aws:signin:::devtools/same-device", grantType="authorization_code")
SAMPLES.of("CreateOAuth2Token", code=f"{ACCOUNT}.x")
