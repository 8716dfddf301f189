import WAF

/// A value of a request, and what it is called.
struct RequestValue {
    let variable: SecVariable
    let name: [UInt8]
    /// Its number in the ``TextStore``.
    let text: Int
    /// The classes of the scan plan that it is in.
    let classes: UInt64
}

/// A request taken apart as ModSecurity takes it apart.
struct RequestValues {
    private(set) var values: [RequestValue] = []
    /// The texts and classes of the values, in the same order.
    private(set) var places: [(text: Int, classes: UInt64)] = []
    /// The numbers of each variable's values.
    private var byVariable: [[Int]] = Array(repeating: [], count: SecVariable.allCases.count)

    /// Parts of which some values are not here: there are too many, or the application may read some that nobody sees here.
    private(set) var cutParts: Set<RequestPart> = []
    /// Whether some values are not here.
    private(set) var isCut = false

    /// How many values are looked at. A request with more of them counts as one in which something was found: whoever wants to hide
    /// something would put it behind them.
    static let mostValues = 4096

    init(_ request: WebRequest, _ plan: ScanPlan, _ texts: inout TextStore) {
        var builder = Builder(plan: plan, texts: texts)
        builder.takeHead(request)
        builder.takeBody(request)
        texts = builder.texts
        values = builder.values
        cutParts = builder.cutParts
        isCut = builder.isCut
        places = values.map { ($0.text, $0.classes) }
        for (number, value) in values.enumerated() { byVariable[value.variable.rawValue].append(number) }
    }

    /// The values of a variable.
    func numbers(of variable: SecVariable) -> [Int] { byVariable[variable.rawValue] }

    private struct Builder {
        let plan: ScanPlan
        var texts: TextStore
        var values: [RequestValue] = []
        var cutParts: Set<RequestPart> = []
        var isCut = false
        var queryArgumentsSize = 0

        mutating func take(_ variable: SecVariable, _ text: [UInt8]) { take(variable, [], text) }

        mutating func take(_ variable: SecVariable, _ name: [UInt8], _ text: [UInt8]) {
            guard values.count < RequestValues.mostValues else {
                isCut = true
                for part in RequestPart.allCases where part.has(variable, name) { cutParts.insert(part) }
                return
            }
            values.append(
                RequestValue(
                    variable: variable, name: name, text: texts.add(text), classes: plan.classes(of: variable, name)))
        }

        mutating func takePair(_ values: SecVariable, _ names: SecVariable, _ name: [UInt8], _ value: [UInt8]) {
            take(values, name, value)
            take(names, name, name)
        }

        mutating func takeHead(_ request: WebRequest) {
            let query = request.query ?? []
            var uri = request.path
            if request.query != nil { uri += [UInt8(ascii: "?")] + query }
            let path = Percent.decode(request.path)
            take(.filename, path)
            take(
                .basename,
                path.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
                    .map { Array(path[($0 + 1)...]) } ?? [])
            take(.uri, Self.withoutHost(Percent.decode(uri)))
            let raw = uri + (request.fragment.map { [UInt8(ascii: "#")] + $0 } ?? [])
            take(.rawURI, raw)
            let version = Array(request.version.utf8)
            take(.line, request.method + [0x20] + raw + [0x20] + version)
            take(.method, request.method)
            take(.httpVersion, version)
            take(.query, query)
            take(.address, Array((request.address?.description ?? "").utf8))
            for header in request.headers {
                take(.headers, header.name, header.value)
                take(.headerNames, header.name, header.name)
                if header.name.map(asciiLowercased).elementsEqual("cookie".utf8) { takeCookies(header.value) }
            }
            for (name, value) in FormText.pairs(query) {
                takePair(.queryArguments, .queryArgumentNames, name, value)
                queryArgumentsSize += name.count + value.count
            }
        }

        /// An absolute URI's path and what is behind it.
        private static func withoutHost(_ uri: [UInt8]) -> [UInt8] {
            guard uri.first != UInt8(ascii: "/"), let colon = uri.firstIndex(of: UInt8(ascii: ":")),
                uri[(colon + 1)...].starts(with: "//".utf8),
                let slash = uri[(colon + 3)...].firstIndex(of: UInt8(ascii: "/"))
            else { return uri }
            return Array(uri[slash...])
        }

