"""The table of random rows that expressions.py compares expressions over."""


def draw_from(*values):
    """One of the values."""
    return lambda source: source.choice(values)


def either(*draws):
    """One of the draws."""
    return lambda source: source.choice(draws)(source)


def integer(low, high):
    """A whole number."""
    return lambda source: str(source.randint(low, high))


def decimal(digits, scale):
    """A number with `scale` digits after the point."""
    def draw(source):
        value = source.randint(-10**digits + 1, 10**digits - 1)
        text = str(abs(value)).rjust(scale + 1, "0")
        sign = "-" if value < 0 else ""
        return f"{sign}{text[:-scale]}.{text[-scale:]}"
    return draw


def double(source):
    """A double of any size, in its shortest form."""
    return repr(source.uniform(-10, 10) * 10.0 ** source.randint(-8, 8))


def moment(source):
    """A time in the years that people use, and some around them."""
    year = source.choice([1969, 1970, 1999, 2000, 2023, 2024, 2024, 2024, 2100])
    text = (f"{year}-{source.randint(1, 12):02}-{source.randint(1, 28):02} "
            f"{source.randint(0, 23):02}:{source.randint(0, 59):02}:{source.randint(0, 59):02}")
    return text + source.choice(["", ".5", ".123456", ".000001"])


def day(source):
    """The date of a moment."""
    return moment(source)[:10]


def interval(source):
    """Months, days and time, of either sign."""
    return (f"{source.randint(-30, 30)} mons {source.randint(-60, 60)} days "
            f"{source.randint(-100000, 100000)}.{source.randint(0, 999999):06} seconds")


def words(source):
    """Short texts with what breaks splitting, trimming and matching."""
    parts = ["a", "B", "foo", "bar", "Foo Bar", " ", "  x ", "/", "//", "a/b", ".", "%", "_", "é",
             "Ä", "ß", "Ж", "ω", "€", "😀", "1", "42", "x=1&y=2", "\\", "'", ",", "abcabc", "-"]
    return "".join(source.choice(parts) for _ in range(source.randint(0, 6)))


COLUMNS = [
    ("i", "int", either(integer(-5, 5), integer(-100, 100),
                        draw_from("2147483647", "-2147483648", "0", "1"))),
    ("j", "int", either(integer(-5, 5), integer(1, 20))),
    ("b", "bigint", either(integer(-9, 9), integer(-10**12, 10**12),
                           draw_from("9223372036854775807", "-9223372036854775808"))),
    ("c", "bigint", either(integer(-9, 9), integer(1, 10**6))),
    ("n", "numeric(12,2)", either(decimal(4, 2), decimal(12, 2),
                                  draw_from("0.00", "0.50", "-2.50"))),
    ("m", "numeric(8,4)", either(decimal(3, 4), decimal(8, 4), draw_from("0.0000", "1.0000"))),
    ("x", "double precision", either(double, integer(-5, 5),
                                     draw_from("0", "NaN", "Infinity", "-Infinity", "2.5",
                                               "1e300"))),
    ("y", "double precision", either(double, integer(-5, 5), draw_from("0.5", "1e-300"))),
    ("t", "text", either(words, words,
                         draw_from("", "google", "Facebook", "a long text without much in it"))),
    ("u", "text", either(words, draw_from("", "a", "/", "b", "foo", " x"))),
    ("s", "text", draw_from("1", " 42 ", "-7", "1.5", "1e3", "abc", "", "true", "f", "yes",
                            "2024-02-29", "2024-01-01 10:00:00", "2024-01-01T10:00:00Z",
                            "2024-01-01 10:00:00+02", "1 day", "99999999999", "2.345", "NaN",
                            "\\x0aff", "02:03:04", "-1 mon 2 days")),
    ("f", "boolean", draw_from("true", "false")),
    ("g", "boolean", draw_from("true", "false")),
    ("w", "bytea", draw_from("\\x", "\\x00", "\\xdeadbeef", "\\x5c41", "\\x" + "61" * 80)),
    ("d", "date", day),
    ("e", "date", day),
    ("p", "timestamp", moment),
    ("q", "timestamp", moment),
    ("z", "timestamptz", moment),
    ("k", "timestamptz", moment),
    ("v", "interval", either(interval, draw_from("0 seconds", "1 day", "1 mon", "36 hours"))),
    ("o", "interval", either(interval, draw_from("15 minutes", "1 hour", "10 days"))),
]
