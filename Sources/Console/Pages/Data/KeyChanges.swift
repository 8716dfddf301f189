import KMSAPI
import Pages
import Platform
import Wire

/// What is changed of a KMS key on its page, besides its policy.
enum KeyChanges {
    static let routes: [Route] = [
        change("description") { (visit, id) throws(ServiceError) in
            _ = try await visit.call(
                KMS.UpdateKeyDescription.self,
                .init {
                    $0.keyId = id
                    $0.description = visit.form.text("description")
                })
            return "The description was changed."
        },
        change("state") { (visit, id) throws(ServiceError) in
            if visit.form["state"] == "enabled" {
                _ = try await visit.call(KMS.EnableKey.self, .init { $0.keyId = id })
                return "The key is enabled."
            }
            _ = try await visit.call(KMS.DisableKey.self, .init { $0.keyId = id })
            return "The key is disabled."
        },
        change("deletion") { (visit, id) throws(ServiceError) in
            if visit.form.isOn("cancel") {
                _ = try await visit.call(KMS.CancelKeyDeletion.self, .init { $0.keyId = id })
                return "The key will not be deleted. It is disabled."
            }
            let days = try number(visit.form, "days")
            let answer = try await visit.call(
                KMS.ScheduleKeyDeletion.self,
                .init {
                    $0.keyId = id
                    $0.pendingWindowInDays = days
                })
            return "The key will be deleted\(answer.deletionDate.map { " at \($0.reading) UTC" } ?? "")."
        },
        change("rotation") { (visit, id) throws(ServiceError) in
            guard visit.form["rotation"] == "on" else {
                _ = try await visit.call(KMS.DisableKeyRotation.self, .init { $0.keyId = id })
                return "The key is not rotated any more."
            }
            let days = try number(visit.form, "days")
            _ = try await visit.call(
                KMS.EnableKeyRotation.self,
                .init {
                    $0.keyId = id
                    $0.rotationPeriodInDays = days
                })
            return "The key is rotated every \(days ?? 365) days."
        },
        change("rotate") { (visit, id) throws(ServiceError) in
            _ = try await visit.call(KMS.RotateKeyOnDemand.self, .init { $0.keyId = id })
            return "The key was rotated."
        },
        change("aliases") { (visit, id) throws(ServiceError) in
            if let name = visit.form["remove"] {
                _ = try await visit.call(KMS.DeleteAlias.self, .init { $0.aliasName = name })
                return "\(name) was deleted."
            }
            let typed = visit.form.text("alias").trimmed
            let name = typed.hasPrefix("alias/") ? typed : "alias/" + typed
            _ = try await visit.call(
                KMS.CreateAlias.self,
                .init {
                    $0.aliasName = name
                    $0.targetKeyId = id
                })
            return "The key has the alias \(name)."
        },
        change("grants") { (visit, id) throws(ServiceError) in
            _ = try await visit.call(
                KMS.RevokeGrant.self,
                .init {
                    $0.keyId = id
                    $0.grantId = visit.form.text("grant")
                })
            return "The grant was revoked."
        },
        change("tags") { (visit, id) throws(ServiceError) in
            if let key = visit.form["remove"] {
                _ = try await visit.call(
                    KMS.UntagResource.self,
                    .init {
                        $0.keyId = id
                        $0.tagKeys = [key]
                    })
                return "The tag \(key) was removed."
            }
            let key = visit.form.text("key")
            _ = try await visit.call(
                KMS.TagResource.self,
                .init {
                    $0.keyId = id
                    $0.tags = [
                        .init {
                            $0.tagKey = key
                            $0.tagValue = visit.form.text("value")
                        }
                    ]
                })
            return "The tag \(key) was set."
        },
    ]

    /// - Parameter body: makes the change, and returns what is told of it.
    private static func change(
        _ what: String, _ body: @escaping @Sendable (Visit, String) async throws(ServiceError) -> String
    ) -> Route {
        .post("keys/{keyID}/" + what) { (visit) throws(ServiceError) in
            let done = try await body(visit, visit["keyID"])
            return visit.redirect("keys/" + PercentEncoding.segment(visit["keyID"]), done: done)
        }
    }

    /// - Throws: ValidationException for what is no number; nil: the field is empty.
    private static func number(_ form: FormFields, _ name: String) throws(ServiceError) -> Int? {
        guard let text = form[name]?.trimmed, !text.isEmpty else { return nil }
        guard let number = Int(text) else { throw .validation("'\(text)' is no number of days.") }
        return number
    }
}
