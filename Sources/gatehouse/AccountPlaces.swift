extension AccountOptions.Known {
    /// Where the files name each user and role first, by its ARN.
    /// - Complexity: linear in the size of the files.
    var places: [String: SARIFLog.Location] {
        let wanted = Set(estate.members.map(\.arn))
        var places: [String: SARIFLog.Location] = [:]
        for file in files {
            for (number, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                var rest = line[...]
                while let start = rest.firstRange(of: "\"arn:") {
                    let value = rest[rest.index(after: start.lowerBound)...]
                    let arn = String(value.prefix { $0 != "\"" })
                    if wanted.contains(arn), places[arn] == nil {
                        // Columns count code points, from 1.
                        let column = line[..<start.lowerBound].unicodeScalars.count + 1
                        places[arn] = SARIFLog.Location(file.name, line: number + 1, column: column, name: arn)
                    }
                    rest = value.dropFirst(arn.count)
                }
            }
        }
        return places
    }
}
