import KMSAPI
import Pages
import Platform
import Wire

/// The KMS keys of a Region, and a new one.
enum KeyListPages {
    static let routes: [Route] = [
        .get("keys") { (visit) throws(ServiceError) in await list(visit) },
        .get("keys/create") { (visit) throws(ServiceError) in createForm(visit, problem: nil) },
        .post("keys/create") { (visit) throws(ServiceError) in try await create(visit) },
    ]

    private static let pageSize = 50

    private struct Row {
        let keyLink: String
        let keyID: String
        let aliasNames: String?
        let state: String?
        let stateColor: String
        let origin: String?
        let spec: String?
        let manager: String?
        let keyRotation: String?
        let rowProblem: String?
    }

    private static func list(_ visit: Visit) async -> Reply {
        let page = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                KMS.ListKeys.self,
                .init {
                    $0.limit = pageSize
                    $0.marker = visit.query["after"]
                })
        }
        let aliases = await visit.attempt { () throws(ServiceError) in try await KeyAliases.all(visit) }
        var rows: [Row] = []
        for key in page.value?.keys ?? [] {
            guard let id = key.keyId else { continue }
            rows.append(await row(id, (aliases.value ?? []).filter { $0.targetKeyId == id }, visit))
        }
        return visit.page(
            "keys", "KMS keys",
            [
                "problem": page.problem, "aliasProblem": aliases.problem, "rows": rows, "isEmpty": rows.isEmpty,
                "hasAnswer": page.problem == nil,
                "next": page.value?.nextMarker.map { Console.root + "keys?after=" + PercentEncoding.queryValue($0) },
                "command": CLICommand.aws("kms", "list-keys", options: ["region": visit.region]),
            ])
    }

    private static func row(_ id: String, _ aliases: [KMS.AliasListEntry], _ visit: Visit) async -> Row {
        let found = await visit.attempt { () throws(ServiceError) in
            try await visit.call(KMS.DescribeKey.self, .init { $0.keyId = id }).keyMetadata
        }
        let key = found.value ?? nil
        var rotation: String?
        if key?.keySpec == "SYMMETRIC_DEFAULT", key?.origin == "AWS_KMS", key?.keyState != "PendingDeletion" {
            let status = await visit.attempt { () throws(ServiceError) in
                try await visit.call(KMS.GetKeyRotationStatus.self, .init { $0.keyId = id })
            }
            rotation = status.value.map { $0.keyRotationEnabled == true ? "On" : "Off" }
        }
        return Row(
            keyLink: Console.root + "keys/" + PercentEncoding.segment(id), keyID: id,
            aliasNames: aliases.isEmpty ? nil : aliases.compactMap(\.aliasName).joined(separator: ", "),
            state: key?.keyState, stateColor: KeyState.color(key?.keyState), origin: key?.origin, spec: key?.keySpec,
            manager: key?.keyManager == "AWS" ? "AWS" : nil, keyRotation: rotation, rowProblem: found.problem?.text)
    }

    private static func createForm(_ visit: Visit, problem: Problem?, status: Int = 200) -> Reply {
        visit.page(
            "key-create", "Create key",
            [
                "problem": problem, "alias": visit.form.text("alias"), "description": visit.form.text("description"),
                "isMultiRegion": visit.form.isOn("multi-region"), "rotates": visit.form.isOn("rotation"),
            ], status: status)
    }

    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let form = visit.form
        let alias = form.text("alias").trimmed
        let made: KMS.CreateKey.Output
        do throws(ServiceError) {
            made = try await visit.call(
                KMS.CreateKey.self,
                .init {
                    $0.description = form["description"]
                    $0.multiRegion = form.isOn("multi-region") ? true : nil
                })
        } catch {
            return createForm(visit, problem: visit.problem(error), status: error.status)
        }
        let id = made.keyMetadata?.keyId ?? ""
        // The key is there, whatever becomes of the rest: its page is the place to do that again.
        var undone: [String] = []
        if !alias.isEmpty {
            let named = await visit.attempt { () throws(ServiceError) in
                _ = try await visit.call(
                    KMS.CreateAlias.self,
                    .init {
                        $0.aliasName = alias.hasPrefix("alias/") ? alias : "alias/" + alias
                        $0.targetKeyId = id
                    })
            }
            if let problem = named.problem { undone.append("It has no alias: \(problem.text)") }
        }
        if form.isOn("rotation") {
            let rotated = await visit.attempt { () throws(ServiceError) in
                _ = try await visit.call(KMS.EnableKeyRotation.self, .init { $0.keyId = id })
            }
            if let problem = rotated.problem { undone.append("It is not rotated: \(problem.text)") }
        }
        return visit.redirect(
            "keys/" + PercentEncoding.segment(id), done: (["The key was created."] + undone).joined(separator: " "))
    }
}

/// The aliases of a Region's keys.
enum KeyAliases {
    /// So many pages are read at most: a hundred aliases each.
    private static let mostPages = 20

    static func all(_ visit: Visit, of key: String? = nil) async throws(ServiceError) -> [KMS.AliasListEntry] {
        var all: [KMS.AliasListEntry] = []
        var marker: String?
        for _ in 0..<mostPages {
            let page = try await visit.call(
                KMS.ListAliases.self,
                .init {
                    $0.keyId = key
                    $0.limit = 100
                    $0.marker = marker
                })
            all += page.aliases ?? []
            marker = page.nextMarker
            if marker == nil { break }
        }
        return all
    }
}

enum KeyState {
    /// The class of the tag that shows it.
    static func color(_ state: String?) -> String {
        switch state {
        case "Enabled": "good"
        case "PendingDeletion", "PendingReplicaDeletion", "Unavailable": "bad"
        default: "warn"
        }
    }
}
