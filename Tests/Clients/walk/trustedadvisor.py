"""Trusted Advisor: recommendations by name, which an account has or has not whoever asks."""

from harness import ACCOUNT
from walk import Samples

ID = "00000000-0000-5000-8000-000000000001"
NEITHER = "neither manages an organization nor administers"

SAMPLES = Samples(
    denied_in_the_end={
        operation: NEITHER
        for operation in (
            "GetOrganizationRecommendation",
            "ListOrganizationRecommendationAccounts",
            "ListOrganizationRecommendationResources",
            "ListOrganizationRecommendations",
            "UpdateOrganizationRecommendationLifecycle",
        )
    }
)
SAMPLES.members(
    recommendationIdentifier=f"arn:aws:trustedadvisor::{ACCOUNT}:recommendation/{ID}",
    organizationRecommendationIdentifier=f"arn:aws:trustedadvisor:::organization-recommendation/{ID}",
    lifecycleStage="in_progress",
    recommendationResourceExclusions=[
        {"arn": f"arn:aws:trustedadvisor::{ACCOUNT}:recommendation-resource/{ID}/x", "isExcluded": True}
    ],
)
