import Crypto
import CustomChecks
import Platform
public import Reasoning
import Synchronization
import Wire

import class Policy.CompiledPolicy
import struct Policy.PolicyDocument
import struct Policy.PolicySource

/// Whether one bucket policy allows somebody of another account more than another policy does.
package enum PolicyComparison {
    /// AWS: "The policy can be a maximum of 1024 characters long."
    /// <https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy-not-more-permissive.html>
    package static let mostCharacters = 1024

    /// - Returns: nil for what is no policy of a bucket.
    package static func control(_ text: String) -> SymbolicPolicy? {
        guard text.unicodeScalars.count <= mostCharacters, let statements = ReadPolicy(text)?.statements,
            statements.allSatisfy({ statement in
                (statement.actions + statement.notActions).allSatisfy {
                    $0 == "*" || $0.lowercased().hasPrefix("s3:")
                }
            })
        else { return nil }
        return symbolic(text)
    }

    private static func symbolic(_ text: String) -> SymbolicPolicy? {
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return nil
        }
        return SymbolicPolicy(CompiledPolicy(document, source: PolicySource(type: .resource, name: "policy")))
    }

    /// How many policies may be compared, of one account, where others wait for the end.
    package final class Allowance: Sendable {
        /// A second's work, at most.
        package static let usual = 10
        private let state: Mutex<(left: Int, hasRefused: Bool)>

        package init(_ number: Int = usual) { state = Mutex((number, false)) }

        fileprivate func take() -> Bool {
            state.withLock { state in
                guard state.left > 0 else {
                    state.hasRefused = true
                    return false
                }
                state.left -= 1
                return true
            }
        }

        /// Whether one was refused since this was asked last.
        package func hasRefused() -> Bool {
            state.withLock { state in
                defer { state.hasRefused = false }
                return state.hasRefused
            }
        }
    }

    /// What was found, by a digest of what was compared.
    private static let known = Mutex<[SHA256.Digest: Bool]>([:])
    private static let mostKnown = 10_000

    /// Whether a bucket's policy allows no request from outside of the bucket's account that the other does not.
    /// - Parameter allowance: what is not known yet takes one of it; nil: there is no bound.
    /// - Returns: false also where that is not decided: as AWS's rule, which says so of what it can't evaluate; and where the
    ///   allowance is used up.
    package static func isWithin(_ control: String, _ text: String, owner: String, _ allowance: Allowance?) -> Bool {
        // Policies have no zero bytes: JSON escapes them.
        let key = SHA256.hash(data: Array("\(owner)\0\(control)\0\(text)".utf8))
        if let found = known.withLock({ $0[key] }) { return found }
        guard allowance?.take() ?? true else { return false }
        let found = self.control(control).map { isWithin($0, text, owner: owner) } ?? false
        known.withLock { known in
            if known.count >= mostKnown { known = [:] }
            known[key] = found
        }
        return found
    }

    private static func isWithin(_ control: SymbolicPolicy, _ text: String, owner: String) -> Bool {
        guard let policy = symbolic(outside(of: owner, text)) else { return false }
        var checks = Checks.withCatalogue
        checks.domain.budget = Budget(steps: 200_000)
        if case .no = checks.newAccess(from: control, to: policy) { return true }
        return false
    }

    /// The policy with all requests of an account denied: what is left is what it allows others. Whoever has no account, such as a
    /// service and everybody, is another.
    private static func outside(of account: String, _ text: String) -> String {
        guard case .object(var members)? = try? JSONValue(parsing: Array(text.utf8)),
            let place = members.firstIndex(where: { $0.key == "Statement" })
        else { return text }
        let own: JSONValue = .members([
            "Effect": .string("Deny"), "Principal": .string("*"), "Action": .string("*"), "Resource": .string("*"),
            "Condition": .members(["StringEquals": .members(["aws:PrincipalAccount": .string(account)])]),
        ])
        var statements = members[place].value.elements
        if statements.isEmpty { statements = [members[place].value] }
        members[place].value = .array(statements + [own])
        return JSONValue.object(members).jsonText
    }
}
