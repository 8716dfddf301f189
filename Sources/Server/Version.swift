/// Which Gatehouse this is.
public enum Version {
    public static let text = "0.2.0"
}
