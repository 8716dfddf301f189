import OrganizationsAPI
import Platform
import Wire

// Operations on one thing that the request names, which ask for their own action on it and no more. What it is stands
// beside the operation's kind: `extension Organizations.DescribePolicy: ReadOperation, OnPolicy`.

protocol OnAccount: Operation where InputFields: Organizations.WithAccountId {}

extension OnAccount {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.accountId))
    }
}

protocol OnUnit: Operation where InputFields: Organizations.WithOrganizationalUnitId {}

extension OnUnit {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.organizationalUnitId))
    }
}

/// On the root or a unit.
protocol OnParent: Operation where InputFields: Organizations.WithParentId {}

extension OnParent {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.parentId))
    }
}

protocol OnPolicy: Operation where InputFields: Organizations.WithPolicyId {}

extension OnPolicy {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(policy: input.policyId))
    }
}

protocol OnTransfer: Operation where InputFields: Organizations.WithId {}

extension OnTransfer {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(transfer: input.id))
    }
}
