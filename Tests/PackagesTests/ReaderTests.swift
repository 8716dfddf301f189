import Testing

@testable import Packages

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension [InstalledPackage] {
    fileprivate var shown: [String] { map { "\($0.fullName) \($0.version)" } }
}

@Suite struct ReaderTests {
    @Test func dpkg() {
        let found = Dpkg.packages(
            bytes(
                """
                Package: libssl3
                Status: install ok installed
                Architecture: amd64
                Multi-Arch: same
                Source: openssl (3.0.11-1~deb12u2)
                Version: 3.0.11-1~deb12u2+b1
                Description: a library
                 Package: not this one
                 .

                Package: gone
                Status: deinstall ok config-files
                Version: 1.0

                Package: tzdata
                Status: hold ok installed
                Version: 2024a-0+deb12u1
                Architecture: all
                Source: tz

                """), path: "var/lib/dpkg/status")
        #expect(found.shown == ["libssl3 3.0.11-1~deb12u2+b1", "tzdata 2024a-0+deb12u1"])
        #expect(found[0].source == SourcePackage(name: "openssl", version: "3.0.11-1~deb12u2"))
        #expect(found[1].source == SourcePackage(name: "tz", version: "2024a-0+deb12u1"))
        #expect(found[0].upstreamVersion == "3.0.11")
        #expect(found[0].release == "1~deb12u2+b1")
        #expect(found[0].epoch == 0)
    }

    @Test func apk() {
        let found = APK.read(
            bytes(
                "C:Q1x=\nP:busybox-binsh\nV:1.36.1-r5\nA:x86_64\no:busybox\nL:GPL-2.0-only\nF:bin\nR:sh\nF:usr/lib/python3.11/site-packages/x-1.dist-info\nR:METADATA\n\nP:musl\nV:1.2.4-r2\n"
            ),
            path: "lib/apk/db/installed")
        #expect(found.packages.shown == ["busybox-binsh 1.36.1-r5", "musl 1.2.4-r2"])
        #expect(found.packages[0].source?.name == "busybox")
        #expect(found.packages[0].licence == "GPL-2.0-only")
        #expect(found.ownership.owner(of: "bin/sh") == "busybox-binsh")
        #expect(found.ownership.owner(of: "usr/lib/python3.11/site-packages/x-1.dist-info/METADATA") == "busybox-binsh")
        #expect(found.ownership.owner(of: "bin/bash") == nil)
    }

    @Test func requirements() {
        let found = PythonPackages.requirements(
            bytes(
                """
                # comment
                Jinja2 == 3.1.2   # why
                requests[socks,security]===2.31.0; python_version >= "3.8"
                flask>=2.0
                django==4.2.*
                -r other.txt
                --hash=sha256:00
                urllib3==2.0.7 \\
                    --hash=sha256:ABCDEF \\
                    --hash=sha256:0123
                git+https://example.com/a.git#egg=a
                a.b-c_d==1.0,!=2
                """), path: "requirements.txt")
        #expect(found.shown == ["Jinja2 3.1.2", "requests 2.31.0", "urllib3 2.0.7", "a.b-c_d 1.0"])
        #expect(found[2].hashes.map(\.value) == ["abcdef", "0123"])
    }

    @Test func pythonMetadata() {
        let found = PythonPackages.installed(
            bytes("Metadata-Version: 2.1\nName: Flask\nVersion: 2.3.2\nLicense: BSD-3-Clause\n\nName: other\n"),
            path: "p")
        #expect(found.shown == ["Flask 2.3.2"])
        #expect(found[0].licence == "BSD-3-Clause")
        #expect(PythonPackages.installed(bytes("Name: x\n"), path: "p").isEmpty)
    }

    @Test func poetryAndCargo() {
        let text = bytes(
            """
            # made by a program
            version = 3

            [[package]]
            name = "serde"
            version = "1.0.188"
            source = "registry+https://github.com/rust-lang/crates.io-index"
            checksum = "cf9E"
            dependencies = [
             "serde_derive",
            ]

            [[package]]
            name = "own"
            version = "0.1.0"

            [metadata]
            version = "x"
            """)
        #expect(RustPackages.lockFile(text, path: "Cargo.lock").shown == ["serde 1.0.188"])
        #expect(PythonPackages.poetryLock(text, path: "poetry.lock").shown == ["serde 1.0.188", "own 0.1.0"])
    }

