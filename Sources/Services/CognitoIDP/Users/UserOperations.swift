import Platform

extension ServiceModule {
    /// Of administrators and of users: users, groups, import.
    static let userOperations: [any Platform.Operation.Type] = []
}
