import CCBOR

/// Writes CBOR (RFC 8949). All arrays and maps have definite lengths; absent members are left out.
struct CBORWriter {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(512)
    }

    mutating func structure(_ structure: Structure) {
        map(count: structure.withValues { $0.count { $0 != nil } })
        for (index, member) in structure.shape.members.enumerated() {
            guard let value = structure[member: index] else { continue }
            string(member.name)
            self.value(value, member.shape)
        }
    }

    mutating func value(_ value: Value, _ shape: Shape) {
        switch (value, shape) {
        case (.structure(let structure), _): self.structure(structure)
        case (.list(let elements), .list(let shape)):
            list(elements, shape.element)
        case (.lazyList(let elements), .list(let shape)):
            list(elements, shape.element)
        case (.map(let entries), .map(let shape)):
            map(count: entries.count)
            for entry in entries {
                string(entry.key)
                self.value(entry.value, shape.value)
            }
        case (.string(let string), _): self.string(string)
        case (.blob(let blob), _):
            head(ccbor_bytes, blob.count)
            bytes.append(contentsOf: blob)
        case (.integer(let integer), _): self.integer(integer)
        case (.double(let double), .double(let shape)): real(double, isSingle: shape.isShort)
        case (.double(let double), _): real(double, isSingle: false)
        case (.boolean(let boolean), _): head(ccbor_boolean, boolean ? 1 : 0)
        case (.timestamp(let timestamp), _):
            head(ccbor_tag, 1)
            if let seconds = Int(exactly: timestamp.secondsSinceEpoch) {
                integer(seconds)
            } else {
                real(timestamp.secondsSinceEpoch, isSingle: false)
            }
        // A list or map under a shape of another kind, or a stream within something: no view makes one. Documents have
        // no form in CBOR.
        case (.list, _), (.lazyList, _), (.map, _), (.stream, _), (.document, _), (.null, _): head(ccbor_null, 0)
        }
    }

    private mutating func list(_ elements: some Collection<Value>, _ shape: Shape) {
        head(ccbor_array, elements.count)
        for element in elements { value(element, shape) }
    }

    mutating func map(count: Int) {
        head(ccbor_map, count)
    }

    mutating func string(_ string: String) {
        var string = string
        string.withUTF8 { text in
            head(ccbor_string, text.count)
            bytes.append(contentsOf: text)
        }
    }

    private mutating func integer(_ integer: Int) {
        if integer >= 0 { head(ccbor_unsigned, integer) } else { head(ccbor_negative, -1 - integer) }
    }

    private mutating func real(_ real: Double, isSingle: Bool) {
        append { ccbor_write_real(real, isSingle, $0) }
    }

    /// - Parameter number: not negative.
    private mutating func head(_ kind: ccbor_kind, _ number: Int) {
        append { ccbor_write_head(kind, UInt64(number.magnitude), $0) }
    }

    private mutating func append(_ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(CCBOR_HEAD_SIZE)) { head in
            guard let start = head.baseAddress else { return }
            bytes.append(contentsOf: head.prefix(write(start)))
        }
    }
}
