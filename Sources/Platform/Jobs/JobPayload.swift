import FoundationEssentials

/// A job's value as it lies in the ledger.
enum JobPayload {
    static func encode(_ job: some Job) throws -> [UInt8] { Array(try JSONEncoder().encode(job)) }

    static func decode<J: Job>(_ type: J.Type, from payload: [UInt8]) throws -> J {
        try JSONDecoder().decode(type, from: Data(payload))
    }
}
