#include "runtime/exchange/exchange.h"

#include "runtime/exchange/exchange_loop.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

JobExchange::JobExchange(std::shared_ptr<ExchangeLoop> loop, uint64_t life)
    : loop_(std::move(loop)), life_(life) {}

JobExchange::~JobExchange() { loop_->close(life_); }

Result<std::unique_ptr<Exchange>> Exchange::listen(const std::string& address,
                                                   const ExchangeOptions& options) {
  if (options.frame_bytes * 2 > options.frame_bytes_max) {
    return user_error(fmt::format(
        "frames must be allowed to be twice as large as wanted: frame_bytes={} frame_bytes_max={}",
        options.frame_bytes, options.frame_bytes_max));
  }
  auto loop = std::make_shared<ExchangeLoop>(options);
  TRY(loop->start(address));
  return std::unique_ptr<Exchange>(new Exchange(std::move(loop)));
}

Exchange::Exchange(std::shared_ptr<ExchangeLoop> loop) : loop_(std::move(loop)) {}

Exchange::~Exchange() { loop_->stop(); }

const std::string& Exchange::address() const { return loop_->address(); }

std::unique_ptr<JobExchange> Exchange::open(ExchangeLife life) {
  const uint64_t number = loop_->open(std::move(life));
  return std::make_unique<JobExchange>(loop_, number);
}

void Exchange::refuse_below(const std::string& job, Generation generation) {
  loop_->refuse_below(job, generation);
}

}  // namespace weir