    @Test func nodeLocks() throws {
        let new = #"""
            {"name":"app","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"app","version":"1.0.0"},
            "node_modules/@babel/core":{"version":"7.1.2","integrity":"sha512-AAEC"},
            "node_modules/a/node_modules/b":{"version":"2.0.0"},"node_modules/alias":{"name":"real","version":"3.0.0"},
            "node_modules/w":{"resolved":"packages/w","link":true},"packages/w":{"version":"9.9.9"}}}
            """#
        let found = try NodePackages.packageLock(bytes(new), path: "p")
        #expect(found.shown == ["@babel/core 7.1.2", "b 2.0.0", "real 3.0.0"])
        #expect(found[0].namespace == "@babel")
        #expect(found[0].hashes == [PackageHash(algorithm: "SHA-512", value: "000102")])
        let old = #"""
            {"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}},
            "c":{"version":"npm:@x/d@3.0.0"},"e":{"version":"git+ssh://x"},"f":{"version":"file:../f"}}}
            """#
        let older = try NodePackages.packageLock(bytes(old), path: "p")
        #expect(Set(older.shown) == ["a 1.0.0", "b 2.0.0", "@x/d 3.0.0"])
        let yarn = """
            # yarn lockfile v1

            "@babel/core@^7.0.0", "@babel/core@^7.1.0":
              version "7.1.2"
              dependencies:
                debug "^4"
            lodash@^4.17.21:
              version "4.17.21"
            "alias@npm:real@^1.0.0":
              version: 1.2.3
            "semver@npm:^7.3.5":
              version: 7.5.4
              resolution: "semver@npm:7.5.4"
            "app@workspace:.":
              version: 0.0.0-use.local
            """
        #expect(
            NodePackages.yarnLock(bytes(yarn), path: "p").shown == [
                "@babel/core 7.1.2", "lodash 4.17.21", "real 1.2.3", "semver 7.5.4",
            ])
        let pnpm = """
            lockfileVersion: '9.0'

            importers:

              .:
                dependencies: {}

            packages:

              /@babel/core/7.1.2:
                resolution: {integrity: sha512-x}

              /react-dom@18.2.0(react@18.2.0):
                peerDependencies:
                  react: ^18

              '@types/node@20.1.0':
                resolution: {}

              /old/1.0.0_react@17.0.2:
                dev: true

            snapshots:

              other@1.0.0: {}
            """
        #expect(
            NodePackages.pnpmLock(bytes(pnpm), path: "p").shown == [
                "@babel/core 7.1.2", "react-dom 18.2.0", "@types/node 20.1.0", "old 1.0.0",
            ])
    }

    @Test func goFiles() {
        let module = """
            module example.com/app

            go 1.21

            require (
            \tgithub.com/a/b v1.2.3 // indirect
            \tgithub.com/c/d/v2 v2.0.0
            \tgolang.org/x/net v0.0.0-20210226172049-e18ecbb05110
            )

            require gopkg.in/yaml.v3 v3.0.1

            replace github.com/a/b => github.com/fork/b v1.2.4
            replace github.com/c/d/v2 v2.0.0 => ../local
            """
        #expect(
            GoPackages.moduleFile(bytes(module), path: "go.mod").shown == [
                "github.com/fork/b v1.2.4", "golang.org/x/net v0.0.0-20210226172049-e18ecbb05110",
                "gopkg.in/yaml.v3 v3.0.1",
            ])
        let sum = "a.b/c v1.0.0 h1:x=\na.b/c v1.0.0/go.mod h1:y=\na.b/d v1.1.0/go.mod h1:z=\n"
        #expect(GoPackages.sumFile(bytes(sum), path: "go.sum").shown == ["a.b/c v1.0.0"])
    }

    @Test(arguments: [
        ("go1.20.3", "1.20.3"), ("go1.21rc2", "1.21.0-rc.2"), ("go1.4beta1", "1.4.0-beta.1"), ("go1.9", "1.9.0"),
        ("go1.19.8 X:boringcrypto", "1.19.8"), ("go1.21.0-20230801", "1.21.0"), ("devel go1.21-abc", nil), ("", nil),
        ("go", nil), ("go1.x", nil),
    ])
    func goVersions(_ text: String, _ expected: String?) {
        #expect(GoPackages.standardVersion(text) == expected)
    }

    @Test func osRelease() {
        let system = OperatingSystem(
            osRelease: bytes(
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID='12'\nVERSION_CODENAME=bookworm\nID=debian\n"
            ))
        #expect(system?.platform == "DEBIAN_12")
        #expect(system?.prettyName == "Debian GNU/Linux 12 (bookworm)")
        let alma = OperatingSystem(
            osRelease: bytes("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.2\"\n"))
        #expect(alma?.like == ["rhel", "centos", "fedora"])
        #expect(alma?.platform == "ALMALINUX_9")
        #expect(OperatingSystem(osRelease: bytes("NAME=x\n")) == nil)
    }

    @Test(arguments: [
        ("./usr/bin/", "usr/bin"), ("/etc/passwd", "etc/passwd"), ("a//b/./c", "a/b/c"), ("../x", nil), ("a/../b", nil),
        ("", nil), ("/", nil), ("...", "..."),
    ])
    func paths(_ name: String, _ expected: String?) {
        #expect(ArchivePath.normal(name) == expected)
    }

    @Test func packageURLs() {
        let system = OperatingSystem(id: "debian", version: "12")
        let deb = InstalledPackage(
            manager: .os, type: .deb, name: "libstdc++6", version: "1:12.2.0-14", architecture: "amd64",
            source: SourcePackage(name: "gcc-12", version: "12.2.0-14"))
        #expect(
            deb.url(in: system)
                == "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12")
        let rpm = InstalledPackage(
            manager: .os, type: .rpm, name: "openssl", version: "1:3.0.7-24.el9", architecture: "x86_64")
        #expect(
            rpm.url(in: OperatingSystem(id: "rhel", version: "9.2"))
                == "pkg:rpm/rhel/openssl@3.0.7-24.el9?arch=x86_64&distro=rhel-9.2&epoch=1")
        let npm = InstalledPackage(manager: .npm, type: .npm, namespace: "@babel", name: "core", version: "7.0.0")
        #expect(npm.url() == "pkg:npm/%40babel/core@7.0.0")
        let pypi = InstalledPackage(manager: .pip, type: .pypi, name: "Zope.Interface_x", version: "5.0")
        #expect(pypi.url() == "pkg:pypi/zope.interface-x@5.0")
    }
}
