import Ledger
import Synchronization

/// Makes the ids of requests and events: UUIDs of version 7. They are names, not secrets, so their random part need not
/// cost a system call each.
public enum RequestIDs {
    /// A new id with this time in it.
    /// - Parameter time: seconds since 1970.
    public static func make(time: Double) -> String {
        var numbers = Numbers()
        return UUIDv7.make(milliseconds: milliseconds(time), using: &numbers)
    }

    /// A time as the ledger counts it: milliseconds since 1970, rounded down.
    public static func milliseconds(_ time: Double) -> Int64 {
        Int64(exactly: (time * 1000).rounded(.down)) ?? 0
    }

    /// SplitMix64 over one counter for all threads: no number of the counter is drawn twice.
    private struct Numbers: RandomNumberGenerator {
        private static let counter = Atomic<UInt64>(.random(in: .min ... .max))

        mutating func next() -> UInt64 {
            var number = Self.counter.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue
            number = (number ^ (number >> 30)) &* 0xbf58_476d_1ce4_e5b9
            number = (number ^ (number >> 27)) &* 0x94d0_49bb_1331_11eb
            return number ^ (number >> 31)
        }
    }
}
