// Patterns taken apart, for who reasons about all texts that they match instead of matching one.

/// One step of a pattern: what `Resource`, `StringLike` and their kin compile to.
package enum PatternToken: Sendable, Hashable {
    /// A byte of UTF-8 that stands for itself.
    case byte(UInt8)
    /// Any number of characters, or with `isBounded` any number of characters except ":".
    case many(isBounded: Bool)
    /// One character, or with `isBounded` one character except ":".
    case one(isBounded: Bool)
    /// The value that the request has for a key; the default if it has none.
    case variable(key: String, fallback: [UInt8]?)
}

/// The places of a document in which patterns stand, each with its own wildcards.
package enum PatternPlace: Sendable, Hashable {
    /// An operator of equality: no wildcards, but variables.
    case equality
    /// `StringLike` and the ARN operators: wildcards match any character.
    case likeness
    /// An element `Resource` or `NotResource` in a policy of a type (rules 48 and 50).
    case resource(PolicyType)
}

extension PatternPlace {
    /// The tokens of a text that stands here, as the evaluator reads it; of a short ARN those of both its spellings.
    ///
    /// - Complexity: linear in the length of `text`.
    package func tokens(of text: String, version: PolicyDocument.Version) -> [[PatternToken]] {
        let (wildcards, texts): (TextPattern.Wildcards, [String]) =
            switch self {
            case .equality: (.none, [text])
            case .likeness: (.anywhere, [text])
            case .resource(let type): (.resource, ResourceMatcher.spellings(text, type))
            }
        let memory = PolicyMemory()
        return withExtendedLifetime(memory) {
            texts.map { TextPattern($0, wildcards: wildcards, version: version, in: memory).tokens }
        }
    }
}

extension PatternToken {
    fileprivate init(_ byte: UInt8) {
        switch byte {
        case Wildcard.many: self = .many(isBounded: false)
        case Wildcard.manyInSegment: self = .many(isBounded: true)
        case Wildcard.one: self = .one(isBounded: false)
        case Wildcard.oneInSegment: self = .one(isBounded: true)
        default: self = .byte(byte)
        }
    }
}

extension TextPattern {
    fileprivate var tokens: [PatternToken] {
        switch self {
        case .fixed(let glob): return glob.bytes.map { PatternToken($0) }
        case .template(let template):
            return template.parts.flatMap { part in
                part.bytes.map { PatternToken($0) }
                    + (part.variable.map {
                        [
                            .variable(
                                key: $0.key.takeUnretainedValue().name, fallback: $0.fallback.map { Array($0) })
                        ]
                    } ?? [])
            }
        }
    }
}

extension CompiledPolicy {
    /// How far a statement reaches a caller, if its other elements match; see `Reach`.
    ///
    /// - Parameters:
    ///   - index: the statement's place in the document, from 0.
    ///   - hasBoundary: whether the caller has a permissions boundary, which `NotPrincipal` asks about (rule 20).
    package func reach(ofStatement index: Int, _ principal: Principal, hasBoundary: Bool) -> Reach {
        guard statements.indices.contains(index) else { return .none }
        return statements[index].reach(principal, hasBoundary: hasBoundary)
    }
}
