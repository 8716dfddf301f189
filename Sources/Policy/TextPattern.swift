// Rules are numbered as in Documentation/PolicyRules.md.

/// A text of a policy that requests are matched against, compiled: with or without variables.
enum TextPattern: BitwiseCopyable, @unchecked Sendable {
    case fixed(Glob)
    case template(Template)

    /// Which characters of a text are wildcards, and how far they reach.
    enum Wildcards {
        /// None: the operators of equality.
        case none
        /// `*` and `?` match any characters: `StringLike` and the parts of ARN conditions.
        case anywhere
        /// As the `Resource` element has it (rule 48): before the fifth colon, wildcards stay within their segment,
        /// except a `*` that ends its segment; after it they match any characters.
        case resource
    }

    /// - Parameters:
    ///   - text: as it stands in the document.
    ///   - version: only the newer version has variables and escapes (rule 56).
    ///   - variablesAllowed: whether this place may hold variables at all.
    ///   - memory: takes the pattern's parts, and must outlive it.
    init(
        _ text: String, wildcards: Wildcards, version: PolicyDocument.Version, variablesAllowed: Bool = true,
        in memory: PolicyMemory
    ) {
        var compiler = PatternCompiler(
            text: Array(text.utf8), wildcards: wildcards, hasVariables: variablesAllowed && version == .v2012,
            memory: memory)
        self = compiler.compile()
    }

    /// Calls `body` with the pattern's bytes, variables replaced by the request's values.
    ///
    /// Values are text, never patterns: `*` in one stands for itself (rule 55 leaves it open).
    /// - Returns: what `body` returned; nil when a variable is undefined.
    func withBytes(_ context: Lookup, _ body: (Span<UInt8>) -> Bool) -> Bool? {
        switch self {
        case .fixed(let glob): body(glob.bytes.span)
        case .template(let template): template.withBytes(context, body)
        }
    }
}

/// A pattern with variables in it.
struct Template: BitwiseCopyable, @unchecked Sendable {
    /// Some bytes, and the variable that follows them.
    struct Part: BitwiseCopyable, @unchecked Sendable {
        /// Literal and `Wildcard` bytes.
        let bytes: Bytes
        let variable: Variable?
    }

    struct Variable: BitwiseCopyable, @unchecked Sendable {
        let key: Unmanaged<ConditionKey>
        /// The default value (rule 54).
        let fallback: Bytes?
    }

    let parts: UnsafeBufferPointer<Part>

    /// See `TextPattern.withBytes`. The bytes live on the stack unless they are many.
    func withBytes(_ context: Lookup, _ body: (Span<UInt8>) -> Bool) -> Bool? {
        let parts = parts.span
        var total = 0
        // Most templates have one variable, which is asked for once.
        var first: Value?
        for index in parts.indices {
            total &+= parts[index].bytes.count
            guard let variable = parts[index].variable else { continue }
            guard let value = variable.value(context) else { return nil }
            total &+= value.count
            if first == nil { first = value }
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: total) { buffer -> Bool? in
            var count = 0
            for part in self.parts {
                count = buffer.append(part.bytes.span, at: count)
                guard let variable = part.variable else { continue }
                // Others are asked for again: a context that changes its mind must not overrun the buffer.
                guard let value = first ?? variable.value(context) else { return nil }
                first = nil
                switch value {
                case .request(let text):
                    let utf8 = text.utf8
                    count = buffer.append(utf8.span, at: count)
                case .fallback(let bytes): count = buffer.append(bytes.span, at: count)
                }
            }
            return body(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
        }
    }

    /// What stands for a variable.
    fileprivate enum Value {
        case request(String)
        case fallback(Bytes)

        var count: Int {
            switch self {
            case .request(let text): text.utf8.count
            case .fallback(let bytes): bytes.count
            }
        }
    }
}

extension Template.Variable {
    /// A multivalued key cannot take a variable's place (rule 54); an empty value counts as none (rule 38).
    fileprivate func value(_ context: Lookup) -> Template.Value? {
        switch key._withUnsafeGuaranteedRef(context) {
        case .one(let value) where !value.isEmpty: .request(value)
        case .one, nil: fallback.map { .fallback($0) }
        case .many: nil
        }
    }
}

extension UnsafeMutableBufferPointer<UInt8> {
    /// Writes as much as fits.
    /// - Returns: where it ends.
    fileprivate func append(_ bytes: Span<UInt8>, at start: Int) -> Int {
        var end = start
        var index = 0
        while index < bytes.count, end < count {
            self[end] = bytes[index]
            index &+= 1
            end &+= 1
        }
        return end
    }
}

/// Turns a text into a `TextPattern`.
private struct PatternCompiler {
    let text: [UInt8]
    let wildcards: TextPattern.Wildcards
    let hasVariables: Bool
    let memory: PolicyMemory

