/// A question that people can answer with the words in it, read or heard.
///
/// It stops programs that were not written for it. Whoever writes one that knows the words, which are no secret, gets past it, and
/// no puzzle that all people can solve is better: what is worth more has to be protected by a rate-based rule besides.
struct Puzzle: Sendable {
    /// `Which of these are animals?`
    let question: String
    /// What there is to choose from.
    let words: [String]
    /// What is right.
    let answer: [String]

    /// Makes one by chance.
    init() {
        var random = SystemRandomNumberGenerator()
        let sorts = Self.sorts.shuffled(using: &random)
        let wanted = sorts.first ?? (name: "", words: [])
        let right = wanted.words.shuffled(using: &random).prefix(Int.random(in: 2...3, using: &random))
        let others = sorts.dropFirst().flatMap(\.words).shuffled(using: &random).prefix(7 - right.count)
        question = "Which of these are \(wanted.name)?"
        answer = Array(right)
        words = (right + others).shuffled(using: &random)
    }

    /// No word is of two sorts.
    private static let sorts: [(name: String, words: [String])] = """
        animals: horse goat rabbit squirrel donkey hedgehog otter lion camel wolf badger elephant
        fruit: apple pear cherry banana apricot plum raspberry lemon grape peach melon fig
        tools: hammer saw chisel pliers screwdriver wrench axe spade rake drill shovel crowbar
        clothes: shirt trousers coat sock glove scarf jacket skirt hat jumper blouse mitten
        furniture: table chair wardrobe sofa shelf desk bench cupboard armchair stool dresser cradle
        instruments: violin trumpet flute piano guitar drum cello harp clarinet trombone banjo accordion
        vehicles: bus lorry bicycle tram train tractor ambulance motorcycle van scooter taxi caravan
        colours: red blue yellow green purple brown grey pink black white beige turquoise
        """.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":")
            guard let name = parts.first, let words = parts.last else { return nil }
            return (String(name), words.split(separator: " ").map(String.init))
        }
}
