// swift-format-ignore-file

/// What AWS's own evaluator, cfn-guard 3.1.1, answers about rules on one document: status, and the clauses of a rule `r` or
/// a whole file, with `\n` for its line ends.
let referenceAnswers = #"""
PASS a.c == "x"
PASS a.b[*] >= 1
FAIL a.b == 1
PASS a.b >= 1
FAIL a.e[*] == 1
PASS a.e == 1
FAIL a.m.* == 1
FAIL a.z == 1
FAIL a.z != 1
FAIL not a.z == 1
FAIL a.z exists
PASS a.z !exists
PASS a.z empty
FAIL a.z !empty
PASS a.e empty
PASS a.m empty
PASS a.s empty
PASS a.n exists
FAIL a.c empty
PASS a.c !empty
FAIL a.e[*] exists
PASS a.e[*] !exists
PASS a.e[*] empty
FAIL a.z is_string
PASS a.z !is_string
PASS a.b is_list
PASS a.n is_null
PASS a.foo_bar exists
PASS a.FooBar exists
PASS a['fooBar'] exists
FAIL a.t.Key exists
PASS a.t[0].Key == "k1"
PASS a.t.0.Key == "k1"
PASS a.t[*].Key in ["k1","k2"]
PASS a.t[ Key == "k1" ].V == "v1"
SKIP a.t[ Key == "k9" ].V == "v1"
PASS a.t[ Key == "k9" ] empty
FAIL a.t[ Key == "k9" ] !empty
SKIP a.t[ Key == "k9" ] exists
SKIP a.t[ Key == "k9" ] !exists
FAIL a.t[ Key == "k1" ] empty
PASS a.t[ Z == "k1" ] empty
PASS let v = a.t[ Key == "k9" ]\nrule r { %v empty }
FAIL let v = a.t[ Key == "k9" ]\nrule r { %v !empty }
SKIP let v = a.t[ Key == "k9" ]\nrule r { %v exists }
PASS let v = a.z\nrule r { %v empty }
FAIL let v = a.z\nrule r { %v !empty }
FAIL let v = a.z\nrule r { %v exists }
FAIL let v = a.e\nrule r { %v empty }
PASS let v = a.e\nrule r { %v !empty }
FAIL let v = a.n\nrule r { %v !empty }
PASS let v = a.b\nrule r { %v !empty }
PASS let v = a.c\nrule r { %v !empty }
PASS let v = a.s\nrule r { %v !empty }
FAIL let v = a.b\nrule r { %v == 1 }
PASS let v = a.b\nrule r { %v[*] > 0 }
PASS let v = a.b\nrule r { %v[0] == 1 }
PASS let v = [1,2]\nrule r { %v == [1,2] }
FAIL let v = [1,2]\nrule r { %v[*] == 1 }
FAIL let v = []\nrule r { %v empty }
PASS let v = []\nrule r { %v !empty }
FAIL a.f == 1
FAIL a.f == 1.0
FAIL a.f > 0
FAIL a.f != 1
FAIL a.c == 1
FAIL a.c != 1
FAIL a.c > 1
FAIL not a.c > 1
PASS a.c == /x/
FAIL a.c == /X/
PASS a.c == /(?i)X/
PASS a.b == [1,2,3]
FAIL a.b == [3,2,1]
FAIL a.b != [1,2,3]
PASS a.b != [1,2]
PASS a.b in [1,2,3,4]
PASS a.b in [[1,2,3]]
FAIL a.b[*] in [1,2]
FAIL a.b[*] not in [1,2]
PASS a.b[*] not in [7,8]
PASS some a.b[*] in [1,2]
PASS some a.b[*] not in [1,2]
PASS some a.b[*] == 3
FAIL some a.z == 3
FAIL some a.z exists
PASS a.c in ["x","y"]
PASS a.c in "xyz"
FAIL a.c in "abc"
PASS a.c == ["x"]
FAIL a.c == ["x","y"]
PASS a.c in [/x/]
FAIL a.c not in [/x/]
FAIL a.c != ["x","y"]
PASS a.b[*] == a.b[*]
FAIL a.b[*] == a.b
PASS a.b == a.b
FAIL a.b[0] == a.b[*]
FAIL a.b[*] == a.b[0]
PASS a.b[*] in a.b[*]
PASS a.b[*] in a.b
PASS a.b in a.b
FAIL a.z == a.y
FAIL a.c == a.y
PASS a.b[1] in r[1,2]
FAIL a.b[1] in r(1,2)
PASS a.b[1] == r[1,2]
FAIL a.c in r[1,2]
PASS a.b[1] not in r(1,2)
FAIL a.z { b == 1 }
FAIL a.e[*] { this == 1 }
PASS a.e { this empty }
SKIP a.t[ Key == "k9" ] { V == 1 }
FAIL a.t[*] { V == "v1" }
PASS some a.t[*] { V == "v1" }
FAIL some a.z { b == 1 }
SKIP some a.t[ Key == "k9" ] { V == 1 }
FAIL a.t { V exists }
SKIP a.t[*] { when Key == "k9" { V == 1 } }
SKIP when a.z exists { a.c == "y" }
FAIL when a.c exists { a.c == "y" }
SKIP when a.t[ Key == "k9" ] exists { a.c == "y" }
PASS when a.c == "y" or a.c == "x" { a.c == "x" }
PASS a.c == "y" or a.c == "x"
FAIL a.c == "y" or a.t[ Key == "k9" ] exists
PASS a.c == "x"  a.t[ Key == "k9" ] exists
SKIP rule x when a.c == "y" { a.c == "x" }\nrule r when x { a.c == "x" }
PASS rule x when a.c == "y" { a.c == "x" }\nrule r when !x { a.c == "x" }
PASS rule x { a.c == "y" }\nrule r { x or a.c == "x" }
PASS rule x(p) { %p == "x" }\nrule r { x(a.c) }
PASS rule x(p) { %p == "x" }\nrule r { not x(a.c) }
PASS rule x(p) { %p == "x" }\nrule r when x(a.c) { a.c == "x" }
PASS rule x(p) { %p exists }\nrule r { x("lit") }
PASS rule x(p,q) { %p == %q }\nrule r { x(a.c, "x") }
PASS let c = a.c\nrule x(p,q) { %p == %q }\nrule r { x(%c, %c) }
PASS AWS::S3::Bucket { P == 1 }
PASS AWS::S3::Bucket P == 1
FAIL AWS::S3::Bucket P == 2
SKIP AWS::S4::Bucket { P == 1 }
SKIP AWS::S4::Bucket P == 1
SKIP AWS::S3::Bucket when P == 1 { P == 1 }
SKIP AWS::S3::Bucket when P == 2 { P == 1 }
PASS Resources.*[ Type == "AWS::S3::Bucket" ].P == 1
PASS Resources[ keys == "x" ].P == 1
PASS Resources[ keys == /^x/ ].P == 1
PASS Resources[ keys in ["x","y"] ].P > 0
PASS Resources[ keys != "x" ].P == 2
SKIP Resources[ keys == "q" ].P == 2
PASS Resources[ Type == "T" ].P == 2
FAIL Resources.*[ keys == "P" ] == 1
PASS let n = "x"\nrule r { Resources.%n.P == 1 }
PASS let n = ["x","y"]\nrule r { Resources.%n.P > 0 }
FAIL let n = ["x","q"]\nrule r { Resources.%n.P > 0 }
PASS let n = a.c\nrule r { Resources.%n.P == 1 }
FAIL let n = a.z\nrule r { Resources.%n.P == 1 }
FAIL let n = a.t[*].Key\nrule r { Resources.%n.P == 1 }
FAIL a.b[*] > a.b[0]
PASS a.b[*] >= a.b[0]
FAIL a.b[*] >= a.b[*]
PASS a.b >= a.b[0]
FAIL a.b > a.b
FAIL a.c in a.t[*].Key
PASS a.t[*].Key in a.t[*].Key
FAIL a.t[*].Key == ["k1","k2"]
PASS a.t[*].Key == /k/
FAIL a.b[*] == [1,2,3]
FAIL some a.b[*] == [1,2,3]
FAIL a.b[*] in [[1,2,3]]
PASS a.t[0] == {"Key":"k1","V":"v1"}
PASS a.t[0] == {'Key':'k1', V:"v1"}
PASS a.t[0] in [{"Key":"k1","V":"v1"}]
PASS a.t[0] == {"V":"v1","Key":"k1"}
PASS a.t[0] == {"V":/v/,"Key":"k1"}
PASS a.n == null
FAIL a.n != null
FAIL a.c != null
FAIL a.c == null
PASS a.c is_string
PASS a.b[0] is_int
PASS a.f is_float
FAIL a.c is_bool
PASS a.m is_struct
PASS a.c !is_list
FAIL a.c not is_string
PASS a.b[*] is_int
PASS a.c EXISTS
FAIL a.c NOT EXISTS
FAIL a.c !EXISTS
PASS a.c IN ["x"]
FAIL a.c !in ["x"]
FAIL a.c not in ["x"]
PASS not a.c == "x"
PASS !a.c == "x"
FAIL not a.c exists
PASS not a.z exists
FAIL not a.z !exists
FAIL not a.z empty
FAIL not a.b[*] in [1,2]
PASS not some a.b[*] == 1
PASS a.c == "x" << msg >>
PASS a.c == "x" <<msg>> or a.c == "y"
PASS a.t[*].V[*] exists
PASS a.c[*] == "x"
PASS a.c.* == "x"
PASS a.t.* exists
PASS a.b.* > 0
PASS a.m[*] exists
FAIL a.b[7] exists
FAIL a.b[-1] == 3
FAIL a.b.7 exists
PASS this exists
PASS this.a.c == "x"
PASS a.c == 'x'
FAIL a.c == "\"x"
FAIL a.c == x
PASS a.c < "y"
PASS a.c > "a"
FAIL a.b[0] == true
PASS a.c == [ "x" ]
PASS a.c in a.c
FAIL "x" == a.c
PASS a."c" == "x"
PASS a.'c' == 'x'
PASS a.t[ this.Key == "k1" ].V == "v1"
PASS a.t[ Key == "k1" or Key == "k2" ].V exists
PASS a.t[ Key == "k1" V == "v2" ] empty
PASS a.t[ Key == "k1"\n V == "v1" ] !empty
PASS a.t[ q | Key == "k1" ] !empty
SKIP a.t[*][ Key == "k1" ].V == "v1"
FAIL a.t[ Key == "k1" ][0].V == "v1"
PASS a.t[ Key == "k1" ][*].V == "v1"
PASS Resources[ n | Type == "T" ].P == 2
PASS Resources.*.P > 0
PASS Resources.* { P > 0 }
PASS Resources.*[ P > 1 ] { P == 2 }
FAIL rule x when a.c == "y" { a.c == "x" }\nrule r { x\n }
PASS rule x when a.c == "y" { a.c == "x" }\nrule r { not x\n }
PASS rule x { a.c == "y" }\nrule r { not x\n }
FAIL rule x { a.c == "x" }\nrule r { not x\n }
PASS rule x { a.c == "y" }\nrule r { x or\n a.c == "x" }
PASS rule x { a.c == "x" }\nrule r { x <<m>> }
FAIL rule x { a.c == "y" }\nrule x { a.c == "x" }\nrule r { x\n }
PASS rule x { a.c == "x" }\nrule x { a.c == "y" }\nrule r { x\n }
PASS rule x when a.z exists { a.c == "x" }\nrule x { a.c == "x" }\nrule r { x\n }
FAIL rule x when a.z exists { a.c == "x" }\nrule x { a.c == "y" }\nrule r { x\n }
FAIL rule x(p) { %p == "y" }\nrule r { x(a.c) }
FAIL rule x(p) { %p == "y" }\nrule r { not x(a.c) }
PASS rule x(p) { V == "v1" }\nrule r { a.t[0] { x(Key) } }
FAIL rule x(p) { a.c == "x" }\nrule r { a.t[0] { x(Key) } }
PASS rule x(p) { %p { this == "x" } }\nrule r { x(a.c) or a.c == "y" }
PASS rule x(p) { %p empty }\nrule r { x(a.t[ Key == "k9" ]) }
FAIL rule x(p) { %p empty }\nrule r { x([]) }
FAIL rule x(p) { %p exists }\nrule r { x(a.z) }
PASS rule x(p) { some %p == 1 }\nrule r { x(a.b[*]) }
FAIL not a.c == "y"
FAIL not a.c != "x"
FAIL not a.c in ["y"]
PASS not a.c is_int
SKIP a.t[ Key == "k9" ].V empty
SKIP a.t[ Key == "k9" ].V !empty
SKIP a.t[ Key == "k9" ].V !exists
PASS a.t[*].Z !exists
PASS a.t[*].Z empty
PASS let v = a.t[*].Z\nrule r { %v empty }
FAIL let v = a.t[*].Z\nrule r { %v !empty }
PASS let v = some a.t[*].Z\nrule r { %v empty }
FAIL let v = some a.t[*].Z\nrule r { %v !empty }
SKIP let v = some a.t[*].Z\nrule r { %v exists }
SKIP let v = some a.t[*].Z\nrule r { %v == 1 }
SKIP let v = some a.z\nrule r { %v == 1 }
SKIP let v = a.t[ Key == "k9" ]\nrule r { %v.V == 1 }
SKIP let v = a.t[ Key == "k9" ]\nrule r { %v { V == 1 } }
SKIP let v = a.t[ Key == "k9" ]\nrule r { %v[*] empty }
PASS let v = a.t[ Key == "k9" ]\nrule r { %v[ V == 1 ] empty }
PASS let v = a.t\nrule r { %v[ Key == "k1" ].V == "v1" }
PASS let v = a.t[*]\nrule r { %v[ Key == "k1" ].V == "v1" }
PASS let v = a.t[*]\nrule r { %v.Key exists }
FAIL let v = a.t\nrule r { %v.Key exists }
FAIL let v = a.t\nrule r { %v[*].Key exists }
PASS let v = a.t[*]\nrule r { %v[*].Key exists }
FAIL let v = a.t\nrule r { %v { Key exists } }
PASS let v = a.t[*]\nrule r { %v { Key exists } }
PASS let v = a.t\nrule r { %v.* { Key exists } }
PASS let v = ["x","y"]\nrule r { a.c in %v }
FAIL let v = ["x","y"]\nrule r { a.c == %v }
FAIL let v = ["x","y"]\nrule r { a.c not in %v }
PASS let v = "x"\nrule r { a.c == %v }
PASS let v = /x/\nrule r { a.c == %v }
FAIL let v = a.t[*].Key\nrule r { "k1" in %v }
FAIL let v = "k1"\nrule r { %v in a.t[*].Key }
PASS let v = "k1"\nrule r { some %v == a.t[*].Key }
PASS let v = "k1"\nrule r { %v == a.t[0].Key }
FAIL let v = ["k1","k2"]\nrule r { %v == a.t[*].Key }
FAIL let v = ["k1","k2"]\nrule r { a.t[*].Key == %v }
PASS let v = ["k1","k2"]\nrule r { a.t[*].Key in %v }
PASS let v = [1,2,3]\nrule r { a.b == %v }
FAIL let v = [1,2,3]\nrule r { a.b[*] == %v }
FAIL let v = [1,2,3]\nrule r { a.b[*] == %v[*] }
PASS let v = [1,2,3]\nrule r { a.b[*] in %v[*] }
PASS let v = [1,2,3]\nrule r { a.b[*] in %v }
PASS let v = {"q":1}\nrule r { %v.q == 1 }
PASS let v = {"q":[1,2]}\nrule r { %v.q[*] > 0 }
PASS let v = {"q":[1,2]}\nrule r { %v.* exists }
PASS a.b[-1] == 2
PASS a.b[-0] == 1
PASS a.f > 0.5
PASS a.f in r[0.5,2.0]
FAIL a.f in r[0,2]
PASS a.b[0] not in ["x"]
FAIL a.b[0] in ["x"]
PASS a.b[0] in ["x",1]
FAIL a.b[0] not in ["x",1]
PASS a.b not in ["x"]
FAIL a.b not in [1,7]
PASS a.b not in [7,8]
FAIL a.b in [1,2]
FAIL some a.b in [1,2]
FAIL a.b != 1
PASS a.b != 9
PASS some a.b == 1
PASS some a.b != 1
PASS some a.b >= 3
PASS a.e in [1]
FAIL a.e not in [1]
PASS a.e != 1
PASS a.e == []
FAIL a.e != []
PASS a.e == ""
PASS a.m == {}
FAIL a.m == 1
FAIL a.m != 1
PASS a.n in [null]
FAIL a.n is_string
FAIL a.n == "x"
PASS a.t[*] exists
FAIL a.t[0] empty
FAIL a.c > a.b[0]
PASS a.c == a.c
FAIL a.c != a.c
FAIL a.b[*] != a.b[*]
FAIL a.b[*] not in a.b[*]
FAIL a.b[0] != a.b[1]
PASS a.b[0] in a.b
FAIL a.b[0] not in a.b
FAIL a.b in a.b[*]
FAIL a.b != a.b
FAIL a.b == a.e
FAIL a.b != a.e
FAIL a.z not in a.b
FAIL a.b[*] == a.z
FAIL a.c in a.t
SKIP a.t[*].Key == a.t[ Key == "k9" ].Key
SKIP a.t[ Key == "k9" ].Key == a.c
SKIP a.c == a.t[ Key == "k9" ].Key
SKIP a.c in a.t[ Key == "k9" ].Key
SKIP a.c not in a.t[ Key == "k9" ].Key
SKIP a.c != a.t[ Key == "k9" ].Key
FAIL a.c != ["z","y"]
FAIL a.c != ["x"]
FAIL some a.b[*] != [1,2]
PASS some a.b[*] != [7]
PASS some a.b[*] >= [1,2]
PASS a.b[*] > [0]
FAIL a.b[*] > [0,1]
PASS a.b[*] > [0,-1]
FAIL a.k == 1
FAIL a.n <= ["x"]
FAIL let w = [1]\nrule r { %w[*] == 1 }
FAIL let w = [1]\nrule r { %w == 1 }
FAIL let w = []\nrule r { %w[*] == 1 }
FAIL let w = []\nrule r { %w == 1 }
PASS let w = []\nrule r { %w !empty }
PASS let w = []\nrule r { %w exists }
FAIL a.f[ P == 1 ] !empty
FAIL a.c[ P == 1 ] !empty
FAIL a.c[ this == "x" ] !empty
FAIL a.c[ this == "x" ] == "x"
FAIL a.c[ this == "y" ] == "x"
FAIL a.n[ this is_null ] exists
SKIP a.m[ this is_null ] exists
FAIL a.m[ this is_null ] !empty
PASS a.m[ this is_null ] empty
PASS a.e[ this is_null ] empty
SKIP a.e[ this is_null ] exists
FAIL a.k[ this == 1 ] exists
PASS a.k[ this == 1 ] empty
FAIL a.t[*][*] > [1]
FAIL a.t > "x"
FAIL let u = a.t[*][*]\nrule r { %u > "x" }
FAIL a.c > null
FAIL a.b not in r[1,2]
FAIL a.b[*] not in r[1,2]
FAIL a.t[*] not in r[1,2]
FAIL a.t[0] not in r[1,2]
FAIL a.t[0] not in 1
FAIL a.c not in 1
FAIL a.c not in {}
FAIL a.b[0] not in "x"
FAIL a.b[0] not in /x/
FAIL a.b[0] not in 1.5
PASS a.b[0] not in 7
FAIL a.n not in 7
FAIL a.n not in "x"
PASS a.n not in ["x"]
PASS a.n in null
FAIL a.n not in null
PASS a.t[0] not in ["x"]
PASS a.t not in ["x"]
FAIL a.t not in 1
FAIL a.c in 1
FAIL a.m in "x"
PASS a.b[*][ this > 1 ] !empty
PASS a.b[*][ this > 1 ] exists
FAIL a.b[*][ this > 1 ] == 2
PASS let v = a.b[*]\nrule r { %v[ this > 1 ] exists }
PASS let v = a.b[*]\nrule r { %v[ this > 1 ] !empty }
FAIL let v = a.b[*]\nrule r { %v[ this > 1 ] == 2 }
FAIL let v = a.b[*]\nrule r { %v[ this > 1 ] { this == 2 } }
FAIL let v = a.c\nrule r { %v[ this == "x" ] { this == 2 } }
FAIL let v = a.z\nrule r { %v[ this == "x" ] { this == 2 } }
FAIL let v = a.z\nrule r { %v[ this == "x" ] exists }
FAIL let v = a.z\nrule r { %v[ this == "x" ] !empty }
PASS let v = a.z\nrule r { %v[ this == "x" ] empty }
SKIP let v = a.n\nrule r { %v[ this == "x" ] exists }
FAIL a.z[ this == "x" ] exists
PASS a.z[ this == "x" ] empty
FAIL a.z[ this == "x" ] { this == 2 }
FAIL a.b.*[ this > 1 ] exists
FAIL a.b[0][ this > 1 ] exists
FAIL a.b[ this > 1 ][ this == 2 ] exists
FAIL a.b[1] not in a.q
PASS a.b[1] not in a.t
PASS a.b[1] not in a.c
PASS a.b[1] not in a.t[*].Key
PASS a.c not in a.b
PASS a.c not in a.n
PASS a.t[0] in a.t
PASS a.b not in a.b[*]
FAIL a.b not in a.b
FAIL a.b in a.t
PASS a.b not in a.t
PASS a.b not in a.c
PASS a.c not in a.b[0]
PASS a.c not in a.b[*]
PASS a.b[*] not in a.c
"""#

/// The document.
let referenceDocument = #"""
{"a":{"b":[1,2,3],"c":"x","e":[],"m":{},"n":null,"t":[{"Key":"k1","V":"v1"},{"Key":"k2","V":"v2"}],"s":"",
"fooBar":1,"f":1.5},"Resources":{"x":{"Type":"AWS::S3::Bucket","P":1},"y":{"Type":"T","P":2}}}
"""#
