"""The rules of event time (docs/time.md), and for each a change to the source that takes it away.

A mutation: its name, then one or more (file, text that is there exactly once, text instead of it).
The changes keep the source free of warnings.
"""

AGGREGATE = "operators/window_aggregate.cc"
SESSION = "operators/session_aggregate.cc"
JOIN = "operators/interval_join.h"
GATE = "runtime/task/input_gate.cc"
WATERMARK = "engine/time/watermark.cc"
INGEST = "operators/ingest.cc"

RULES = [
    (
        "side slices: a row late for some of its windows stays out of those",
        (AGGREGATE, "first + missed * slices_->slide()}", "first + 0 * missed}"),
    ),
    (
        "strict session bound: a session fires when W > its end",
        (SESSION, "last(entry) + spec_.window.size >= until",
         "last(entry) + spec_.window.size > until"),
        (SESSION, "int64_t due = last(lists_->first(heads_[i])) + spec_.window.size + 1;",
         "int64_t due = last(lists_->first(heads_[i])) + spec_.window.size;"),
        (SESSION, "set(due.row, last(entry) + spec_.window.size + 1)",
         "set(due.row, last(entry) + spec_.window.size)"),
    ),
    (
        "hold-back of sessions: one microsecond",
        ("operators/session_aggregate.h", "hold_back() const override { return 1; }",
         "hold_back() const override { return 0; }"),
    ),
    (
        "hold-back of interval joins: the bound by which a time may trail",
        (JOIN, "return hold_back_;", "return 0 * hold_back_;"),
    ),
    (
        "lift at the gate",
        (GATE, "if (merger_.of(index) < given_) rows_lifted_",
         "if (given_ == kMaxTime) rows_lifted_"),
    ),
    (
        "lift at the reader",
        (INGEST, "if (before < sent_) counters_.lifted",
         "if (before == kMaxTime) counters_.lifted"),
    ),
    (
        "late for a window when its end <= A",
        (AGGREGATE, "is_late_for_window(end, arrival[row])",
         "is_late_for_window(end + 1, arrival[row])"),
        (AGGREGATE, "is_late_for_window(last, arrival[row])",
         "is_late_for_window(last + 1, arrival[row])"),
    ),
    (
        "late by its own time when t < A, not when t = A",
        ("operators/late_rows.cc", "times[row] >= arrival[row]", "times[row] > arrival[row]"),
    ),
    (
        "A is each row's own, not that of its batch",
        (WATERMARK,
         "writer.set(row, minus_saturated(highest, delay));\n"
         "    highest = std::max(highest, t[row]);",
         "writer.set(row, minus_saturated(highest, delay));"),
    ),
    (
        "future bound: a row beyond it is bad, and moves nothing",
        (INGEST, "if (times[row] <= bound ||", "if (times[row] <= kMaxTime - 0 * bound ||"),
    ),
    (
        "W is the minimum over the inputs",
        (WATERMARK, "lowest = std::min(lowest, input.watermark);",
         "lowest = any ? std::max(lowest, input.watermark) : input.watermark;"),
    ),
    (
        "splits and readers that have not begun hold W at minus infinity",
        (WATERMARK, "if (input.idle || input.finished) continue;",
         "if (input.idle || input.finished || input.watermark == kMinTime) continue;"),
    ),
    (
        "ordered steps wait until W is past a row's time, not at it",
        ("operators/over.cc", "waiting_->chunk(watermark, kChunkRows",
         "waiting_->chunk(watermark + (watermark != kMaxTime), kChunkRows"),
    ),
    (
        "suppress: a row exactly the interval later passes",
        ("operators/suppress.cc", "times[i] <\n", "times[i] <=\n"),
    ),
    (
        "rows exactly the gap apart share a session",
        (SESSION, "last(entry) + gap < time", "last(entry) + gap <= time"),
    ),
    (
        "an input that has ended is not one that is far ahead",
        (GATE, "if (watermark->time == kMaxTime) merger_.finish(index);", ""),
    ),
    (
        "channels of the same readers are idle only together",
        (GATE, "merger_.set_idle(i, all);", "merger_.set_idle(i, all || inputs_[i].idle);"),
    ),
    (
        "an idle reader says so again after rows",
        ("runtime/task/task.cc", "(!idle_ || after_rows)", "(!idle_ || (after_rows && !idle_))"),
    ),
]
