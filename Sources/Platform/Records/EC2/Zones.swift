/// The Availability Zones of Regions: three in each.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
public enum Zones {
    private static let letters = ["a", "b", "c"]

    /// `us-east-1a` …
    public static func all(of region: String) -> [String] { letters.map { region + $0 } }

    /// `use1-az1` for `us-east-1a`: in AWS each account has its own order of them; here all have the same.
    public static func id(ofZone zone: String) -> String {
        guard let letter = zone.last, let number = letters.firstIndex(of: String(letter)) else { return zone }
        return "\(short(String(zone.dropLast())))-az\(number + 1)"
    }

    /// `use1` for `us-east-1`.
    private static func short(_ region: String) -> String {
        let parts = region.split(separator: "-")
        guard parts.count >= 3, let place = parts.first, let number = parts.last else { return region }
        let directions = [
            "north": "n", "south": "s", "east": "e", "west": "w", "central": "c", "northeast": "ne", "southeast": "se",
            "northwest": "nw", "southwest": "sw",
        ]
        let middle = parts[1..<(parts.count - 1)].map { directions[String($0)] ?? String($0.prefix(1)) }.joined()
        // ap-northeast-1 is apne1, but us-gov-west-1 is usgw1.
        return "\(place)\(middle)\(number)"
    }
}
