public final class ManagedPolicyCatalog: Sendable { public static let aws = ManagedPolicyCatalog(); public struct Entry: Sendable { public var name = "", path = "", arn = "", policyID = "", defaultVersionID = "", createDate = 0.0, updateDate = 0.0, document = "" }
 public func entry(arn: String) -> Entry? { nil }
 public var arns: [String] { [] } }
