import Platform

@testable import ConfigService

private func group(_ name: String, _ permission: String, egress: String = "") -> String {
    #"{"groupName":"\#(name)","ipPermissions":[\#(permission)],"ipPermissionsEgress":[\#(egress)]}"#
}

private func tcp(_ from: Int, _ to: Int, _ block: String = "0.0.0.0/0") -> String {
    #"{"ipProtocol":"tcp","fromPort":\#(from),"toPort":\#(to),"ipRanges":["\#(block)"],"ipv6Ranges":[]}"#
}

private let everything = #"{"ipProtocol":"-1","ipRanges":[],"ipv6Ranges":[{"cidrIpv6":"::/0"}]}"#

private func list(_ entries: String) -> String { #"{"entries":[\#(entries)]}"# }

private func entry(_ number: Int, _ action: String, _ text: String = "", block: String = "0.0.0.0/0") -> String {
    #"{"ruleNumber":\#(number),"egress":false,"ruleAction":"\#(action)","cidrBlock":"\#(block)"\#(text)}"#
}

private let ssh = #","protocol":"6","portRange":{"from":22,"to":22}"#
private let web = #","protocol":"6","portRange":{"from":443,"to":443}"#
private let any = #","protocol":"-1""#

/// What rules about networks, instances and volumes want, and what they do not want.
let machineCases: [RuleCase] = [
    RuleCase("INCOMING_SSH_DISABLED", .compliant, group("web", tcp(443, 443))),
    RuleCase("INCOMING_SSH_DISABLED", .compliant, group("web", tcp(22, 22, "10.0.0.0/8"))),
    RuleCase("INCOMING_SSH_DISABLED", .nonCompliant, group("web", tcp(20, 30))),
    RuleCase("INCOMING_SSH_DISABLED", .nonCompliant, group("web", everything)),
    RuleCase("RESTRICTED_INCOMING_TRAFFIC", .compliant, group("web", tcp(22, 22))),
    RuleCase("RESTRICTED_INCOMING_TRAFFIC", .nonCompliant, group("web", tcp(3389, 3389))),
    RuleCase("RESTRICTED_INCOMING_TRAFFIC", .nonCompliant, group("web", tcp(22, 22)), ["blockedPort1": "22"]),
    RuleCase("VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", .nonCompliant, group("web", tcp(443, 443))),
    RuleCase(
        "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", .compliant, group("web", tcp(443, 443)),
        ["authorizedTcpPorts": "80, 440-450"]),
    RuleCase(
        "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", .nonCompliant, group("web", tcp(443, 451)),
        ["authorizedTcpPorts": "80,440-450"]),
    RuleCase(
        "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", .nonCompliant, group("web", everything),
        ["authorizedTcpPorts": "0-65535", "authorizedUdpPorts": "0-65535"]),
    RuleCase("VPC_DEFAULT_SECURITY_GROUP_CLOSED", .notApplicable, group("web", everything)),
    RuleCase("VPC_DEFAULT_SECURITY_GROUP_CLOSED", .nonCompliant, group("default", "", egress: everything)),
    RuleCase("VPC_DEFAULT_SECURITY_GROUP_CLOSED", .compliant, group("default", "")),
    RuleCase("EC2_SECURITY_GROUP_ATTACHED_TO_ENI", .nonCompliant, group("web", "")),
    RuleCase(
        "EC2_SECURITY_GROUP_ATTACHED_TO_ENI", .compliant, group("web", ""),
        relationships: [.init("Is associated with NetworkInterface", "AWS::EC2::NetworkInterface", id: "eni-1")]),
    RuleCase("NACL_NO_UNRESTRICTED_SSH_RDP", .compliant, list(entry(100, "allow", web))),
    RuleCase("NACL_NO_UNRESTRICTED_SSH_RDP", .compliant, list(entry(100, "allow", any, block: "10.0.0.0/8"))),
    RuleCase("NACL_NO_UNRESTRICTED_SSH_RDP", .nonCompliant, list(entry(100, "allow", any))),
    RuleCase("NACL_NO_UNRESTRICTED_SSH_RDP", .nonCompliant, list(entry(100, "allow", ssh))),
    RuleCase(
        "NACL_NO_UNRESTRICTED_SSH_RDP", .nonCompliant, list(entry(100, "deny", ssh) + "," + entry(110, "allow", any))),
    RuleCase(
        "NACL_NO_UNRESTRICTED_SSH_RDP", .compliant, list(entry(110, "allow", any) + "," + entry(100, "deny", any))),
    RuleCase("EC2_IMDSV2_CHECK", .compliant, #"{"metadataOptions":{"httpTokens":"required"}}"#),
    RuleCase("EC2_IMDSV2_CHECK", .nonCompliant, #"{"metadataOptions":{"httpTokens":"optional"}}"#),
    RuleCase("EC2_INSTANCE_NO_PUBLIC_IP", .compliant, #"{"privateIpAddress":"10.0.0.7"}"#),
    RuleCase("EC2_INSTANCE_NO_PUBLIC_IP", .nonCompliant, #"{"publicIpAddress":"198.19.0.7"}"#),
    RuleCase("EC2_INSTANCE_PROFILE_ATTACHED", .nonCompliant),
    RuleCase("EC2_INSTANCE_PROFILE_ATTACHED", .compliant, #"{"iamInstanceProfile":{"arn":"a"}}"#),
    RuleCase(
        "EC2_INSTANCE_PROFILE_ATTACHED", .nonCompliant, #"{"iamInstanceProfile":{"arn":"a"}}"#,
        ["IamInstanceProfileArnList": "b,c"]),
    RuleCase("ENCRYPTED_VOLUMES", .notApplicable, #"{"attachments":[],"encrypted":false}"#),
    RuleCase("ENCRYPTED_VOLUMES", .nonCompliant, #"{"attachments":[{}],"encrypted":false}"#),
    RuleCase("ENCRYPTED_VOLUMES", .compliant, #"{"attachments":[{}],"encrypted":true}"#),
    RuleCase(
        "ENCRYPTED_VOLUMES", .compliant, #"{"attachments":[{}],"encrypted":true,"kmsKeyId":"arn:aws:kms:r:a:key/k"}"#,
        ["kmsId": "k"]),
    RuleCase(
        "ENCRYPTED_VOLUMES", .nonCompliant,
        #"{"attachments":[{}],"encrypted":true,"kmsKeyId":"arn:aws:kms:r:a:key/other"}"#, ["kmsId": "k"]),
]
