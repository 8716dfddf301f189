import IAMAPI
import Pages
import Platform
import Wire

/// Identity providers, whose people come in with a role: OpenID Connect and SAML.
enum IdentityProviderPages {
    static let routes: [Route] = [
        .get("identity-providers") { (visit) throws(ServiceError) in await list(visit) },
        .get("create-identity-provider") { (visit) throws(ServiceError) in new(visit, visit.query) },
        .post("create-identity-provider") { (visit) throws(ServiceError) in await create(visit) },
        .get("identity-providers/{arn}") { (visit) throws(ServiceError) in try await show(visit) },
        .get("identity-providers/{arn}/metadata") { (visit) throws(ServiceError) in try await metadata(visit) },
        .post("identity-providers/{arn}/audience") { (visit) throws(ServiceError) in
            try await IdentityProviderForms.audience(visit)
        },
        .post("identity-providers/{arn}/thumbprints") { (visit) throws(ServiceError) in
            try await IdentityProviderForms.thumbprints(visit)
        },
        .post("identity-providers/{arn}/metadata") { (visit) throws(ServiceError) in
            try await IdentityProviderForms.replaceMetadata(visit)
        },
        .post("identity-providers/{arn}/tags") { (visit) throws(ServiceError) in
            try await IdentityProviderForms.tag(visit)
        },
        .post("identity-providers/{arn}/delete") { (visit) throws(ServiceError) in
            try await IdentityProviderForms.delete(visit)
        },
    ]

    /// The page of a provider, below the console's root.
    static func path(_ arn: String, _ part: String? = nil) -> String {
        "identity-providers/" + PercentEncoding.segment(arn) + (part.map { "/" + $0 } ?? "")
    }

    static func isSAML(_ arn: String) -> Bool { arn.contains(":saml-provider/") }

    /// What follows the kind in the ARN.
    static func name(_ arn: String) -> String {
        arn.firstIndex(of: "/").map { String(arn[arn.index(after: $0)...]) } ?? arn
    }

    // MARK: The list

    private static func list(_ visit: Visit) async -> Reply {
        let openID = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListOpenIDConnectProviders.self).openIDConnectProviderList ?? []
        }
        let saml = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListSAMLProviders.self).samlProviderList ?? []
        }
        let openIDRows = (openID.value ?? []).map { provider in
            present([
                "providerName": name(provider.arn ?? ""), "kind": "OpenID Connect",
                "link": Console.root + path(provider.arn ?? ""),
            ])
        }
        let samlRows = (saml.value ?? []).map { provider in
            present([
                "providerName": name(provider.arn ?? ""), "kind": "SAML",
                "link": Console.root + path(provider.arn ?? ""), "made": ShownTime(provider.createDate),
                "until": ShownTime(provider.validUntil),
            ])
        }
        return visit.page(
            "identity-providers", "Identity providers",
            [
                "openIDProblem": openID.problem, "samlProblem": saml.problem, "providers": openIDRows + samlRows,
                "hasProviders": !openIDRows.isEmpty || !samlRows.isEmpty,
                "isEmpty": openID.value?.isEmpty == true && saml.value?.isEmpty == true,
                "command": "aws iam list-open-id-connect-providers\naws iam list-saml-providers",
            ])
    }

    // MARK: A new one

    private static func new(_ visit: Visit, _ fields: FormFields, problem: Problem? = nil, status: Int = 200) -> Reply {
        let isSAML = fields["type"] == "saml"
        return visit.page(
            "create-identity-provider", "Add an identity provider",
            [
                "problem": problem, "isSAML": isSAML, "url": fields["url"], "audiences": fields["audiences"],
                "thumbprints": fields["thumbprints"], "name": fields["name"], "metadata": fields["metadata"],
                "tags": fields["tags"],
                "command": isSAML
                    ? "aws iam create-saml-provider --name NAME --saml-metadata-document file://metadata.xml"
                    : "aws iam create-open-id-connect-provider --url https://idp.example.com --client-id-list CLIENT",
            ], status: status)
    }

    private static func create(_ visit: Visit) async -> Reply {
        let form = visit.form
        let made = await visit.attempt { () throws(ServiceError) in
            if form["type"] == "saml" {
                let input = IAM.CreateSAMLProvider.Input {
                    $0.name = form.text("name").trimmed
                    $0.samlMetadataDocument = PolicyText.typed(form.text("metadata"))
                    $0.tags = TagForms.typed(form.text("tags"))
                }
                return try await visit.call(IAM.CreateSAMLProvider.self, input).samlProviderArn ?? ""
            }
            let thumbprints = form.text("thumbprints").linesTyped
            let input = IAM.CreateOpenIDConnectProvider.Input {
                $0.url = form.text("url").trimmed
                $0.clientIDList = form.text("audiences").linesTyped
                if !thumbprints.isEmpty { $0.thumbprintList = thumbprints }
                $0.tags = TagForms.typed(form.text("tags"))
            }
            return try await visit.call(IAM.CreateOpenIDConnectProvider.self, input).openIDConnectProviderArn ?? ""
        }
        guard let arn = made.value else {
            return new(visit, form, problem: made.problem, status: made.problem?.isDenial == true ? 403 : 400)
        }
        return visit.redirect(path(arn), done: "The identity provider \(name(arn)) was added.")
    }

    // MARK: One of them

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        var content: [String: Any?] = [
            "thisARN": arn, "name": name(arn), "self": Console.root + path(arn), "isSAML": isSAML(arn),
            "encoded": PercentEncoding.queryValue(arn), "tagsPath": Console.root + path(arn, "tags"),
        ]
        let problem: Problem?
        if isSAML(arn) {
            let got = await visit.attempt { () throws(ServiceError) in
                try await visit.call(IAM.GetSAMLProvider.self, .init { $0.samlProviderArn = arn })
            }
            problem = got.problem
            if let provider = got.value {
                let text = provider.samlMetadataDocument ?? ""
                content["metadata"] = String(text.unicodeScalars.prefix(20_000))
                content["isCut"] = text.unicodeScalars.count > 20_000
                content["made"] = ShownTime(provider.createDate)
                content["until"] = ShownTime(provider.validUntil)
                content["uuid"] = provider.samlProviderUUID
                content["encryption"] = provider.assertionEncryptionMode
                content["tags"] = TagForms.rows(provider.tags ?? [])
            }
            content["command"] = "aws iam get-saml-provider --saml-provider-arn \(arn)"
        } else {
            let got = await visit.attempt { () throws(ServiceError) in
                try await visit.call(IAM.GetOpenIDConnectProvider.self, .init { $0.openIDConnectProviderArn = arn })
            }
            problem = got.problem
            if let provider = got.value {
                content["url"] = provider.url
                content["audiences"] = provider.clientIDList ?? []
                content["thumbprints"] = provider.thumbprintList ?? []
                content["thumbprintText"] = (provider.thumbprintList ?? []).joined(separator: "\n")
                content["made"] = ShownTime(provider.createDate)
                content["tags"] = TagForms.rows(provider.tags ?? [])
            }
            content["command"] = "aws iam get-open-id-connect-provider --open-id-connect-provider-arn \(arn)"
        }
        if let problem, !problem.isDenial { throw ServiceError(problem.code, problem.text, status: 404) }
        content["problem"] = problem
        return visit.page("identity-provider", "Identity provider \(name(arn))", content)
    }

    private static func metadata(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        let provider = try await visit.call(IAM.GetSAMLProvider.self, .init { $0.samlProviderArn = arn })
        return .download(
            "\(name(arn)).xml", type: "application/xml", Array((provider.samlMetadataDocument ?? "").utf8))
    }
}
