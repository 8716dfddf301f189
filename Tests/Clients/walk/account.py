"""Account Management."""

from walk import Samples

FOR_MEMBERS = "only a management account may call it, for a member"

SAMPLES = Samples(
    denied_to_all={
        operation: FOR_MEMBERS
        for operation in ("AcceptPrimaryEmailUpdate", "GetPrimaryEmail", "StartPrimaryEmailUpdate")
    }
)
SAMPLES.members(
    AccountId="222233334444",
    CountryCode="FR",
    EmailAddress="x@example.com",
    Otp="abcdef",
    PhoneNumber="+1 555 0100",
    PrimaryEmail="x@example.com",
    RegionName="af-south-1",
)
