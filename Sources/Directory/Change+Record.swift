import Ledger

extension Change {
    /// What the record is after the change; nil when it was deleted, or when its body can't be read.
    func record<R: Record>(_ type: R.Type) -> R? {
        try? decodeAfter(type)
    }
}
