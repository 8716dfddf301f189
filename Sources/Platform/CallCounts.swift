import Synchronization

/// How many calls there were in each minute, by account, Region and operation, in memory: what the metrics of `AWS/Usage` are
/// made of. A node counts what it has answered itself.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Service-Quota-Integration.html>
public final class CallCounts: Sendable {
    /// Calls of a kind in a minute.
    public struct Calls: Hashable, Sendable {
        /// Whose calls they are: the caller's account.
        public var account: String
        /// Where they were made.
        public var region: String
        /// The signing name of the service.
        public var service: String
        /// `CreateUser`
        public var operation: String
        /// When the minute began, in minutes since 1970.
        public var minute: Int64
    }

    /// More kinds than that in one minute are not told apart any more: nobody fills the memory.
    static let mostKinds = 65_536

    private let counts = Mutex<[Calls: Int]>([:])

    /// Nothing was called.
    public init() {}

    /// Counts a call. One of nobody's account is not counted.
    /// - Complexity: one look-up.
    public func count(_ call: Call) {
        guard !call.accountID.isEmpty, !call.operation.isEmpty,
            let minute = Int64(exactly: (call.time / 60).rounded(.down))
        else { return }
        let calls = Calls(
            account: call.accountID, region: call.region, service: call.module.signingName, operation: call.operation,
            minute: minute)
        counts.withLock { counts in
            if counts.count < Self.mostKinds || counts[calls] != nil { counts[calls, default: 0] &+= 1 }
        }
    }

    /// Takes out what was counted.
    public func take() -> [Calls: Int] {
        counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
    }

    /// Puts back what could not be kept.
    public func restore(_ taken: [Calls: Int]) {
        counts.withLock { $0.merge(taken, uniquingKeysWith: &+) }
    }
}
