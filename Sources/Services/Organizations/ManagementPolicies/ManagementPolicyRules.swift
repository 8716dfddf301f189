import Directory
import Platform
import Wire

/// What a document of each management policy type must be, beyond the syntax that they share. For types whose syntax
/// AWS changes often, only the shared syntax and the outermost member are checked.
enum ManagementPolicyRules {
    /// - Throws: MalformedPolicyDocumentException.
    static func check(_ content: String, _ type: OrganizationPolicyType) throws(ServiceError) {
        guard let document = document(content, type), let key = type.rootKey,
            document.root.members.count == 1, let top = document.root.members.first, top.name == key,
            document.root.allowedForChildren == nil, isRight(top, type)
        else { throw .malformedPolicy }
    }

    static func document(_ content: String, _ type: OrganizationPolicyType) -> ManagementPolicyDocument? {
        ManagementPolicyDocument(parsing: content, takesPlainValues: type == .upgradeRollout)
    }

    private static func isRight(_ top: PolicyNode, _ type: OrganizationPolicyType) -> Bool {
        guard top.operators.isEmpty else { return false }
        switch type {
        case .tag: return top.members.allSatisfy(isTag)
        case .backup: return top.members.allSatisfy(isPlan)
        case .aiServicesOptOut: return top.members.allSatisfy(isService)
        case .s3:
            return top.members.allSatisfy {
                $0.name == "public_access_block_configuration" && $0.isOne(of: ["all", "none"])
            }
        case .securityHub:
            return hasOnly(top, "enable_in_regions disable_in_regions features")
        default: return true
        }
    }

    private static func hasOnly(_ node: PolicyNode, _ names: String) -> Bool {
        let known = Set(names.split(separator: " ").map(String.init))
        return node.operators.isEmpty && node.members.allSatisfy { known.contains($0.name) }
    }

    // MARK: Tag policies
    // <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html>

    private static func isTag(_ tag: PolicyNode) -> Bool {
        guard hasOnly(tag, "tag_key tag_value enforced_for report_required_tag_for"),
            (1...128).contains(tag.name.unicodeScalars.count)
        else { return false }
        return tag.members.allSatisfy { setting in
            switch setting.name {
            case "tag_key":
                // The key may differ from the name of its place in case, but in nothing else.
                setting.members.isEmpty && setting.operators.keys.allSatisfy { $0 == .assign }
                    && setting.operators.values.allSatisfy { $0.one?.lowercased() == tag.key }
            case "tag_value":
                setting.isList { value in value.count { $0 == "*" } <= 1 && value.unicodeScalars.count <= 256 }
            default:
                // `service:type`; all types of a service are its `*`, but there is none for all services.
                setting.isList { value in
                    let parts = value.split(separator: ":", omittingEmptySubsequences: false)
                    return parts.count == 2 && !parts[0].isEmpty && !parts[0].contains("*") && !parts[1].isEmpty
                }
            }
        }
    }

    // MARK: Backup policies
    // <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html>

    private static func isPlan(_ plan: PolicyNode) -> Bool {
        guard hasOnly(plan, "regions rules selections advanced_backup_settings backup_plan_tags scan_settings") else {
            return false
        }
        return plan.members.allSatisfy { part in
            switch part.name {
            case "regions": part.isList { _ in true }
            case "rules":
                part.operators.isEmpty
                    && part.members.allSatisfy { rule in
                        hasOnly(
                            rule,
                            """
                            schedule_expression schedule_expression_timezone target_backup_vault_name \
                            target_logically_air_gapped_backup_vault_arn start_backup_window_minutes \
                            complete_backup_window_minutes enable_continuous_backup lifecycle copy_actions \
                            recovery_point_tags index_actions scan_actions
                            """)
                    }
            case "selections": hasOnly(part, "tags resources")
            default: part.operators.isEmpty
            }
        }
    }

    // MARK: Policies against the use of content by AI services
    // <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out_syntax.html>

    private static func isService(_ service: PolicyNode) -> Bool {
        hasOnly(service, "opt_out_policy") && service.members.allSatisfy { $0.isOne(of: ["optIn", "optOut"]) }
    }
}

extension PolicyNode {
    /// Whether it only assigns single values, each of which is one of these.
    fileprivate func isOne(of values: [String]) -> Bool {
        members.isEmpty && operators.keys.allSatisfy { $0 == .assign }
            && operators.values.allSatisfy { $0.one.map(values.contains) ?? false }
    }

    /// Whether it has lists alone, each value of which passes.
    fileprivate func isList(_ isRight: (String) -> Bool) -> Bool {
        members.isEmpty && operators.values.allSatisfy { $0.one == nil && $0.values.allSatisfy(isRight) }
    }
}

extension SettingValue {
    fileprivate var one: String? {
        if case .one(let value) = self { return value }
        return nil
    }
}
