import EC2API
import Platform
import Wire

/// A Region, in a list.
struct ListedRegion: Sendable {
    let name: String
    let optIn: String
    let endpoint: String

    static let filters = Filters<ListedRegion>(
        [
            "endpoint": { region, _ in [region.endpoint] }, "opt-in-status": { region, _ in [region.optIn] },
            "region-name": { region, _ in [region.name] },
        ], tags: nil)
}

extension EC2.DescribeRegions: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        var all = Regions.all.map { name in
            let status = call.environment.status(ofRegion: name, for: call.accountID, at: call.time)
            let optIn =
                switch status {
                case .enabledByDefault: "opt-in-not-required"
                case .enabled, .disabling: "opted-in"
                default: "not-opted-in"
                }
            return ListedRegion(name: name, optIn: optIn, endpoint: "ec2.\(name).amazonaws.com")
        }
        if let names = input.regionNames, !names.isEmpty {
            for name in names where !all.contains(where: { $0.name == name }) {
                throw .invalidValue("Invalid region provided: \(name)")
            }
            all = all.filter { names.contains($0.name) }
        } else if input.allRegions != true {
            all = all.filter { $0.optIn != "not-opted-in" }
        }
        let passed = try ListedRegion.filters.apply(input.filters, to: all, call.estate)
        return Output {
            $0.regions = passed.map { region in
                EC2.Region {
                    $0.regionName = region.name
                    $0.endpoint = region.endpoint
                    $0.optInStatus = region.optIn
                }
            }
        }
    }
}

/// An Availability Zone, in a list.
struct ListedZone: Sendable {
    let name: String
    let id: String
    let region: String

    static let filters = Filters<ListedZone>(
        [
            "group-name": { zone, _ in [zone.group] }, "opt-in-status": { _, _ in ["opt-in-not-required"] },
            "region-name": { zone, _ in [zone.region] }, "state": { _, _ in ["available"] },
            "zone-id": { zone, _ in [zone.id] }, "zone-name": { zone, _ in [zone.name] },
            "zone-type": { _, _ in ["availability-zone"] },
            "group-long-name": { zone, _ in [zone.group] },
        ], absent: ["message", "parent-zone-id", "parent-zone-name"], tags: nil)

    /// `us-east-1-zg-1`
    var group: String { "\(region)-zg-1" }
}

extension EC2.DescribeAvailabilityZones: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        var all = Zones.all(of: call.region).map {
            ListedZone(name: $0, id: Zones.id(ofZone: $0), region: call.region)
        }
        if let names = input.zoneNames, !names.isEmpty {
            for name in names where !all.contains(where: { $0.name == name }) {
                throw .invalidValue("Invalid availability zone: [\(name)]")
            }
            all = all.filter { names.contains($0.name) }
        }
        if let ids = input.zoneIds, !ids.isEmpty {
            for id in ids where !all.contains(where: { $0.id == id }) {
                throw .invalidValue("Invalid availability zone-id: [\(id)]")
            }
            all = all.filter { ids.contains($0.id) }
        }
        let passed = try ListedZone.filters.apply(input.filters, to: all, call.estate)
        return Output {
            $0.availabilityZones = passed.map { zone in
                EC2.AvailabilityZone {
                    $0.zoneName = zone.name
                    $0.zoneId = zone.id
                    $0.regionName = zone.region
                    $0.groupName = zone.group
                    $0.networkBorderGroup = zone.region
                    $0.zoneType = "availability-zone"
                    $0.state = "available"
                    $0.optInStatus = "opt-in-not-required"
                    $0.messages = []
                }
            }
        }
    }
}

extension EC2.DescribeAccountAttributes: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let usual = call.estate.all(StoredVPC.self).first(where: \.isDefault)?.id
        let groups = "\(call.quotas[EC2Quotas.groupsOfInterface])"
        let all: [(name: String, values: [String])] = [
            ("supported-platforms", ["VPC"]), ("vpc-max-security-groups-per-interface", [groups]),
            ("max-elastic-ips", ["\(call.quotas[EC2Quotas.addresses])"]),
            ("vpc-max-elastic-ips", ["\(call.quotas[EC2Quotas.addresses])"]), ("default-vpc", [usual ?? "none"]),
        ]
        let names = input.attributeNames ?? []
        for name in names where !all.contains(where: { $0.name == name }) {
            throw .invalidValue(name, of: "attributeName")
        }
        let wanted = all.filter { names.isEmpty || names.contains($0.name) }
        return Output {
            $0.accountAttributes = wanted.map { attribute in
                EC2.AccountAttribute {
                    $0.attributeName = attribute.name
                    $0.attributeValues = attribute.values.map { value in
                        EC2.AccountAttributeValue { $0.attributeValue = value }
                    }
                }
            }
        }
    }
}
