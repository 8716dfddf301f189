/// The services that can work with an organization.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html>
enum TrustedServices {
    /// Those that can have a member account as their administrator.
    static let delegable = Set(
        """
        access-analyzer.amazonaws.com account.amazonaws.com auditmanager.amazonaws.com backup.amazonaws.com \
        bcm-dashboards.amazonaws.com cloudtrail.amazonaws.com compute-optimizer.amazonaws.com config.amazonaws.com \
        config-multiaccountsetup.amazonaws.com cost-optimization-hub.bcm.amazonaws.com detective.amazonaws.com \
        devops-guru.amazonaws.com fms.amazonaws.com guardduty.amazonaws.com health.amazonaws.com iam.amazonaws.com \
        inspector2.amazonaws.com ipam.amazonaws.com license-manager.amazonaws.com macie.amazonaws.com \
        malware-protection.guardduty.amazonaws.com member.org.stacksets.cloudformation.amazonaws.com \
        mgn.amazonaws.com network-security-director.amazonaws.com networkmanager.amazonaws.com \
        notifications.amazonaws.com observabilityadmin.amazonaws.com \
        reachabilityanalyzer.networkinsights.amazonaws.com reporting.trustedadvisor.amazonaws.com \
        resource-explorer-2.amazonaws.com securityhub.amazonaws.com security-ir.amazonaws.com \
        securitylake.amazonaws.com servicecatalog.amazonaws.com ssm.amazonaws.com ssm-quicksetup.amazonaws.com \
        sso.amazonaws.com storage-lens.s3.amazonaws.com user-subscriptions.amazonaws.com
        """.split(separator: " ").map(String.init))

    /// All whose access can be enabled.
    static let all = delegable.union(
        """
        aws-artifact-account-sync.amazonaws.com ec2.amazonaws.com controltower.amazonaws.com ds.amazonaws.com \
        license-management.marketplace.amazonaws.com license-manager-linux-subscriptions.amazonaws.com \
        license-manager.member-account.amazonaws.com opsdatasync.ssm.amazonaws.com ram.amazonaws.com \
        servicequotas.amazonaws.com stacksets.cloudformation.amazonaws.com tagpolicies.tag.amazonaws.com \
        wellarchitected.amazonaws.com management.chatbot.amazonaws.com bedrock.amazonaws.com s3.amazonaws.com
        """.split(separator: " ").map(String.init))

    /// The policy types that a service's access can't be taken from under.
    static let policyTypes = [
        "securityhub.amazonaws.com": "SECURITYHUB_POLICY", "inspector2.amazonaws.com": "INSPECTOR_POLICY",
        "network-security-director.amazonaws.com": "NETWORK_SECURITY_DIRECTOR_POLICY",
    ]
}
