import Posture

/// Which checks of live state have something to say about which practices of the security pillar.
///
/// They are named by the controls of the CIS AWS Foundations Benchmark, version 3.0.0, that they check, so that a check that is
/// added later counts at once. A practice without any is one that no machine can see.
enum PracticeChecks {
    private static let controls: [String: [String]] = [
        "sec_securely_operate_aws_account": ["1.1", "1.2", "1.4", "1.5", "1.6", "1.7"],
        "sec_securely_operate_control_objectives": ["3.3", "4.16"],
        "sec_identities_enforce_mechanisms": ["1.5", "1.8", "1.9", "1.10"],
        "sec_identities_unique": ["1.11", "1.13", "1.18"],
        "sec_identities_identity_provider": ["1.21"],
        "sec_identities_audit": ["1.12", "1.14", "1.19"],
        "sec_identities_groups_attributes": ["1.15"],
        "sec_permissions_least_privileges": ["1.16", "1.22"],
        "sec_permissions_continuous_reduction": ["1.12"],
        "sec_permissions_analyze_cross_account": ["1.20"],
        "sec_detect_investigate_events_app_service_logging": ["3.1", "3.2", "3.4", "3.7", "3.8", "3.9"],
        "sec_detect_investigate_events_analyze_all": ["3.3", "4.16"],
        "sec_detect_investigate_events_actionable_events": [
            "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13", "4.14",
            "4.15",
        ],
        "sec_network_protection_layered": ["5.1", "5.2", "5.3", "5.4", "5.5"],
        "sec_network_protection_inspection": ["3.7"],
        "sec_protect_compute_auto_protection": ["5.6"],
        "sec_data_classification_auto_classification": ["2.1.3"],
        "sec_protect_data_rest_key_mgmt": ["3.6"],
        "sec_protect_data_rest_encrypt": ["2.2.1", "2.3.1", "2.4.1", "3.5"],
        "sec_protect_data_rest_access_control": ["2.1.2", "2.1.4"],
        "sec_protect_data_transit_encrypt": ["2.1.1"],
        "sec_incident_response_identify_personnel": ["1.1", "1.2"],
        "sec_incident_response_prepare_forensic": ["3.2", "3.5"],
        "sec_incident_response_pre_provision_access": ["1.17"],
    ]

    /// The choices about which live state has anything to say.
    static var practices: Set<String> { Set(controls.keys) }

    /// The checks that say something about a choice, in their order.
    static func of(_ choice: String) -> [PostureCheck] {
        guard let wanted = controls[choice] else { return [] }
        return PostureCheck.all.filter { check in
            check.controls.contains { $0.standard == .cis && wanted.contains($0.id) }
        }
    }
}
