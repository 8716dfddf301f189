import Foundation
import Policy
import Testing

@testable import Reasoning

/// Policies that AWS and others have published, with what their authors say of them: see `Published/`.
@Suite struct PublishedPolicies {
    /// A policy and its claims, as in the files.
    struct Published: CustomTestStringConvertible, Sendable {
        let name: String
        let page: String
        let type: PolicyType
        let policy: SymbolicPolicy
        let claims: [Claim]

        var testDescription: String { name }
    }

    /// Requests of which all are refused, or some allowed.
    struct Claim: Sendable {
        let says: String
        let isGranted: Bool
        /// The requests, as a policy that allows them; nil: those of the public.
        let requests: SymbolicPolicy?
    }

    @Test func thereAreSixty() throws {
        #expect(try Self.all.get().count >= 60)
        #expect(try Set(Self.all.get().map { "\($0.page) \($0.name)" }).count == Self.all.get().count)
    }

    @Test(arguments: try all.get()) func authorsAreRight(published: Published) {
        for claim in published.claims {
            let answer =
                if let requests = claim.requests {
                    Question(allowedBy: [published.policy, requests], other: [Self.isControlled]).answer(.aws)
                } else {
                    Checks().publicAccess(by: published.policy)
                }
            switch answer {
            case .yes(let witness):
                #expect(claim.isGranted, "\(claim.says), but: \(witness.request) \(witness.context)")
                #expect(witness.decision.isAllowed)
            case .no: #expect(!claim.isGranted, "\(claim.says): not even one request")
            case .unknown(let doubt): Issue.record("\(claim.says): \(doubt)")
            }
        }
    }

    /// No resource control policy takes `kms:RetireGrant` away.
    private static let isControlled = Formula.action(PatternSet([.action("kms:RetireGrant")]), false)

    // MARK: The files

    private static let all = Result {
        try FileManager.default.contentsOfDirectory(
            at: #require(Bundle.module.resourceURL).appending(path: "Published"), includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.flatMap(read)
    }

    private static func read(_ file: URL) throws -> [Published] {
        let entries = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]])
        return try entries.map { entry in
            let name = try #require(entry["name"] as? String)
            let type: PolicyType =
                switch entry["type"] as? String {
                case nil, "identity": .identity
                case "scp": .serviceControl
                case "rcp": .resourceControl
                case "endpoint": .endpoint
                case "trust": .roleTrust
                default: .resource
                }
            var policy = try #require(entry["policy"] as? [String: Any], "\(name)")
            let single = (policy["Statement"] as? [String: Any]).map { [$0] }
            var statements = try #require(policy["Statement"] as? [[String: Any]] ?? single, "\(name)")
            // A policy that only denies says what is left of everything else.
            if !statements.contains(where: { $0["Effect"] as? String == "Allow" }) {
                statements.append(statement([:], type))
            }
            policy["Statement"] = statements
            let claims = try #require(entry["claims"] as? [[String: Any]], "\(name)").map { claim in
                let says = try #require(claim["says"] as? String, "\(name)")
                if let isPublic = claim["public"] as? Bool {
                    return Claim(says: says, isGranted: isPublic, requests: nil)
                }
                let requests = try #require((claim["never"] ?? claim["may"]) as? [String: Any], "\(name): \(says)")
                let text = try text([
                    "Version": "2012-10-17", "Statement": [statement(requests, type)],
                ])
                return Claim(says: says, isGranted: claim["may"] != nil, requests: try symbolic(text, type))
            }
            #expect(!claims.isEmpty, "\(name)")
            return Published(
                name: name, page: try #require(entry["page"] as? String, "\(name)"), type: type,
                policy: try symbolic(try text(policy), type), claims: claims)
        }
    }

    /// A statement that allows whatever is not said otherwise.
    private static func statement(_ said: [String: Any], _ type: PolicyType) -> [String: Any] {
        var whole: [String: Any] = ["Effect": "Allow", "Action": "*"]
        if type != .roleTrust { whole["Resource"] = "*" }
        if type.namesPrincipals { whole["Principal"] = "*" }
        return whole.merging(said) { $1 }
    }

    private static func text(_ object: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }
}
