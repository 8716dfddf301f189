public import Ledger
import Platform
import Policy
import Wire

/// A call of the event history that the policies denied, to be asked again as things are now.
///
/// ```swift
/// if let denial = RecordedDenial(event) {
/// ```
public struct RecordedDenial: Sendable {
    /// The action that was denied: "s3:GetObject".
    public let action: String
    /// The resource on which, or "*".
    public let resource: String
    /// The ARN of who was denied it; "" for an anonymous caller.
    public let principalARN: String
    /// In whose history it is.
    let account: String
    /// `aws:userid` of the caller.
    let principalID: String
    let caller: RecordedCaller
    /// The condition keys of the request, in lower case.
    let context: [String: ContextValue]

    /// nil: the policies did not deny the call, or what they said is not recorded.
    public init?(_ event: Event) {
        let accesses = (try? Wire.JSONValue(parsing: event.decision))?.items ?? []
        guard let access = accesses.last(where: { $0["authorizationMessage"] != nil }),
            let message = access["authorizationMessage"]?.text,
            let asked = (try? Wire.JSONValue(parsing: Array(message.utf8)))?["context"],
            let action = asked["action"]?.text, let resource = asked["resource"]?.text
        else { return nil }
        self.action = action
        self.resource = resource
        account = event.account
        principalARN = asked["principal"]?["arn"]?.text ?? ""
        principalID = asked["principal"]?["id"]?.text ?? ""
        caller = RecordedCaller(access["caller"], id: principalID)
        var context = caller.keys
        for condition in asked["conditions"]?["items"]?.items ?? [] {
            guard let key = condition["key"]?.text.map(ConditionKeys.folded) else { continue }
            let values = (condition["values"]?["items"]?.items ?? []).compactMap { $0["value"]?.text }
            context[key] = caller.lists.contains(key) || values.count != 1 ? .many(values) : .one(values[0])
        }
        self.context = context
    }
}
