import Policy

/// Reads cases from JSON.
///
/// ```json
/// {"id": 1,
///  "request": {"principal": "arn:aws:iam::111122223333:user/alice", "action": "s3:GetObject",
///              "resource": "arn:aws:s3:::b/k", "resourceAccount": "444455556666", "context": {"aws:username": "alice"}},
///  "identityPolicies": [{…}], "resourcePolicy": {…}, "permissionBoundaries": [{…}], "sessionPolicies": [{…}],
///  "scps": [[{…}], [{…}]], "rcps": [[{…}]], "endpointPolicies": [{…}],
///  "resourceType": "AWS::IAM::Role", "options": {"restrictPublicBuckets": true, "grants": [{…}]}}
/// ```
///
/// What is absent or null does not apply; what is not known is passed over.
struct CaseReader {
    private var cache = PolicyCache()

    mutating func read(_ members: [String: RawJSON]) throws(SimulationError) -> SimulatedCase {
        guard let request = try members["request"]?.members() else {
            throw SimulationError("request is missing, or no object")
        }
        let context = try self.context(request["context"])
        guard let action = try text(request, "action", of: "request."), !action.isEmpty else {
            throw SimulationError("request.action is missing")
        }
        let resource = try text(request, "resource", of: "request.") ?? "*"
        let resourceAccount = try text(request, "resourceAccount", of: "request.")
        var inputs = PolicyInputs(
            identity: try policies(members, "identityPolicies", as: .identity) ?? [],
            boundaries: try policies(members, "permissionBoundaries", as: .permissionsBoundary),
            session: try policies(members, "sessionPolicies", as: .session),
            serviceControl: try levels(members, "scps", as: .serviceControl),
            resourceControl: try levels(members, "rcps", as: .resourceControl),
            endpoint: try policies(members, "endpointPolicies", as: .endpoint))
        if let document = members["resourcePolicy"], !document.isNull {
            if try isTrustPolicy(members, action: action, resource: resource) {
                inputs.roleTrust = try cache.policy(document, as: .roleTrust, at: "resourcePolicy")
            } else {
                inputs.resource = try cache.policy(document, as: .resource, at: "resourcePolicy")
            }
        }
        if let options = members["options"], !options.isNull { try read(options, into: &inputs) }
        return SimulatedCase(
            request: AuthorizationRequest(
                principal: try principal(request["principal"], context), action: action, resource: resource,
                resourceAccount: resourceAccount),
            inputs: inputs, context: context)
    }

    // MARK: The request

    private func principal(
        _ json: RawJSON?, _ context: [String: ContextValue]
    ) throws(SimulationError) -> Principal {
        guard let json, !json.isNull else { throw SimulationError("request.principal is missing") }
        if let text = try json.string() {
            var principalARN: String?
            for (key, value) in context where key.lowercased() == "aws:principalarn" {
                if case .one(let arn) = value { principalARN = arn }
            }
            return try Principal(simulating: text, principalARN: principalARN)
        }
        let members = try json.members() ?? [:]
        if let service = try text(members, "service", of: "request.principal.") {
            return Principal(kind: .service, service: service)
        }
        if let provider = try text(members, "federated", of: "request.principal.") {
            return Principal(simulatingFederatedBy: provider)
        }
        throw SimulationError("request.principal is an ARN, \"*\", or {\"service\": \"x.amazonaws.com\"}")
    }

    private func context(_ json: RawJSON?) throws(SimulationError) -> [String: ContextValue] {
        guard let json, !json.isNull else { return [:] }
        guard let members = try json.members() else { throw SimulationError("request.context is no object") }
        var context: [String: ContextValue] = [:]
        for (key, value) in members where !value.isNull {
            if let elements = try value.elements() {
                var values: [String] = []
                for element in elements { values.append(try contextText(element, key)) }
                context[key] = .many(values)
            } else {
                context[key] = .one(try contextText(value, key))
            }
        }
        return context
    }

    /// A string, or a number or boolean as it is written.
    private func contextText(_ json: RawJSON, _ key: String) throws(SimulationError) -> String {
        switch try json.parsed() {
        case .string(let text): return text
        case .boolean, .integer, .double: return String(decoding: json.bytes, as: UTF8.self)
        case .null, .array, .object:
            throw SimulationError("request.context \"\(key)\" is a string, number or boolean, or an array of them")
        }
    }

