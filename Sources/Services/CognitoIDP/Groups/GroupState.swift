import Ledger
import Platform
import Wire

/// A group once more, as a record: the journal, from which AWS Config has its history, knows of no rows.
///
/// A pool may have ten thousand: they are deleted as its rows are, by and by, and so don't require it.
struct GroupState: Record {
    static let kind = "CognitoIDP::GroupState"
    static let ofPool = "group-of-pool"

    let group: PoolGroup

    var id: String { "\(group.poolID)/\(group.name)" }
    var references: [Reference] { [Reference(Self.ofPool, to: group.poolID)] }
}

extension MutableRecords {
    /// Puts a group in its place.
    func keep(_ group: PoolGroup) throws(ServiceError) {
        try put(group)
        try put(GroupState(group: group))
    }

    /// Deletes a group.
    func forget(_ group: PoolGroup) throws(ServiceError) {
        try delete(PoolGroup.self, group.key, of: group.poolID)
        let state = GroupState(group: group)
        if try get(GroupState.self, state.id) != nil { try delete(state) }
    }
}
