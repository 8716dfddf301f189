/// AWS Config's SQL.
enum ConfigSelect {}