        private mutating func takeCookies(_ header: [UInt8]) {
            for part in header.split(separator: UInt8(ascii: ";")) {
                let pair = part.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
                let equals = pair.firstIndex(of: UInt8(ascii: "="))
                let name = Array(pair[..<(equals ?? pair.endIndex)])
                guard !name.isEmpty else { continue }
                var value = equals.map { pair[($0 + 1)...] } ?? []
                if part.endIndex == header.endIndex {
                    while let last = value.last, last == 0x20 || (0x09...0x0D).contains(last) { value.removeLast() }
                }
                takePair(.cookies, .cookieNames, name, Array(value))
            }
        }

        mutating func takeBody(_ request: WebRequest) {
            let type =
                request.headers.first {
                    $0.name.map(asciiLowercased).elementsEqual("content-type".utf8)
                }?.value ?? []
            let processor = BodyProcessor(contentType: type)
            take(.bodyProcessor, Array(processor.name.utf8))
            take(.body, request.body)
            var filesSize = 0
            switch processor {
            case .form:
                for (name, value) in FormText.pairs(request.body) {
                    takePair(.bodyArguments, .bodyArgumentNames, name, value)
                    queryArgumentsSize += name.count + value.count
                }
            case .json:
                let content = JSONArguments.read(request.body)
                if !content.isWhole { take(.opaqueBody, request.body) }
                for (name, value) in content.arguments {
                    takePair(.jsonArguments, .jsonArgumentNames, name, value)
                    queryArgumentsSize += name.count + value.count
                }
            case .multipart(let boundary, let isCertain):
                let content = MultipartBody(request.body, boundary: boundary)
                for part in content.parts {
                    for header in part.headers { take(.partHeaders, part.name, header) }
                    if let file = part.fileName {
                        take(.files, part.name, file)
                        take(.fileNames, part.name, part.name)
                        filesSize += part.content.count
                    } else {
                        takePair(.bodyArguments, .bodyArgumentNames, part.name, part.content)
                        queryArgumentsSize += part.name.count + part.content.count
                    }
                }
                if !isCertain || !content.isWhole { takeDoubtful(request.body) }
            case .xml:
                guard !request.body.isEmpty else { break }
                take(.opaqueBody, request.body)
                let content = XMLTexts.read(request.body)
                for text in content.texts { take(.xml, text) }
                let charset = HeaderParameters(type).values(of: "charset")
                if !content.isWhole || !content.isReadable || !charset.allSatisfy(XMLEncoding.isKnown) { cutBody() }
            case .none:
                guard !request.body.isEmpty else { break }
                take(.opaqueBody, request.body)
                if XMLTexts.isLikely(request.body) {
                    let content = XMLTexts.read(request.body)
                    for text in content.texts { take(.opaqueBody, text) }
                    if !content.isWhole { cutBody() }
                }
                // AWS's own protocols, say, are JSON under other names.
                guard JSONArguments.isLikely(request.body) else { break }
                for (name, value) in JSONArguments.read(request.body).arguments {
                    takePair(.opaqueBody, .opaqueBody, name, value)
                }
            }
            take(.argumentsSize, Array(String(queryArgumentsSize).utf8))
            take(.filesSize, Array(String(filesSize).utf8))
        }

        /// Some of what the body says is not here.
        private mutating func cutBody() {
            isCut = true
            cutParts.insert(.body)
        }

        /// Takes a body of which applications may see other parts than are seen here: as it is, and in every way to read it.
        private mutating func takeDoubtful(_ body: [UInt8]) {
            take(.opaqueBody, body)
            take(.bodyArguments, body)
            for line in body.split(separator: 0x0A) {
                let text = line.last == 0x0D ? line.dropLast() : line
                if text.contains(where: { $0 > 0x20 }) { take(.bodyArguments, Array(text)) }
            }
            if JSONArguments.isLikely(body) {
                for (name, value) in JSONArguments.read(body).arguments {
                    takePair(.jsonArguments, .jsonArgumentNames, name, value)
                }
            }
            for (name, value) in FormText.pairs(body) { takePair(.bodyArguments, .bodyArgumentNames, name, value) }
        }
    }
}

/// Decoding of `%HH` alone, as paths have it.
enum Percent {
    static func decode(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "%")) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count, let high = digit(text[index + 1]),
                let low = digit(text[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
