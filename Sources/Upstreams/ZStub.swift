public import Platform
public import Ledger
import Wire
public final class KeptResources: Projection {
    public init() {}
    public static let kinds: Set<String> = []
    public func apply(_ changes: [Change]) throws(LedgerError) {}
    public func replaceAll(with changes: [Change]) throws(LedgerError) {}
    static let types: [ResourceType] = []
    static func wants(_ s: OperationShape, of id: String) -> Bool { false }
    static func learn(from s: OperationShape, of id: String, _ i: Structure, _ o: Structure, _ call: Call) -> (@Sendable (MutableRecords) throws(ServiceError) -> Void)? { nil }
}
