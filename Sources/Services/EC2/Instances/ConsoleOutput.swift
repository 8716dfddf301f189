import EC2API
import FoundationEssentials
public import Ledger
public import Platform
import Wire

/// What an instance has printed, for nodes that do not run it.
struct StoredConsole: Record {
    static let kind = "EC2::InstanceConsole"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The instance's.
    let id: String
    /// The last 64 KiB.
    var bytes: Data
    /// When the last of it was printed, in seconds since 1970.
    var time: Double
}

extension Environment {
    /// Keeps what an instance has printed where all nodes find it.
    /// - Throws: InternalFailure when the ledger can't be written.
    public func keepConsole(
        _ output: InstanceOutput, of id: String, in scope: Scope
    ) async throws(ServiceError) {
        try await write(scope, requestID: "") { (records) throws(ServiceError) in
            guard try records.get(StoredInstance.self, id) != nil else { return }
            try records.put(StoredConsole(id: id, bytes: Data(output.bytes), time: output.time))
        }
    }
}

extension MutableRecords {
    /// Removes what is kept of an instance's output.
    func forgetConsole(of instance: StoredInstance) throws(ServiceError) {
        if let console = try get(StoredConsole.self, instance.id) { try delete(console) }
    }
}

extension EC2.GetConsoleOutput: ComputeOperation, OnInstance {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard let instance = call.estate.get(StoredInstance.self, input.instanceId) else {
            throw StoredInstance.missing(input.instanceId)
        }
        var printed = await call.environment.instances.host?.output(instance.id)
        if printed == nil {
            printed = try await call.environment.read(instance.scope) { (records) throws(ServiceError) in
                try records.get(StoredConsole.self, instance.id).map {
                    InstanceOutput(bytes: Array($0.bytes), time: $0.time)
                }
            }
        }
        let found = printed
        return Output {
            $0.instanceId = instance.id
            $0.timestamp = Timestamp(secondsSinceEpoch: found?.time ?? instance.launchTime)
            if let found { $0.output = Data(found.bytes).base64EncodedString() }
        }
    }
}
