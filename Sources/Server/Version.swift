/// Which Gatehouse this is.
public enum Version {
    /// `MAJOR.MINOR.PATCH`, by <https://semver.org>.
    public static let text = "0.2.0"
}