    private func text(
        _ members: [String: RawJSON], _ name: String, of path: String
    ) throws(SimulationError) -> String? {
        guard let json = members[name], !json.isNull else { return nil }
        guard let text = try json.string() else { throw SimulationError("\(path)\(name) is no string") }
        return text
    }

    // MARK: Policies

    private mutating func policies(
        _ members: [String: RawJSON], _ name: String, as type: PolicyType
    ) throws(SimulationError) -> [CompiledPolicy]? {
        guard let json = members[name], !json.isNull else { return nil }
        return try policies(json, as: type, at: name)
    }

    private mutating func policies(
        _ json: RawJSON, as type: PolicyType, at place: String
    ) throws(SimulationError) -> [CompiledPolicy] {
        guard let documents = try json.elements() else { throw SimulationError("\(place) is no array") }
        var policies: [CompiledPolicy] = []
        for (index, document) in documents.enumerated() {
            policies.append(try cache.policy(document, as: type, at: "\(place)[\(index)]"))
        }
        return policies
    }

    private mutating func levels(
        _ members: [String: RawJSON], _ name: String, as type: PolicyType
    ) throws(SimulationError) -> [[CompiledPolicy]]? {
        guard let json = members[name], !json.isNull else { return nil }
        guard let elements = try json.elements() else { throw SimulationError("\(name) is no array") }
        var levels: [[CompiledPolicy]] = []
        for (index, level) in elements.enumerated() {
            levels.append(try policies(level, as: type, at: "\(name)[\(index)]"))
        }
        return levels
    }

    /// `resourceType` says it; where it is absent, action and resource do.
    private func isTrustPolicy(
        _ members: [String: RawJSON], action: String, resource: String
    ) throws(SimulationError) -> Bool {
        switch try text(members, "resourceType", of: "") {
        case nil: SimulatedCase.isAboutTrust(action: action, resource: resource)
        case "AWS::IAM::Role", "AWS::IAM::AssumeRolePolicyDocument": true
        default: false
        }
    }

    // MARK: Options

    private func read(_ json: RawJSON, into inputs: inout PolicyInputs) throws(SimulationError) {
        guard let options = try json.members() else { throw SimulationError("options is no object") }
        if let flag = options["restrictPublicBuckets"], !flag.isNull {
            guard case .boolean(let isOn) = try flag.parsed() else {
                throw SimulationError("options.restrictPublicBuckets is no boolean")
            }
            inputs.restrictsPublicBuckets = isOn
        }
        guard let grants = options["grants"], !grants.isNull else { return }
        guard let elements = try grants.elements() else { throw SimulationError("options.grants is no array") }
        for element in elements { inputs.grants.append(try grant(element)) }
    }

    /// A grant with the member names of KMS's CreateGrant, in lower camel case.
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>
    private func grant(_ json: RawJSON) throws(SimulationError) -> KeyGrant {
        let path = "options.grants."
        guard let members = try json.members(), let grantee = try text(members, "granteePrincipal", of: path),
            let operations = try members["operations"]?.elements()
        else { throw SimulationError("a grant is an object with granteePrincipal and operations") }
        var names: [String] = []
        for operation in operations {
            guard let name = try operation.string() else { throw SimulationError("\(path)operations are strings") }
            names.append(name)
        }
        var constraints = KeyGrant.Constraints()
        if let given = try members["constraints"]?.members() {
            constraints.encryptionContextEquals = try pairs(given["encryptionContextEquals"])
            constraints.encryptionContextSubset = try pairs(given["encryptionContextSubset"])
            constraints.sourceARN = try text(given, "sourceArn", of: path + "constraints.")
        }
        return KeyGrant(grantee: grantee, operations: names, constraints: constraints)
    }

    private func pairs(_ json: RawJSON?) throws(SimulationError) -> [String: String]? {
        guard let json, !json.isNull else { return nil }
        guard let members = try json.members() else { throw SimulationError("an encryption context is an object") }
        var pairs: [String: String] = [:]
        for (key, value) in members {
            guard let text = try value.string() else { throw SimulationError("an encryption context holds strings") }
            pairs[key] = text
        }
        return pairs
    }
}
