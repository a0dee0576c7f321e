"""The rules of saved state (state/frozen_state.h), and for each a change to the source that takes
it away, as in rules.py."""

TABLE = "state/keyed_table.cc"
LISTS = "state/keyed_lists.cc"
FILES = "state/state_files.cc"
COLLECTION = "state/job_collection.cc"
HISTORY = "state/job_history.cc"
WAITING = "state/waiting_rows.cc"
SLICED = "state/sliced_table.cc"

RULES = [
    (
        "gone: a row that was erased does not come back",
        (TABLE, "whole ? 0 : changed_bits_[w] & ~live_bits_[w]",
         "whole ? 0 : changed_bits_[w] & ~live_bits_[w] & 0"),
    ),
    (
        "gone: erasing a row is a change",
        (TABLE, "mark(id);\n  free_.push_back(id);",
         "free_.push_back(id);"),
    ),
    (
        "gone: a slice that was dropped does not come back",
        ("state/sliced_table.cc", "if (found->second.is_frozen) dropped_",
         "if (found->second.is_frozen && id.end > id.first) dropped_"),
    ),
    (
        "writing a row is a change",
        ("state/keyed_table.h", "mark(id);\n    return unmarked(id);",
         "return unmarked(id);"),
    ),
    (
        "what was handed over is no change the next time",
        (TABLE, "    changed_bits_[w] = 0;\n", ""),
    ),
    (
        "the first of a list is saved with its head",
        (LISTS, "heads_.change(head) + first_offset_", "heads_.unmarked(head) + first_offset_"),
    ),
    (
        "what is behind an entry is saved with it",
        (LISTS, "entries_.change(before) + next_offset_",
         "entries_.unmarked(before) + next_offset_"),
    ),
    (
        "a due time is saved with its row",
        ("state/timers.h", "table_.change(row) + due_offset_",
         "table_.unmarked(row) + due_offset_"),
    ),
    (
        "texts are copied with their row",
        ("state/frozen_rows.cc", "if (text.is_inline()) continue;",
         "if (text.is_inline() || row != nullptr) continue;"),
    ),
    (
        "a whole state begins anew",
        ("state/state_image.cc", "if (whole != 0) tables_.clear();", ""),
    ),
    (
        "a failure to store asks for a whole state",
        (FILES, "if (!unstored_.empty() || files_.empty()) return true;",
         "if (files_.empty()) return true;"),
    ),
    (
        "changes that could not be stored go before those after them",
        (FILES, "unstored_.push_back(std::move(file));",
         "unstored_.push_front(std::move(file));"),
    ),
    (
        "of a job that is forgotten the fences go first",
        (COLLECTION, "(a.kind != JobObjectKind::kFence) <", "(a.kind != JobObjectKind::kFence) >"),
    ),
    (
        "who looks makes sure after it that the job was not forgotten",
        (HISTORY, "  TRY(check_newest(generation));\n  return found;", "  return found;"),
    ),
    (
        "a life whose fence is gone is fenced",
        (HISTORY, "if (newest == generation) return {};", "return {};"),
    ),
    (
        "rows that wait are taken up to the first that is out of memory",
        (WAITING, "  until = std::min(until, residency_.first_due(name_));\n", ""),
    ),
    (
        "rows that left are counted over lives",
        (WAITING, "left_ = std::max(left_, TRY(head.get<uint64_t>()));",
         "static_cast<void>(TRY(head.get<uint64_t>()));"),
    ),
    (
        "rows of a slice that are walked where they are stay there",
        (SLICED, "if (held_ == other || slice.rows.size() == 0) continue;",
         "if (slice.rows.size() == 0) continue;"),
    ),
    (
        "rows of a slice that are not reached by key leave each for itself",
        (SLICED, "{rows.hash(row), left_++}", "{rows.hash(row), left_}"),
    ),
    (
        "rows of a slice that left are counted over lives",
        (SLICED, "left_ = std::max(left_, left);", "static_cast<void>(left);"),
    ),
    (
        "rows of two tasks that left have different keys",
        (WAITING, "{rows_.hash(entry.row), left_++}", "{0 * rows_.hash(entry.row), left_++}"),
    ),
]

# Of windows that fire, noticed by test_operators.
FIRING_RULES = [
    (
        "of overlapping windows each part has its own groups of each slice",
        ("operators/window_merge.cc", " && part_.contains(slice.hash(row))", ""),
    ),
    (
        "of a join each part has its own rows",
        ("operators/window_join.cc", " && part_.contains(table.hash(row))", ""),
    ),
    (
        "rows that are ranked stay where they are meanwhile",
        ("operators/window_rank.h", "{ return due_.empty(); }", "{ return true; }"),
    ),
    (
        "of each part the best rows are kept",
        ("operators/window_aggregate.cc",
         "if (step == WindowParts::Step::kPart) TRY(keep_best(windows_->table()));",
         "if (step == WindowParts::Step::kPart && !best_.has_value()) "
         "TRY(keep_best(windows_->table()));"),
    ),
    (
        "a merged window gives back the groups of slices that are out of memory",
        ("operators/window_merge.cc", "    TRY(take(out_));\n", ""),
    ),
]
