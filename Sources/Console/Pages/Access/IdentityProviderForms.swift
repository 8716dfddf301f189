import IAMAPI
import Platform
import Wire

/// What the page of an identity provider changes.
enum IdentityProviderForms {
    static func audience(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        if let audience = visit.form["remove"] {
            _ = try await visit.call(
                IAM.RemoveClientIDFromOpenIDConnectProvider.self,
                .init {
                    $0.openIDConnectProviderArn = arn
                    $0.clientID = audience
                })
            return visit.redirect(IdentityProviderPages.path(arn), done: "The audience \(audience) was removed.")
        }
        let audience = visit.form.text("audience").trimmed
        _ = try await visit.call(
            IAM.AddClientIDToOpenIDConnectProvider.self,
            .init {
                $0.openIDConnectProviderArn = arn
                $0.clientID = audience
            })
        return visit.redirect(IdentityProviderPages.path(arn), done: "The audience \(audience) was added.")
    }

    static func thumbprints(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        let thumbprints = visit.form.text("thumbprints").linesTyped
        _ = try await visit.call(
            IAM.UpdateOpenIDConnectProviderThumbprint.self,
            .init {
                $0.openIDConnectProviderArn = arn
                $0.thumbprintList = thumbprints
            })
        return visit.redirect(IdentityProviderPages.path(arn), done: "The thumbprints were replaced.")
    }

    static func replaceMetadata(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        let text = PolicyText.typed(visit.form.text("metadata"))
        _ = try await visit.call(
            IAM.UpdateSAMLProvider.self,
            .init {
                $0.samlProviderArn = arn
                $0.samlMetadataDocument = text
            })
        return visit.redirect(IdentityProviderPages.path(arn), done: "The metadata was replaced.")
    }

    static func tag(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        let isSAML = IdentityProviderPages.isSAML(arn)
        if let key = visit.form["remove"] {
            if isSAML {
                _ = try await visit.call(
                    IAM.UntagSAMLProvider.self,
                    .init {
                        $0.samlProviderArn = arn
                        $0.tagKeys = [key]
                    })
            } else {
                _ = try await visit.call(
                    IAM.UntagOpenIDConnectProvider.self,
                    .init {
                        $0.openIDConnectProviderArn = arn
                        $0.tagKeys = [key]
                    })
            }
            return visit.redirect(IdentityProviderPages.path(arn), done: "The tag \(key) was removed.")
        }
        let tag = TagForms.added(visit.form)
        if isSAML {
            _ = try await visit.call(
                IAM.TagSAMLProvider.self,
                .init {
                    $0.samlProviderArn = arn
                    $0.tags = [tag]
                })
        } else {
            _ = try await visit.call(
                IAM.TagOpenIDConnectProvider.self,
                .init {
                    $0.openIDConnectProviderArn = arn
                    $0.tags = [tag]
                })
        }
        return visit.redirect(IdentityProviderPages.path(arn), done: "The tag \(tag.key) was set.")
    }

    static func delete(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        let name = IdentityProviderPages.name(arn)
        guard visit.form.text("confirmation").trimmed == "delete" else {
            throw .validation("To delete the identity provider, type delete into the field.")
        }
        if IdentityProviderPages.isSAML(arn) {
            _ = try await visit.call(IAM.DeleteSAMLProvider.self, .init { $0.samlProviderArn = arn })
        } else {
            _ = try await visit.call(
                IAM.DeleteOpenIDConnectProvider.self, .init { $0.openIDConnectProviderArn = arn })
        }
        return visit.redirect("identity-providers", done: "The identity provider \(name) was deleted.")
    }
}
