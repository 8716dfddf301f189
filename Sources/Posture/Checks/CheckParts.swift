import Platform
import Remedies
import Wire

import struct Policy.PolicyDocument
import enum Policy.PolicyType

// What checks are made of.

/// A command of the AWS CLI.
/// - Parameter region: where; nil, or `global`: it is the same in each.
func aws(_ words: String..., region: String? = nil) -> String {
    let place = region.flatMap { $0.isEmpty || $0 == ConfigurationItem.globalRegion ? nil : $0 }
    return Commands.line(words + (place.map { ["--region", $0] } ?? []))
}

extension PostureVerdict {
    static func pass(_ summary: String, _ proof: [Fact] = []) -> PostureVerdict {
        PostureVerdict(.pass, summary, proof)
    }

    static func fail(_ summary: String, _ proof: [Fact] = [], mend: [String] = []) -> PostureVerdict {
        PostureVerdict(.fail, summary, proof, remedy: mend)
    }

    static func notApplicable(_ summary: String) -> PostureVerdict { PostureVerdict(.notApplicable, summary) }

    /// What a managed rule of AWS Config says, with the proof and the remedy that it has not.
    init(
        _ verdict: RuleVerdict, good: String, _ proof: [Fact] = [], mend: @autoclosure () -> [String]
    ) {
        switch verdict.compliance {
        case .compliant: self.init(.pass, good, proof)
        case .nonCompliant: self.init(.fail, verdict.annotation ?? "It is not as it should be.", proof, remedy: mend())
        case .notApplicable, .insufficientData: self.init(.notApplicable, verdict.annotation ?? "It is not that.")
        }
    }
}

extension ManagedRule {
    /// What a managed rule that looks at items says of one, with its usual parameters but for those given.
    static func verdict(
        _ identifier: String, _ item: ConfigurationItem, _ view: PostureView, _ parameters: [String: String] = [:]
    ) throws(ServiceError) -> RuleVerdict {
        guard let rule = all[identifier], case .item(let decide) = rule.evaluation else { return .notApplicable }
        var around = RuleSurroundings(now: view.now)
        around.accountBlock = try view.accountBlock()
        return decide(item, RuleParameters(parameters).completed(rule.parameters), around)
    }
}

extension PostureView {
    /// What the account blocks for all of its buckets; nil: nothing.
    func accountBlock() throws(ServiceError) -> JSONValue? {
        try global("AWS::S3::AccountPublicAccessBlock").first?.configuration
    }
}

extension JSONValue {
    /// A number, whole or not.
    var decimal: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}

/// What a policy says in public.
enum PublicPolicy {
    /// The statements by which a policy lets in everybody, as JSON; nil: it lets in only whom it names. A policy that can't be read
    /// lets in nobody.
    static func statements(_ text: String?, as type: PolicyType = .resource) -> [String]? {
        guard let text else { return nil }
        let plain = text.hasPrefix("{") ? text : text.percentDecoded ?? text
        guard let document = try? PolicyDocument(parsing: plain, as: type, strictness: .evaluable), document.isPublic,
            let json = try? JSONValue(parsing: Array(plain.utf8)), let list = json["Statement"]
        else { return nil }
        let all: [JSONValue] = list.elements.isEmpty ? [list] : list.elements
        let found = all.filter { statement in
            let alone: JSONValue = .members(["Version": .string("2012-10-17"), "Statement": .array([statement])])
            let document = try? PolicyDocument(parsing: alone.jsonText, as: type, strictness: .evaluable)
            return statement["Effect"]?.text == "Allow" && document?.isPublic == true
        }
        return (found.isEmpty ? all : found).map(\.jsonText)
    }

    /// The facts that prove it.
    static func proof(_ statements: [String]) -> [PostureVerdict.Fact] {
        statements.map { PostureVerdict.Fact("statement", $0) }
    }
}
