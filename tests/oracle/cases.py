"""The expressions that expressions.py compares, and the known differences with their reasons."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One expression, over the columns of rows.py."""
    text: str
    mode: str = "text"  # How results are compared (compare.py).
    known: str = ""    # Why some rows differ.
    refused: str = ""  # Part of the message with which Weir refuses it.


# Compared as they stand.
SAME = r"""
i + j | i - j | i * j | i / j | i % j | mod(i, j) | -i | abs(i) | +j | + n
b + c | b - c | b * c | b / c | b % c | mod(b, c) | -b | abs(b) | i + b | b - i | i * c | c / j
b / 7 | b / -7 | b % 123 | mod(b, 10) | i / 3 | i % 7 | b / 1 | b / -1 | b % -1
n + m | n - m | n * m | n + i | n * c | -n | abs(n) | n % m | mod(n, m) | n % 7 | n - 0.5
n * 0.908
x + y | x - y | x * y | x / y | -x | abs(x) | x + i | x * n | n / x | y / 3
i = j | i <> j | i < j | i <= j | i > j | i >= j | i != j | b = c | b < c | b >= 0 | i = b
i < n | n = m | n < m
n <= i | x = y | x < y | x >= y | x > i | n < x | t = u | t <> u | t < u | t >= u | t = 'google'
f = g | f < g | f >= g
w = w | w < '\x5c'::bytea | d = e | d < e | d <= p | p < z | d > z | p = q | p >= q | z < k
v < o | v = o | v >= '1 day'
i BETWEEN SYMMETRIC 5 AND -5 | i NOT BETWEEN SYMMETRIC j AND 3
t LIKE '%!_%' ESCAPE '!' | t NOT LIKE '%!%%' ESCAPE '!' | t LIKE '%\%' ESCAPE ''
i BETWEEN -5 AND 5 | n NOT BETWEEN 0 AND 10 | t BETWEEN 'a' AND 'c'
i IN (1, 2, 3) | i NOT IN (1, 2) | i IN (1, NULL) | i NOT IN (1, NULL)
t IN ('', 'google', 'Facebook') | n IN (0.5, 0)
f AND g | f OR g | NOT f | f AND NULL | f OR NULL | f AND i > 0 AND b < 0 | f OR i > 0 OR b < 0
NOT (f OR g)
f IS TRUE | f IS NOT TRUE | f IS FALSE | f IS NOT FALSE | f IS UNKNOWN | f IS NOT UNKNOWN
t IS NULL | t IS NOT NULL | i IS DISTINCT FROM j | i IS NOT DISTINCT FROM j
t IS DISTINCT FROM NULL | x IS DISTINCT FROM y
n IS DISTINCT FROM m | v IS NOT DISTINCT FROM o
CASE WHEN j <> 0 THEN i / j ELSE 0 END | CASE WHEN f THEN i END
CASE i WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE t END
CASE WHEN f THEN t WHEN g THEN u ELSE 'neither of these two is true' END
CASE WHEN f THEN i ELSE b END
CASE WHEN i > 0 THEN 'positive' WHEN i < 0 THEN 'negative' WHEN i = 0 THEN 'zero' END
CASE WHEN f THEN x ELSE i END
coalesce(i, j) | coalesce(i, j, 0) | coalesce(t, u, 'none') | coalesce(i, b)
coalesce(i / nullif(j, 0), -1) | coalesce(d, p)
nullif(i, j) | nullif(t, '') | nullif(t, u) | nullif(x, y) | nullif(i, 1)
greatest(i, j) | least(i, j, 0) | greatest(t, u) | least(x, y) | greatest(i, b) | greatest(d, e)
least(v, o) | greatest(f, g)
greatest(p, d) | least(i, NULL, j)
t || u | t || i | i || t | t || n | t || x | t || f | t || d | t || p | t || z | t || v
t || 'x' | 'x' || t || 'y' | w || w
lower(t) | upper(t) | length(t) | length(w) | char_length(t) | octet_length(t) | octet_length(w)
reverse(t)
substring(t, 2) | substring(t, 2, 3) | substring(t, j) | substring(t, j, 3)
substring(t from 2 for 2) | substring(t for 2)
substr(t, 1, j) | substring(t, i, j) | left(t, 2) | left(t, -2) | left(t, i) | right(t, 2)
right(t, -2) | right(t, greatest(i, -2147483647))
position('a' in t) | position(u in t) | strpos(t, '/') | strpos(t, u) | starts_with(t, u)
starts_with(t, 'a')
split_part(t, '/', 1) | split_part(t, '/', 2) | split_part(t, '/', -1) | split_part(t, u, 1)
split_part(t, u, j) | split_part(t, 'abc', -2)
trim(t) | trim(both from t) | trim(leading ' ' from t) | trim(trailing 'x' from t)
trim(both u from t) | ltrim(t) | rtrim(t)
ltrim(t, 'ab/') | rtrim(t, u) | btrim(t, 'é ') | btrim(t, u)
replace(t, 'a', 'xyz') | replace(t, u, '') | replace(t, '/', u) | replace(t, '', 'x')
length(t) - length(replace(t, 'c', ''))
lpad(t, 8) | lpad(t, 8, '*') | lpad(t, j, u) | rpad(t, 8, 'ab') | rpad(t, j)
lpad(i::text, 6, '0')
concat(t, u) | concat(t, i, f) | concat(t, n, x, d, p, z, v, w) | concat(NULL, t)
concat_ws(',', t, u) | concat_ws('-', i, j, f) | concat_ws(u, t, 'x')
t LIKE 'a%' | t LIKE '%a' | t LIKE '%a%' | t LIKE 'google' | t LIKE '_o%' | t LIKE '%a_c%'
t NOT LIKE '%/%' | t LIKE '%\%%'
t LIKE '' | t LIKE '%' | t LIKE '_' | t LIKE '__%' | t ILIKE '%FOO%' | t NOT ILIKE 'f%'
t ILIKE '%ä%' | t LIKE u || '%' | t LIKE replace(u, '\', '') || '_%'
t ~ 'a' | t ~ '^a' | t ~ 'o+' | t ~* 'FOO' | t !~ '[a-z]+$' | t !~* 'bar|google'
t ~ '^[[:alpha:] ]*$' | t ~ '\d' | t ~ '(a|b)/' | t ~ 'a.c' | t ~ '^.?$' | t ~ '[^a-z]'
t ~ '\.' | t ~* '^(google|facebook)$' | t ~ 'é|€' | t ~ '.{4}'
regexp_replace(t, 'a', 'X') | regexp_replace(t, 'a', 'X', 'g')
regexp_replace(t, 'FOO', '<\&>', 'gi') | regexp_replace(t, '(.)/(.)', '\2/\1', 'g')
regexp_replace(t, '[^a-z]', '', 'g') | regexp_replace(t, 'o*', '-', 'g')
regexp_replace(t, '(a)(x)?', '[\1\2]') | regexp_replace(t, 'a', 'X', 2)
regexp_replace(t, 'a', 'X', 1, 2) | regexp_replace(t, 'A', 'X', 1, 0, 'i')
regexp_replace(t, '\s+', ' ', 'g') | regexp_replace(t, '^', '>') | regexp_replace(t, 'o', '\\')
regexp_substr(t, '[a-z]+') | regexp_substr(t, '[a-z]+', 2) | regexp_substr(t, '[a-z]', 1, 3)
regexp_substr(t, 'FOO', 1, 1, 'i') | regexp_substr(t, '(&|^|.)y=([^&]*)', 1, 1, '', 2)
regexp_substr(t, '(q)?a', 1, 1, '', 1) | regexp_substr(t, 'a|ab|abc') | regexp_substr(t, '.$')
regexp_substr(t, '\w+$') | regexp_substr(t, '[^/]+', 1, 2)
regexp_count(t, 'a') | regexp_count(t, 'o+') | regexp_count(t, '') | regexp_count(t, 'a', 3)
regexp_count(t, 'FOO', 1, 'i') | substring(t from 'o.') | substring(t from 'o(.)')
substring(t, '[0-9]+') | substring(t, '(x)=(.)')
md5(t) | md5(w) | sha256(w) | encode(w, 'hex') | encode(w, 'base64') | encode(w, 'escape')
encode(sha256(w), 'hex') | md5('')
ceil(n) | floor(n) | round(n) | trunc(n) | round(n, 1) | round(n, 0) | round(n, -2)
round(n, 4) | trunc(n, 1) | trunc(m, 2) | trunc(n, -1) | round(m, 2) | round(m, 3) | ceil(x)
floor(x) | round(x) | trunc(x) | ceil(m) | ceiling(y) | sqrt(4) | round(i) | floor(b)
date_trunc('second', p) | date_trunc('minute', z) | date_trunc('hour', p) | date_trunc('day', z)
date_trunc('week', p) | date_trunc('month', z) | date_trunc('quarter', p)
date_trunc('year', z) | date_trunc('decade', p) | date_trunc('century', p)
date_trunc('millennium', p) | date_trunc('milliseconds', p) | date_trunc('microseconds', p)
date_trunc('day', d) | date_trunc('hour', v) | date_trunc('day', v) | date_trunc('month', v)
date_trunc('year', v) | date_trunc('minute', o) | date_trunc('quarter', v)
date_bin('15 minutes', p, q) | date_bin('1 hour', z, '2024-01-01 00:30:00')
date_bin('7 days', p, '2001-01-01') | date_bin(o, p, q) | date_bin('10 seconds', z, k)
extract(year from p) | extract(month from z) | extract(day from d) | extract(hour from p)
extract(minute from z) | extract(second from p) | extract(milliseconds from p)
extract(microseconds from z) | extract(epoch from p) | extract(epoch from z)
extract(epoch from d) | extract(epoch from v) | extract(dow from p) | extract(isodow from d)
extract(doy from z) | extract(week from p) | extract(isoyear from d) | extract(quarter from p)
extract(decade from d) | extract(century from p) | extract(millennium from p)
extract(hour from v) | extract(minute from v) | extract(second from v) | extract(day from v)
extract(month from v) | extract(year from v) | extract(quarter from v) | extract(decade from v)
extract(century from v) | extract(milliseconds from o) | extract(microseconds from o)
to_char(p, 'YYYY-MM-DD HH24:MI:SS') | to_char(z, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
to_char(p, 'HH12:MI:SS AM') | to_char(p, 'hh:mi pm') | to_char(z, 'Day, DD Month YYYY')
to_char(z, 'FMDay, FMDD FMMonth YYYY') | to_char(p, 'Dy Mon DD') | to_char(p, 'DAY MON')
to_char(p, 'dy mon') | to_char(p, 'US') | to_char(p, 'IYYY-IW-ID') | to_char(p, 'DDD WW W Q D')
to_char(p, 'YY YYY Y') | to_char(z, 'HH24 TZ') | to_char(d, 'YYYYMMDD')
to_char(p, 'yyyy.mm.dd') | to_char(p, 'A.M. p.m.') | to_char(p, 'month MONTH')
to_char(p, 'FMHH24:FMMI:FMSS FMMS FMUS')
to_char(n, '999,999,999,990.99') | to_char(n, 'FM999999999990.00') | to_char(n, '9,999.9')
to_char(m, '9.9') | to_char(m, 'FM9.9') | to_char(m, 'FM9990.0999') | to_char(m, 'S9999.99')
to_char(m, '9999.99S') | to_char(m, 'FM9999.99PR') | to_char(m, '9999.99PR') | to_char(m, '99PR')
to_char(m, 'MI9999.9') | to_char(m, '9999.9MI') | to_char(m, 'SG9999') | to_char(m, 'PL9999.99')
to_char(m, '9999.9PL') | to_char(m, 'FMMI0000') | to_char(m, '00000.000000') | to_char(m, '.99')
to_char(i, '999') | to_char(i, '000') | to_char(i, 'S000') | to_char(i, 'FM999999999990')
to_char(j, '99"%"') | to_char(j, '9 9') | to_char(j, '9\"9') | to_char(j, 'FM9,999.00')
to_char(b, '9,999,999,999,999') | to_char(b, '9G999D99') | to_char(j, '909') | to_char(j, 'g9d9')
to_char(y, '9999.999') | to_char(y, 'FM9999990.099') | to_char(x, '999999.99') | to_char(x, 'S9')
to_char(y, '99999999999999999999.9') | to_char(j, 'xyz') | to_char(j, '') | to_char(m, '$9,999.00')
to_char(i, CASE WHEN f THEN '999' ELSE 'FM000' END)
to_char(1234.5, '9,999.99') | to_char(-0.1, 'FM9.99')
regexp_like(t, 'o+') | regexp_like(t, 'FOO', 'i') | regexp_like(t, '^a.*b$') | t ~ 'a/b'
t ~ 'x=1&y' | t ~ '.?foo' | regexp_replace(t, '(.?)oo', '<\1>', 'g') | regexp_count(t, '.?bc')
regexp_substr(t, '(a|ab)(c|bcd)?', 1, 1, '', 2) | regexp_substr(t, 'foo.*bar') | t ~ 'é.?b'
regexp_substr(t, '(&|^|1)y=([^&]*)', 2, 1, '', 2) | regexp_substr(t, 'abc', 2) | t ~ 'a(b|$)'
regexp_replace(t, 'abc', '-', 2, 1) | substring(t from 'y=(.)') | t !~ 'foo|bar'
split_part(t, '/', 3) | split_part(t, '/', -2) | split_part(t, 'a', j) | split_part(t, '//', 2)
split_part(t, 'é', 1) | split_part(t || '/' || t || '/' || t, '/', j)
lower(u) | upper(u) | lower(t || u) | lower(left(t, 12))
decode(encode(w, 'hex'), 'hex') | decode(encode(w, 'base64'), 'base64')
decode(encode(w, 'escape'), 'escape') | decode('0aFF 10', 'hex') | decode(t, 'hex')
decode('YQ==', 'base64') | encode(t::bytea, 'hex') | decode(md5(t), 'hex')
now() > '2020-01-01' | CASE lower(t) WHEN 'foo' THEN 'a' WHEN 'bar' THEN 'b' ELSE lower(t) END
ceil(j) | floor(n + m) | round(b) | trunc(j) | mod(i, b) | greatest(t, 'm') | to_char(x, '999')
concat_ws(NULL, t, u) | lpad(t, -1) | rpad(t, 3, '') | lpad(t, 5, 'é') | right(t, 0)
p + v | p - v | v + p | z + v | z - o | d + v | d - o | p - q | z - k | p - z | d + j | d - j
j + d | d - e | d - p | v + o | v - o | -v | v * 2 | v * 0.5 | 3 * v | v * j | v / 2 | v / 3
v / j | v * m | o / 7 | p + '1 mon' | z + interval '90 minutes' | d + interval '1 day' | o * 1.5
v * -0.25
i::bigint | b::int | i::double precision | b::double precision | n::int | n::bigint | m::int
x::int | x::bigint | y::int | n::double precision | i::text | b::text | n::text | x::text
f::text | w::text | d::text | p::text | z::text | v::text | f::int | i::boolean
n::numeric(10,1) | n::numeric(6,2) | m::numeric(6,1) | i::numeric(4,0) | i::numeric(12,2)
b::numeric(20,1) | b::numeric(10,0) | y::numeric(20,10) | n::numeric | i::numeric | b::numeric
'12.50'::numeric
s::int | s::bigint | s::boolean | s::date | s::timestamp | s::timestamptz | s::interval
s::double precision | t::text | cast(i AS text)
d::timestamp | d::timestamptz | p::date | p::timestamptz | z::timestamp | z::date
p AT TIME ZONE 'UTC' | z AT TIME ZONE 'UTC'
i + 1.5 | 1 + i | i * 2.0 | '5' + i | i = '5' | d = '2024-01-01' | p > '2024-01-01' | n > '0.5'
z >= '2024-01-01 00:00:00+00' | x > 0.5 | n + '1.25' | i - -1 | 1 - i * 2 + j
"""

