module x
require (
 a/b v1.0.0
)
replace a/b => c/d v1.1.0
