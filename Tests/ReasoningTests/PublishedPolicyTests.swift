import Foundation
import Policy
import Testing

@testable import Reasoning

/// Policies that AWS has published, with what their authors say of them: see `Published/`.
///
/// Each is as its page has it, but for account ids, names of buckets and the like. An entry with `after` is a part of
/// what is published; it says which.
@Suite struct PublishedPolicies {
    /// A policy and its claims, as in the files.
    struct Published: CustomTestStringConvertible, Sendable {
        let name: String
        let page: String
        /// Whether it is what the page has, whole.
        let isWhole: Bool
        let type: PolicyType
        let policy: SymbolicPolicy
        let claims: [Claim]

        var testDescription: String { name }
    }

    /// Requests of which all are refused, or some allowed.
    struct Claim: Sendable {
        let says: String
        let expected: Expected
        /// The requests, as a policy that allows them; nil: those of the public.
        let requests: SymbolicPolicy?
    }

    enum Expected: Sendable, Equatable {
        case granted, refused
        /// The claim is true but not decided, for these variables; "What is undecided" in the documentation has it.
        case undecided([String])
    }

    @Test func thereAreSixty() throws {
        #expect(try Self.all.get().count(where: \.isWhole) >= 60)
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
                #expect(claim.expected == .granted, "\(claim.says), but: \(witness.request) \(witness.context)")
                #expect(witness.decision.isAllowed)
            case .no: #expect(claim.expected == .refused, "\(claim.says): not even one request")
            case .unknown(.variables(let keys)): #expect(claim.expected == .undecided(keys), "\(claim.says)")
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
                    return Claim(says: says, expected: isPublic ? .granted : .refused, requests: nil)
                }
                let expected: Expected =
                    if claim["undecided"] != nil {
                        .undecided(try #require(claim["because"] as? [String], "\(name): \(says)"))
                    } else {
                        claim["may"] != nil ? .granted : .refused
                    }
                let requests = try #require(
                    (claim["never"] ?? claim["may"] ?? claim["undecided"]) as? [String: Any], "\(name): \(says)")
                let text = try text([
                    "Version": "2012-10-17", "Statement": [statement(requests, type)],
                ])
                return Claim(says: says, expected: expected, requests: try symbolic(text, type))
            }
            #expect(!claims.isEmpty, "\(name)")
            return Published(
                name: name, page: try #require(entry["page"] as? String, "\(name)"),
                isWhole: entry["after"] == nil, type: type,
                policy: try symbolic(try text(policy), type), claims: claims)
        }
    }

    /// A statement that allows whatever is not said otherwise.
    private static func statement(_ said: [String: Any], _ type: PolicyType) -> [String: Any] {
        var whole: [String: Any] = ["Effect": "Allow", "Action": "*"]
        if type != .roleTrust, said["NotResource"] == nil { whole["Resource"] = "*" }
        if type.namesPrincipals { whole["Principal"] = "*" }
        return whole.merging(said) { $1 }
    }

    private static func text(_ object: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }
}
