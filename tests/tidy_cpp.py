"""Just enough reading of C++ text for tests/tidy.py. No parser; lines are always kept."""

import re

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?<![0-9a-fA-F_])(?P<char>'(?:\\[^\n]|[^'\\\n])[^'\n]{0,8}?')",
    re.DOTALL,
)


def blank(text):
    """The same number of lines and columns with nothing in them."""
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """The text with comments and strings blanked; every character keeps its place."""

    def without(match):
        found = match.group(0)
        if match.group("comment"):
            return blank(found)
        return found[0] + blank(found[1:-1]) + found[-1]

    return TOKEN.sub(without, text)


def includes_of(text):
    """(line, '"' or '<', path) of each #include."""
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1), found.group(2)


def declared_names(code):
    """(line, name) of each class, struct, enum and namespace."""
    for found in re.finditer(
        r"\b(?:class|struct|union|enum(?:\s+class)?|namespace)\s+([A-Za-z_][\w:]*)", code
    ):
        yield line_at(code, found.start()), found.group(1)


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def without_directives(code):
    """Macros and conditions blanked: their braces need not match."""
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda found: blank(found.group(0)),
        code,
        flags=re.MULTILINE,
    )


def strip_template(head):
    """The head without `template <...>`, whose `class` would look like a class."""
    found = re.search(r"\btemplate\s*<", head)
    if not found:
        return head
    depth = 0
    for position in range(found.end() - 1, len(head)):
        depth += {"<": 1, ">": -1}.get(head[position], 0)
        if depth == 0:
            return strip_template(
                head[: found.start()] + " " * (position + 1 - found.start()) + head[position + 1 :]
            )
    return head


def kind_of(head):
    """What a `{` opens, by the text since the last `;`, `{` or `}`."""
    head = re.sub(r"\b(?:public|private|protected)\s*:", " ", strip_template(head)).strip()
    scope = r"(?:(?:inline|export|typedef|static)\s+)*(?:namespace|class|struct|union|enum)\b"
    returns_one = r"\)\s*(?:const|noexcept|override|final|\s)*$"
    if re.match(scope, head) and not re.search(returns_one, head):
        return "scope"
    if re.match(r'extern\s+"', head):
        return "scope"
    if "(" not in head or re.search(r"=\s*$", head):
        return "other"
    return "function"


def functions_of(code):
    """(first line, last line, first words) of each function; a lambda in it is part of it."""
    code = without_directives(code)
    stack = []  # (kind, where its head began)
    head_start = 0
    for position, character in enumerate(code):
        if character in ";{}":
            head = code[head_start:position]
            if character == "{":
                inside = any(kind in ("function", "other") for kind, _ in stack)
                begin = head_start + len(head) - len(head.lstrip())
                stack.append(("other" if inside else kind_of(head), begin))
            elif character == "}" and stack:
                kind, begin = stack.pop()
                if kind == "function":
                    words = " ".join(code[begin : begin + 80].split("(")[0].split())
                    yield line_at(code, begin), line_at(code, position), words
            head_start = position + 1
