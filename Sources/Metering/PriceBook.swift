public import Costs
public import Ledger
public import Platform
import Synchronization

/// The prices of a Gatehouse: those that ship with it, or the operator's.
public final class PriceBook: Projection {
    /// It is made from no records.
    public static let kinds: Set<String> = []

    private let list = Mutex(PriceList.published)

    /// The published ones.
    public init() {}

    /// Takes the operator's.
    public func use(_ prices: PriceList) { list.withLock { $0 = prices } }

    /// The prices that count.
    public var prices: PriceList { list.withLock { $0 } }

    public func apply(_ changes: [Change]) throws(LedgerError) {}
    public func replaceAll(with changes: [Change]) throws(LedgerError) {}
}
