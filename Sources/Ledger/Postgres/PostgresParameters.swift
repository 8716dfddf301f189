import CLibPQ

/// The values of a statement's parameters, in PostgreSQL's binary form, one after another in one piece of memory.
struct PostgresParameters {
    /// Object identifiers of types, from the server's catalog `pg_type`; they never change.
    enum TypeID {
        static let bytea: Oid = 17
        static let int8: Oid = 20
        static let text: Oid = 25
    }

    private var bytes: [UInt8] = []
    /// Where each value begins; nil: NULL.
    private var starts: [Int?] = []
    private var lengths: [CInt] = []
    private(set) var types: [Oid] = []

    init(_ values: [any PostgresBindable]) {
        for value in values { value.append(to: &self) }
        // So that the last value has an address, even if it is empty.
        bytes.append(0)
    }

    var count: CInt { CInt(types.count) }

    mutating func append(_ value: some Collection<UInt8>, _ type: Oid) {
        starts.append(bytes.count)
        lengths.append(CInt(clamping: value.count))
        types.append(type)
        bytes.append(contentsOf: value)
    }

    mutating func appendNull(_ type: Oid) {
        starts.append(nil)
        lengths.append(0)
        types.append(type)
    }

    /// Calls `body` with what libpq wants: values, lengths and formats.
    func withPointers<T>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<CInt>?, UnsafePointer<CInt>?) -> T
    ) -> T {
        let formats = [CInt](repeating: 1, count: types.count)
        return bytes.withUnsafeBytes { bytes in
            let base = bytes.bindMemory(to: CChar.self).baseAddress
            let values = starts.map { start in start.flatMap { base?.advanced(by: $0) }.map { UnsafePointer($0) } }
            return values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}

/// What stands for one parameter of a statement, or for several in a row.
protocol PostgresBindable {
    func append(to parameters: inout PostgresParameters)
}

extension String: PostgresBindable {
    func append(to parameters: inout PostgresParameters) { parameters.append(utf8, PostgresParameters.TypeID.text) }
}

extension [UInt8]: PostgresBindable {
    func append(to parameters: inout PostgresParameters) { parameters.append(self, PostgresParameters.TypeID.bytea) }
}

extension Int64: PostgresBindable {
    func append(to parameters: inout PostgresParameters) {
        withUnsafeBytes(of: bigEndian) { parameters.append($0, PostgresParameters.TypeID.int8) }
    }
}

extension Int: PostgresBindable {
    func append(to parameters: inout PostgresParameters) { Int64(self).append(to: &parameters) }
}

/// A value, or NULL: which of a type, because a statement is prepared for types.
extension Optional: PostgresBindable where Wrapped: PostgresNullable {
    func append(to parameters: inout PostgresParameters) {
        guard let self else { return parameters.appendNull(Wrapped.typeID) }
        self.append(to: &parameters)
    }
}

/// One value of a type that a column can also have no value of.
protocol PostgresNullable: PostgresBindable {
    static var typeID: Oid { get }
}

extension String: PostgresNullable { static var typeID: Oid { PostgresParameters.TypeID.text } }
extension [UInt8]: PostgresNullable { static var typeID: Oid { PostgresParameters.TypeID.bytea } }
extension Int64: PostgresNullable { static var typeID: Oid { PostgresParameters.TypeID.int8 } }

/// Account, region.
extension Scope: PostgresBindable {
    func append(to parameters: inout PostgresParameters) {
        account.append(to: &parameters)
        region.append(to: &parameters)
    }
}

/// Account, region, kind, id.
extension RecordKey: PostgresBindable {
    func append(to parameters: inout PostgresParameters) {
        scope.append(to: &parameters)
        kind.append(to: &parameters)
        id.append(to: &parameters)
    }
}
