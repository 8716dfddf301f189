import CLibPQ

/// The values of a statement's parameters, in PostgreSQL's binary form, one after another in one piece of memory.
struct PostgresParameters {
    /// Object identifiers of types, from the server's catalog `pg_type`; they never change.
    enum TypeID {
        static let bytea: Oid = 17
        static let int8: Oid = 20
        static let text: Oid = 25

        /// The type of arrays of these.
        static func array(of element: Oid) -> Oid {
            switch element {
            case bytea: 1001
            case int8: 1016
            default: 1009
            }
        }
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

    /// The values of many rows: an array for each column, for `unnest`.
    /// - Parameter rows: all of the same types.
    init(rows: [[any PostgresBindable]]) {
        var columns: [Column] = []
        for row in rows {
            var values = PostgresParameters([])
            for value in row { value.append(to: &values) }
            if columns.isEmpty { columns = values.types.map { Column(element: $0) } }
            for index in columns.indices { columns[index].append(values.value(index)) }
        }
        for column in columns { append(column.bytes, TypeID.array(of: column.element)) }
        bytes.append(0)
    }

    private func value(_ index: Int) -> ArraySlice<UInt8>? {
        guard index < starts.count, let start = starts[index] else { return nil }
        return bytes[start..<start + Int(lengths[index])]
    }

    /// An array of one dimension, in the form of the server's `array_send`: dimensions, whether there are NULLs, type, count,
    /// first index; then each value after its length.
    private struct Column {
        let element: Oid
        private var values: [UInt8] = []
        private var count: Int32 = 0
        private var hasNull = false

        init(element: Oid) {
            self.element = element
        }

        mutating func append(_ value: ArraySlice<UInt8>?) {
            count &+= 1
            guard let value else {
                hasNull = true
                return Self.append(-1, to: &values)
            }
            Self.append(Int32(clamping: value.count), to: &values)
            values += value
        }

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(20 + values.count)
            for number in [1, hasNull ? 1 : 0, Int32(bitPattern: element), count, 1] { Self.append(number, to: &bytes) }
            return bytes + values
        }

        private static func append(_ number: Int32, to bytes: inout [UInt8]) {
            withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
        }
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