DOUBLES = r"""
sqrt(x) | sqrt(abs(x)) | ln(x) | ln(abs(y) + 1) | exp(y / 100) | exp(y) | power(x, 2)
power(abs(y), 0.5::double precision) | y ^ 2.0::double precision | power(2, j) | power(i, j)
power(y, -1) | pow(x, 2) | sqrt(j) | exp(j) | ln(abs(x)) | power(x, y) | sqrt(y)
date_part('hour', p) | date_part('epoch', z) | date_part('second', v) | date_part('year', d)
date_part('hour', d) | date_part('dow', z) | date_part('epoch', v) | date_part('week', p)
date_part('milliseconds', p)
"""

NUMBERS = """
greatest(n, m) | least(n, m, i) | least(n, 0) | coalesce(n, m) | CASE WHEN f THEN n ELSE m END
CASE WHEN f THEN n ELSE i END | nullif(n, m) | greatest(i, n)
sqrt(c::double precision) | round(n, j) | trunc(m, j)
"""

QUOTIENTS = """
n / m | n / i | i / m | b / n | m / 3.0 | n / 7 | 1 / m | n / 0.37
"""

# What Weir refuses to build, and why.
REFUSED = [
    ("t ~ 'a(?=b)'", "look-around"),
    ("t ~ '(a)\\1'", "back-references"),
    ("t ~ '\\mfoo'", "\\y"),
    ("to_char(p, 'DDth')", "TH"),
    ("to_char(n, '9.9EEEE')", "EEEE"),
    ("to_char(i, 'RN')", "RN"),
    ("to_char(i, '9th')", "TH"),
    ("to_char(i, '9.9.9')", "multiple decimal points"),
    ("to_char(i, 'S9MI')", "signs"),
    ("to_char(i, 'PR9')", "PR"),
    ("to_char(t, '9')", "does not exist"),
    ("decode(t, 'rot13')", "unrecognized encoding"),
    ("regexp_like(t, 'a', 'g')", "flag"),
    ("regexp_like(t, '(?=a)')", "look-around"),
    ("date_part('fortnight', p)", "not recognized"),
    ("x::numeric", "numeric(p,s)"),
    ("lowr(t)", "lower"),
    ("t + i", "operator does not exist"),
    ("lower(i)", "lower(text)"),
    ("extract(hour from d)", "not supported"),
    ("date_trunc('fortnight', p)", "not recognized"),
    ("i::date", "cannot cast"),
    ("b::boolean", "cannot cast"),
    ("coalesce(i, t)", "cannot be matched"),
    ("round(x, 2)", "does not exist"),
    ("'abc'::int", "abc"),
    ("to_char(p, '')", "needs a template"),
    ("i::numeric(40,0)", "38"),
    ("n::numeric(38,30) * n::numeric(38,30)", "digits after the point"),
    ("regexp_replace(t, 'a', 'b', 'x')", "flag"),
    ("date_trunc('week', v)", "not supported"),
    ("encode(w, 'rot13')", "unrecognized encoding"),
]

