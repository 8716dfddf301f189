import Policy
public import Remedies

extension DeniedRequest {
    /// Leaves the policies of the resource out, as IAM's simulator does where it is given none: the caller's own alone decide.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>
    public mutating func forgetResource() {
        inputs.resource = nil
        inputs.roleTrust = nil
        inputs.grants = []
        inputs.accessControlList = nil
        inputs.restrictsPublicBuckets = false
        inputs.ignoresResourceSide = true
    }

    /// What iam:SimulatePrincipalPolicy knows of the request: no resource control policies, no grants, no access control
    /// lists, and the resource's policy only if it is given it.
    ///
    /// Its decision is the one which that operation answers to the same principal and the same condition keys.
    public func asKnownToSimulator(withResourcePolicy isGiven: Bool) -> DeniedRequest {
        var known = self
        known.inputs.resourceControlLevels = nil
        known.inputs.grants = []
        known.inputs.accessControlList = nil
        known.inputs.restrictsPublicBuckets = false
        if !isGiven { known.forgetResource() }
        return known
    }
}
