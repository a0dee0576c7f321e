#include "runtime/cli/live_line.h"

#include "runtime/cli/log.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace weir {
namespace {

constexpr int64_t kLiveLineMicros = 500'000;

bool on_terminal() { return isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

std::optional<Hold> worth_telling(const JobReport& report, int64_t now) {
  std::optional<Hold> hold = who_holds(report.splits, now);
  if (hold.has_value() && !is_worth_telling(*hold)) hold.reset();
  return hold;
}

}  // namespace

LiveLine::LiveLine(bool quiet) : quiet_(quiet), shown_(!quiet && on_terminal()) {}

void LiveLine::show(const JobReport& report, int64_t now) {
  const std::optional<Hold> hold = worth_telling(report, now);
  if (!shown_) return log(report, hold);
  if (shown_at_ == 0) shown_at_ = now;
  const int64_t since = now - shown_at_;
  if (since < kLiveLineMicros) return;
  std::fprintf(stderr, "\r\033[K%s", live_line(before_, report, since, hold).c_str());
  before_ = report;
  shown_at_ = now;
}

void LiveLine::clear() const {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void LiveLine::log(const JobReport& report, const std::optional<Hold>& hold) {
  const bool is_told = hold.has_value() && hold->reason == told_.reason &&
                       hold->table == told_.table && hold->split == told_.split;
  if (quiet_ || is_told) return;
  told_ = hold.value_or(Hold{});
  if (!hold.has_value()) return;
  log::warn("watermark.held", {{"table", hold->table},
                               {"split", hold->split},
                               {"reason", std::string(reason_name(hold->reason))},
                               {"silent_s", std::to_string(hold->silent_micros / 1'000'000)},
                               {"watermark", time_text(report.watermark)}});
}

}  // namespace weir