    private var parts: [Template.Part] = []
    private var bytes: [UInt8] = []
    private var colons = 0

    init(text: [UInt8], wildcards: TextPattern.Wildcards, hasVariables: Bool, memory: PolicyMemory) {
        self.text = text
        self.wildcards = wildcards
        self.hasVariables = hasVariables
        self.memory = memory
    }

    mutating func compile() -> TextPattern {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "$"), let variable = variable(at: index) {
                append(variable)
                index = variable.end
            } else if let wildcard = wildcard(at: index) {
                // Runs of `*` say no more than one.
                let isRepeated = byte == UInt8(ascii: "*") && bytes.last == wildcard
                if !isRepeated { bytes.append(wildcard) }
                index &+= 1
            } else {
                if byte == UInt8(ascii: ":") { colons &+= 1 }
                bytes.append(byte)
                index &+= 1
            }
        }
        guard !parts.isEmpty else { return .fixed(Glob(bytes, in: memory)) }
        if !bytes.isEmpty { parts.append(Template.Part(bytes: memory.table(bytes), variable: nil)) }
        return .template(Template(parts: memory.table(parts)))
    }

    private mutating func append(_ variable: Variable) {
        switch variable.kind {
        case .escape(let byte): bytes.append(byte)
        case .key(let key, let fallback):
            let variable = Template.Variable(
                key: memory.keep(ConditionKey(key)), fallback: fallback.map { memory.table($0) })
            parts.append(Template.Part(bytes: memory.table(bytes), variable: variable))
            bytes = []
        }
    }

    private func wildcard(at index: Int) -> UInt8? {
        let byte = text[index]
        guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") else { return nil }
        let isMany = byte == UInt8(ascii: "*")
        switch wildcards {
        case .none: return nil
        case .anywhere: return isMany ? Wildcard.many : Wildcard.one
        case .resource:
            if colons >= 5 { return isMany ? Wildcard.many : Wildcard.one }
            guard isMany else { return Wildcard.oneInSegment }
            let next = text[index...].first { $0 != UInt8(ascii: "*") }
            return next == nil || next == UInt8(ascii: ":") ? Wildcard.many : Wildcard.manyInSegment
        }
    }

    private struct Variable {
        enum Kind {
            case escape(UInt8)
            case key(String, fallback: ArraySlice<UInt8>?)
        }

        let kind: Kind
        let end: Int
    }

    /// The variable or escape that begins at `index`: `${key}`, `${key, 'default'}`, `${*}`, `${?}`, `${$}`.
    ///
    /// In a `Resource` variables stand after the fifth colon only (rule 52). What is not a variable is plain text.
    private func variable(at index: Int) -> Variable? {
        guard hasVariables, wildcards != .resource || colons >= 5 else { return nil }
        let start = index &+ 2
        guard start < text.count, text[index &+ 1] == UInt8(ascii: "{") else { return nil }
        guard let brace = text[start...].firstIndex(of: UInt8(ascii: "}")), brace > start else { return nil }
        if brace == start &+ 1, "*?$".utf8.contains(text[start]) {
            return Variable(kind: .escape(text[start]), end: brace &+ 1)
        }
        // A default may itself hold a brace, so its closing quote is looked for first.
        if let comma = text[start..<brace].firstIndex(of: UInt8(ascii: ",")), comma > start, comma &+ 2 < text.count,
            text[comma &+ 1] == UInt8(ascii: " "), text[comma &+ 2] == UInt8(ascii: "'")
        {
            let opening = comma &+ 3
            var quote = opening
            while quote &+ 1 < text.count {
                if text[quote] == UInt8(ascii: "'"), text[quote &+ 1] == UInt8(ascii: "}") {
                    let fallback = text[opening..<quote]
                    return Variable(kind: .key(key(start..<comma), fallback: fallback), end: quote &+ 2)
                }
                quote &+= 1
            }
        }
        return Variable(kind: .key(key(start..<brace), fallback: nil), end: brace &+ 1)
    }

    private func key(_ range: Range<Int>) -> String {
        String(decoding: text[range], as: UTF8.self)
    }
}
