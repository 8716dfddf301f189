extension OrganizationPolicy {
    /// The policy's ARN:
    /// `arn:aws:organizations::111122223333:policy/o-exampleorgid/service_control_policy/p-examplepolicyid`.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html>
    public func arn(in organization: Organization) -> String {
        organization.arn(policy: id, type: type)
    }
}

extension Organization {
    /// The ARN of a policy; AWS's own belong to no organization.
    public func arn(policy policyID: String, type: String) -> String {
        if let managed = ManagedControlPolicy.named(policyID) { return managed.arn }
        return "arn:aws:organizations::\(managementAccountID):policy/\(id)/\(type.lowercased())/\(policyID)"
    }
}
