"""When the results of a case count as equal."""

import math
from decimal import Decimal, InvalidOperation, ROUND_HALF_UP, localcontext

ERROR = "!"
RELATIVE = 1e-12


def same_number(ours, theirs):
    """Equal as numbers: trailing zeros after the point do not count."""
    try:
        return Decimal(ours) == Decimal(theirs)
    except InvalidOperation:
        return ours == theirs


def same_rounded(ours, theirs):
    """PostgreSQL's value, which may have more digits, rounded to as many as ours has."""
    try:
        with localcontext() as context:
            context.prec = 200
            unit = Decimal(1).scaleb(Decimal(ours).as_tuple().exponent)
            exact = Decimal(theirs)
            # PostgreSQL's last digit is rounded itself: a half may have become one by that.
            return abs(Decimal(ours) - exact) <= unit / 2 + abs(exact).scaleb(-15) or \
                Decimal(ours) == exact.quantize(unit, ROUND_HALF_UP)
    except InvalidOperation:
        return ours == theirs


def same_double(ours, theirs):
    """Equal to the last digits, which different libraries of mathematics round differently."""
    if ours == theirs:
        return True
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=RELATIVE)
    except ValueError:
        return False


MODES = {
    "text": lambda ours, theirs: ours == theirs,
    "number": same_number,
    "rounded": same_rounded,
    "double": same_double,
}


def differences(case, ours, theirs):
    """Rows that differ, as texts."""
    same = MODES[case.mode]
    found = []
    for row, expected in sorted(theirs.items()):
        value = ours.get(row)
        failed = value is not None and value.startswith(ERROR)
        should_fail = expected is not None and expected.startswith(ERROR)
        if failed and should_fail:
            continue
        if failed != should_fail or (value is None) != (expected is None) or \
                (value is not None and not same(value, expected)):
            found.append(f"row {row}: {value!r}, in PostgreSQL {expected!r}")
    return found
