import EC2API
import Ledger
import Platform
import Wire

/// Rules that name a group that is not there any more.
///
/// On AWS they come of peered VPCs. Here a group that others name can't be deleted, and VPCs are not peered: if there ever is one,
/// it is told.
/// <https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html#vpc-peering-stale-groups>
extension EC2.DescribeStaleSecurityGroups: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        guard estate.get(StoredVPC.self, input.vpcId) != nil else { throw StoredVPC.missing(input.vpcId) }
        let stale: [EC2.StaleSecurityGroup] = estate.all(StoredSecurityGroup.self)
            .filter { $0.vpcID == input.vpcId }.compactMap { group in
                let ingress = permissions(of: group, isEgress: false, estate)
                let egress = permissions(of: group, isEgress: true, estate)
                guard !ingress.isEmpty || !egress.isEmpty else { return nil }
                return EC2.StaleSecurityGroup {
                    $0.groupId = group.id
                    $0.groupName = group.name
                    $0.description = group.summary
                    $0.vpcId = group.vpcID
                    $0.staleIpPermissions = ingress
                    $0.staleIpPermissionsEgress = egress
                }
            }
        let page = try Listing.page(stale, by: { $0.groupId ?? "" }, input.nextToken, input.maxResults)
        return Output {
            $0.staleSecurityGroupSet = page.items
            $0.nextToken = page.marker
        }
    }

    private static func permissions(
        of group: StoredSecurityGroup, isEgress: Bool, _ estate: EC2Estate
    ) -> [EC2.StaleIpPermission] {
        group.rules.compactMap { rule in
            guard rule.isEgress == isEgress, let id = rule.groupID, estate.get(StoredSecurityGroup.self, id) == nil
            else { return nil }
            return EC2.StaleIpPermission {
                $0.ipProtocol = rule.traffic.name
                if rule.traffic.hasPorts { ($0.fromPort, $0.toPort) = (rule.traffic.from, rule.traffic.to) }
                $0.userIdGroupPairs = [
                    EC2.UserIdGroupPair {
                        $0.groupId = id
                        $0.userId = group.head.accountID
                    }
                ]
            }
        }
    }
}
