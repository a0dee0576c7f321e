#include "runtime/cli/live_line.h"

#include "runtime/cli/figures.h"
#include "runtime/cli/log.h"
#include "runtime/cli/terminal.h"

#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weir {
namespace {

constexpr int64_t kLiveLineMicros = 500'000;

// One that fills the last column, or wraps, could not be taken back.
size_t terminal_width() {
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return is_known ? size.ws_col - size_t{1} : 79;
}

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
  const std::string line = live_line(before_, report, {.before = shown_at_, .now = now}, hold);
  std::fprintf(stderr, "\r\033[K%s", cut(line, terminal_width()).c_str());
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
