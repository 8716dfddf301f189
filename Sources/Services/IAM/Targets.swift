import Directory
import IAMAPI
import Ledger
import Platform
import Policy
import Wire

// Operations on one thing that the request names. A second protocol, besides the operation's kind, says what it is, and
// with that which permission is needed and where the record is:
//
//     extension IAM.TagUser: TagOperation, OnUser {}

/// An operation on one thing, which its input names. It needs permission for its own action on it.
protocol TargetOperation: Operation {
    /// The access to the target, with condition keys.
    static func access(
        _ input: Input, _ keys: [String: ContextValue], _ call: Call
    ) async throws(ServiceError) -> Authorization
    /// The condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension TargetOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await access(input, keys(input), call)
    }
}

/// One whose target is a record.
protocol RecordOperation: TargetOperation {
    associatedtype Target: Record
    /// - Throws: NoSuchEntity.
    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError) -> Target
}

/// Changes its target, and answers nothing.
protocol ChangeOperation: RecordOperation, WriteOperation where OutputFields == EmptyFields {
    static func change(
        _ target: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError)
}

extension ChangeOperation {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var target = try target(input, call, records)
        try change(&target, input, call, records)
        try records.put(target)
        return Output()
    }
}

/// Deletes its target, and answers nothing.
protocol DeleteOperation: RecordOperation, WriteOperation where OutputFields == EmptyFields {
    /// - Throws: when it can't be deleted.
    static func check(_ target: Target, _ records: MutableRecords) throws(ServiceError)
}

extension DeleteOperation {
    static func check(_ target: Target, _ records: MutableRecords) {}

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let target = try target(input, call, records)
        try check(target, records)
        try records.delete(target)
        return Output()
    }
}

// MARK: - The targets. Others stand with their resources.

protocol OnUser: RecordOperation where InputFields: IAM.WithUserName, Target == User {}

extension OnUser {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        call.access(onUser: input.userName, keys)
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError) -> User {
        try records.user(input.userName)
    }
}

protocol OnGroup: RecordOperation where InputFields: IAM.WithGroupName, Target == Group {}

extension OnGroup {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        .required(call.need(onGroup: input.groupName, keys))
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError) -> Group {
        try records.group(input.groupName)
    }
}

protocol OnRole: RecordOperation where InputFields: IAM.WithRoleName, Target == Role {}

extension OnRole {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        .required(call.need(onRole: input.roleName, keys))
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError) -> Role {
        try records.role(input.roleName)
    }
}

protocol OnInstanceProfile: RecordOperation
where InputFields: IAM.WithInstanceProfileName, Target == InstanceProfile {}

extension OnInstanceProfile {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        .required(call.need(onInstanceProfile: input.instanceProfileName, keys))
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError)
        -> InstanceProfile
    {
        try records.instanceProfile(input.instanceProfileName)
    }
}

/// On a managed policy; as a record, a customer's.
protocol OnPolicy: RecordOperation where InputFields: IAM.WithPolicyArn, Target == ManagedPolicy {}

extension OnPolicy {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        call.access(on: input.policyArn, keys)
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError)
        -> ManagedPolicy
    {
        try records.customerPolicy(input.policyArn)
    }
}

/// On the credentials or devices of a user or of root; without a name, of the caller.
protocol OnOwner: TargetOperation where InputFields: IAM.MayHaveUserName {}

extension OnOwner {
    static func access(
        _ input: Input, _ keys: [String: ContextValue], _ call: Call
    ) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call, keys)
    }
}
