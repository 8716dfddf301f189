extension Network {
    /// The way of packets from the internet to an interface: internet gateway, network ACL, subnet, security groups, interface,
    /// instance. Each with the rules that let something of the region pass; groups that let nothing of it pass aren't there.
    ///
    /// - Parameter region: a part of `internetReach(of:)`, by which addresses the packets come from.
    public func internetPath(
        to interfaceID: String, of region: TrafficRegion, terms: ReachTerms = ReachTerms()
    ) -> [PathStep] {
        guard !region.isEmpty, let interface = interfaces[interfaceID], let subnet = subnets[interface.subnetID],
            let gatewayID = internetGateway(of: subnet.vpcID), let acl = networkACLs[subnet.networkACLID]
        else { return [] }
        var steps = [PathStep(.internetGateway, gatewayID)]
        if terms.needsAnswers {
            let routes = routeSelection(of: subnet).routes(to: region.addresses)
            steps.append(PathStep(.routeTable, subnet.routeTableID, routes.map { .route($0) }))
        }
        steps.append(PathStep(.networkACL, acl.id, acl.rules(letting: region, isAnswered: terms)))
        steps.append(PathStep(.subnet, subnet.id))
        for id in interface.groupIDs {
            guard let group = securityGroups[id] else { continue }
            let rules = group.ingress.filter { rule in
                !rule.region(prefixLists: prefixLists, members: { _ in .empty }).intersection(region).isEmpty
            }
            if rules.isEmpty { continue }
            steps.append(PathStep(.securityGroup, id, rules.map { .securityGroupRule($0.id, isEgress: false) }))
        }
        steps.append(PathStep(.networkInterface, interfaceID))
        if let instanceID = interface.instanceID { steps.append(PathStep(.instance, instanceID)) }
        return steps
    }

    /// What keeps packets from the internet away from an interface: each part of the way that lets none of them pass. Empty if
    /// some of them reach it.
    ///
    /// - Parameter wish: which packets are asked for.
    public func internetBarriers(
        to interfaceID: String, of wish: TrafficRegion = .all, terms: ReachTerms = ReachTerms()
    ) -> [Barrier] {
        guard let interface = interfaces[interfaceID], let subnet = subnets[interface.subnetID] else {
            return [Barrier(.noSourceOrDestination, .networkInterface, interfaceID)]
        }
        guard internetReach(of: interfaceID, terms: terms).intersection(wish).isEmpty else { return [] }
        let ownBlocks = AddressSet(vpcs[subnet.vpcID] ?? [])
        let asked = wish.intersection(TrafficRegion(AddressSet.internet.subtracting(ownBlocks), .all))
        var barriers: [Barrier] = []
        let addressed = asked.keeping(ipv4: interface.hasPublicIPv4, ipv6: interface.hasPublicIPv6)
        if addressed.isEmpty { barriers.append(Barrier(.noPublicAddress, .networkInterface, interfaceID)) }
        // With no address at all, the rest is said of both families.
        let coming = addressed.isEmpty ? asked : addressed
        if let gatewayID = internetGateway(of: subnet.vpcID) {
            barriers += routeBarriers(of: subnet, gatewayID: gatewayID, to: coming, terms: terms)
        } else {
            barriers.append(Barrier(.noPath, .vpc, subnet.vpcID))
        }
        if let acl = networkACLs[subnet.networkACLID] { barriers += acl.barriers(to: coming, terms: terms) }
        barriers += groupBarriers(of: interface, to: coming)
        return barriers.isEmpty ? [Barrier(.noPath, .networkInterface, interfaceID)] : barriers
    }

    private func routeBarriers(
        of subnet: Subnet, gatewayID: String, to coming: TrafficRegion, terms: ReachTerms
    ) -> [Barrier] {
        let requests = coming.services
        // What needs no answer needs no route.
        guard terms.needsAnswers, !coming.isEmpty, !requests.answers(clientPorts: terms.clientPorts).isEmpty else {
            return []
        }
        let sources = coming.addresses
        let routed = sourcesWithRoute(to: subnet, through: gatewayID, terms: terms)
        guard routed.intersection(sources).isEmpty else { return [] }
        let taken = routeSelection(of: subnet).routes(to: sources)
        let leadsThere = (routeTables[subnet.routeTableID] ?? []).contains { $0.target == .internetGateway(gatewayID) }
        let code: Barrier.Code =
            taken.contains { $0.isBlackhole } ? .badRoute : !taken.isEmpty && leadsThere ? .moreSpecificRoute : .noRoute
        return [Barrier(code, .routeTable, subnet.routeTableID)]
    }

    private func groupBarriers(of interface: NetworkInterface, to coming: TrafficRegion) -> [Barrier] {
        let groups = interface.groupIDs.compactMap { securityGroups[$0] }
        let allowed = TrafficRegion.union(of: groups.map { $0.regionFromOutside(prefixLists: prefixLists) })
        guard allowed.intersection(coming).isEmpty else { return [] }
        return groups.map {
            Barrier($0.ingress.isEmpty ? .noRules : .securityGroup, .securityGroup, $0.id, isEgress: false)
        }
    }
}

extension NetworkACL {
    /// The entries by which something of a region comes in, and by which its answers go out.
    func rules(letting region: TrafficRegion, isAnswered terms: ReachTerms) -> [DecidingRule] {
        var rules = decidingEntries(region, isEgress: false).map {
            DecidingRule.networkACLEntry($0.number, isEgress: false)
        }
        if terms.needsAnswers {
            let answers = region.mapped { $0.answers(clientPorts: terms.clientPorts) }
            rules += decidingEntries(answers, isEgress: true).map { .networkACLEntry($0.number, isEgress: true) }
        }
        return rules
    }

    /// The directions in which it lets nothing of a region pass, or nothing of its answers.
    func barriers(to region: TrafficRegion, terms: ReachTerms) -> [Barrier] {
        var barriers: [Barrier] = []
        if self.region(isEgress: false).intersection(region).isEmpty {
            barriers.append(Barrier(.networkACL, .networkACL, id, isEgress: false))
        }
        let answers = region.mapped { $0.answers(clientPorts: terms.clientPorts) }
        if terms.needsAnswers, !answers.isEmpty, self.region(isEgress: true).intersection(answers).isEmpty {
            barriers.append(Barrier(.networkACL, .networkACL, id, isEgress: true))
        }
        return barriers
    }
}
