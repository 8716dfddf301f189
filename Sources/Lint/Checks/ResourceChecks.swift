import Catalogue
import Policy

// Whether resources are ARNs that can exist.

extension Checker {
    mutating func checkResourceElement(of statement: LooseStatement) {
        guard let resources = statement.resources else {
            if type != .roleTrust {
                report(.missingResource, statement.place, "Add a Resource or NotResource to the statement.")
            }
            return
        }
        if type == .roleTrust {
            report(
                .roleTrustPolicySyntaxErrorResource, resources.place,
                "Remove \(resources.name): a role trust policy is always about its own role.")
            return
        }
        for resource in resources.values { checkResource(resource) }
    }

    private mutating func checkResource(_ resource: Text) {
        let text = resource.value
        if text.isAllWildcard { return }
        guard text.hasPrefix("arn:") else {
            report(.invalidARNPrefix, resource.place, "\"\(text)\" is no ARN: write \"arn:…\", or \"*\".")
            return
        }
        let arn = ARNParts(pattern: text)
        // Missing parts can be anything if the last one can.
        guard arn.count == 6 || (text.hasSuffix("*") && type != .resourceControl) else {
            report(
                .missingARNField, resource.place,
                "\"\(text)\" has \(arn.count) of an ARN's six parts: write arn:partition:service:region:account:resource."
            )
            return
        }
        if !arn.partition.hasWildcards, !Self.partitions.contains(arn.partition) {
            report(
                .invalidPartition, resource.place,
                "There is no partition \"\(arn.partition)\": write one of \(Self.partitions.joined(separator: ", ")).")
        }
        guard checkService(arn.service, of: resource), arn.count == 6 else { return }
        checkFields(arn, of: resource)
    }

    /// Whether the service is known by its name, so that more can be said of the ARN.
    private mutating func checkService(_ service: String, of resource: Text) -> Bool {
        if service.hasWildcards {
            if !service.isAllWildcard {
                report(
                    .wildcardInServiceName, resource.place,
                    "\"\(service)\" takes in every service of such a name, later ones too: name the services.")
            }
            return false
        }
        if service.lowercased() != service {
            report(
                .invalidARNServiceCase, resource.place,
                "Write the service of the ARN in lower case: \"\(service.lowercased())\".")
            return false
        }
        guard catalogue.hasARNService(service) else {
            report(
                .invalidService, resource.place,
                "There is no service \"\(service)\"\(suggestion { $0.nearestPrefix(to: service) })")
            return false
        }
        if type == .resource, let attachedService, service != attachedService {
            report(
                .unsupportedResourceARNInPolicy, resource.place,
                "The policy is attached to a resource of \(attachedService) and can't be about one of \(service).")
        }
        return true
    }

    private mutating func checkFields(_ arn: ARNParts, of resource: Text) {
        let known = resourceTypes(ofARNService: arn.service)
        guard !known.isEmpty else { return }
        let pattern = Wildcards(arn.resource)
        let possible = known.filter { pattern.overlaps($0.resourcePattern) }.map(\.arn)
        guard !possible.isEmpty else {
            report(
                .invalidARNResource, resource.place,
                "No resource of \(arn.service) has an ARN that ends like \"\(arn.resource)\": correct its last part.")
            return
        }
        checkRegion(arn, of: resource, among: possible)
        checkAccount(arn, of: resource, among: possible)
    }

    private mutating func checkRegion(_ arn: ARNParts, of resource: Text, among possible: [ARNParts]) {
        let region = arn.region
        if region.isEmpty {
            if possible.allSatisfy({ !$0.region.isEmpty }) {
                report(.missingARNRegion, resource.place, "Add the region to the ARN, or * for every region.")
            }
        } else if possible.allSatisfy(\.region.isEmpty) {
            if !region.isAllWildcard {
                report(
                    .arnRegionNotAllowed, resource.place, "Remove the region \"\(region)\" from the ARN: it has none.")
            }
        } else if !region.hasWildcards, !Self.regions.contains(region),
            !possible.contains(where: { $0.region == region })
        {
            report(
                .invalidARNRegion, resource.place,
                "There is no region \"\(region)\"\(suggestion { _ in nearest(to: region, among: Self.regions) })")
        }
    }

    private mutating func checkAccount(_ arn: ARNParts, of resource: Text, among possible: [ARNParts]) {
        let account = arn.account
        if account.isEmpty {
            if possible.allSatisfy({ !$0.account.isEmpty }), !Self.servicesWithResourcesOfAWS.contains(arn.service) {
                report(.missingARNAccount, resource.place, "Add the account's id to the ARN, or * for every account.")
            }
        } else if possible.allSatisfy(\.account.isEmpty) {
            if !account.isAllWildcard {
                report(
                    .arnAccountNotAllowed, resource.place,
                    "Remove the account \"\(account)\" from the ARN: it has none."
                )
            }
        } else if !account.hasWildcards, !account.isAccountID, !Self.ownersThatAreNoAccount.contains(account),
            !possible.contains(where: { $0.account == account })
        {
            report(.invalidARNAccount, resource.place, "\"\(account)\" is no account id: write its twelve digits.")
        }
    }

    private static let partitions = [
        "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc",
    ]

    /// What ARNs of AWS's own resources have in place of an account.
    private static let ownersThatAreNoAccount = ["aws", "cloudfront", "amazon", "aws-managed"]

    /// Services of which AWS itself has resources, in no account, that the catalogue does not tell apart.
    private static let servicesWithResourcesOfAWS = ["ssm", "resource-explorer-2"]

    /// AWS: "AWS Regions", `https://docs.aws.amazon.com/general/latest/gr/rande.html`.
    static let regions =
        """
        us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-south-1 ap-south-2 ap-southeast-1 \
        ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ap-northeast-1 \
        ap-northeast-2 ap-northeast-3 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-west-1 eu-west-2 eu-west-3 \
        eu-south-1 eu-south-2 eu-north-1 il-central-1 mx-central-1 me-south-1 me-central-1 sa-east-1 cn-north-1 \
        cn-northwest-1 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 eu-isoe-west-1 \
        us-isof-east-1 us-isof-south-1 eusc-de-east-1
        """
        .split(separator: " ").map(String.init)
}

extension String {
    /// Twelve digits.
    var isAccountID: Bool { utf8.count == 12 && utf8.allSatisfy { (0x30...0x39).contains($0) } }
}
