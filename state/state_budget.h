// How much memory the state of a job may take in this process, shared by its tasks.
//
// Each task holds a share and says what it uses; when all of them together use more than there is,
// those with more than an equal part are told by how much. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class StateBudget {
 public:
  explicit StateBudget(uint64_t bytes) : bytes_(bytes) {}
  StateBudget(const StateBudget&) = delete;
  StateBudget& operator=(const StateBudget&) = delete;

  // One task's account. Used by the task's thread; destroyed before the budget.
  class Share {
   public:
    explicit Share(StateBudget& of) : of_(of) { ++of_.shares_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      of_.used_ -= used_;
      --of_.shares_;
    }

    // The task uses so many bytes now.
    void use(uint64_t bytes) {
      of_.used_ += bytes - used_;
      used_ = bytes;
    }
    // How many of them have to go.
    uint64_t excess() const;
    // What each of the tasks has if all have the same.
    uint64_t equal_part() const { return of_.bytes_ / of_.shares_; }

   private:
    StateBudget& of_;
    uint64_t used_ = 0;
  };

  uint64_t bytes() const { return bytes_; }
  uint64_t used() const { return used_; }

 private:
  const uint64_t bytes_;
  std::atomic<uint64_t> used_ = 0;
  std::atomic<uint32_t> shares_ = 0;
};

}  // namespace weir
