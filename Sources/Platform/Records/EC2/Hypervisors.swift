/// On what AWS runs instances of a type: what the API and the metadata say of it.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html>
public enum Hypervisors {
    private static let xen: Set<Substring> = ["t2", "m1", "m4", "c4", "r4"]

    /// `nitro` or `xen`.
    /// - Parameter type: `t3.micro`
    public static func name(ofType type: String) -> String {
        xen.contains(type.prefix { $0 != "." }) ? "xen" : "nitro"
    }
}
