import Escalation
import Policy
import Reasoning
import Wire

// `Policy` has a value of that name, too.
import enum Wire.JSONValue

/// The requests of paths as cases for `gatehouse simulate --json-lines`: each with the policies as the steps before it
/// leave them.
struct EscalationCases {
    /// Policies that a Gatehouse keeps name users and roles by these.
    private let names: [String: String]

    init(_ estate: Estate) {
        names = estate.members.reduce(into: [:]) { names, member in
            if !member.principal.uniqueID.isEmpty { names[member.principal.uniqueID] = member.arn }
        }
    }

    /// A line for each request; ids are "path.step.request", from 1, and "path.gain".
    func lines(of found: EscalationFindings) -> [String] {
        var lines: [String] = []
        for (number, path) in found.reports.flatMap(\.paths).enumerated() {
            for (step, requests) in path.steps.map(\.requests).enumerated() {
                for (place, request) in requests.enumerated() {
                    lines.append(line(request, id: "\(number + 1).\(step + 1).\(place + 1)"))
                }
            }
            lines.append(line(path.gain, id: "\(number + 1).gain"))
        }
        return lines
    }

    private func line(_ request: EscalationPath.Request, id: String) -> String {
        let witness = request.witness
        var members = [
            JSONMember(key: "id", value: .string(id)), JSONMember(key: "request", value: self.request(witness)),
            JSONMember(key: "identityPolicies", value: .array(request.inputs.identity.map(document))),
        ]
        if let boundaries = request.inputs.boundaries {
            members.append(JSONMember(key: "permissionBoundaries", value: .array(boundaries.map(document))))
        }
        if let levels = request.inputs.serviceControl {
            members.append(JSONMember(key: "scps", value: .array(levels.map { .array($0.map(document)) })))
        }
        if let trust = request.inputs.roleTrust {
            members.append(JSONMember(key: "resourcePolicy", value: document(trust)))
        } else if let resource = request.inputs.resource {
            members.append(JSONMember(key: "resourcePolicy", value: document(resource)))
        } else if witness.request.action.lowercased().hasPrefix("kms:") {
            // No key can be used without its policy: that it leaves the matter to the account is taken for granted.
            members.append(
                JSONMember(key: "resourcePolicy", value: Self.delegating(to: witness.request.principal.accountID)))
        }
        if !request.inputs.grants.isEmpty {
            let grants = JSONValue.array(request.inputs.grants.map(Self.grant))
            members.append(JSONMember(key: "options", value: .object([JSONMember(key: "grants", value: grants)])))
        }
        var writer = JSONWriter()
        writer.json(.object(members))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func request(_ witness: Witness) -> JSONValue {
        let caller = witness.request.principal
        var context = witness.context
        if let role = caller.roleARN { context["aws:principalarn"] = .one(role) }
        let principal: JSONValue =
            switch caller.kind {
            case .service: .object([JSONMember(key: "service", value: .string(caller.service ?? ""))])
            case .saml, .webIdentity: .object([JSONMember(key: "federated", value: .string(caller.arn))])
            default: .string(caller.arn)
            }
        return .object([
            JSONMember(key: "principal", value: principal),
            JSONMember(key: "action", value: .string(witness.request.action)),
            JSONMember(key: "resource", value: .string(witness.request.resource)),
            JSONMember(
                key: "context",
                value: .object(
                    context.sorted { $0.key < $1.key }.map { key, value in
                        switch value {
                        case .one(let text): JSONMember(key: key, value: .string(text))
                        case .many(let texts): JSONMember(key: key, value: .array(texts.map { .string($0) }))
                        }
                    })),
        ])
    }

    private func document(_ policy: CompiledPolicy) -> JSONValue {
        guard let value = try? JSONValue(parsing: Array(policy.document.text.utf8)) else { return .object([]) }
        return named(value)
    }

    private func named(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(names[text] ?? text)
        case .array(let values): .array(values.map(named))
        case .object(let members): .object(members.map { JSONMember(key: $0.key, value: named($0.value)) })
        default: value
        }
    }

    private static func grant(_ grant: KeyGrant) -> JSONValue {
        .object([
            JSONMember(key: "granteePrincipal", value: .string(grant.grantee)),
            JSONMember(key: "operations", value: .array(grant.operations.map { .string($0) })),
        ])
    }

    private static func delegating(to account: String) -> JSONValue {
        .object([
            JSONMember(
                key: "Statement",
                value: .object([
                    JSONMember(key: "Effect", value: .string("Allow")),
                    JSONMember(key: "Principal", value: .object([JSONMember(key: "AWS", value: .string(account))])),
                    JSONMember(key: "Action", value: .string("kms:*")),
                    JSONMember(key: "Resource", value: .string("*")),
                ]))
        ])
    }
}
