import FoundationEssentials

/// A job's value as it lies in the ledger.
enum JobPayload {
    static func encode<J: Job>(_ job: J) throws -> [UInt8] {
        // Most that recur know nothing. To find out how their types are encoded takes a good part of a start.
        MemoryLayout<J>.size == 0 ? Array("{}".utf8) : Array(try JSONEncoder().encode(job))
    }

    static func decode<J: Job>(_ type: J.Type, from payload: [UInt8]) throws -> J {
        try JSONDecoder().decode(type, from: Data(payload))
    }
}
