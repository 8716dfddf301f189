import PackageVersions
import Testing

/// What the documentation shows.
struct VersionSchemeExamples {
    @Test func schemesDiffer() {
        #expect(VersionScheme.debian.compare("1.0~rc1-1", "1.0-1") == .older)
        #expect(VersionScheme.python.compare("2.0.dev1", "1.9") == .newer)
    }
}