# Expressions with rows that differ, and why. Each stands in docs/sql.md.
KNOWN = [
    ("x::numeric(12,3)", "numeric has no NaN"),
    ("s::numeric(10,2)", "numeric has no NaN"),
    (r"t ~ '\yfoo\y'", "for \\y and \\Y only ASCII letters, digits and _ make up a word"),
    ("power(n, 2)", "power, sqrt, ln and exp of numeric are computed as double precision"),
    ("ln(abs(m) + 1)", "power, sqrt, ln and exp of numeric are computed as double precision"),
    ("exp(m / 1000)", "power, sqrt, ln and exp of numeric are computed as double precision"),
    ("sqrt(abs(n))", "power, sqrt, ln and exp of numeric are computed as double precision"),
    ("n / m", "a quotient of numerics has max(6, s1, s2) digits after the point"),
    ("greatest(n, m)", "all values of a numeric type have its scale: zeros may be added"),
    ("round(n, j)", "round by a number of digits that varies keeps the scale of the argument"),
    (r"regexp_substr(t, '[a-z]+?[/ ]*')",
     "a non-greedy quantifier makes the others and alternatives work as in Perl"),
]


def split(text):
    """Expressions between bars that stand alone and line ends."""
    return [part.strip() for line in text.strip().splitlines() for part in line.split(" | ")]


def make_cases():
    """All of them."""
    cases = []
    for text, mode in ((SAME, "text"), (DOUBLES, "double"), (NUMBERS, "number"),
                       (QUOTIENTS, "rounded")):
        cases += [Case(text=part, mode=mode) for part in split(text)]
    cases += [Case(text=text, refused=reason) for text, reason in REFUSED]
    cases += [Case(text=text, known=reason) for text, reason in KNOWN]
    return cases


CASES = make_cases()
