/// What manages packages, by the names that Amazon Inspector has for it.
public enum PackageManager: String, Sendable, Hashable, CaseIterable, Codable {
    /// The operating system's own: dpkg, rpm, apk.
    case os = "OS"
    /// Rust's `Cargo.lock`, and what `cargo auditable` writes into programs.
    case cargo = "CARGO"
    /// PHP's `composer.lock`.
    case composer = "COMPOSER"
    /// `package-lock.json`
    case npm = "NPM"
    /// `yarn.lock`, and pnpm's lock file, for which Inspector has no name.
    case yarn = "YARN"
    /// An installed Node package's `package.json`.
    case nodePackage = "NODEPKG"
    /// `requirements.txt`
    case pip = "PIP"
    /// `Pipfile.lock`
    case pipenv = "PIPENV"
    /// `poetry.lock`
    case poetry = "POETRY"
    /// An installed Python package's `METADATA` or `PKG-INFO`.
    case pythonPackage = "PYTHONPKG"
    /// A program that Go built.
    case goBinary = "GOBINARY"
    /// `go.mod` and `go.sum`
    case goModule = "GOMOD"
    /// A Java archive.
    case jar = "JAR"
    /// `pom.xml`
    case pom = "POM"
    /// `Gemfile.lock`
    case bundler = "BUNDLER"
    /// A gem's specification.
    case gemSpecification = "GEMSPEC"
    /// `packages.lock.json`
    case nuget = "NUGET"
    /// `….deps.json`
    case dotnetCore = "DOTNET_CORE"
}

/// The types of packages, by their names in package URLs.
public enum PackageType: String, Sendable, Hashable, CaseIterable, Codable {
    case deb, rpm, apk, pypi, npm, maven, golang, cargo
}
