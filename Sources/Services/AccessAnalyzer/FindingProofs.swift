import Ledger
public import Platform
public import Wire

/// A request that proves a finding of external or internal access: the policy engine has allowed it. AWS's API does not tell
/// it; the console shows it.
public struct FindingProof: Sendable {
    /// The caller's ARN; empty of an anonymous caller.
    public let principal: String
    /// `s3:GetObject`
    public let action: String
    /// An ARN.
    public let resource: String
    /// The condition keys that the request has, in lower case, in the order of their names.
    public let context: [(key: String, values: [String])]
    /// The condition keys that it must not have, in lower case.
    public let absent: [String]
}

extension Environment {
    /// The request that proves a finding; nil: there is none, or no such finding.
    ///
    /// No permission is asked for: call it for whoever was answered the finding by GetFindingV2.
    /// - Parameters:
    ///   - id: of the finding.
    ///   - analyzerARN: of the analyzer that has it.
    /// - Throws: ValidationException for what is no analyzer's ARN; InternalFailure when the ledger can't be read.
    public func proof(ofFinding id: String, analyzerARN: String) async throws(ServiceError) -> FindingProof? {
        let name = try AnalyzerName(arn: analyzerARN)
        guard let analyzer = projection(AnalyzerIndex.self).analyzer(name) else { return nil }
        let finding = try await read(Scope(account: name.account, region: name.region)) {
            (records) throws(ServiceError) in
            try records.finding(id, of: analyzer)
        }
        let witness: FindingWitness? =
            switch finding.details {
            case .external(let access): access.witness
            case .internal(let access): access.witness
            case .unusedRole, .unusedAccessKey, .unusedPassword, .unusedPermission: nil
            }
        return witness.map { witness in
            FindingProof(
                principal: witness.principal, action: witness.action, resource: witness.resource,
                context: witness.context.sorted { $0.key < $1.key }.map { (key: $0.key, values: $0.value) },
                absent: witness.absent.sorted())
        }
    }
}
