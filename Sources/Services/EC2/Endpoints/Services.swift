import EC2API
import Platform
import Wire

/// A service that endpoints can lead to, in a list.
struct ListedService: Sendable {
    let service: EndpointServices.Service
    let region: String

    static let filters = Filters<ListedService>(
        [
            "owner": { _, _ in ["amazon"] }, "service-name": { listed, _ in [listed.service.name] },
            "service-type": { listed, _ in listed.service.types }, "service-region": { listed, _ in [listed.region] },
            "supported-ip-address-types": { _, _ in ["ipv4"] },
        ], tags: { _ in [] })

    var shown: EC2.ServiceDetail {
        EC2.ServiceDetail {
            $0.serviceName = service.name
            $0.serviceId = "vpce-svc-" + service.name.utf8.hex17
            $0.serviceType = service.types.map { type in EC2.ServiceTypeDetail { $0.serviceType = type } }
            $0.serviceRegion = region
            $0.availabilityZones = Zones.all(of: region)
            $0.availabilityZoneIds = Zones.all(of: region).map(Zones.id(ofZone:))
            $0.owner = "amazon"
            $0.baseEndpointDnsNames = [service.privateName.replacing(".amazonaws.com", with: ".vpce.amazonaws.com")]
            $0.privateDnsName = service.types.contains("Interface") ? service.privateName : nil
            $0.vpcEndpointPolicySupported = true
            $0.acceptanceRequired = false
            $0.managesVpcEndpoints = false
            $0.supportedIpAddressTypes = ["ipv4"]
            $0.privateDnsNameVerificationState = "verified"
            $0.tags = []
        }
    }
}

extension String.UTF8View {
    /// 17 hexadecimal digits that are always the same for a text (FNV-1a, twice).
    fileprivate var hex17: String {
        let hash = reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return "0" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension EC2.DescribeVpcEndpointServices: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        var all = EndpointServices.all(in: call.region).map { ListedService(service: $0, region: call.region) }
        if let names = input.serviceNames, !names.isEmpty {
            for name in names where !all.contains(where: { $0.service.name == name }) {
                throw .ec2("InvalidServiceName", "The Vpc Endpoint Service '\(name)' does not exist")
            }
            all = all.filter { names.contains($0.service.name) }
        }
        // A service that has endpoints of two types is two to whoever asks for one of them.
        let types = input.filters?.first { $0.name == "service-type" }?.values
        let passed = try ListedService.filters.apply(input.filters, to: all, call.estate).flatMap { listed in
            listed.service.types.filter { types?.contains($0) != false }.map { type in
                var detail = listed.shown
                detail.serviceType = [EC2.ServiceTypeDetail { $0.serviceType = type }]
                return (key: "\(listed.service.name) \(type)", detail: detail)
            }
        }
        let page = try Listing.page(passed, by: \.key, input.pageToken, input.pageLimit)
        return Output {
            $0.serviceNames = Set(page.items.compactMap(\.detail.serviceName)).sorted()
            $0.serviceDetails = page.items.map(\.detail)
            $0.nextToken = page.marker
        }
    }
}
