/// The names that addresses of instances have.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html#vpc-dns-hostnames>
public enum EC2HostNames {
    /// `ip-10-0-0-7.ec2.internal`; in other Regions `ip-10-0-0-7.eu-west-1.compute.internal`.
    public static func privateName(_ address: String, in region: String) -> String {
        "ip-\(dashed(address)).\(region == "us-east-1" ? "ec2" : "\(region).compute").internal"
    }

    /// `ec2-203-0-113-25.compute-1.amazonaws.com`; in other Regions `ec2-203-0-113-25.eu-west-1.compute.amazonaws.com`.
    public static func publicName(_ address: String, in region: String) -> String {
        "ec2-\(dashed(address)).\(region == "us-east-1" ? "compute-1" : "\(region).compute").amazonaws.com"
    }

    private static func dashed(_ address: String) -> String {
        String(decoding: address.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
    }
}
